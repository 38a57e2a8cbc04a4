"""Tables that are not ours and cells from the clipboard: recognised, re-assigned, compared, taken over, undone."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assessments.models import Dossier
from lianzheng.audit.models import Entry
from lianzheng.intake import carried, guard, reader
from lianzheng.intake.guard import Unfit
from registers import foreign
from registers.models import KnownColumn
from registers.sheets import ANNEX_1, ANNEX_2
from tests.cast import Round, client_of, row
from tests.intake import files

OLD = Path(__file__).with_name("old.xls")

# Heads of published tables, and what each column is in 附件2; "" is left out.
HEADS: dict[str, dict[str, str]] = {
    "住建局公开表": {
        "序号": "",
        "单位/科室": "",
        "风险类别": "risk_type",
        "风险点": "name",
        "廉政风险主要内容及表现形式": "manifestation",
        "风险等级(高/中/低)": "",
        "防控措施": "measures",
        "部门负责人": "",
        "责任领导": "",
    },
    "住建局一览表": {
        "序号": "",
        "部门": "",
        "重要环节": "power",
        "廉政风险点\n表现形式": "manifestation",
        "风险点涉及的岗位": "",
        "风险等级（高/中/低）": "",
        "防控要点及防控措施": "measures",
        "直接责任人": "responsible",
        "部门责任人": "",
        "责任领导": "",
    },
    "企业岗位表": {
        "序号": "",
        "岗位类别": "",
        "风险名称": "name",
        "风险描述": "manifestation",
        "防控措施": "measures",
        "监测指标": "",
    },
    "评估系统导出": {
        "岗位风险编号": "",
        "部门": "",
        "岗位": "",
        "执行年份": "",
        "风险项目名称": "name",
        "风险点描述": "manifestation",
        "可能性L": "",
        "严重性C": "",
        "风险值D": "",
        "风险等级": "",
        "预防和控制措施": "measures",
    },
    "村委会权力清单": {
        "权力名称": "power",
        "责任人": "responsible",
        "序号": "",
        "风险点": "name",
        "等级": "",
        "防范措施": "measures",
    },
    "报告正文": {
        "环节": "power",
        "廉政风险点表现形式": "manifestation",
        "风险等级": "",
        "制度防控": "measures",
        "流程防控": "measures",
    },
    "课件": {"风 险 点": "name", "风险点描述": "manifestation", "防控措施：": "measures"},
}


@pytest.mark.parametrize("table", HEADS)
def test_published_table_is_recognised_by_its_head(table: str) -> None:
    heads = HEADS[table]
    found = foreign.recognise(list(heads), sheet=ANNEX_2, remembered={})
    assert [found.get(number, "") for number in range(len(heads))] == list(heads.values())


def test_column_that_the_form_does_not_have_is_left_out() -> None:
    assert foreign.recognise(["业务环节", "风险点"], sheet=ANNEX_1, remembered={}) == {1: "name"}


def test_what_the_bureau_said_before_wins_over_the_words() -> None:
    found = foreign.recognise(["事项", "风险点"], sheet=ANNEX_2, remembered={"事项": "name", "风险点": ""})
    assert found == {0: "name"}


def ledger(rows: Sequence[Sequence[Any]], *, merged: Sequence[str] = (), hidden: bool = False) -> bytes:
    """A workbook of somebody else's with these rows."""
    book = openpyxl.Workbook()
    page: Any = book.active
    page.title = "台账"
    for cells in rows:
        page.append(list(cells))
    for area in merged:
        page.merge_cells(area)
    if hidden:
        book.create_sheet("底稿").append(["风险点", "表现形式"])
        book["底稿"].sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


TITLE = ["某局廉政风险台账"]
HEAD = ["序号", "风险类别", "风险点", "表现形式", "防控措施", "责任人"]
ROWS = [
    [1, "岗位职责", "审批把关不严", "审查不严。", "双人审查。\n抽查。", "张三"],
    [2, None, "资料流转拖延", "无故拖延。", "限时办结。", "张三"],
]


def test_merged_cells_and_title_rows_are_understood() -> None:
    content = ledger([TITLE, ["填报单位：某局"], HEAD, *ROWS], merged=("A1:F1", "B4:B5"), hidden=True)
    book = reader.read_foreign(content, name="台账.xlsx")
    assert list(book) == ["台账"]
    [table] = foreign.tables(book, sheet=ANNEX_1, remembered={})
    assert (table.head, table.headers) == (3, HEAD)
    found = foreign.lines(table.rows[table.head :], first=4, choice=table.choice, sheet=ANNEX_1)
    assert [(line.number, line.texts["risk_type"], line.texts["name"]) for line in found] == [
        (4, "岗位职责风险", "审批把关不严"),
        (5, "岗位职责风险", "资料流转拖延"),
    ]


