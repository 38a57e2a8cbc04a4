"""An official document as a file that Word and WPS edit, from the same `official.Document` as the PDF.

Faces are named as offices have them (仿宋_GB2312, 方正小标宋简体), measures are those of GB/T 9704-2012.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import docx
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt, RGBColor

from lianzheng.render.official import Annex, Block, Document, Heading, Paragraph, Squares, Table, long_date
from lianzheng.sheets import UNPRINTABLE

WORDFILE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BODY, TITLE, HEADING, KAI, NUMERAL = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体"
LEVELS = {1: HEADING, 2: KAI, 3: BODY}
SIZE, LINE = 16, 28.95  # 3号; 22 lines in 225 mm
TWO_CHARACTERS = Pt(2 * SIZE)
RED = RGBColor(0xE6, 0x00, 0x12)
WIDTH = 156  # mm of the type area
Align = WD_ALIGN_PARAGRAPH


def document(doc: Document) -> bytes:
    """The document as .docx; pictures (codes for verification) belong to issued papers and are refused."""
    file = docx.Document()
    _set_up(file, doc)
    _head(file, doc)
    _line(file, doc.title.replace("\n", ""), face=TITLE, size=22, align=Align.CENTER, after=LINE)
    if doc.addressee:
        _line(file, f"{doc.addressee}：", indent=False)
    _blocks(file, doc.blocks)
    _names(file, doc.annexes)
    _signature(file, doc)
    if doc.notes:
        _line(file, f"（{doc.notes}）")
    _annexes(file, doc.annexes)
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def _set_up(file: Any, doc: Document) -> None:
    """A4 and its margins (5.2), the usual face, the number of the page (7.5), and no name of a person or program."""
    page = file.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    page.footer_distance = Mm(25)
    usual = file.styles["Normal"]
    _face(usual, BODY, size=SIZE)
    number = page.footer.paragraphs[0]
    number.alignment = Align.CENTER
    for part in ("— ", "PAGE", " —"):
        _face(_field(number) if part == "PAGE" else number.add_run(part), NUMERAL, size=14)
    about = file.core_properties
    about.title, about.author, about.comments = doc.title.replace("\n", ""), doc.organ, ""


def _face(item: Any, name: str, *, size: float) -> None:
    """Of a run or a style, for Chinese and Latin text alike."""
    item.font.name, item.font.size = name, Pt(size)
    item.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)


def _field(paragraph: Any) -> Any:
    """The number of the page, counted by the word processor."""
    run = paragraph.add_run()
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        part.text = text or None
        run._r.append(part)
    return run


def _line(
    file: Any,
    text: str,
    *,
    face: str = BODY,
    size: float = SIZE,
    align: Any = None,
    indent: bool = True,
    before: float = 0,
    after: float = 0,
) -> Any:
    """A paragraph of exact lines."""
    paragraph = file.add_paragraph()
    shape = paragraph.paragraph_format
    shape.space_before, shape.space_after = Pt(before), Pt(after)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(max(LINE, size * 1.5))
    paragraph.alignment = align
    if indent and align is None:
        shape.first_line_indent = TWO_CHARACTERS
    if text:
        _face(paragraph.add_run(_clean(text)), face, size=size)
    return paragraph


def _clean(text: str) -> str:
    return UNPRINTABLE.sub("", text)


def _head(file: Any, doc: Document) -> None:
    if doc.head:
        size = max(22, min(34, 442 // len(doc.head)))
        organ = _line(file, doc.head, face=TITLE, size=size, align=Align.CENTER, before=90)
        organ.runs[0].font.color.rgb = RED
    if doc.number or doc.head:
        number = _line(file, doc.number, align=Align.CENTER, before=2 * LINE if doc.head else 0, after=2 * LINE)
        if doc.head:
            _rule_below(number)


def _rule_below(paragraph: Any) -> None:
    """红色分隔线 (7.2.7)."""
    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for key, value in (("val", "single"), ("sz", "12"), ("space", "11"), ("color", "E60012")):
        line.set(qn(f"w:{key}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:shd", "w:spacing", "w:ind", "w:jc")


def _blocks(file: Any, blocks: Sequence[Block]) -> None:
    for block in blocks:
        _PAINTERS[type(block)](file, block)


def _paragraph(file: Any, block: Paragraph) -> None:
    for n, text in enumerate(block.text.split("\n")):
        made = _line(file, block.lead if n == 0 else "", face=HEADING, indent=block.indent)
        _face(made.add_run(_clean(text)), BODY, size=SIZE)


def _heading(file: Any, block: Heading) -> None:
    made = _line(file, block.text, face=LEVELS[block.level])
    made.style = file.styles[f"Heading {block.level}"]
    made.runs[0].font.bold = False
    made.runs[0].font.color.rgb = RGBColor(0, 0, 0)
    made.paragraph_format.keep_with_next = True


def _table(file: Any, block: Table) -> None:
    if block.caption:
        _line(file, block.caption, face=HEADING, size=14, align=Align.CENTER)
    table = file.add_table(rows=1, cols=len(block.headers), style="Table Grid")
    table.autofit = False
    widths = [Mm(WIDTH * width / sum(block.widths)) for width in block.widths]
    _row(table.rows[0], block.headers, widths, face=HEADING)
    _repeat(table.rows[0])
    for texts in block.rows:
        _row(table.add_row(), texts, widths, face=BODY)


def _row(row: Any, texts: Sequence[str], widths: Sequence[Length], *, face: str) -> None:
    for cell, text, width in zip(row.cells, texts, widths, strict=True):
        cell.width, cell.vertical_alignment = width, WD_CELL_VERTICAL_ALIGNMENT.CENTER
        shape = cell.paragraphs[0].paragraph_format
        # Not the exact line of the text: an office program cuts off what is taller.
        shape.line_spacing_rule, shape.space_before, shape.space_after = WD_LINE_SPACING.SINGLE, Pt(2), Pt(2)
        _face(cell.paragraphs[0].add_run(_clean(text)), face, size=12)


def _repeat(row: Any) -> None:
    """The head of the table on each page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _squares(file: Any, block: Squares) -> None:
    raise ValueError("a code for verification stands on issued papers only")


