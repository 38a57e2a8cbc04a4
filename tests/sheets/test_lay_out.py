"""The layout itself: values as text, coverage, merges, permission, head block, approval cells."""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from assessments.sheets import ANNEX_4, ANNEX_6
from lianzheng.sheets import Cell, Column, Grid, HeadField, Sheet, Sign, lay_out, show
from registers.sheets import ANNEX_1, ANNEX_2, ANNEX_3
from tests.sheets.content import OPINIONS, SIX, grid, owner, row

KIND_AND_POINT = "风险类别 风险点 廉政风险内容及表现形式"
LEVELS = "评分 自报等级 审核等级"
HEADERS = {
    "附件1": f"序号 {KIND_AND_POINT} 防控措施 责任人",
    "附件2": f"序号 业务环节／职权事项 {KIND_AND_POINT} 涉及岗位 防控措施 责任人",
    "附件3": f"序号 股室 业务环节／职权事项 {KIND_AND_POINT} 涉及岗位 防控措施 责任股室 责任领导",
    "附件4": f"序号 {KIND_AND_POINT} {LEVELS} 防控措施 责任人",
    "附件5": f"序号 业务环节／职权事项 {KIND_AND_POINT} {LEVELS} 防控措施 责任人",
    "附件6": "序号 股室 风险点 廉政风险内容及表现形式 评分 等级 防控措施 责任股室 责任领导",
}
TITLES = {
    "附件1": "清源县住房和城乡建设局岗位廉政风险点查找和防控措施表",
    "附件2": "清源县住房和城乡建设局股室廉政风险点查找和防控措施表",
    "附件3": "清源县住房和城乡建设局廉政风险点查找和防控措施表",
    "附件4": "清源县住房和城乡建设局岗位廉政风险点等级确定和防控措施审核备案表",
    "附件5": "清源县住房和城乡建设局股室廉政风险点等级确定和防控措施审核备案表",
    "附件6": "清源县住房和城乡建设局廉政风险点等级确定和防控措施审核备案表",
}


def column_of(laid: Grid, *, header: str) -> list[Cell]:
    """The body cells under a header."""
    [top] = [c for c in laid.cells if c.kind == "header" and c.text == header]
    return [c for c in laid.cells if c.col == top.col and laid.header < c.row < laid.sign]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "是"),
        (False, "否"),
        (7, "7"),
        (Decimal("84.00"), "84.00"),
        (Decimal("84"), "84"),
        (Decimal("1E+2"), "100"),
        (Decimal("0.1"), "0.1"),
        (date(2026, 2, 5), "2026年2月5日"),
        ("甲\r\n乙\r丙\t丁", "甲\n乙\n丙 丁"),
        ("甲\x00\x0b\ufffe\u202e乙", "甲乙"),
        ("𬭼㐂", "𬭼㐂"),
    ],
)
def test_show_value(value: object, text: str) -> None:
    assert show(value) == text


@pytest.mark.parametrize("value", [Decimal("59.985"), Decimal("1.000"), Decimal("NaN"), Decimal("Infinity")])
def test_show_refuses_a_number_it_would_have_to_round(value: Decimal) -> None:
    with pytest.raises(ValueError, match="two places"):
        show(value)


@pytest.mark.parametrize("value", [59.98, datetime(2026, 2, 15, 10, 30, tzinfo=UTC), ["甲"], object()])
def test_show_refuses_what_has_no_single_text(value: object) -> None:
    with pytest.raises(TypeError, match="cannot show"):
        show(value)


@pytest.mark.parametrize("sheet", SIX, ids=lambda s: s.code)
def test_columns_and_title_of_the_official_sheet(sheet: Sheet) -> None:
    laid = grid(sheet)
    assert " ".join(c.text for c in laid.cells if c.kind == "header") == HEADERS[sheet.code]
    assert laid.title == TITLES[sheet.code]
    assert laid.line == ("填报单位：清源县住房和城乡建设局", "填报日期：2026年2月15日")


@pytest.mark.parametrize("can", [(), ("see_score",)], ids=["blind", "seeing"])
@pytest.mark.parametrize("rows", [0, 1, 9])
@pytest.mark.parametrize("sheet", SIX, ids=lambda s: s.code)
def test_cells_cover_the_grid_exactly_once(sheet: Sheet, rows: int, can: tuple[str, ...]) -> None:
    laid = grid(sheet, rows=rows, can=can)
    covered = Counter(
        (row, col)
        for c in laid.cells
        for row in range(c.row, c.row + c.rowspan)
        for col in range(c.col, c.col + c.colspan)
    )
    assert covered == Counter((row, col) for row in range(laid.rows) for col in range(len(laid.widths)))
    assert min(laid.widths) > 0


