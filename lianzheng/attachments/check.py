"""What an uploaded scan must be before it is kept: a PDF, a JPEG or a PNG of modest size, told by its bytes.

The name and the type that the browser states count for nothing. Pictures are drawn anew, which leaves behind what
a camera noted (place, person, time) and whatever was hung on at their end. A PDF cannot be drawn anew here: one
that carries programs, other files or a password is refused, and it leaves as a download only, never in a page.
"""

import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

BYTES = 10 << 20
PIXELS = 60_000_000
"""An A3 page at 400 dots to the inch has 31 million."""
PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
SUFFIXES = {PDF: "pdf", JPEG: "jpg", PNG: "png"}
TAIL = 2048  # bytes in which a PDF must end
LONGEST_HEAD = 4096  # bytes before a stream in which its description is looked for

EMPTY = "文件是空的，请重新选择。"
TOO_BIG = "文件超过 10 MB，请降低扫描分辨率或分成几份。"
STRANGE = "只能上传 PDF、JPEG 或 PNG 扫描件。"
BROKEN = "文件不完整或已损坏，请重新扫描。"
TOO_MANY_PIXELS = "图片尺寸过大，请降低扫描分辨率。"
ACTIVE = "PDF 中含有脚本、嵌入文件或密码，不能上传。请用打印的方式另存为普通 PDF，或上传图片。"

_ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|Encrypt)\b")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


class Unfit(Exception):
    """The file is not taken; the message is a sentence for the person who sent it."""


@dataclass(frozen=True)
class Scan:
    """A file as it will be kept."""

    content: bytes
    kind: str

    @property
    def suffix(self) -> str:
        return SUFFIXES[self.kind]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def scan_of(content: bytes) -> Scan:
    """The file made fit to be kept; raises Unfit."""
    if not content:
        raise Unfit(EMPTY)
    if len(content) > BYTES:
        raise Unfit(TOO_BIG)
    if content.startswith(b"%PDF-"):
        return Scan(_plain_pdf(content), PDF)
    if content.startswith(b"\xff\xd8\xff"):
        return Scan(_drawn_anew(content, name="JPEG"), JPEG)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Scan(_drawn_anew(content, name="PNG"), PNG)
    raise Unfit(STRANGE)


def _plain_pdf(content: bytes) -> bytes:
    if b"%%EOF" not in content[-TAIL:]:
        raise Unfit(BROKEN)
    if any(_ACTIVE.search(_spelled_out(text)) for text in _objects(content)):
        raise Unfit(ACTIVE)
    return content


def _spelled_out(text: bytes) -> bytes:
    """A name may be spelled with #xx for any letter (ISO 32000-1, 7.3.5)."""
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), text)


def _objects(content: bytes) -> Iterator[bytes]:
    """What is not the body of a stream (pictures, text), and the bodies of those that hold objects."""
    for chunk in content.split(b"endstream"):
        outside, _, body = chunk.partition(b"stream")
        yield outside
        if b"/ObjStm" in _spelled_out(outside[-LONGEST_HEAD:]):
            yield _inflated(body)


def _inflated(body: bytes) -> bytes:
    """Objects packed in a way that no office program uses are not looked into, but refused."""
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(body.lstrip(b"\r\n"), BYTES)
    except zlib.error as error:
        raise Unfit(ACTIVE) from error
    if inflater.unconsumed_tail:
        raise Unfit(TOO_BIG)
    return text


def _drawn_anew(content: bytes, *, name: str) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=(name,)) as opened:
            if opened.width * opened.height > PIXELS:
                raise Unfit(TOO_MANY_PIXELS)
            upright = ImageOps.exif_transpose(opened)
            plain = upright.convert("L" if upright.mode in ("1", "L", "LA", "I;16") else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise Unfit(BROKEN) from error
    out = io.BytesIO()
    plain.save(out, format=name, **({"quality": 88} if name == "JPEG" else {"optimize": False}))
    if out.tell() > BYTES:
        raise Unfit(TOO_BIG)
    return out.getvalue()
