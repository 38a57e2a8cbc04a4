"""The rows of a risk table as a workbook to fill in, and the lines of a filled one; reads and writes no record.

Which file may be parsed at all: lianzheng.intake. What its lines would change: registers.comparison.
"""

import io
import math
import re
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.core.signing import Signer
from django.utils.crypto import constant_time_compare
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.protection import SheetProtection

from lianzheng.intake.guard import Unfit
from lianzheng.render import xlsx
from lianzheng.sheets import Sheet, show
from registers.actions import MOST_ROWS
from registers.comparison import (
    LISTED,
    OFFERED,
    Fault,
    Line,
    Verdict,
    columns,
    differing,
    in_our_words,
    letter,
)
from registers.completeness import REQUIRED

SCHEMA = "1"
SHEET, WORDS, META = "填写", "字典", "_meta"
READ = (SHEET, META)
HEADER_ROW = 3  # title, instructions, header; the first column holds the keys
FIRST_ROW = HEADER_ROW + 1
BLANK_ROWS = 50
MUST = " *"
NOTE_WIDTH = 18  # Chinese characters
LONGEST_NOTE = 2000  # characters of the explanations beside a row
NARROWEST = 7  # Chinese characters in a line of a cell, so that a type fits

KEY = re.compile(r"([0-9a-f-]{36}):([0-9]{1,9}):([0-9a-f]{16})")
FOREIGN = "这不是从本系统下载的模板。请从本页下载模板，把内容复制进去后再上传。"
CHANGED_META = "模板中的标识被改动过，不能确认它属于哪张表。请重新下载模板，把内容复制进去后再上传。"
OLD_SCHEMA = "模板的版本已过期。请重新下载模板，把内容复制进去后再上传。"
OTHER_TABLE = "这是另一张表（其他岗位、股室或年度）的模板。请从本页下载本表的模板。"


def meta(sheet: Sheet, *, table: str) -> list[list[str]]:
    """The sealed lines by which a template is known again."""
    seal = Signer(salt="registers.workbook").signature(f"{sheet.code}|{SCHEMA}|{table}")
    return [["form", sheet.code], ["schema", SCHEMA], ["table", table], ["seal", seal]]


def parse(
    cells: Mapping[str, Sequence[Sequence[str]]], *, sheet: Sheet, table: str, most: int = MOST_ROWS
) -> list[Line]:
    """The filled lines of a workbook that was made for this table. Raises Unfit with a sentence."""
    _check_meta(cells, sheet=sheet, table=table)
    rows = cells[SHEET]
    _check_header(rows[HEADER_ROW - 1] if len(rows) >= HEADER_ROW else (), sheet=sheet)
    lines = [_line(row, number=n, sheet=sheet) for n, row in enumerate(rows[HEADER_ROW:], start=FIRST_ROW)]
    found = [line for line in lines if line.id or any(line.texts.values())]
    if len(found) > most:
        raise Unfit(f"文件中填了 {len(found)} 行，一张表最多 {most} 行，请归并后再上传。")
    return found


def _check_meta(cells: Mapping[str, Sequence[Sequence[str]]], *, sheet: Sheet, table: str) -> None:
    said = {row[0]: row[1] for row in cells.get(META, ()) if len(row) >= 2}
    if SHEET not in cells or set(said) != {"form", "schema", "table", "seal"}:
        raise Unfit(FOREIGN)
    sealed = Signer(salt="registers.workbook").signature(f"{said['form']}|{said['schema']}|{said['table']}")
    if not constant_time_compare(sealed, said["seal"]):
        raise Unfit(CHANGED_META)
    if said["form"] != sheet.code:
        raise Unfit(f"这是{said['form']}的模板，本页导入的是{sheet.code}。请从本页下载模板。")
    if said["table"] != table:
        raise Unfit(OTHER_TABLE)
    if said["schema"] != SCHEMA:
        raise Unfit(OLD_SCHEMA)


def _check_header(row: Sequence[str], *, sheet: Sheet) -> None:
    for place, column in enumerate(columns(sheet), start=1):
        word = row[place].removesuffix("*").strip() if place < len(row) else ""
        if word != column.header:
            cell = f"{get_column_letter(place + 1)}{HEADER_ROW}"
            raise Unfit(f"表头 {cell} 应为“{column.header}”，现为“{word[:20]}”。请恢复表头和各列的顺序后再上传。")


def _line(row: Sequence[str], *, number: int, sheet: Sheet) -> Line:
    sources = [column.source for column in columns(sheet)]
    found = dict(zip(sources, [text.strip() for text in row[1:]], strict=False))
    texts = {source: in_our_words(source, found.get(source, "")) for source in sources}
    key = row[0].strip() if row else ""
    match = KEY.fullmatch(key)
    # A key that is none still says that the line once was a stored row.
    return Line(number, texts, match[1], int(match[2]), match[3]) if match else Line(number, texts, key)


@dataclass(frozen=True)
class Handed:
    """A line of a workbook that is handed out: its texts, the key of the stored row, what is wrong with it, which
    cells are red (by source), and what is saved instead."""

    texts: Mapping[str, str]
    key: str = ""
    faults: tuple[Fault, ...] = ()
    red: tuple[str, ...] = ()
    remark: str = ""