@pytest.mark.parametrize("sheet", SIX, ids=lambda s: s.code)
def test_labels_have_room_for_a_whole_word(sheet: Sheet) -> None:
    laid = grid(sheet)
    labels = [c for c in laid.cells if c.kind == "label" and c.row < laid.header]
    narrow = [c.text for c in labels if sum(laid.widths[c.col : c.col + c.colspan]) < len(c.text)]
    assert narrow == []


def test_score_without_permission_is_absent() -> None:
    blind, seeing = grid(ANNEX_4, can=()), grid(ANNEX_4)
    assert [c.text for c in column_of(seeing, header="评分")][:4] == ["84.00", "59.99", "68", ""]
    assert [c for c in blind.cells if c.text in ("评分", "84.00", "59.99")] == []
    assert sum(blind.widths) == sum(seeing.widths) - 3


def test_rows_are_numbered() -> None:
    assert [c.text for c in column_of(grid(ANNEX_1, rows=3), header="序号")] == ["1", "2", "3"]


def test_merge_ends_where_a_column_further_left_ends() -> None:
    laid = grid(ANNEX_3, rows=9)
    sections = [(c.text, c.rowspan) for c in column_of(laid, header="股室")]
    assert sections == [("建筑市场管理股", 4), ("人事财务股", 4), ("办公室", 1)]
    same = [row(0) | {"section": section} for section in ("甲股", "甲股", "乙股")]
    laid = lay_out(ANNEX_3, owner=owner(), rows=same)
    powers = [(c.text, c.rowspan) for c in column_of(laid, header="业务环节／职权事项")]
    assert powers == [("施工许可证核发", 2), ("施工许可证核发", 1)]


def test_empty_neighbours_are_not_merged() -> None:
    laid = lay_out(ANNEX_2, owner=owner(), rows=[row(n) | {"power": ""} for n in range(2)])
    assert [c.rowspan for c in column_of(laid, header="业务环节／职权事项")] == [1, 1]


def test_opinions_stand_under_each_other_beside_one_label() -> None:
    laid = grid(ANNEX_4)
    [label] = [c for c in laid.cells if c.text == "分管领导意见"]
    beside = [c for c in laid.cells if c.col == label.colspan and label.row <= c.row < label.row + label.rowspan]
    assert [(c.text, c.kind) for c in beside] == [
        ("请补充资金环节后再报。", "opinion"),
        ("签字：赵六　　2026年2月13日", "signature"),
        ("已补充，同意。", "opinion"),
        ("分管副局长：赵六　　2026年2月16日", "signature"),
    ]


def test_sealed_cell_without_opinion_is_left_to_be_signed() -> None:
    laid = grid(ANNEX_6)
    [label] = [c for c in laid.cells if c.text == "县领导小组审核确定意见"]
    texts = [(c.text, c.kind) for c in laid.cells if label.row <= c.row and c.col > 0]
    assert texts == [
        ("", "sealed"),
        ("（盖章）　　签字：　　　　　　　　　　　　年　　月　　日", "signature"),
    ]


def test_remark_is_not_signed() -> None:
    assert [c.text for c in grid(ANNEX_4).cells if c.kind == "remark"] == ["评分见评分表。"]


def test_head_date_without_value_is_left_to_be_written() -> None:
    laid = lay_out(ANNEX_1, owner=owner() | {"filled_on": None}, rows=[])
    assert laid.line[1] == "填报日期：　　　　年　　月　　日"


def test_forgotten_value_is_an_error() -> None:
    incomplete = {key: value for key, value in owner().items() if key != "political"}
    with pytest.raises(KeyError, match="political"):
        lay_out(ANNEX_1, owner=incomplete, rows=[], opinions=OPINIONS)


def test_list_without_head_and_approval_is_its_columns() -> None:
    ledger = Sheet("", "台账", head=(), columns=(Column("", "序号", 3), Column("name", "风险点", 8)), line=())
    laid = lay_out(ledger, owner=owner(), rows=[row(0)])
    assert [c.text for c in laid.cells] == ["序号", "风险点", "1", "风险点0"]
    assert (laid.widths, laid.header, laid.sign, laid.rows, laid.line) == ((3, 8), 0, 2, 2, ())


def test_head_row_wider_than_its_columns_still_fits() -> None:
    narrow = Sheet(
        "",
        "表",
        head=((HeadField("单位名称", "unit_name"), HeadField("年度", "year")),),
        columns=(Column("name", "风险点", 20),),
        sign=(Sign("意见", "office"),),
    )
    laid = lay_out(narrow, owner=owner(), rows=[row(0)])
    assert sum(laid.widths) == 20
    assert [c.text for c in laid.cells if c.row == 0] == [
        "单位名称",
        "清源县住房和城乡建设局",
        "年度",
        "2026",
    ]
