"""Tables that are not ours: which row is the head, which column is what, and the lines below it; pure.

The words are those of published registers of risk points (住建局、民政局、村委会 … ) and of the shipped material.
"""

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from lianzheng.intake.comparison import Line, in_our_words
from lianzheng.intake.guard import Unfit
from lianzheng.intake.template import columns
from lianzheng.sheets import Column, Sheet
from registers.actions import MOST_ROWS

Rows = Sequence[Sequence[str]]
Choice = Mapping[int, str]
"""Column number (from 0) -> the source it is taken for."""

HEAD_WITHIN = 20
"""Rows among which the head is looked for: titles and notes stand above it."""
LEAST = 2
WORDS: Mapping[str, tuple[str, ...]] = {
    "power": (
        "业务环节职权事项", "业务环节", "职权事项", "重要环节", "环节", "工作环节", "权力名称", "权力事项", "职权名称",
        "职责权力", "岗位职权", "主要业务环节", "业务流程", "职权",
    ),
    "risk_type": ("风险类别", "风险类型", "廉政风险类别", "廉政风险类型", "风险种类"),
    "name": ("风险点", "廉政风险点", "风险点名称", "风险名称", "风险项目名称", "廉洁风险点", "岗位风险点"),
    "manifestation": (
        "廉政风险内容及表现形式", "廉政风险主要内容及表现形式", "廉政风险点表现形式", "风险内容及表现形式", "表现形式",
        "风险表现形式", "廉政风险表现形式", "风险点描述", "风险描述", "风险内容", "主要表现", "风险点表现形式",
        "具体表现",
    ),
    "measures": (
        "防控措施", "防控要点及防控措施", "预防和控制措施", "防范措施", "主要防控措施", "廉政风险防控措施", "防控要点",
        "制度防控", "流程防控", "决策防控", "监督防控", "风险防控措施", "整改措施",
    ),
    "responsible": ("责任人", "直接责任人", "风险责任人", "防控责任人", "责任人姓名"),
}  # fmt: skip
JOINED = ("measures", "manifestation")
"""Sources that several columns may make up together, a line each."""

NOTHING = "没有在文件中找到表格。请确认表格有表头，表头下面有内容。"
NO_COLUMNS = "请至少指定“风险点”或“表现形式”对应哪一列。"
TWICE = "“{}”只能对应一列，请只保留一处。"


@dataclass(frozen=True)
class Found:
    """A table in a file: the sheet, its rows as read, the number of the head row (from 1) and what its columns seem
    to be."""

    sheet: str
    rows: Rows
    head: int
    choice: Choice

    @property
    def headers(self) -> list[str]:
        return [text.strip() for text in self.rows[self.head - 1]]


def bare(header: str) -> str:
    """A head as it is compared: no spaces, no brackets with what is in them, no marks."""
    text, kept = unicodedata.normalize("NFKC", header), []
    depth = 0
    for char in text:
        depth += char in "([【〔"
        if not depth and char.isalnum():
            kept.append(char)
        depth -= char in ")]】〕" and depth > 0
    return "".join(kept).casefold()


_KNOWN = {bare(word): source for source, words in WORDS.items() for word in words}


def recognise(headers: Sequence[str], *, sheet: Sheet, remembered: Mapping[str, str]) -> Choice:
    """What the columns seem to be: as the bureau said before, else by the words. A source that one column makes up is
    given to the first that fits."""
    wanted = [column.source for column in columns(sheet)]
    found: dict[int, str] = {}
    for number, header in enumerate(headers):
        word = bare(header)
        source = remembered.get(word, _KNOWN.get(word, ""))
        if source in wanted and (source in JOINED or source not in found.values()):
            found[number] = source
    return found


def tables(book: Mapping[str, Rows], *, sheet: Sheet, remembered: Mapping[str, str]) -> list[Found]:
    """The table of each worksheet that has one, the best recognised first. Raises Unfit when there is none."""
    found = [item for name, rows in book.items() if (item := _table(name, rows, sheet, remembered))]
    if not found:
        raise Unfit(NOTHING)
    return sorted(found, key=lambda item: (-len(set(item.choice.values())), -len(item.rows)))


def _table(name: str, rows: Rows, sheet: Sheet, remembered: Mapping[str, str]) -> Found | None:
    best: Found | None = None
    for number, row in enumerate(rows[:HEAD_WITHIN], start=1):
        choice = recognise(row, sheet=sheet, remembered=remembered)
        wide = len({text.strip() for text in row if text.strip()}) >= LEAST
        if wide and len(rows) > number and (best is None or len(choice) > len(best.choice)):
            best = Found(name, rows, number, choice)
    return best


def lines(rows: Rows, *, first: int, choice: Choice, sheet: Sheet) -> list[Line]:
    """The filled lines in the words of the sheet; `first` is the number of the first row in the file. Raises Unfit."""
    if sentence := problem(choice, sheet=sheet):
        raise Unfit(sentence)
    found = []
    for number, row in enumerate(rows, start=first):
        texts = {column.source: _text(row, column, choice) for column in columns(sheet)}
        if any(texts.values()):
            found.append(Line(number, texts))
    if len(found) > MOST_ROWS:
        raise Unfit(f"文件中有 {len(found)} 行，一张表最多 {MOST_ROWS} 行，请删去不属于本表的行后再上传。")
    return found


def problem(choice: Choice, *, sheet: Sheet) -> str:
    """Why these columns make no lines; "" when they do."""
    headers = {column.source: column.header for column in columns(sheet)}
    given = list(choice.values())
    if not {"name", "manifestation"} & set(given):
        return NO_COLUMNS
    twice = next((source for source in given if source not in JOINED and given.count(source) > 1), "")
    return TWICE.format(headers[twice]) if twice else ""


def _text(row: Sequence[str], column: Column, choice: Choice) -> str:
    numbers = [number for number, source in sorted(choice.items()) if source == column.source]
    parts = [row[number].strip() for number in numbers if number < len(row)]
    return in_our_words(column, "\n".join(part for part in parts if part))


def letters(choice: Choice) -> dict[str, str]:
    """The column of each source as a spreadsheet calls it; of several the first."""
    found: dict[str, str] = {}
    for number, source in sorted(choice.items()):
        found.setdefault(source, get_column_letter(number + 1))
    return found


def pasted(text: str) -> list[list[str]]:
    """Cells as spreadsheets put them on the clipboard: tabs between them, quotes round those of several lines. Raises
    Unfit."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    try:
        rows = list(csv.reader(io.StringIO(plain, newline=""), dialect="excel-tab", strict=False))
    except csv.Error as error:
        raise Unfit("粘贴的内容无法分成行和列，请从 Excel 或 WPS 表格中重新复制。") from error
    found = [row for row in rows if any(cell.strip() for cell in row)]
    if not found:
        raise Unfit("还没有粘贴内容。请在 Excel 或 WPS 中选中几行复制，粘贴到框里。")
    return found


def guessed(rows: Rows, *, sheet: Sheet, remembered: Mapping[str, str]) -> tuple[int, Choice]:
    """How many of the pasted rows are a head, and what the columns are: by the head, else by their order when there
    are as many as the form has (a number of the row before them does not count)."""
    choice = recognise(rows[0], sheet=sheet, remembered=remembered)
    if len(set(choice.values())) >= LEAST:
        return 1, choice
    sources = [column.source for column in columns(sheet)]
    width = max(len(row) for row in rows)
    numbered = all(row[0].strip().isdecimal() for row in rows)
    start = 1 if numbered and width == len(sources) + 1 else 0
    return 0, dict(enumerate(sources, start=start)) if width - start == len(sources) else {}
