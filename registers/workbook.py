"""The rows of a risk table as a workbook to fill in, and what a filled one would change; reads and writes no record.

Which file may be parsed at all: lianzheng.intake. The writer of what is taken: registers.actions.take_in.
"""

import hashlib
import io
import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Literal

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
from lianzheng.sheets import Column, Sheet, show
from registers.actions import MOST_ROWS
from registers.completeness import REQUIRED
from registers.models import RiskPoint, RiskType

SCHEMA = "1"
SHEET, WORDS, META = "填写", "字典", "_meta"
READ = (SHEET, META)
HEADER_ROW = 3  # title, instructions, header; the first column holds the keys
FIRST_ROW = HEADER_ROW + 1
BLANK_ROWS = 50
MUST = " *"
LONGEST_NOTE = 2000  # characters of the explanations beside a row
NARROWEST = 7  # Chinese characters in a line of a cell, so that a type fits

KEY = re.compile(r"([0-9a-f-]{36}):([0-9]{1,9}):([0-9a-f]{16})")
# What Excel shows instead of the result of a formula.
FORMULA_ERRORS = ("#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#N/A", "#NULL!", "#NUM!", "#SPILL!", "#CALC!")

FOREIGN = "这不是从本系统下载的模板。请从本页下载模板，把内容复制进去后再上传。"
CHANGED_META = "模板中的标识被改动过，不能确认它属于哪张表。请重新下载模板，把内容复制进去后再上传。"
OLD_SCHEMA = "模板的版本已过期。请重新下载模板，把内容复制进去后再上传。"
OTHER_TABLE = "这是另一张表（其他岗位、股室或年度）的模板。请从本页下载本表的模板。"
NEWER = "在您下载后被改过"
LEFT_ALONE = "本行在您下载后被改过；您在文件中没有改它，现在保存的内容不变。"
CLEARED = "本行在文件中被清空；导入不会删除行，现在保存的内容不变。如要删除，请在网页上操作。"


@dataclass(frozen=True)
class Line:
    """A line of the workbook: its row number in Excel, the texts of its cells by column source, and the stored row,
    version and fingerprint that the template handed out (empty in a new line)."""

    number: int
    texts: Mapping[str, str]
    id: str = ""
    version: int = 0
    mark: str = ""


@dataclass(frozen=True)
class Stored:
    """A row as it is saved now, in the words that stand in cells."""

    id: str
    version: int
    texts: Mapping[str, str]

    @property
    def key(self) -> str:
        return f"{self.id}:{self.version}:{fingerprint(self.texts)}"


@dataclass(frozen=True)
class Fault:
    """What is wrong in a cell (D9) and how to mend it; `source` names the column, "" the whole row."""

    cell: str
    source: str
    text: str
    mend: str


@dataclass(frozen=True)
class Verdict:
    """What a line would do. `values` are cleaned field values, complete unless something is wrong; `note` tells what
    the person should know of a line that changes nothing."""

    line: Line
    state: Literal["new", "changed", "same", "wrong"]
    stored: Stored | None = None
    values: Mapping[str, str] | None = None
    faults: tuple[Fault, ...] = ()
    note: str = ""
    stale: bool = False


Check = Callable[[Mapping[str, str]], tuple[Mapping[str, str], Mapping[str, tuple[str, str]]]]
"""Field values -> (cleaned values, {source: (what is wrong, how to mend it)}): the form that also guards the page."""


def columns(sheet: Sheet) -> tuple[Column, ...]:
    """What a person types in this sheet."""
    return tuple(column for column in sheet.columns if column.edit)


def letter(sheet: Sheet, source: str) -> str:
    """The Excel column of a source; of the first one for "" (the whole row)."""
    sources = [column.source for column in columns(sheet)]
    return get_column_letter(2 + (sources.index(source) if source else 0))


def stored_rows(points: Iterable[RiskPoint], *, sheet: Sheet) -> list[Stored]:
    """Saved rows in the words of the sheet: labels, and measures one a line."""
    sources = [column.source for column in columns(sheet)]
    return [
        Stored(str(point.pk), point.version, {source: _cell_text(point, source) for source in sources})
        for point in points
    ]


def _cell_text(point: RiskPoint, source: str) -> str:
    if source == "risk_type":
        return str(point.get_risk_type_display())
    return show(point.measures_text if source == "measures" else getattr(point, source))


