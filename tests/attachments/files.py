"""Scans for tests: plain ones, and ones that carry what they must not."""

from __future__ import annotations

import io
import zlib

from PIL import Image
from pypdf import PdfWriter

PLACE = "39.9042N"


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (60, 40), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "white" if mode == "RGB" else 0).save(out, format=kind)
    return out.getvalue()


def picture_with_a_place() -> bytes:
    """A photograph whose camera wrote down where it was, with bytes hung on at its end."""
    exif = Image.Exif()
    exif[0x010E] = PLACE
    exif[0x0112] = 6  # lies on its side
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, format="JPEG", exif=exif)
    return out.getvalue() + b"<?php hidden ?>"


def paper() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def paper_with_a_program() -> bytes:
    return paper().replace(b"/Catalog", b"/Catalog /OpenAction << /S /JavaScript /JS (app.alert(1)) >>", 1)


def paper_with_a_packed_program() -> bytes:
    """The same words inside an object stream, where a search of the file's own bytes does not see them."""
    body = zlib.compress(b"1 0 << /S /JavaScript /JS (app.alert(1)) >>")
    head = f"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length {len(body)} >>".encode()
    return b"%PDF-1.5\n1 0 obj\n" + head + b"\nstream\n" + body + b"\nendstream\nendobj\n%%EOF\n"


def paper_of_noise() -> bytes:
    """A plain scan whose picture happens to contain the bytes of a forbidden word."""
    body = b"\x00\x01/JavaScript \x02" * 3
    head = f"<< /Type /XObject /Subtype /Image /Length {len(body)} >>".encode()
    return b"%PDF-1.5\n1 0 obj\n" + head + b"\nstream\n" + body + b"\nendstream\nendobj\n%%EOF\n"
