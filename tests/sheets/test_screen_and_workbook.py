"""HTML and workbook against the Grid: the same cells. The paper: test_paper.py."""

import io
import re
import zipfile
from html.parser import HTMLParser
from typing import Any

import openpyxl
import pytest

from assessments.sheets import ANNEX_4
from lianzheng.render import html, xlsx
from lianzheng.sheets import Column, Grid, Sheet, lay_out
from registers.sheets import ANNEX_1, ANNEX_3
from tests.sheets.content import FORMULA, SIX, grid, owner

Place = tuple[int, int, int, int, str]


class Tables(HTMLParser):
    """Reads tables that stand under each other as one: every cell with its place."""

    def __init__(self) -> None:
        super().__init__()
        self.row = -1
        self.taken: set[tuple[int, int]] = set()
        self.cells: list[Place] = []
        self.open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.row += 1
        elif tag in ("td", "th"):
            given = dict(attrs)
            rowspan, colspan = int(given.get("rowspan") or 1), int(given.get("colspan") or 1)
            col = next(n for n in range(100) if (self.row, n) not in self.taken)
            self.taken |= {(self.row + r, col + c) for r in range(rowspan) for c in range(colspan)}
            self.cells.append((self.row, col, rowspan, colspan, ""))
            self.open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            self.cells[-1] = (*self.cells[-1][:4], self.cells[-1][4] + data)


def places(laid: Grid) -> list[Place]:
    return [(c.row, c.col, c.rowspan, c.colspan, c.text) for c in laid.cells]


def places_in_html(laid: Grid) -> list[Place]:
    reader = Tables()
    reader.feed(html.table(laid))
    return reader.cells


def opened(*grids: Grid) -> list[Any]:
    return list(openpyxl.load_workbook(io.BytesIO(xlsx.workbook(grids))).worksheets)


def shown(value: object, *, number_format: str) -> str:
    """What Excel displays for the two kinds of number we write."""
    if isinstance(value, int | float):
        return f"{value:.{len(number_format.partition('.')[2])}f}"
    return "" if value is None else str(value)


def places_in_workbook(laid: Grid) -> list[Place]:
    [sheet] = opened(laid)
    merged = {(area.min_row, area.min_col): area for area in sheet.merged_cells.ranges}
    covered = {place for area in merged.values() for row in area.rows for place in row} - set(merged)
    result: list[Place] = []
    for cells in sheet.iter_rows(min_row=xlsx.TOP + 1):
        for cell in cells:
            at = (cell.row, cell.column)
            if at not in covered:
                area = merged.get(at)
                size = (area.size["rows"], area.size["columns"]) if area else (1, 1)
                text = shown(cell.value, number_format=cell.number_format)
                result.append((cell.row - xlsx.TOP - 1, cell.column - 1, *size, text))
    return result


@pytest.mark.parametrize("can", [(), ("see_score",)], ids=["blind", "seeing"])
@pytest.mark.parametrize("sheet", SIX, ids=lambda s: s.code)
def test_html_and_workbook_have_the_cells_of_the_grid(sheet: Sheet, can: tuple[str, ...]) -> None:
    laid = grid(sheet, can=can)
    assert places_in_html(laid) == places(laid)
    assert places_in_workbook(laid) == places(laid)


def test_html_escapes_what_people_typed() -> None:
    laid = grid(ANNEX_1, person='<img src=x onerror="1">&')
    assert "<img" not in html.table(laid)
    assert places_in_html(laid) == places(laid)


def test_html_header_cells_have_a_scope_and_one_visible_caption() -> None:
    text = html.table(grid(ANNEX_4))
    assert set(re.findall(r"<th [^>]*?scope=\"(\w+)\"", text)) == {"row", "col"}
    assert len(re.findall(r"<th ", text)) == len(re.findall(r"<th [^>]*scope=", text))
    assert re.findall(r'<caption class="sheet-quiet">(.*?)</caption>', text) == [
        "清源县住房和城乡建设局岗位廉政风险点等级确定和防控措施审核备案表：明细",
        "清源县住房和城乡建设局岗位廉政风险点等级确定和防控措施审核备案表：审核意见",
    ]
    assert "style=" not in text


@pytest.mark.parametrize("text", [FORMULA, "=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\t=1", "=cmd|' /C calc'!A0"])
def test_workbook_text_that_looks_like_a_formula_stays_text(text: str) -> None:
    plain = Sheet("", "表", head=(), columns=(Column("name", "风险点", 8),), line=())
    laid = lay_out(plain, owner=owner() | {"bureau_name": "=局"}, rows=[{"name": text}])
    book = xlsx.workbook([laid])
    [sheet] = openpyxl.load_workbook(io.BytesIO(book)).worksheets
    cell = sheet.cell(xlsx.TOP + 2, 1)
    assert (cell.value, cell.data_type) == (text.replace("\t", " "), "s")
    assert cell.quotePrefix == (not text.startswith("\t"))
    parts = zipfile.ZipFile(io.BytesIO(book))
    assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_workbook_is_set_up_to_print() -> None:
    [sheet] = opened(grid(ANNEX_3))
    assert (sheet.page_setup.orientation, str(sheet.page_setup.paperSize)) == ("landscape", "9")
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage is True
    header = xlsx.TOP + len(ANNEX_3.head) + 1
    assert sheet.print_title_rows == f"${header}:${header}"
    assert sheet["A2"].value == "清源县住房和城乡建设局廉政风险点查找和防控措施表"


def test_workbook_rows_are_as_high_as_their_text() -> None:
    laid = lay_out(
        Sheet("", "表", head=(), columns=(Column("name", "风险点", 10),), line=()),
        owner=owner(),
        rows=[{"name": "短"}, {"name": "长" * 95}, {"name": "一\n二\n三"}],
    )
    [sheet] = opened(laid)
    one, ten, three = (sheet.row_dimensions[xlsx.TOP + n].height for n in (2, 3, 4))
    assert ten == one + 9 * xlsx.LINE_HEIGHT
    assert three == one + 2 * xlsx.LINE_HEIGHT


def test_workbook_sheet_names_are_safe_and_unique() -> None:
    people = ("张三", "张三", "'甲/乙'", "长" * 40)
    sheets = opened(*(grid(ANNEX_1, rows=1, person=person) for person in people))
    assert [sheet.title for sheet in sheets] == [
        "附件1 张三",
        "附件1 张三(2)",
        "附件1 '甲 乙",
        ("附件1 " + "长" * 40)[:31],
    ]


def test_workbook_refuses_a_text_it_would_cut() -> None:
    with pytest.raises(ValueError, match="32767"):
        xlsx.workbook([lay_out(ANNEX_1, owner=owner() | {"duties": "长" * 32_768}, rows=[])])
