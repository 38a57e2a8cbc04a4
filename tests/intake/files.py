"""Workbooks that people send: an ordinary one, and one of each hostile kind, made here byte by byte."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import openpyxl

WORKSHEET = "xl/worksheets/sheet1.xml"


def ordinary(text: str = "文字", *, sheet: str = "填写") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = sheet
    book.active["B2"] = text
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


def with_part(name: str, body: bytes = b"x") -> bytes:
    return packed(parts_of(ordinary()) | {name: body})


def with_sheet(xml: str, *, encoding: str = "utf-8") -> bytes:
    """The ordinary workbook with this in the place of its worksheet's XML."""
    return with_part(WORKSHEET, xml.encode(encoding))


def worksheet(rows: str, *, prolog: str = "") -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?>{prolog}<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'


def cell(place: str, text: str = "x") -> str:
    number = "".join(char for char in place if char.isdigit())
    return f'<row r="{number}"><c r="{place}" t="inlineStr"><is><t>{text}</t></is></c></row>'


LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "haha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


def far_cell() -> bytes:
    return with_sheet(worksheet(cell("XFD1048576")))


def far_column() -> bytes:
    return with_sheet(worksheet(cell("XFD1")))


def bomb() -> bytes:
    return with_part("xl/media/image1.bin", b"\0" * (60 << 20))


def many_bombs() -> bytes:
    """Each part within its ratio's reach of a megabyte, all together far beyond the sum."""
    return packed(parts_of(ordinary()) | {f"xl/media/{n}.bin": b"\0" * (1 << 20) for n in range(90)})


def liar() -> bytes:
    """A bomb whose table of contents states a modest size."""
    content = bytearray(bomb())
    true, false = (60 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert content.count(true) == 2
    return bytes(content.replace(true, false))


def laughs() -> bytes:
    return with_sheet(worksheet(cell("A1", "&i;"), prolog=LAUGHS))


def laughs_in_utf_16() -> bytes:
    return with_sheet(worksheet(cell("A1", "&i;"), prolog=LAUGHS), encoding="utf-16")


def odd_encoding() -> bytes:
    """A declared 8-bit encoding in which a document type would look different."""
    return with_sheet(worksheet(cell("A1")).replace('"1.0"', '"1.0" encoding="cp037"'))


def outside_entity() -> bytes:
    prolog = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    return with_sheet(worksheet(cell("A1", "&e;"), prolog=prolog))


def external_link() -> bytes:
    return with_part("xl/externalLinks/externalLink1.xml", b"<externalLink/>")


def macro() -> bytes:
    return with_part("xl/vbaProject.bin")


def old_macro() -> bytes:
    return with_part("xl/macrosheets/sheet1.xml", b"<xm:macrosheet/>")


def truncated() -> bytes:
    content = ordinary()
    return content[: len(content) * 2 // 3]


def damaged() -> bytes:
    """A whole archive, a part of which does not unzip to what it should."""
    content = bytearray(packed(parts_of(ordinary()), method=zipfile.ZIP_STORED))
    place = content.index(b"<worksheet")
    content[place + 1] ^= 0xFF
    return bytes(content)


def twice() -> bytes:
    out = io.BytesIO(ordinary())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(WORKSHEET.upper(), b"<worksheet/>")
    return out.getvalue()


def many_parts() -> bytes:
    return packed(parts_of(ordinary()) | {f"xl/media/{n}.bin": b"x" for n in range(300)})


def climbing() -> bytes:
    return with_part("../../evil.xml")


def rooted() -> bytes:
    return with_part("/etc/evil.xml")


def linked() -> bytes:
    out = io.BytesIO(ordinary())
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("xl/link.xml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def locked() -> bytes:
    """A part that says it is encrypted."""
    content = bytearray(ordinary())
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    return bytes(content)


def odd_method() -> bytes:
    return packed(parts_of(ordinary()), method=zipfile.ZIP_LZMA)


def no_types() -> bytes:
    return packed({name: body for name, body in parts_of(ordinary()).items() if "Content_Types" not in name})


def shared_text() -> bytes:
    """One text of modest length that very many cells point to."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strings = f'<?xml version="1.0"?><sst xmlns="{space}"><si><t>{"长" * 5000}</t></si></sst>'
    line = "".join('<c t="s"><v>0</v></c>' for _ in range(50))
    book = with_sheet(worksheet(f"<row>{line}</row>" * 600))
    parts = parts_of(book)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    types = parts["[Content_Types].xml"].replace(b"</Types>", override.encode())
    return packed(parts | {"xl/sharedStrings.xml": strings.encode(), "[Content_Types].xml": types})
