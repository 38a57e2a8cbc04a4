"""Rows as a workbook to fill in, and the lines of a filled one; reads and writes no record.

Which file may be parsed at all: lianzheng.intake.guard. What its lines would change: lianzheng.intake.comparison.
"""

import math
import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
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

from lianzheng.intake.comparison import Fault, Line, Verdict, differing, in_our_words, letter
from lianzheng.intake.guard import Unfit
from lianzheng.intake.template import SHEET, Template
from lianzheng.render import xlsx
from lianzheng.render.saving import saved
from lianzheng.sheets import Sheet, show

SCHEMA = "1"
WORDS, NOTES, META = "字典", "说明", "_meta"
READ = (SHEET, META)
SALT = "registers.workbook"  # templates that were given out keep their seal
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


Cells = Mapping[str, Sequence[Sequence[str]]]
"""Worksheet -> its texts, row by row from A1."""


def meta(*, code: str, table: str) -> list[list[str]]:
    """The sealed lines by which a template is known again; `table` says whose it is."""
    seal = Signer(salt=SALT).signature(f"{code}|{SCHEMA}|{table}")
    return [["form", code], ["schema", SCHEMA], ["table", table], ["seal", seal]]


def parse(cells: Cells, *, template: Template, table: str) -> list[Line]:
    """The filled lines of a workbook that was made for this table. Raises Unfit with a sentence."""
    return parse_book(cells, templates=[template], code=template.sheet.code, table=table)[0]


def parse_book(cells: Cells, *, templates: Sequence[Template], code: str, table: str) -> list[list[Line]]:
    """The same of several worksheets, in their order."""
    if table_of(cells, code=code, pages=[template.page for template in templates]) != table:
        raise Unfit(OTHER_TABLE)
    return [_lines(cells[template.page], template) for template in templates]


def table_of(cells: Cells, *, code: str, pages: Sequence[str]) -> str:
    """Whose template it was, as its seal says. Raises Unfit when it is none of this form."""
    said = {row[0]: row[1] for row in cells.get(META, ()) if len(row) >= 2}
    if set(said) != {"form", "schema", "table", "seal"}:
        raise Unfit(FOREIGN)
    sealed = Signer(salt=SALT).signature(f"{said['form']}|{said['schema']}|{said['table']}")
    if not constant_time_compare(sealed, said["seal"]):
        raise Unfit(CHANGED_META)
    if said["form"] != code:
        raise Unfit(f"这是{said['form']}的模板，本页导入的是{code}。请从本页下载模板。")
    if said["schema"] != SCHEMA:
        raise Unfit(OLD_SCHEMA)
    for page in pages:
        if page not in cells:
            raise Unfit(FOREIGN)
    return said["table"]


def _lines(rows: Sequence[Sequence[str]], template: Template) -> list[Line]:
    _check_header(rows[HEADER_ROW - 1] if len(rows) >= HEADER_ROW else (), template)
    lines = [_line(row, number=n, template=template) for n, row in enumerate(rows[HEADER_ROW:], start=FIRST_ROW)]
    found = [line for line in lines if line.id or any(line.texts.values())]
    if len(found) > template.most:
        raise Unfit(f"文件中填了 {len(found)} 行，{template.whole}最多 {template.most} 行，请归并后再上传。")
    return found


def _check_header(row: Sequence[str], template: Template) -> None:
    for place, column in enumerate(template.columns, start=1):
        word = row[place].removesuffix("*").strip() if place < len(row) else ""
        if word != column.header:
            cell = f"{get_column_letter(place + 1)}{HEADER_ROW}"
            raise Unfit(f"表头 {cell} 应为“{column.header}”，现为“{word[:20]}”。请恢复表头和各列的顺序后再上传。")


def _line(row: Sequence[str], *, number: int, template: Template) -> Line:
    found = [text.strip() for text in row[1:]] + [""] * len(template.columns)
    texts = {column.source: in_our_words(column, text) for column, text in zip(template.columns, found, strict=False)}
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