def to_mend(verdicts: Sequence[Verdict]) -> list[Handed]:
    """The lines of an upload as a fresh workbook takes them: right ones kept, wrong ones with their faults."""
    return [_to_mend(verdict) for verdict in verdicts]


def _to_mend(verdict: Verdict) -> Handed:
    row, texts = verdict.stored, verdict.line.texts
    key = row.key if row else ""
    if row and verdict.state == "same":
        return Handed(row.texts, key)
    red = [fault.source for fault in verdict.faults if fault.source]
    if any(not fault.source for fault in verdict.faults):
        red = differing(verdict)
    remark = f"现在保存的是：{'；'.join(row.texts[s] for s in differing(verdict))}" if row and verdict.stale else ""
    return Handed(texts, key, verdict.faults, tuple(red), remark)


@dataclass(frozen=True)
class Guidance:
    """What stands above the lines of a template, which columns must be filled in, and which words are offered besides
    the fixed ones (`comparison.OFFERED`), by source."""

    advice: str
    must: Collection[str]
    offers: Mapping[str, Sequence[str]] = field(default_factory=dict)


RISKS = Guidance(
    advice=f"带{MUST.strip()}的列提交前必填；风险类别从下拉列表选择；防控措施一条写一行（单元格内按 Alt+Enter 换行）。"
    f"可在下方空白行新增，删除请在网页上操作；最多 {MOST_ROWS} 行。填好后在网页上点“上传 Excel”。",
    must=[source for source, _ in REQUIRED],
)


def template(
    sheet: Sheet, *, table: str, lines: Sequence[Handed], mending: bool = False, guidance: Guidance = RISKS
) -> bytes:
    """The workbook: these lines, blank ones below, everything but their cells protected (without a password).

    `mending` adds the column 错误说明; wrong cells are red and carry a comment.
    """
    book = Workbook()
    page: Any = book.active
    page.title = SHEET
    offers = _offers(sheet, guidance)
    _write_words(book, offers)
    _write_meta(book, rows=meta(sheet, table=table))
    last = HEADER_ROW + len(lines) + BLANK_ROWS
    looks = _looks(book)
    _write_top(page, sheet=sheet, looks=looks, mending=mending, guidance=guidance)
    blank = Handed(dict.fromkeys((column.source for column in columns(sheet)), ""))
    for number, line in enumerate([*lines, *[blank] * BLANK_ROWS], start=FIRST_ROW):
        _write_line(page, line, number=number, sheet=sheet, looks=looks)
    for source, words in offers.items():
        _offer(page, source, words, sheet=sheet, last=last)
    _set_up(page, sheet=sheet, mending=mending)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _offers(sheet: Sheet, guidance: Guidance) -> dict[str, Sequence[str]]:
    """Source -> words of its drop-down."""
    fixed = {source: [label for _, label in words] for source, words in OFFERED.items()}
    return {c.source: words for c in columns(sheet) if (words := {**fixed, **guidance.offers}.get(c.source))}


def _write_words(book: Workbook, offers: Mapping[str, Sequence[str]]) -> None:
    page = book.create_sheet(WORDS)
    for place, (source, words) in enumerate(offers.items(), start=1):
        for number, word in enumerate(words, start=1):
            page.cell(number, place, word).data_type = "s"
        column = get_column_letter(place)
        area = f"'{WORDS}'!${column}$1:${column}${len(words)}"
        book.defined_names[f"{source}_words"] = DefinedName(f"{source}_words", attr_text=area)
    page.sheet_state, page.protection.sheet = "hidden", True


def _write_meta(book: Workbook, *, rows: Sequence[Sequence[str]]) -> None:
    page = book.create_sheet(META)
    for row in rows:
        page.append(list(row))
    page.sheet_state, page.protection.sheet = "veryHidden", True


def _looks(book: Workbook) -> Mapping[str, Any]:
    """The finished style of each kind of cell, copied to the cells: far quicker than setting its parts anew."""
    scratch = book.create_sheet("样式")
    body, head = Font(name=xlsx.TEXT, size=10.5), Font(name=xlsx.HEADING, size=10.5)
    lines = Border(left=xlsx.THIN, right=xlsx.THIN, top=xlsx.THIN, bottom=xlsx.THIN)
    red = PatternFill("solid", fgColor="FFC7CE")
    grey = PatternFill("solid", fgColor="E7E6E6")
    parts: Mapping[str, tuple[Font, Border, PatternFill, bool]] = {
        "title": (Font(name=xlsx.TITLE, size=18), Border(), PatternFill(), False),
        "advice": (body, Border(), PatternFill(), False),
        "header": (head, lines, grey, False),
        "input": (body, lines, PatternFill(), True),
        "wrong": (Font(name=xlsx.TEXT, size=10.5, color="9C0006"), lines, red, True),
        "note": (Font(name=xlsx.TEXT, size=10.5, color="9C0006"), lines, PatternFill(), False),
    }
    looks = {}
    for kind, (font, border, fill, open_) in parts.items():
        cell = scratch.cell(1, 1)
        cell.font, cell.border, cell.fill = font, border, fill
        cell.protection, cell.number_format = Protection(locked=not open_), "@"
        middle = "center" if kind in ("title", "header") else "left"
        cell.alignment = Alignment(horizontal=middle, vertical="center", wrap_text=True)
        looks[kind] = copy(cell._style)
    book.remove(scratch)
    return looks


