"""What an uploaded workbook must be before any parser sees it; what its cells say is not looked at.

The archive is unzipped once in small pieces, counted and thrown away: nothing is kept, in memory or on disk.
"""

import re
import stat
import struct
import zipfile
import zlib
from io import BytesIO

BYTES = 5 << 20
PARTS = 300
UNZIPPED = 80 << 20
SMALL = 1 << 20  # below this a part may shrink as much as it likes
RATIO = 150
PIECE = 1 << 16

ZIP_MAGIC, OLE_MAGIC = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
CONTENT_TYPES = "[Content_Types].xml"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1
# Looked for with the NUL bytes taken out, so that UTF-16 hides nothing.
DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")
ENCODING = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([^\"']*)")
# A parser would follow any other declared encoding, in which a declaration looks different.
ENCODINGS = (b"utf-8", b"utf8", b"utf-16", b"us-ascii")

# Streams of an old file, as its directory spells them.
OLE_NAMES = {
    "macros": "_VBA_PROJECT",
    "project": "VBA",
    "package": "EncryptedPackage",
    "book": "Workbook",
    "older": "Book",
}

EMPTY = "文件是空的，请重新选择。"
TOO_BIG = "文件超过 5 MB，请删去图片和多余的工作表后再上传。"
NO_WORKBOOK = "这不是 Excel 工作簿（.xlsx），请上传从本页下载并填好的模板。"
OLD = "这是旧格式（.xls、.et）或加了密码的文件，请在 Excel 或 WPS 中另存为不加密的 .xlsx 后再上传。"
LOCKED = "文件加了密码，不能读取。请去掉密码后再上传。"
BROKEN = "文件不完整或已损坏，请重新保存后再上传。"
STRANGE = "文件的内部结构异常，不能读取。请把内容复制到新下载的模板中再上传。"
MACRO = "文件含有宏，不能上传。请另存为“Excel 工作簿（.xlsx）”后再上传。"
LINKS = "文件链接到别的工作簿，不能上传。请断开链接（数据→编辑链接）后再上传。"
BOMB = "文件解压后过大，不能读取。请把内容复制到新下载的模板中再上传。"
DECLARED = "文件含有不允许的 XML 声明，不能读取。请把内容复制到新下载的模板中再上传。"


class Unfit(Exception):
    """The file is not taken; the message is a sentence for the person who sent it."""


def check(content: bytes, *, name: str) -> None:
    """Raise Unfit unless the bytes are a plain workbook of modest size; `name` is what the browser called it."""
    _check_outside(content, name=name.lower())
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            _check_list(parts)
            _check_inside(archive, parts=parts, size=len(content))
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise Unfit(BROKEN) from error


def check_old(content: bytes) -> None:
    """The same for the format before 2007 (.xls), which is no archive. A workbook with macros or a password is not
    taken."""
    if len(content) > BYTES:
        raise Unfit(TOO_BIG)
    if not content.startswith(OLE_MAGIC):
        raise Unfit(NO_WORKBOOK)
    names = {name: word.encode("utf-16-le") for name, word in OLE_NAMES.items()}
    if names["macros"] in content or names["project"] in content:
        raise Unfit(MACRO)
    if names["package"] in content:
        raise Unfit(LOCKED)
    if names["book"] not in content and names["older"] not in content:
        raise Unfit(NO_WORKBOOK)


def _check_outside(content: bytes, *, name: str) -> None:
    if not content:
        raise Unfit(EMPTY)
    if len(content) > BYTES:
        raise Unfit(TOO_BIG)
    if content.startswith(OLE_MAGIC):
        raise Unfit(OLD)
    if not content.startswith(ZIP_MAGIC):
        raise Unfit(NO_WORKBOOK)
    if name.endswith((".xlsm", ".xltm", ".xlsb")):
        raise Unfit(MACRO)
    if not name.endswith(".xlsx"):
        raise Unfit(NO_WORKBOOK)


def _check_list(parts: list[zipfile.ZipInfo]) -> None:
    """The table of contents alone, before a byte is unzipped."""
    names = [part.orig_filename.lower() for part in parts]
    if len(parts) > PARTS or len(set(names)) < len(names) or any(map(_strange, parts)):
        raise Unfit(STRANGE)
    if CONTENT_TYPES.lower() not in names:
        raise Unfit(NO_WORKBOOK)
    if any("vbaproject" in name or "macrosheet" in name for name in names):
        raise Unfit(MACRO)
    if any("externallink" in name for name in names):
        raise Unfit(LINKS)
    if sum(part.file_size for part in parts) > UNZIPPED:
        raise Unfit(BOMB)


def _strange(part: zipfile.ZipInfo) -> bool:
    """A path out of the archive, a link, a password, or a method that no office program writes."""
    name = part.orig_filename
    leads_out = name.startswith("/") or any(char in name for char in "\\:\0") or ".." in name.split("/")
    link = stat.S_ISLNK(part.external_attr >> 16)
    return leads_out or link or bool(part.flag_bits & ENCRYPTED) or part.compress_type not in METHODS


def _check_inside(archive: zipfile.ZipFile, *, parts: list[zipfile.ZipInfo], size: int) -> None:
    room = UNZIPPED
    for part in parts:
        room -= _unzip(archive, part, room=room, size=size)


def _unzip(archive: zipfile.ZipFile, part: zipfile.ZipInfo, *, room: int, size: int) -> int:
    """The real size of a part. The sizes that the archive states may lie: `size` bounds the packed one."""
    most = min(room, max(SMALL, RATIO * min(part.compress_size, size)))
    count, tail = 0, b""
    with archive.open(part) as stream:
        while piece := stream.read(PIECE):
            first, count = count == 0, count + len(piece)
            if count > most:
                raise Unfit(BOMB)
            text = tail + piece.replace(b"\0", b"")
            _check_text(text, first=first)
            tail = text[-16:]
    return count


def _check_text(text: bytes, *, first: bool) -> None:
    if any(word in text for word in DECLARATIONS):
        raise Unfit(DECLARED)
    declared = ENCODING.search(text[:256]) if first else None
    if declared and declared[1].lower() not in ENCODINGS:
        raise Unfit(DECLARED)