def to_mend(verdicts: Sequence[Verdict], template: Template) -> list[Handed]:
    """The lines of an upload as a fresh workbook takes them: right ones kept, wrong ones with their faults. A sheet to
    which no line can be added has none of those that were."""
    kept = [verdict for verdict in verdicts if verdict.stored or not template.fixed]
    return [_to_mend(verdict, template) for verdict in kept]


def _to_mend(verdict: Verdict, template: Template) -> Handed:
    row, texts = verdict.stored, verdict.line.texts
    key = row.key if row else ""
    if row and verdict.state == "same":
        return Handed(row.texts, key)
    red = [fault.source for fault in verdict.faults if fault.source]
    if any(not fault.source for fault in verdict.faults):
        red = differing(verdict)
    remark = f"现在保存的是：{'；'.join(row.texts[s] for s in differing(verdict))}" if row and verdict.stale else ""
    given = {column.source: row.texts[column.source] for column in template.columns if column.given} if row else {}
    return Handed({**texts, **given}, key, verdict.faults, tuple(red), remark)


Part = tuple[Template, Sequence[Handed]]
"""A worksheet and the lines that stand in it."""


def written(template: Template, *, table: str, lines: Sequence[Handed], mending: bool = False) -> bytes:
    """The workbook: these lines, blank ones below, everything but their cells protected (without a password).

    `mending` adds the column 错误说明; wrong cells are red and carry a comment.
    """
    return book_of([(template, lines)], code=template.sheet.code, table=table, mending=mending)


def book_of(parts: Sequence[Part], *, code: str, table: str, mending: bool = False) -> bytes:
    """The same of several worksheets, known again by `code`."""
    book = Workbook()
    first: Any = book.active
    looks = _looks(book)
    book.remove(first)
    pages = [book.create_sheet(template.page) for template, _ in parts]
    words = _Words(book.create_sheet(WORDS), book)
    for page, (template, lines) in zip(pages, parts, strict=True):
        _write_page(page, template, lines, looks=looks, words=words, mending=mending)
    _write_notes(book, [row for template, _ in parts for row in template.notes], looks=looks, place=len(parts))
    _write_meta(book, rows=meta(code=code, table=table))
    return saved(book)


def _write_page(
    page: Any, template: Template, lines: Sequence[Handed], *, looks: Mapping[str, Any], words: "_Words", mending: bool
) -> None:
    spare = 0 if template.fixed else BLANK_ROWS
    _write_top(page, template, looks=looks, mending=mending)
    blank = Handed(dict.fromkeys((column.source for column in template.columns), ""))
    for number, line in enumerate([*lines, *[blank] * spare], start=FIRST_ROW):
        _write_line(page, line, number=number, template=template, looks=looks)
    last = HEADER_ROW + len(lines) + spare
    for source, offered in _offers(template).items():
        _offer(page, source, offered, name=words.name(source, offered), template=template, last=last)
    _set_up(page, template, mending=mending)


def _offers(template: Template) -> dict[str, Sequence[str]]:
    """Source -> words of its drop-down."""
    fixed = {c.source: [label for _, label in c.choices] for c in template.columns if c.choices}
    return {c.source: words for c in template.columns if (words := {**fixed, **template.offers}.get(c.source))}


class _Words:
    """The hidden worksheet of words to choose from: a column for each list, found by its name."""

    def __init__(self, page: Any, book: Workbook) -> None:
        self.page, self.book = page, book
        self.known: dict[tuple[str, ...], str] = {}
        page.sheet_state, page.protection.sheet = "hidden", True

    def name(self, source: str, words: Sequence[str]) -> str:
        """The name of the list of these words; a list that stands there already is used again."""
        key = (source, *words)
        if key in self.known:
            return self.known[key]
        taken = sum(known.partition("_words")[0] == source for known in self.known.values())
        name = f"{source}_words" + (f"_{taken + 1}" if taken else "")
        place = len(self.known) + 1
        for number, word in enumerate(words, start=1):
            self.page.cell(number, place, word).data_type = "s"
        column = get_column_letter(place)
        area = f"'{WORDS}'!${column}$1:${column}${len(words)}"
        self.book.defined_names[name] = DefinedName(name, attr_text=area)
        self.known[key] = name
        return name


