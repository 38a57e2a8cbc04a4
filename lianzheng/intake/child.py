"""The child process that reads a workbook: wanted sheets and bytes in on stdin, their texts as JSON out on stdout.

Started by lianzheng.intake.reader as `python -m lianzheng.intake.child MEGABYTES SECONDS`; imports no Django.
"""

import contextlib
import json
import os
import resource
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import xlrd
from openpyxl import DEFUSEDXML, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from lianzheng.render.press import limit_memory, limit_time

ROWS = 5000
COLUMNS = 60
CHARACTERS = 6000  # of a cell: as many as the longest field of a form may have
IN_ALL = 4_000_000  # characters; a shared text may stand in every cell

SHEETS = 20
ALL, OLD = "all", "old"
"""Asked for instead of names: every worksheet that is seen, of the format of today and of that before 2007."""

TOO_MANY_SHEETS = f"文件的工作表超过 {SHEETS} 张，请删去不需要的工作表后再上传。"
TOO_MANY_ROWS = f"工作表“{{sheet}}”超过 {ROWS} 行，请删去下方多余的行（包括空行）后再上传。"
TOO_MANY_COLUMNS = f"工作表“{{sheet}}”超过 {COLUMNS} 列，请删去右侧多余的列后再上传。"
TOO_LONG = f"工作表“{{sheet}}”的单元格 {{cell}} 超过 {CHARACTERS} 字，请缩短后再上传。"
TOO_MUCH = "文件的文字过多，请分几次导入。"


class TooMuch(Exception):
    """More than is read; the message is a sentence for the person who sent it."""


def texts(content: bytes, *, sheets: Sequence[str]) -> dict[str, list[list[str]]]:
    """The texts of those wanted sheets that the workbook has, row by row from A1. Raises TooMuch."""
    assert DEFUSEDXML, "a parser without defusedxml must not meet a stranger's file"
    book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    found, left = {}, IN_ALL
    for name in sheets:
        if name in book.sheetnames and isinstance(book[name], ReadOnlyWorksheet):
            found[name] = list(_rows(book[name], name=name))
            left -= sum(len(text) for row in found[name] for text in row)
            if left < 0:
                raise TooMuch(TOO_MUCH)
    return found


def foreign(content: bytes, *, old: bool) -> dict[str, list[list[str]]]:
    """The texts of every worksheet that is seen, merged areas filled in. Raises TooMuch."""
    found, left = {}, IN_ALL
    for name, values, areas in _old(content) if old else _new(content):
        found[name] = _filled(list(_checked(values, name=name)), areas)
        left -= sum(len(text) for row in found[name] for text in row)
        if left < 0:
            raise TooMuch(TOO_MUCH)
    return found


Area = tuple[int, int, int, int]
"""First row, row behind the last, first column, column behind the last, from 0."""


def _new(content: bytes) -> Iterator[tuple[str, Iterable[Sequence[object]], list[Area]]]:
    assert DEFUSEDXML, "a parser without defusedxml must not meet a stranger's file"
    book = load_workbook(BytesIO(content), data_only=True, keep_links=False)
    seen = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    _count(seen)
    for sheet in seen:
        areas = [(area.min_row - 1, area.max_row, area.min_col - 1, area.max_col) for area in sheet.merged_cells]
        yield sheet.title, sheet.iter_rows(values_only=True), areas


def _old(content: bytes) -> Iterator[tuple[str, Iterable[Sequence[object]], list[Area]]]:
    book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=sys.stderr)
    seen = [sheet for sheet in book.sheets() if sheet.visibility == 0]
    _count(seen)
    for sheet in seen:
        rows = ([_old_value(cell, book) for cell in sheet.row(number)] for number in range(sheet.nrows))
        yield sheet.name, rows, list(sheet.merged_cells)


def _count(sheets: Sequence[object]) -> None:
    if len(sheets) > SHEETS:
        raise TooMuch(TOO_MANY_SHEETS)


def _old_value(cell: Any, book: Any) -> object:
    if cell.ctype == xlrd.XL_CELL_DATE:
        return xlrd.xldate.xldate_as_datetime(cell.value, book.datemode)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    return xlrd.error_text_from_code.get(cell.value) if cell.ctype == xlrd.XL_CELL_ERROR else cell.value


def _filled(rows: list[list[str]], areas: Iterable[Area]) -> list[list[str]]:
    """Downwards each row has the text of the area it belongs to; a title across many columns stands once."""
    for top, bottom, left, right in areas:
        text = rows[top][left] if top < len(rows) and left < len(rows[top]) else ""
        for row in rows[top + 1 : bottom]:
            if text and left < len(row) and right - left == 1:
                row[left] = text
    return rows


def _rows(sheet: Any, *, name: str) -> Iterator[list[str]]:
    # The stated size may lie, and cells beyond it would be dropped in silence.
    sheet.reset_dimensions()
    return _checked(sheet.iter_rows(values_only=True), name=name)


def _checked(rows: Iterable[Sequence[object]], *, name: str) -> Iterator[list[str]]:
    left = IN_ALL
    for number, row in enumerate(rows, start=1):
        if number > ROWS:
            raise TooMuch(TOO_MANY_ROWS.format(sheet=name))
        if any(value is not None for value in row[COLUMNS:]):
            raise TooMuch(TOO_MANY_COLUMNS.format(sheet=name))
        line = [_text(value) for value in row[:COLUMNS]]
        for column, text in enumerate(line, start=1):
            if len(text) > CHARACTERS:
                raise TooMuch(TOO_LONG.format(sheet=name, cell=f"{get_column_letter(column)}{number}"))
        left -= sum(map(len, line))
        if left < 0:
            raise TooMuch(TOO_MUCH)
        yield line


def _text(value: object) -> str:
    """A value as a person would read it in the cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    # Excel writes a carriage return, which XML would swallow, as an escape of its own.
    return str(value).replace("_x000D_", "")


def _wanted(content: bytes, wanted: Any) -> dict[str, list[list[str]]]:
    return foreign(content, old=wanted == OLD) if wanted in (ALL, OLD) else texts(content, sheets=wanted)


def main() -> None:
    """Take stdout for the answer alone, give up what is not needed, read, answer."""
    source, out = sys.stdin.buffer, os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    limit_memory(int(sys.argv[1]))
    limit_time(int(sys.argv[2]))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # a reader writes no file
    wanted = json.loads(source.readline())
    try:
        answer: dict[str, Any] = {"sheets": _wanted(source.read(), wanted)}
    except TooMuch as refusal:
        answer = {"refused": str(refusal)}
    json.dump(answer, out)
    out.flush()


if __name__ == "__main__":
    main()