def _put(page: Any, text: str, *, row: int, column: int, look: Any) -> Any:
    cell = page.cell(row, column, text or None)
    cell._style = copy(look)
    if text:
        # openpyxl takes “=…” for a formula; the prefix keeps it text when someone edits the cell.
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(xlsx.RISKY)
    return cell


def _write_top(page: Any, *, sheet: Sheet, looks: Mapping[str, Any], mending: bool, guidance: Guidance) -> None:
    shown = columns(sheet)
    last = 1 + len(shown) + mending
    advice = guidance.advice + ("标红的单元格需要修改，原因见最后一列。" if mending else "")
    for row, text, kind in (
        (1, f"{sheet.code}　{sheet.title}" if sheet.code != sheet.title else sheet.title, "title"),
        (2, advice, "advice"),
    ):
        _put(page, text, row=row, column=2, look=looks[kind])
        page.merge_cells(start_row=row, end_row=row, start_column=2, end_column=last)
    headers = [column.header + (MUST if column.source in guidance.must else "") for column in shown]
    for place, header in enumerate(["标识", *headers, *["错误说明"] * mending], start=1):
        _put(page, header, row=HEADER_ROW, column=place, look=looks["header"])
    for row, height in ((1, 30.0), (2, 34.0), (HEADER_ROW, 24.0)):
        page.row_dimensions[row].height = height


def _write_line(page: Any, line: Handed, *, number: int, sheet: Sheet, looks: Mapping[str, Any]) -> None:
    _put(page, line.key, row=number, column=1, look=looks["note"])
    faults = {fault.source: fault for fault in line.faults}
    shown = columns(sheet)
    for place, column in enumerate(shown, start=2):
        look = looks["wrong" if column.source in line.red else "input"]
        cell = _put(page, show(line.texts[column.source]), row=number, column=place, look=look)
        if fault := faults.get(column.source):
            cell.comment = Comment(f"{fault.text}。\n{fault.mend}。", "导入核对", height=90, width=260)
    note = _note(line, number=number, sheet=sheet)
    if note:
        _put(page, note, row=number, column=2 + len(shown), look=looks["note"])
    parts = [(line.texts[column.source], column.width) for column in shown]
    if height := _height([*parts, (note, NOTE_WIDTH)]):
        page.row_dimensions[number].height = height


def _note(line: Handed, *, number: int, sheet: Sheet) -> str:
    """The explanations beside a line: by its place in this workbook, which may differ from that in the upload."""
    notes = [f"{letter(sheet, fault.source)}{number}：{fault.text}。{fault.mend}。" for fault in line.faults]
    return show("\n".join([*notes, *[line.remark] * bool(line.remark)])[:LONGEST_NOTE])


def _height(texts: Sequence[tuple[str, int]]) -> float:
    """Points of a row with these texts and widths, 0 for a blank one: without them wrapped text prints at one line's
    height. Widths are in Chinese characters; a column is drawn a little wider than it says."""
    most = 0
    for text, width in texts:
        parts = text.split("\n") if text else []
        most = max(most, sum(max(1, math.ceil(len(part) / max(width, NARROWEST))) for part in parts))
    return min(xlsx.TALLEST, most * xlsx.LINE_HEIGHT + xlsx.PADDING) if most else 0


def _offer(page: Any, source: str, words: Sequence[str], *, sheet: Sheet, last: int) -> None:
    """A drop-down; several items of a list may be written below each other, so a list is only offered."""
    strict = source not in LISTED
    offer = DataValidation(type="list", formula1=f"={source}_words", allow_blank=True, showErrorMessage=strict)
    header = next(column.header for column in columns(sheet) if column.source == source)
    offer.errorTitle, offer.error = header[:32], "请从下拉列表选择：" + "、".join(words)[:200]
    column = letter(sheet, source)
    offer.add(f"{column}{FIRST_ROW}:{column}{last}")
    page.add_data_validation(offer)


def _set_up(page: Any, *, sheet: Sheet, mending: bool) -> None:
    page.column_dimensions["A"].hidden = True
    widths = [max(column.width, NARROWEST) for column in columns(sheet)] + [NOTE_WIDTH] * mending
    for place, width in enumerate(widths, start=2):
        page.column_dimensions[get_column_letter(place)].width = width * xlsx.PER_CHARACTER
    page.freeze_panes = f"A{FIRST_ROW}"
    page.page_setup.paperSize, page.page_setup.orientation = 9, "landscape"  # A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    page.oddFooter.center.text = "— &P —"
    for side, millimetres in xlsx.MARGIN.items():
        setattr(page.page_margins, side, millimetres / 25.4)
    # In the file format False allows it.
    page.protection = SheetProtection(
        sheet=True, formatCells=False, formatColumns=False, formatRows=False, insertRows=False
    )
