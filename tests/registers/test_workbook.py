"""The workbook itself: what stands where, what is protected and hidden, and how its lines are read again."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID, uuid4

import openpyxl
import pytest

from lianzheng.intake import reader, workbook
from lianzheng.intake.comparison import (
    Line,
    Stored,
    Verdict,
    compare,
    fingerprint,
    in_our_words,
    plain,
    rows_to_take,
)
from lianzheng.intake.guard import Unfit
from lianzheng.intake.template import SHEET
from lianzheng.sheets import Sheet
from registers.models import RiskType
from registers.sheets import ANNEX_1, ANNEX_2, ANNEX_3, MEASURES
from registers.templates import template_of

TABLE = "01a20464-4794-70d4-bf42-670a7aa629b2"
TEXTS = {
    "power": "=许可",
    "risk_type": "岗位职责风险",
    "name": "风险点",
    "manifestation": "第一行\n第二行",
    "measures": "一条\n两条",
    "responsible": "张三",
}


def texts(sheet: Sheet, **changes: str) -> dict[str, str]:
    return {column.source: (TEXTS | changes)[column.source] for column in sheet.columns if column.edit}


def stored(sheet: Sheet = ANNEX_1, *, id: UUID | None = None, version: int = 1, **changes: str) -> Stored:
    return Stored(str(id or uuid4()), version, texts(sheet, **changes))


def made(sheet: Sheet, *rows: Stored, **options: Any) -> bytes:
    lines = [workbook.Handed(row.texts, row.key) for row in rows]
    return workbook.written(template_of(sheet), table=TABLE, lines=lines, **options)


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def read(content: bytes, sheet: Sheet, *, table: str = TABLE) -> list[Line]:
    cells = reader.read(content, name="a.xlsx", sheets=workbook.READ)
    return workbook.parse(cells, template=template_of(sheet), table=table)


EVERYWHERE = ["风险类别 *", "风险点 *", "廉政风险内容及表现形式 *", "防控措施 *"]
HEADERS = {
    "附件1": ["标识", *EVERYWHERE, "责任人 *"],
    "附件2": ["标识", "业务环节／职权事项", *EVERYWHERE, "责任人 *"],
    "附件3": ["标识", "业务环节／职权事项", *EVERYWHERE],
}


@pytest.mark.parametrize("sheet", [ANNEX_1, ANNEX_2, ANNEX_3], ids=lambda sheet: sheet.code)
def test_template_offers_the_columns_that_are_typed_and_reads_them_back(sheet: Sheet) -> None:
    row = stored(sheet)
    content = made(sheet, row)
    page = opened(content)[SHEET]
    assert [cell.value for cell in page[3]] == HEADERS[sheet.code]
    assert page["B1"].value == f"{sheet.code}　{sheet.title}"
    assert read(content, sheet) == [Line(4, row.texts, row.id, 1, fingerprint(row.texts))]


def test_template_has_fifty_blank_lines_that_are_open_as_text() -> None:
    page = opened(made(ANNEX_1, stored(), stored()))[SHEET]
    assert page.max_row == 3 + 2 + workbook.BLANK_ROWS
    cells = [cell for line in page.iter_rows(min_row=4, min_col=2) for cell in line]
    assert {(cell.protection.locked, cell.number_format, cell.alignment.wrap_text) for cell in cells} == {
        (False, "@", True)
    }
    assert {cell.protection.locked for line in page.iter_rows(max_col=1) for cell in line} == {True}
    assert {cell.protection.locked for line in page.iter_rows(min_row=3, max_row=3) for cell in line} == {True}


def test_template_is_set_up_to_be_filled_in_and_printed() -> None:
    page = opened(made(ANNEX_1, stored()))[SHEET]
    assert (page.freeze_panes, page.print_title_rows) == ("A4", "$3:$3")
    assert (page.page_setup.paperSize, page.page_setup.orientation) == (9, "landscape")
    assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (1, 0)
    assert page.sheet_properties.pageSetUpPr.fitToPage is True
    assert page.column_dimensions["A"].hidden is True
    assert (page.protection.sheet, page.protection.password) == (True, None)
    assert page.row_dimensions[4].height > 2 * 14


def test_types_are_offered_from_a_hidden_sheet() -> None:
    book = opened(made(ANNEX_2, stored(ANNEX_2)))
    [offer] = book[SHEET].data_validations.dataValidation
    assert (offer.type, offer.formula1, str(offer.sqref)) == ("list", "=risk_type_words", "C4:C54")
    assert book.defined_names["risk_type_words"].attr_text == "'字典'!$A$1:$A$5"
    assert [cell.value for cell in book["字典"]["A"]] == RiskType.labels
    states = {sheet.title: sheet.sheet_state for sheet in book.worksheets}
    assert states == {"填写": "visible", "字典": "hidden", "_meta": "veryHidden"}


def test_text_that_looks_like_a_formula_is_text() -> None:
    content = made(ANNEX_2, stored(ANNEX_2, power='=cmd|"/c calc"!A1', name="+1", responsible="@x"))
    page = opened(content)[SHEET]
    found = [page[place] for place in ("B4", "D4", "G4")]
    assert [(cell.data_type, cell.quotePrefix) for cell in found] == [("s", True)] * 3
    assert [line.texts["power"] for line in read(content, ANNEX_2)] == ['=cmd|"/c calc"!A1']


def test_wrong_cells_are_marked_and_explained_in_the_workbook_to_mend() -> None:
    line, template = Line(9, texts(ANNEX_1, risk_type="乱写")), template_of(ANNEX_1)
    [verdict] = compare([line], stored=[], template=template_of(ANNEX_1), check=accept)
    content = workbook.written(template, table=TABLE, lines=workbook.to_mend([verdict], template), mending=True)
    page = opened(content)[SHEET]
    assert page["G4"].value == f"B4：“乱写”不在下拉项内。请选：{'、'.join(RiskType.labels)}。"
    assert page["B4"].comment.text == f"“乱写”不在下拉项内。\n请选：{'、'.join(RiskType.labels)}。"
    assert [page[place].fill.fgColor.rgb for place in ("B4", "C4")] == ["00FFC7CE", "00000000"]
    assert read(content, ANNEX_1) == [Line(4, line.texts)]


def accept(values: Any, row: Any) -> Any:
    return values, {}


@pytest.mark.parametrize(
    ("written", "value"),
    [("思想道德", "moral"), ("思想道德风险", "moral"), ("moral", "moral"), (" 思想 道德 ", "moral"), ("DUTY", "duty")],
)
def test_type_is_understood_however_it_is_written(written: str, value: str) -> None:
    cells = {workbook.META: workbook.meta(code="附件1", table=TABLE), SHEET: sheet_of(["", written, "名"])}
    [line] = workbook.parse(cells, template=template_of(ANNEX_1), table=TABLE)
    assert line.texts["risk_type"] == RiskType(value).label
    [verdict] = compare([line], stored=[], template=template_of(ANNEX_1), check=accept)
    assert (verdict.state, rows_to_take([verdict])[0]["risk_type"]) == ("new", value)


def sheet_of(*rows: list[str]) -> list[list[str]]:
    return [[], ["", ""], HEADERS["附件1"], *rows]


@pytest.mark.parametrize("rows", [[], [[]], [[], [], []], sheet_of()[:2]])
def test_sheet_without_its_header_is_refused(rows: list[list[str]]) -> None:
    cells = {workbook.META: workbook.meta(code="附件1", table=TABLE), SHEET: rows}
    with pytest.raises(Unfit, match="表头 B3 应为“风险类别”"):
        workbook.parse(cells, template=template_of(ANNEX_1), table=TABLE)


def test_template_of_an_older_schema_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = made(ANNEX_1, stored())
    monkeypatch.setattr(workbook, "SCHEMA", "2")
    with pytest.raises(Unfit, match=workbook.OLD_SCHEMA):
        read(content, ANNEX_1)


def test_more_lines_than_a_table_may_have_are_refused() -> None:
    rows = sheet_of(*[["", "moral", f"名{n}"] for n in range(201)])
    meta = workbook.meta(code="附件1", table=TABLE)
    with pytest.raises(Unfit, match="文件中填了 201 行"):
        workbook.parse({workbook.META: meta, SHEET: rows}, template=template_of(ANNEX_1), table=TABLE)


def states(lines: list[Line], rows: list[Stored]) -> list[tuple[str, str]]:
    verdicts: list[Verdict] = compare(lines, stored=rows, template=template_of(ANNEX_1), check=accept)
    return [(verdict.state, verdict.stored.id if verdict.stored else "") for verdict in verdicts]


def test_copied_line_with_its_key_is_a_new_row() -> None:
    row = stored()
    first = Line(4, row.texts, row.id, 1, fingerprint(row.texts))
    copied = Line(5, texts(ANNEX_1, name="抄来改的"), row.id, 1, fingerprint(row.texts))
    assert states([first, copied], [row]) == [("same", row.id), ("new", "")]


def test_lines_in_another_order_are_still_the_same_rows() -> None:
    a, b = stored(name="甲"), stored(name="乙")
    lines = [Line(4, b.texts, b.id, 1, fingerprint(b.texts)), Line(5, a.texts, a.id, 1, fingerprint(a.texts))]
    assert states(lines, [a, b]) == [("same", b.id), ("same", a.id)]


def test_two_saved_rows_alike_stay_two() -> None:
    a, b = stored(), stored()
    lines = [Line(4, a.texts, a.id, 1, fingerprint(a.texts)), Line(5, b.texts, b.id, 1, fingerprint(b.texts))]
    assert states(lines, [a, b]) == [("same", a.id), ("same", b.id)]


def test_what_a_spreadsheet_adds_unseen_is_no_change() -> None:
    assert plain(" 文字 \r\n二 ") == plain("文字 \n二")
    assert in_our_words(MEASURES, "一\r\n\r\n 二 \n") == "一\n二"
    assert plain("e\u0301") == plain("\u00e9")
    assert plain("一\n\n二") != plain("一\n二")