_PAINTERS: dict[type, Callable[..., None]] = {
    Paragraph: _paragraph,
    Heading: _heading,
    Table: _table,
    Squares: _squares,
}


def _names(file: Any, annexes: Sequence[Annex]) -> None:
    """附件说明 (7.3.4)."""
    several = len(annexes) > 1
    for n, annex in enumerate(annexes, start=1):
        text = f"{n}. {annex.title}" if several else annex.title
        _line(file, f"附件：{text}" if n == 1 else f"　　　{text}", before=LINE if n == 1 else 0)


def _signature(file: Any, doc: Document) -> None:
    """成文日期 右空四字, the organ above it, room for the seal (7.3.5)."""
    texts = [text for text in (doc.organ, long_date(doc.on) if doc.on else "") if text]
    for n, text in enumerate(texts):
        made = _line(file, text, align=Align.RIGHT, before=2 * LINE if n == 0 else 0)
        made.paragraph_format.right_indent = Pt(4 * SIZE)


def _annexes(file: Any, annexes: Sequence[Annex]) -> None:
    """Each on a page of its own, 附件 top left in 黑体 (7.3.7)."""
    several = len(annexes) > 1
    for n, annex in enumerate(annexes, start=1):
        if annex.blocks:
            file.add_section(WD_SECTION.NEW_PAGE)
            _line(file, f"附件{n if several else ''}", face=HEADING, indent=False, after=LINE)
            _line(file, annex.title, face=TITLE, size=22, align=Align.CENTER, after=LINE)
            _blocks(file, annex.blocks)