def _write_notes(book: Workbook, rows: Sequence[Sequence[str]], *, looks: Mapping[str, Any], place: int) -> None:
    """What the person may look up while filling in; nothing of it is read again."""
    if not rows:
        return
    page: Any = book.create_sheet(NOTES, place)
    for number, row in enumerate(rows, start=1):
        for column, text in enumerate(row, start=1):
            _put(page, text, row=number, column=column, look=looks["header" if number == 1 else "note"])
    for column in range(1, 1 + max(map(len, rows))):
        longest = max(len(row[column - 1]) for row in rows if len(row) >= column)
        page.column_dimensions[get_column_letter(column)].width = min(40, longest + 2) * xlsx.PER_CHARACTER
    page.page_setup.paperSize, page.page_setup.orientation = 9, "landscape"
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.freeze_panes, page.protection.sheet = "A2", True


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
        "given": (body, lines, PatternFill("solid", fgColor="F2F2F2"), False),
        "note": (body, lines, PatternFill(), False),
        "fault": (Font(name=xlsx.TEXT, size=10.5, color="9C0006"), lines, PatternFill(), False),
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


def _write_top(page: Any, template: Template, *, looks: Mapping[str, Any], mending: bool) -> None:
    shown, sheet = template.columns, template.sheet
    last = 1 + len(shown) + mending
    advice = template.advice + ("标红的单元格需要修改，原因见最后一列。" if mending else "")
    for row, text, kind in (
        (1, f"{sheet.code}　{sheet.title}" if sheet.code != sheet.title else sheet.title, "title"),
        (2, advice, "advice"),
    ):
        _put(page, text, row=row, column=2, look=looks[kind])
        page.merge_cells(start_row=row, end_row=row, start_column=2, end_column=last)
    headers = [column.header + (MUST if column.source in template.must else "") for column in shown]
    for place, header in enumerate(["标识", *headers, *["错误说明"] * mending], start=1):
        _put(page, header, row=HEADER_ROW, column=place, look=looks["header"])
    told = _height([(advice, sum(max(column.width, NARROWEST) for column in shown))])
    named = _height([(header, max(column.width, NARROWEST)) for header, column in zip(headers, shown, strict=True)])
    for row, height in ((1, 30.0), (2, max(34.0, told)), (HEADER_ROW, max(24.0, named))):
        page.row_dimensions[row].height = height


def _write_line(page: Any, line: Handed, *, number: int, template: Template, looks: Mapping[str, Any]) -> None:
    _put(page, line.key, row=number, column=1, look=looks["note"])
    faults = {fault.source: fault for fault in line.faults}
    shown = template.columns
    for place, column in enumerate(shown, start=2):
        kind = "given" if column.given else "wrong" if column.source in line.red else "input"
        look = looks[kind]
        cell = _put(page, show(line.texts[column.source]), row=number, column=place, look=look)
        if fault := faults.get(column.source):
            cell.comment = Comment(f"{fault.text}。\n{fault.mend}。", "导入核对", height=90, width=260)
    note = _note(line, number=number, sheet=template.sheet)
    if note:
        _put(page, note, row=number, column=2 + len(shown), look=looks["fault"])
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


def _offer(page: Any, source: str, words: Sequence[str], *, name: str, template: Template, last: int) -> None:
    """A drop-down; several items of a list may be written below each other, so a list is only offered."""
    column = template.column(source)
    strict = not column.listed and source not in template.free
    offer = DataValidation(type="list", formula1=f"={name}", allow_blank=True, showErrorMessage=strict)
    offer.errorTitle, offer.error = column.header[:32], "请从下拉列表选择：" + "、".join(words)[:200]
    place = letter(template.sheet, source)
    offer.add(f"{place}{FIRST_ROW}:{place}{last}")
    page.add_data_validation(offer)


def _set_up(page: Any, template: Template, *, mending: bool) -> None:
    page.column_dimensions["A"].hidden = True
    widths = [max(column.width, NARROWEST) for column in template.columns] + [NOTE_WIDTH] * mending
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