def test_old_format_with_merged_cells_is_read() -> None:
    book = reader.read_foreign(OLD.read_bytes(), name="一览表.XLS")
    assert list(book) == ["一览表"]
    [table] = foreign.tables(book, sheet=ANNEX_2, remembered={})
    found = foreign.lines(table.rows[table.head :], first=table.head + 1, choice=table.choice, sheet=ANNEX_2)
    assert [(line.number, line.texts["power"], line.texts["manifestation"]) for line in found] == [
        (3, "施工许可", "资料审查不严。"),
        (4, "施工许可", "超期办理。"),
    ]
    assert found[0].texts["measures"] == "双人审查。\n定期抽查。"


def ole(*streams: str) -> bytes:
    return guard.OLE_MAGIC + b"\0" * 512 + b"".join(name.encode("utf-16-le") for name in streams)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04", guard.NO_WORKBOOK),
        (ole("WordDocument"), guard.NO_WORKBOOK),
        (ole("Workbook", "_VBA_PROJECT"), guard.MACRO),
        (ole("EncryptedPackage"), guard.LOCKED),
        (ole("Workbook"), reader.UNREADABLE),
        (guard.OLE_MAGIC + b"\0" * guard.BYTES, guard.TOO_BIG),
    ],
)
def test_unfit_file_of_the_old_format_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(Unfit, match=re.escape(sentence)):
        reader.read_foreign(content, name="表.xls")


def test_area_merged_over_the_whole_sheet_is_stopped_by_the_limits() -> None:
    rows = files.cell("A1", "风险点")
    merged = '</sheetData><mergeCells count="1"><mergeCell ref="A9:XFD1048576"/></mergeCells>'
    content = files.with_sheet(files.worksheet(rows).replace("</sheetData>", merged))
    with pytest.raises(Unfit):
        reader.read_foreign(content, name="表.xlsx")


# --- on the page ---


def text_of(page: Any) -> str:
    return unescape(page.content.decode())


def hidden(page: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text_of(page))
    assert found is not None
    return found[1]


class Sitting:
    """张三 at the import page of 附件1."""

    def __init__(self, year: Round) -> None:
        self.year, self.dossier, self.browser = year, year.own, client_of(year.cast["张三"])

    def post(self, name: str, **fields: Any) -> Any:
        return self.browser.post(reverse(name, args=[self.dossier.pk]), fields)

    def upload(self, content: bytes, *, name: str = "台账.xlsx") -> Any:
        return self.post("intake", file=SimpleUploadedFile(name, content))

    def assign(self, page: Any, choice: Mapping[int, str]) -> Any:
        chosen = {f"column-{number}": source for number, source in choice.items()}
        return self.post("intake_columns", table=hidden(page, "table"), **chosen)

    def take(self, page: Any) -> Any:
        return self.post("intake_take", lines=hidden(page, "lines"), do="all")

    def rows(self) -> list[tuple[str, str, str]]:
        return [
            (point.name, point.manifestation, point.measures_text)
            for point in Dossier.unscoped.get(pk=self.dossier.pk).table.rows()
        ]


@pytest.fixture
def sitting(year: Round) -> Sitting:
    return Sitting(year)


ALL = {1: "risk_type", 2: "name", 3: "manifestation", 4: "measures", 5: "responsible"}
TAKEN = [("审批把关不严", "审查不严。", "双人审查。\n抽查。"), ("资料流转拖延", "无故拖延。", "限时办结。")]


def test_foreign_ledger_is_assigned_compared_and_taken_over(sitting: Sitting) -> None:
    page = sitting.upload(ledger([TITLE, HEAD, *ROWS], merged=("B3:B4",)))
    assert page.status_code == 200
    chosen = re.findall(r'<option value="([a-z_]+)" selected>', text_of(page))
    assert chosen == list(ALL.values())
    compared = sitting.assign(page, ALL)
    assert "<dd>2 行</dd>" in text_of(compared)
    assert sitting.rows() == []
    assert sitting.take(compared).status_code == 302
    assert sitting.rows() == TAKEN


def test_same_foreign_file_again_changes_nothing(sitting: Sitting) -> None:
    content = ledger([HEAD, *ROWS])
    sitting.take(sitting.assign(sitting.upload(content), ALL))
    assert "文件与现有内容相同" in text_of(sitting.assign(sitting.upload(content), ALL))


def test_assignment_is_remembered_for_the_bureau(sitting: Sitting) -> None:
    content = ledger([["名目", "情形", "办法"], ["甲", "乙", "丙"]])
    first = sitting.upload(content)
    assert re.findall(r'<option value="([a-z_]+)" selected>', text_of(first)) == []
    sitting.assign(first, {0: "name", 1: "manifestation", 2: "measures"})
    again = sitting.upload(content)
    assert re.findall(r'<option value="([a-z_]+)" selected>', text_of(again)) == ["name", "manifestation", "measures"]
    assert KnownColumn.unscoped.filter(bureau=sitting.year.cast.bureau).count() == 3
    assert Entry.objects.filter(act="登记列对应", by=sitting.year.cast["张三"]).count() == 1