def plain(source: str, text: str) -> str:
    """A text without what a spreadsheet or a person adds unseen; measures are their lines."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if source == "measures":
        return "\n".join(line.strip() for line in lines if line.strip())
    return "\n".join(lines).strip()


def fingerprint(texts: Mapping[str, str]) -> str:
    """Tells whether somebody changed a row: the same for texts that are plainly the same."""
    ordered = [(source, plain(source, texts[source])) for source in sorted(texts)]
    return hashlib.sha256(json.dumps(ordered).encode()).hexdigest()[:16]


def meta(sheet: Sheet, *, table: str) -> list[list[str]]:
    """The sealed lines by which a template is known again."""
    seal = Signer(salt="registers.workbook").signature(f"{sheet.code}|{SCHEMA}|{table}")
    return [["form", sheet.code], ["schema", SCHEMA], ["table", table], ["seal", seal]]


def parse(cells: Mapping[str, Sequence[Sequence[str]]], *, sheet: Sheet, table: str) -> list[Line]:
    """The filled lines of a workbook that was made for this table. Raises Unfit with a sentence."""
    _check_meta(cells, sheet=sheet, table=table)
    rows = cells[SHEET]
    _check_header(rows[HEADER_ROW - 1] if len(rows) >= HEADER_ROW else (), sheet=sheet)
    lines = [_line(row, number=n, sheet=sheet) for n, row in enumerate(rows[HEADER_ROW:], start=FIRST_ROW)]
    found = [line for line in lines if line.id or any(line.texts.values())]
    if len(found) > MOST_ROWS:
        raise Unfit(f"文件中填了 {len(found)} 行，一张表最多 {MOST_ROWS} 行，请归并后再上传。")
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
    texts = {source: _in_our_words(source, found.get(source, "")) for source in sources}
    key = row[0].strip() if row else ""
    match = KEY.fullmatch(key)
    # A key that is none still says that the line once was a stored row.
    return Line(number, texts, match[1], int(match[2]), match[3]) if match else Line(number, texts, key)


def _in_our_words(source: str, text: str) -> str:
    """A type by its label, however it was written; an unknown one, and every other text, as it is."""
    return RiskType(_types()[_bare(text)]).label if source == "risk_type" and _bare(text) in _types() else text


def _types() -> dict[str, str]:
    """Accepted spellings of a type: its label with and without 风险, its code."""
    pairs = [(_bare(word), value) for value, label in RiskType.choices for word in (label, value)]
    return dict(pairs)


def _bare(text: str) -> str:
    return "".join(text.split()).casefold().removesuffix("风险")


def compare(lines: Sequence[Line], *, stored: Sequence[Stored], sheet: Sheet, check: Check) -> list[Verdict]:
    """What each line would do to the rows as they are saved now. Rows that no line names stay as they are."""
    judge = _Judge(lines, stored=stored, sheet=sheet, check=check)
    return [judge.verdict(line) for line in lines]


class _Judge:
    """The saved rows, those that no line claims yet, and the lines seen so far."""

    def __init__(self, lines: Sequence[Line], *, stored: Sequence[Stored], sheet: Sheet, check: Check) -> None:
        self.sheet, self.check = sheet, check
        self.known = {row.id: row for row in stored}
        self.first: dict[str, int] = {}
        for line in lines:
            self.first.setdefault(line.id, line.number)
        self.spare = [row for row in stored if row.id not in self.first]
        self.room = MOST_ROWS - len(stored)
        self.seen: dict[str, int] = {}

    def verdict(self, line: Line) -> Verdict:
        earlier = self.seen.setdefault(fingerprint(line.texts), line.number)
        if line.id and line.id not in self.known:
            return self._gone(line)
        if line.id and self.first[line.id] == line.number:
            return self._kept(line, self.known[line.id])
        return self._new(line, earlier=earlier)

    def _gone(self, line: Line) -> Verdict:
        """A keyed line whose row the table no longer holds."""
        if not any(line.texts.values()):
            return Verdict(line, "same")
        fault = self._fault(
            line, "", "本表现在没有这一行（已被删除，或行标识被改动）", "如仍需要，请把内容移到下方空白行"
        )
        return Verdict(line, "wrong", faults=(fault,))

    def _kept(self, line: Line, row: Stored) -> Verdict:
        if fingerprint(line.texts) == fingerprint(row.texts):
            return Verdict(line, "same", row)
        newer = row.version != line.version
        if not any(line.texts.values()):
            return Verdict(line, "same", row, note=CLEARED)
        if newer and fingerprint(line.texts) == line.mark:
            return Verdict(line, "same", row, note=LEFT_ALONE)
        values, faults = self._checked(line)
        if newer:
            faults = (self._fault(line, "", NEWER, "请对照后在修改表中确定内容，再上传"), *faults)
        return Verdict(line, "wrong" if faults else "changed", row, values, faults, stale=newer)

    def _new(self, line: Line, *, earlier: int) -> Verdict:
        """A line without a key, or a copy of one with it. What already stands in the table is not added again."""
        if earlier != line.number:
            mend = "请合并或删除其中一行"
            return Verdict(line, "wrong", faults=(self._fault(line, "", f"与第 {earlier} 行完全相同", mend),))
        for row in self.spare:
            if fingerprint(line.texts) == fingerprint(row.texts):
                self.spare.remove(row)
                return Verdict(line, "same", row)
        values, faults = self._checked(line)
        self.room -= 1
        if self.room < 0:
            faults = (self._fault(line, "", f"一张表最多 {MOST_ROWS} 行", "请归并后再添加"), *faults)
        return Verdict(line, "wrong" if faults else "new", None, values, faults)

    def _checked(self, line: Line) -> tuple[Mapping[str, str], tuple[Fault, ...]]:
        found = dict(_unknown_words(line.texts))
        values = {source: "" if source in found else text for source, text in line.texts.items()}
        if "risk_type" in values:
            values["risk_type"] = _types().get(_bare(values["risk_type"]), "")
        cleaned, refused = self.check(values)
        found |= {source: reason for source, reason in refused.items() if source not in found}
        ordered = [source for source in ("", *line.texts) if source in found]
        return cleaned, tuple(self._fault(line, source, *found[source]) for source in ordered)

    def _fault(self, line: Line, source: str, text: str, mend: str) -> Fault:
        return Fault(f"{letter(self.sheet, source)}{line.number}", source, text, mend)


def _unknown_words(texts: Mapping[str, str]) -> Iterable[tuple[str, tuple[str, str]]]:
    """What only a workbook can get wrong: a word outside the drop-down, a formula without a result."""
    for source, text in texts.items():
        if text in FORMULA_ERRORS:
            yield source, (f"公式没有结果（{text}）", "请改为文字")
        elif source == "risk_type" and text and _bare(text) not in _types():
            yield source, (f"“{text[:20]}”不在下拉项内", f"请选{_nearest(text)}")


def _nearest(text: str) -> str:
    near = [label for label in RiskType.labels if _bare(text) and _bare(text) in label]
    return "或".join(f"“{label}”" for label in near) or "：" + "、".join(RiskType.labels)


@dataclass(frozen=True)
class Handed:
    """A line of a workbook that is handed out: its texts, the key of the stored row, and what is wrong with it."""

    texts: Mapping[str, str]
    key: str = ""
    faults: tuple[Fault, ...] = ()
    remark: str = ""


def to_mend(verdicts: Sequence[Verdict]) -> list[Handed]:
    """The lines of an upload as a fresh workbook takes them: right ones kept, wrong ones with their faults."""
    return [_to_mend(verdict) for verdict in verdicts]


def _to_mend(verdict: Verdict) -> Handed:
    row, texts = verdict.stored, verdict.line.texts
    if row is not None and verdict.state == "same":
        texts = row.texts
    remark = (
        "现在保存的是：" + "；".join(row.texts[source] for source in differing(verdict))
        if verdict.stale and row
        else ""
    )
    return Handed(texts, row.key if row else "", verdict.faults, remark)


def differing(verdict: Verdict) -> list[str]:
    """The sources in which a line differs from its stored row."""
    texts, row = verdict.line.texts, verdict.stored
    return [s for s in texts if row is None or plain(s, texts[s]) != plain(s, row.texts[s])]


def template(sheet: Sheet, *, table: str, lines: Sequence[Handed], mending: bool = False) -> bytes:
    """The workbook: these lines, blank ones below, everything but their cells protected (without a password).

    `mending` adds the column 错误说明; wrong cells are red and carry a comment.
    """
    book = Workbook()
    page: Any = book.active
    page.title = SHEET
    _write_words(book)
    _write_meta(book, rows=meta(sheet, table=table))
    last = HEADER_ROW + len(lines) + BLANK_ROWS
    looks = _looks(book)
    _write_top(page, sheet=sheet, looks=looks, mending=mending)
    blank = Handed(dict.fromkeys((column.source for column in columns(sheet)), ""))
    for number, line in enumerate([*lines, *[blank] * BLANK_ROWS], start=FIRST_ROW):
        _write_line(page, line, number=number, sheet=sheet, looks=looks)
    _offer_types(page, sheet=sheet, last=last)
    _set_up(page, sheet=sheet, mending=mending)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_words(book: Workbook) -> None:
    page = book.create_sheet(WORDS)
    for number, label in enumerate(RiskType.labels, start=1):
        page.cell(number, 1, str(label))
    page.sheet_state, page.protection.sheet = "hidden", True
    book.defined_names["risk_types"] = DefinedName("risk_types", attr_text=f"'{WORDS}'!$A$1:$A${len(RiskType)}")


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


def _write_top(page: Any, *, sheet: Sheet, looks: Mapping[str, Any], mending: bool) -> None:
    shown = columns(sheet)
    last = 1 + len(shown) + mending
    advice = (
        f"带{MUST.strip()}的列提交前必填；风险类别从下拉列表选择；防控措施一条写一行（单元格内按 Alt+Enter 换行）。"
        f"可在下方空白行新增，删除请在网页上操作；最多 {MOST_ROWS} 行。填好后在网页上点“上传 Excel”。"
    )
    advice += "标红的单元格需要修改，原因见最后一列。" if mending else ""
    for row, text, kind in ((1, f"{sheet.code}　{sheet.title}", "title"), (2, advice, "advice")):
        _put(page, text, row=row, column=2, look=looks[kind])
        page.merge_cells(start_row=row, end_row=row, start_column=2, end_column=last)
    must = {source for source, _ in REQUIRED}
    headers = [column.header + (MUST if column.source in must else "") for column in shown]
    for place, header in enumerate(["标识", *headers, *["错误说明"] * mending], start=1):
        _put(page, header, row=HEADER_ROW, column=place, look=looks["header"])
    for row, height in ((1, 30.0), (2, 34.0), (HEADER_ROW, 24.0)):
        page.row_dimensions[row].height = height


def _write_line(page: Any, line: Handed, *, number: int, sheet: Sheet, looks: Mapping[str, Any]) -> None:
    _put(page, line.key, row=number, column=1, look=looks["note"])
    faults = {fault.source: fault for fault in line.faults}
    shown = columns(sheet)
    for place, column in enumerate(shown, start=2):
        wrong = column.source in faults or "" in faults
        look = looks["wrong" if wrong else "input"]
        cell = _put(page, show(line.texts[column.source]), row=number, column=place, look=look)
        if fault := faults.get(column.source):
            cell.comment = _comment(fault)
    notes = [f"{letter(sheet, fault.source)}{number}：{fault.text}。{fault.mend}。" for fault in line.faults]
    if notes:
        text = "\n".join([*notes, *[line.remark] * bool(line.remark)])
        _put(page, show(text[:LONGEST_NOTE]), row=number, column=2 + len(shown), look=looks["note"])
    if height := _height(line, shown=shown):
        page.row_dimensions[number].height = height


def _comment(fault: Fault) -> Comment:
    return Comment(f"{fault.text}。\n{fault.mend}。", "导入核对", height=90, width=260)


def _height(line: Handed, *, shown: Sequence[Column]) -> float:
    """Points of a row with text, 0 for a blank one: without them wrapped text prints at one line's height."""
    most = 0
    for column in shown:
        parts = line.texts[column.source].split("\n")
        width = max(column.width, NARROWEST)
        most = max(most, sum(max(1, math.ceil(len(part) / width)) for part in parts if line.texts[column.source]))
    return min(xlsx.TALLEST, most * xlsx.LINE_HEIGHT + xlsx.PADDING) if most else 0


def _offer_types(page: Any, *, sheet: Sheet, last: int) -> None:
    offer = DataValidation(type="list", formula1="=risk_types", allow_blank=True, showErrorMessage=True)
    offer.errorTitle, offer.error = "风险类别", "请从下拉列表选择：" + "、".join(RiskType.labels)
    column = letter(sheet, "risk_type")
    offer.add(f"{column}{FIRST_ROW}:{column}{last}")
    page.add_data_validation(offer)


def _set_up(page: Any, *, sheet: Sheet, mending: bool) -> None:
    page.column_dimensions["A"].hidden = True
    widths = [max(column.width, NARROWEST) for column in columns(sheet)] + [18] * mending
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


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many lines are new, changed, same, wrong."""
    states = [verdict.state for verdict in verdicts]
    return {state: states.count(state) for state in ("new", "changed", "same", "wrong")}


def rows_to_take(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """The new and changed lines as `registers.actions.take_in` writes them."""
    return [
        dict(verdict.values or {})
        | ({"id": verdict.stored.id, "version": verdict.line.version} if verdict.stored else {})
        for verdict in verdicts
        if verdict.state in ("new", "changed")
    ]
