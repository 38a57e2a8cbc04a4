"""A `Grid` as a worksheet, and several as a workbook. Text stays text whatever it begins with.

Written in openpyxl's write-only mode with copied styles: one style object per kind of cell, not one per cell.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from copy import copy
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange

from lianzheng.render.saving import begin, saved
from lianzheng.sheets import Cell, Grid

# Rows above the grid: number of the form, title, line of unit and date.
TOP = 3
LONGEST = 32_767  # characters in a cell, by the file format

# Widths in half-width characters and heights in points, at the body's 10.5 points.
PER_CHARACTER = 2.1
LINE_HEIGHT = 14.5
PADDING = 5.0
TALLEST = 409.0  # points of a row, by the file format
ROOM = {"opinion": 34.0, "sealed": 72.0, "remark": 24.0, "signature": 20.0}
MARGIN = {
    "left": 35,
    "right": 37,
    "top": 28,
    "bottom": 26,
}  # mm: GB/T 9704 turned, as in lianzheng.render.pdf

TEXT, TITLE, HEADING = "仿宋", "方正小标宋简体", "黑体"
THIN = Side(style="thin")
RISKY = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
FORBIDDEN_IN_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def workbook(grids: Iterable[Grid]) -> bytes:
    """One worksheet per grid, ready to print: landscape A4, one page wide, header row on every page.

    Raises ValueError for a text longer than a cell can hold, which would otherwise be cut in silence.
    """
    book = Workbook(write_only=True)
    taken: set[str] = set()
    styles = _Styles(book)
    for grid in grids:
        _paint(book.create_sheet(_sheet_name(grid, taken=taken)), grid=grid, styles=styles)
    return saved(book)


def _sheet_name(grid: Grid, *, taken: set[str]) -> str:
    """A name Excel accepts: at most 31 characters, none of []:*?/\\, no apostrophe at an end, used once."""
    words = " ".join(w for w in (grid.code, grid.subject) if w) or grid.name
    base = FORBIDDEN_IN_NAME.sub(" ", words).strip(" '")[:31].strip(" '") or "表"
    name, n = base, 1
    while name.casefold() in taken:
        n += 1
        suffix = f"({n})"
        name = base[: 31 - len(suffix)] + suffix
    taken.add(name.casefold())
    return name


class _Styles:
    """The finished style of each kind of cell, made once per workbook."""

    def __init__(self, book: Workbook) -> None:
        self.scratch = book.create_sheet("样式")
        book.remove(self.scratch)
        self.known: dict[tuple[str, str, bool, int], Any] = {}

    def of(self, kind: str, *, align: str, quoted: bool = False, places: int = 0) -> Any:
        key = (kind, align, quoted, places)
        if key not in self.known:
            self.known[key] = self._make(kind, align=align, quoted=quoted, places=places)
        return self.known[key]

    def _make(self, kind: str, *, align: str, quoted: bool, places: int) -> Any:
        cell: Any = WriteOnlyCell(self.scratch)
        cell.font = FONTS.get(kind, Font(name=TEXT, size=10.5))
        cell.alignment = _alignment(kind, align=align)
        cell.border = BORDERS.get(kind, Border(left=THIN, right=THIN, top=THIN, bottom=THIN))
        cell.quotePrefix = quoted
        if places:
            cell.number_format = "0." + "0" * places
        return cell._style


FONTS = {
    "code": Font(name=HEADING, size=16),
    "title": Font(name=TITLE, size=18),
    "header": Font(name=HEADING, size=10.5),
    "label": Font(name=HEADING, size=10.5),
}
BORDERS = {
    "code": Border(),
    "title": Border(),
    "line": Border(),
    "line_right": Border(),
    # The opinion and the signature below it look like one cell.
    "opinion": Border(left=THIN, right=THIN, top=THIN),
    "sealed": Border(left=THIN, right=THIN, top=THIN),
    "signature": Border(left=THIN, right=THIN, bottom=THIN),
}


def _alignment(kind: str, *, align: str) -> Alignment:
    horizontal = {"title": "center", "signature": "right", "line_right": "right"}.get(kind, align)
    vertical = "top" if kind in ("opinion", "sealed", "remark", "merged") else "center"
    return Alignment(horizontal=horizontal, vertical=vertical, wrap_text=True)


def _paint(sheet: Any, *, grid: Grid, styles: _Styles) -> None:
    _check_length(max((cell.text for cell in grid.cells), key=len, default=""))
    _set_up_page(sheet, grid=grid)
    begin(sheet)
    heights = [*_top_heights(grid), *_heights(grid)]
    rows = chain(_top(sheet, grid=grid, styles=styles), _rows(sheet, grid=grid, styles=styles))
    for number, (height, cells) in enumerate(zip(heights, rows, strict=True), 1):
        # A write-only sheet writes the row at once: its height must stand before its cells.
        sheet.row_dimensions[number].height = height
        sheet.append(cells)
    for area in _merges(grid):
        sheet.merged_cells.ranges.add(area)


def _set_up_page(sheet: Any, *, grid: Grid) -> None:
    for number, width in enumerate(grid.widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width * PER_CHARACTER
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.orientation = "landscape" if grid.landscape else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{TOP + grid.header + 1}:{TOP + grid.header + 1}"
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.center.text = "— &P —"
    for side, millimetres in MARGIN.items():
        setattr(sheet.page_margins, side, millimetres / 25.4)
    if grid.header == 0:
        sheet.freeze_panes = f"A{TOP + 2}"


def _top(sheet: Any, *, grid: Grid, styles: _Styles) -> list[list[Any]]:
    """The three rows above the grid, as wide as the grid."""
    width, right = len(grid.widths), _right_part(grid)
    left = _left_text(grid)
    rows: list[list[tuple[str, str]]] = [[("", kind)] * width for kind in ("code", "title", "line")]
    rows[0][0], rows[1][0], rows[2][0] = (grid.code, "code"), (grid.title, "title"), (left, "line")
    if right < width:
        rows[2][right] = (grid.line[-1], "line_right")
    return [[_text(sheet, text, kind=kind, styles=styles) for text, kind in row] for row in rows]


def _right_part(grid: Grid) -> int:
    """The grid column where the right part of the line above the table begins: two fifths, more for a longer text."""
    columns = len(grid.widths)
    if len(grid.line) < 2 or columns < 2:
        return columns
    total = sum(grid.widths)
    start = next((col for col in range(columns) if sum(grid.widths[:col]) * 5 >= total * 3), columns - 1)
    while start > 1 and sum(grid.widths[: start - 1]) * 5 >= total * 2 and _lines_at_right(grid, start) > 1:
        start -= 1
    return start


def _lines_at_right(grid: Grid, start: int) -> int:
    return _lines(grid.line[-1], width=sum(grid.widths[start:])) if grid.line and start < len(grid.widths) else 1


def _top_heights(grid: Grid) -> tuple[float, float, float]:
    # 18 points against the body's 10.5: fewer characters in a line.
    lines = _lines(grid.title, width=sum(grid.widths) * 10.5 / 18)
    start = _right_part(grid)
    beside = max(_lines(_left_text(grid), width=sum(grid.widths[:start])), _lines_at_right(grid, start))
    # A digest is one word: where it wraps, it leaves the rest of the line before it empty.
    return 24.0, 30.0 * lines, max(20.0, (beside + (beside > 1)) * LINE_HEIGHT + PADDING)


def _left_text(grid: Grid) -> str:
    return "　　".join(grid.line[:-1] or grid.line)


def _rows(sheet: Any, *, grid: Grid, styles: _Styles) -> Iterator[list[Any]]:
    """Row by row: no more cells than those of one row are in memory."""
    places: list[list[Cell | None]] = [[None] * len(grid.widths) for _ in range(grid.rows)]
    for cell in grid.cells:
        for row in range(cell.row, cell.row + cell.rowspan):
            places[row][cell.col : cell.col + cell.colspan] = [cell] * cell.colspan
    for number, line in enumerate(places):
        yield [
            _painted(sheet, cell=cell, styles=styles)
            if (cell.row, cell.col) == (number, col)
            # The covered cells of a merge bear its borders.
            else _text(sheet, "", kind=cell.kind, styles=styles)
            for col, cell in enumerate(line)
            if cell is not None
        ]


def _painted(sheet: Any, *, cell: Cell, styles: _Styles) -> Any:
    if cell.kind not in ("index", "figure"):
        # A cell joined over many rows runs over pages: its text belongs at the top, or the first page shows none.
        kind = "merged" if cell.kind == "body" and cell.rowspan > 1 else cell.kind
        return _text(sheet, cell.text, kind=kind, styles=styles, align=cell.align)
    # Numbers of the program's own stay numbers, so that they can be summed; the format keeps their places.
    number = Decimal(cell.text)
    places = len(cell.text.partition(".")[2])
    painted: Any = WriteOnlyCell(sheet)
    painted.value = number
    painted._style = copy(styles.of(cell.kind, align=cell.align, places=places))
    return painted


def _text(sheet: Any, text: str, *, kind: str, styles: _Styles, align: str = "left") -> Any:
    _check_length(text)
    cell: Any = WriteOnlyCell(sheet, text or None)
    if text:
        # openpyxl takes "=…" for a formula; the quote prefix keeps it text when someone edits the cell.
        cell.data_type = "s"
    cell._style = copy(styles.of(kind, align=align, quoted=text.startswith(RISKY)))
    return cell


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        raise ValueError(f"a cell holds {LONGEST} characters, not {len(text)}")


def _merges(grid: Grid) -> list[CellRange]:
    last, right = len(grid.widths), _right_part(grid)
    areas = [(1, 1, 1, last), (2, 1, 2, last), (3, 1, 3, right), (3, right + 1, 3, last)]
    areas += [(TOP + c.row + 1, c.col + 1, TOP + c.row + c.rowspan, c.col + c.colspan) for c in grid.cells]
    return [
        CellRange(min_row=top, min_col=left, max_row=bottom, max_col=end)
        for top, left, bottom, end in areas
        if left <= end and (top, left) != (bottom, end)
    ]


def _heights(grid: Grid) -> list[float]:
    """Points of each row: a workbook without them prints wrapped text at one line's height, cut off."""
    heights = [LINE_HEIGHT + PADDING] * grid.rows
    for cell in sorted(grid.cells, key=lambda c: c.rowspan):
        span = slice(cell.row, cell.row + cell.rowspan)
        width = sum(grid.widths[cell.col : cell.col + cell.colspan])
        need = max(_lines(cell.text, width=width) * LINE_HEIGHT + PADDING, ROOM.get(cell.kind, 0.0))
        heights[cell.row + cell.rowspan - 1] += max(0.0, need - sum(heights[span]))
    return [min(height, TALLEST) for height in heights]


def _lines(text: str, *, width: float) -> int:
    """Lines a text takes in a cell `width` Chinese characters wide."""
    room = max(2.0, 2 * width * PER_CHARACTER / 2 - 1)
    return sum(max(1, math.ceil(_half_widths(line) / room)) for line in text.split("\n"))


@lru_cache(maxsize=4096)
def _half_widths(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)