def test_error_in_a_foreign_file_is_named_by_its_own_cell(sitting: Sitting) -> None:
    wrong = [1, "不明类别", "审批把关不严", "审查不严。", "长" * 1001, "张三"]
    compared = sitting.assign(sitting.upload(ledger([TITLE, HEAD, wrong])), ALL)
    cells = re.findall(r'<th scope="row" class="nowrap">(\w+)</th>', text_of(compared))
    assert cells == ["B3", "E3"]


def test_columns_that_make_no_lines_are_refused_with_what_was_chosen(sitting: Sitting) -> None:
    page = sitting.upload(ledger([HEAD, *ROWS]))
    none = sitting.assign(page, {4: "measures"})
    assert (none.status_code, foreign.NO_COLUMNS in text_of(none)) == (422, True)
    assert re.findall(r'<option value="([a-z_]+)" selected>', text_of(none)) == ["measures"]
    twice = sitting.assign(none, {2: "name", 3: "name"})
    assert (twice.status_code, foreign.TWICE.format("风险点") in text_of(twice)) == (422, True)


def test_table_shown_to_somebody_else_is_not_accepted(sitting: Sitting, year: Round) -> None:
    table = hidden(sitting.upload(ledger([HEAD, *ROWS])), "table")
    other = client_of(year.cast["陈九"])
    url = reverse("intake_columns", args=[year.dossier("质量监督岗").pk])
    answer = other.post(url, {"table": table, "column-2": "name"})
    assert (answer.status_code, carried.NOT_OURS in text_of(answer)) == (422, True)


CLIPBOARD = (
    '岗位职责风险\t审批把关不严\t审查不严。\t"双人审查。\n抽查。"\t张三\r\n'
    "思想道德\t资料流转拖延\t无故拖延。\t限时办结。\t张三\r\n"
)


@pytest.mark.parametrize(
    "text",
    [
        CLIPBOARD,
        "\t".join(HEAD[1:]) + "\r\n" + CLIPBOARD,
        "1\t" + CLIPBOARD.replace("\r\n思", "\r\n2\t思"),
    ],
    ids=["as the form has them", "with a head", "with numbers"],
)
def test_pasted_rows_with_cells_of_several_lines_are_compared_and_taken_over(sitting: Sitting, text: str) -> None:
    compared = sitting.post("intake_paste", cells=text)
    assert compared.status_code == 200
    sitting.take(compared)
    assert sitting.rows() == TAKEN


def test_pasted_columns_that_are_not_plain_are_assigned_first(sitting: Sitting) -> None:
    page = sitting.post("intake_paste", cells="审批把关不严\t审查不严。\n资料流转拖延\t无故拖延。")
    compared = sitting.assign(page, {0: "name", 1: "manifestation"})
    sitting.take(compared)
    assert [name for name, _, _ in sitting.rows()] == ["审批把关不严", "资料流转拖延"]


def test_wrong_pasted_cell_goes_through_the_validators_of_the_form(sitting: Sitting) -> None:
    compared = sitting.post("intake_paste", cells=CLIPBOARD.replace("思想道德", "不明"))
    assert "“不明”不在下拉项内" in text_of(compared)
    assert "只导入正确的 1 行" in text_of(compared)


@pytest.mark.parametrize("text", ["", " \n\t\n", "\x00\x01", '"', "=1+1", "\ud800".encode("utf-8", "replace").decode()])
def test_nothing_of_use_on_the_clipboard_is_told_and_kept(sitting: Sitting, text: str) -> None:
    assert sitting.post("intake_paste", cells=text).status_code in (200, 422)
    assert sitting.rows() == []


def test_import_is_undone_but_for_rows_that_were_changed_since(sitting: Sitting) -> None:
    sitting.year.fill(sitting.dossier, [row(name="原有的")])
    sitting.take(sitting.post("intake_paste", cells=CLIPBOARD))
    page = text_of(sitting.browser.get(sitting.dossier.get_absolute_url()))
    assert "刚才导入新增了 2 行。" in page
    changed = sitting.dossier.table.rows().get(name="资料流转拖延")
    sitting.browser.post(
        reverse("row", args=[sitting.dossier.pk, changed.pk]), {"version": 1, "name": "改过的", "measures": "甲"}
    )
    sitting.post("intake_undo")
    assert [name for name, _, _ in sitting.rows()] == ["原有的", "改过的"]
    assert "刚才导入" not in text_of(sitting.browser.get(sitting.dossier.get_absolute_url()))
    assert Entry.objects.filter(act="撤销导入").values_list("detail", flat=True).get() == {"行": 1}
