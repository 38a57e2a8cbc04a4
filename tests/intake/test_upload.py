"""The way of a workbook through the product: downloaded, filled in, uploaded, compared, mended, taken over."""

from __future__ import annotations

import io
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import Dossier, State
from lianzheng.audit.models import Entry
from lianzheng.intake import carried, child, guard, way, workbook
from lianzheng.intake.comparison import NEWER
from lianzheng.intake.template import SHEET
from registers import actions, foreign
from registers.models import LibraryPoint, Measure, RiskPoint, RiskType
from tests.cast import Round, client_of, row
from tests.intake import files

# 附件1: A 标识, B 风险类别, C 风险点, D 表现形式, E 防控措施, F 责任人.
NEW = {"B": "业务流程", "C": "新的风险点", "D": "新的表现形式", "E": "措施一\n措施二", "F": "张三"}
Edit = Mapping[str, str | None]


class Desk:
    """张三 with a form of `rows` rows, and what Excel would do to a file."""

    def __init__(self, year: Round, *, rows: int = 3) -> None:
        self.year, self.dossier, self.browser = year, year.own, client_of(year.cast["张三"])
        self.points = year.fill(self.dossier, [row(name=f"风险点{n}") for n in range(rows)])

    def url(self, name: str = "intake", dossier: Dossier | None = None) -> str:
        return reverse(name, args=[(dossier or self.dossier).pk])

    def template(self) -> bytes:
        response = self.browser.get(self.url("intake_template"))
        assert response.status_code == 200
        return bytes(response.content)

    def upload(self, content: bytes, *, name: str = "表.xlsx", browser: Client | None = None) -> Any:
        file = SimpleUploadedFile(name, content)
        return (browser or self.browser).post(self.url(), {"file": file})

    def send(self, page: Any, do: str, *, browser: Client | None = None) -> Any:
        return (browser or self.browser).post(self.url("intake_take"), {"lines": token_of(page), "do": do})

    def rows(self) -> list[tuple[str, int]]:
        return [(point.name, point.version) for point in self.dossier.table.rows()]


@pytest.fixture
def desk(year: Round) -> Desk:
    return Desk(year)


def edited(content: bytes, changes: Edit) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for place, text in changes.items():
        cell = book[SHEET][place]
        cell.value = text
        cell.data_type = "s" if text else "n"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def line(number: int, texts: Mapping[str, str | None] = NEW, **changes: str | None) -> dict[str, str | None]:
    return {f"{column}{number}": text for column, text in (dict(texts) | changes).items()}


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def token_of(page: Any) -> str:
    found = re.search(r'name="lines" value="([^"]*)"', text_of(page))
    assert found is not None
    return found[1]


def counts_of(page: Any) -> list[int]:
    """新增, 修改, 不变, 错误 as the page says."""
    return [int(n) for n in re.findall(r"<dd>(\d+) 行</dd>", text_of(page))]


def cells_of(page: Any) -> list[tuple[str, ...]]:
    """Cell, what is wrong, how to mend it: the table of errors."""
    part = re.search(r'id="faults1".*?</section>', text_of(page), re.DOTALL)
    pattern = r'<th scope="row" class="nowrap">(.*?)</th><td>(.*?)</td><td>(.*?)</td>'
    return re.findall(pattern, part[0]) if part else []


def imports() -> list[dict[str, Any]]:
    return list(Entry.objects.filter(act="从 Excel 导入").order_by("id").values_list("detail", flat=True))


def test_template_uploaded_as_it_is_changes_nothing(desk: Desk) -> None:
    page = desk.upload(desk.template())
    assert (page.status_code, counts_of(page)) == (200, [0, 0, 3, 0])
    assert "没有需要导入的内容" in text_of(page)
    before = desk.rows()
    assert desk.send(page, "all").status_code == 302
    assert (desk.rows(), imports()) == (before, [])


@pytest.mark.parametrize(("title", "writer"), [("建筑业股", "李四"), ("县住建局", "王五")])
def test_template_of_a_section_and_of_the_bureau_comes_back_unchanged(year: Round, title: str, writer: str) -> None:
    dossier, browser = year.dossier(title), client_of(year.cast[writer])
    year.fill(dossier, [row(), row(power="=HYPERLINK(1)", measures="一条\n+两条")])
    content = browser.get(reverse("intake_template", args=[dossier.pk])).content
    page = browser.post(reverse("intake", args=[dossier.pk]), {"file": SimpleUploadedFile("a.xlsx", content)})
    assert (page.status_code, counts_of(page)) == (200, [0, 0, 2, 0])


def test_new_and_changed_rows_are_shown_and_then_taken_over(desk: Desk) -> None:
    content = edited(desk.template(), {"D5": "改过的表现形式", **line(7), **line(9, C="又一个", B="moral")})
    page = desk.upload(content)
    assert counts_of(page) == [2, 1, 2, 0]
    assert "原为：</span>对申报资料审查不严" in text_of(page)
    assert "改为：</span>改过的表现形式" in text_of(page)
    assert desk.rows() == [("风险点0", 1), ("风险点1", 1), ("风险点2", 1)]
    done = desk.send(page, "all")
    assert done["Location"] == f"{desk.dossier.get_absolute_url()}#rows"
    names = [("风险点0", 1), ("风险点1", 2), ("风险点2", 1), ("新的风险点", 1), ("又一个", 1)]
    assert desk.rows() == names
    points = list(desk.dossier.table.rows())
    assert points[1].manifestation == "改过的表现形式"
    assert [(p.risk_type, p.measures_text) for p in points[3:]] == [("process", NEW["E"]), ("moral", NEW["E"])]
    assert imports() == [{"新增": 2, "修改": 1}]


def test_same_file_again_changes_nothing(desk: Desk) -> None:
    content = edited(desk.template(), {"D5": "改过的表现形式", **line(7)})
    desk.send(desk.upload(content), "all")
    after = desk.rows()
    again = desk.upload(content)
    assert counts_of(again) == [0, 0, 4, 0]
    desk.send(again, "all")
    assert (desk.rows(), imports()) == (after, [{"新增": 1, "修改": 1}])


def test_confirmation_sent_twice_is_taken_once(desk: Desk) -> None:
    page = desk.upload(edited(desk.template(), {"D5": "改过", **line(7)}))
    assert [desk.send(page, "all").status_code, desk.send(page, "all").status_code] == [302, 302]
    assert (len(desk.rows()), imports()) == (4, [{"新增": 1, "修改": 1}])


def test_taken_row_is_marked_as_changed_and_keeps_its_library_links(desk: Desk, year: Round) -> None:
    point = desk.points[0]
    first, second = point.measures.all()
    library = LibraryPoint.objects.create(code="X1", risk_type="duty", category="类", name="名", text="文", source="源")
    origin = library.measures.create(code="M1", category="类", text=first.text, source="源")
    Measure.unscoped.filter(pk=first.pk).update(origin=origin)
    RiskPoint.unscoped.filter(pk=point.pk).update(change="same", last_year=desk.points[1])
    desk.send(desk.upload(edited(desk.template(), {"E4": f"{first.text}\n换了的措施"})), "all")
    point.refresh_from_db()
    assert (point.change, point.version) == ("changed", 2)
    assert [(m.text, m.origin) for m in point.measures.all()] == [(first.text, origin), ("换了的措施", None)]
    assert second.text not in point.measures_text


WRONG: dict[str, tuple[Edit, list[tuple[str, str, str]]]] = {
    "type": ({"B4": "流程方面"}, [("B4", "“流程方面”不在下拉项内", f"请选：{'、'.join(RiskType.labels)}")]),
    "part of a type": ({"B4": "业务"}, [("B4", "“业务”不在下拉项内", "请选“业务流程风险”")]),
    "formula": ({"D5": "#REF!"}, [("D5", "公式没有结果（#REF!）", "请改为文字")]),
    "invisible": ({"D5": "反\u202e转"}, [("D5", "含有看不见的控制字符，请删去后重新粘贴", "请删去后重新输入")]),
    "measure": ({"E6": "长" * 1001}, [("E6", "一条措施最多 1000 字，请分成几行", "请修改后再上传")]),
    "copy": (
        line(8, dict(NEW, C="甲")) | line(9, dict(NEW, C="甲")),
        [("B9", "与第 8 行完全相同", "请合并或删除其中一行")],
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_cell_is_named_with_what_is_wrong_and_how_to_mend_it(desk: Desk, kind: str) -> None:
    page = desk.upload(edited(desk.template(), WRONG[kind][0]))
    assert (page.status_code, cells_of(page)) == (200, WRONG[kind][1])
    assert counts_of(page)[3] == 1
    refused = desk.send(page, "all")
    assert (refused.status_code, way.NOT_ALL in text_of(refused)) == (409, True)
    assert desk.rows() == [("风险点0", 1), ("风险点1", 1), ("风险点2", 1)]


def test_too_long_text_is_refused_in_the_words_of_the_form(desk: Desk) -> None:
    page = desk.upload(edited(desk.template(), {"C4": "长" * 201, "F4": "长" * 61}))
    assert [(cell, mend) for cell, _, mend in cells_of(page)] == [("C4", "请缩短后再上传"), ("F4", "请缩短后再上传")]
    form = desk.browser.post(
        reverse("row", args=[desk.dossier.pk, desk.points[0].pk]), {"version": 1, "name": "长" * 201}
    )
    assert cells_of(page)[0][1] in text_of(form)


def test_right_rows_alone_can_be_taken(desk: Desk) -> None:
    page = desk.upload(edited(desk.template(), {"B4": "乱写", "D5": "改过的", **line(7)}))
    assert counts_of(page) == [1, 1, 1, 1]
    assert desk.send(page, "good").status_code == 302
    assert desk.rows() == [("风险点0", 1), ("风险点1", 2), ("风险点2", 1), ("新的风险点", 1)]


def red_cells(sheet: Any) -> set[str]:
    return {cell.coordinate for line in sheet["A4:G12"] for cell in line if cell.fill.fgColor.rgb == "00FFC7CE"}


def test_workbook_to_mend_marks_what_is_wrong_and_keeps_the_rest(desk: Desk) -> None:
    page = desk.upload(edited(desk.template(), {"B4": "业务", "D5": "改过的", **line(9)}))
    response = desk.send(page, "mend")
    sheet = openpyxl.load_workbook(io.BytesIO(response.content))[SHEET]
    assert [sheet[place].value for place in ("B4", "D5", "C7", "G3")] == ["业务", "改过的", NEW["C"], "错误说明"]
    assert sheet["G4"].value == "B4：“业务”不在下拉项内。请选“业务流程风险”。"
    assert red_cells(sheet) == {"B4"}
    assert sheet["B4"].comment is not None
    mended = desk.upload(edited(response.content, {"B4": "业务流程"}))
    assert counts_of(mended) == [1, 2, 1, 0]
    desk.send(mended, "all")
    assert desk.rows() == [("风险点0", 2), ("风险点1", 2), ("风险点2", 1), ("新的风险点", 1)]


def change_online(desk: Desk, number: int, **values: str) -> None:
    point = RiskPoint.unscoped.get(pk=desk.points[number].pk)
    actions.save_point(point, version=point.version, values=values, by=desk.year.cast["张三"])


def test_row_changed_after_the_download_shows_both_and_is_not_overwritten(desk: Desk) -> None:
    content = desk.template()
    change_online(desk, 0, manifestation="网页上改的")
    page = desk.upload(edited(content, {"D4": "文件中改的"}))
    assert counts_of(page) == [0, 0, 2, 1]
    assert cells_of(page) == [("B4", NEWER, "请对照后在修改表中确定内容，再上传")]
    assert [word in text_of(page) for word in ("网页上改的", "文件中改的")] == [True, True]
    assert desk.send(page, "all").status_code == 409
    assert desk.dossier.table.rows()[0].manifestation == "网页上改的"


def test_workbook_to_mend_lets_the_person_decide_about_a_changed_row(desk: Desk) -> None:
    content = desk.template()
    change_online(desk, 0, manifestation="网页上改的")
    mend = desk.send(desk.upload(edited(content, {"D4": "文件中改的"})), "mend").content
    sheet = openpyxl.load_workbook(io.BytesIO(mend))[SHEET]
    advice = "请对照后在修改表中确定内容，再上传"
    assert sheet["G4"].value == f"B4：{NEWER}。{advice}。\n现在保存的是：网页上改的"
    assert red_cells(sheet) == {"D4"}
    page = desk.upload(mend)
    assert counts_of(page) == [0, 1, 2, 0]
    desk.send(page, "all")
    assert desk.dossier.table.rows()[0].manifestation == "文件中改的"


def test_row_changed_online_but_not_in_the_file_stays_and_is_told(desk: Desk) -> None:
    content = desk.template()
    change_online(desk, 0, manifestation="网页上改的")
    page = desk.upload(edited(content, {"D5": "文件中改的"}))
    assert counts_of(page) == [0, 1, 2, 0]
    assert [word in text_of(page) for word in (NEWER, "网页上改的", "对申报资料审查不严")] == [True] * 3
    desk.send(page, "all")
    assert [p.manifestation for p in desk.dossier.table.rows()][:2] == ["网页上改的", "文件中改的"]


def test_row_changed_between_comparison_and_confirmation_is_not_overwritten(desk: Desk) -> None:
    page = desk.upload(edited(desk.template(), {"D4": "文件中改的"}))
    change_online(desk, 0, manifestation="网页上改的")
    late = desk.send(page, "all")
    assert (late.status_code, counts_of(late)) == (409, [0, 0, 2, 1])
    assert desk.dossier.table.rows()[0].manifestation == "网页上改的"


def test_row_missing_or_emptied_in_the_file_is_not_deleted(desk: Desk) -> None:
    gone = dict.fromkeys(("A4", *line(4)))
    page = desk.upload(edited(desk.template(), gone | dict.fromkeys(line(5))))
    assert counts_of(page) == [0, 0, 2, 0]
    assert [word in text_of(page) for word in ("现有的 1 行不在文件中", "本行在文件中被清空")] == [True, True]
    desk.send(page, "all")
    assert desk.rows() == [("风险点0", 1), ("风险点1", 1), ("风险点2", 1)]


def test_row_deleted_after_the_download_is_told_and_not_added_in_silence(desk: Desk) -> None:
    content = desk.template()
    actions.remove_point(desk.points[1], by=desk.year.cast["张三"])
    page = desk.upload(content)
    assert counts_of(page) == [0, 0, 2, 1]
    assert cells_of(page)[0][:2] == ("B5", "本表现在没有这一行（已被删除，或行标识被改动）")


def test_key_of_a_row_in_another_table_is_not_known(desk: Desk) -> None:
    foreign = desk.year.fill(desk.year.dossier("质量监督岗"))[0]
    key = f"{foreign.pk}:1:{'0' * 16}"
    page = desk.upload(edited(desk.template(), {"A4": key, "D4": "夺过来"}))
    assert counts_of(page) == [0, 0, 2, 1]
    desk.send(page, "good")
    foreign.refresh_from_db()
    assert (foreign.manifestation, foreign.version) == (row()["manifestation"], 1)


def test_text_like_a_formula_stays_text_on_the_whole_way(desk: Desk) -> None:
    formula = '=HYPERLINK("http://a","b")'
    desk.send(desk.upload(edited(desk.template(), {"D4": formula, **line(7, C="=1+1")})), "all")
    texts = [(p.name, p.manifestation) for p in desk.dossier.table.rows()]
    assert (texts[0][1], texts[3][0]) == (formula, "=1+1")
    content = desk.template()
    assert [name for name, body in files.parts_of(content).items() if b"<f>" in body] == []
    assert counts_of(desk.upload(content)) == [0, 0, 4, 0]


def forged(content: bytes, **values: str) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for cells in book[workbook.META].iter_rows():
        if cells[0].value in values:
            cells[1].value = values[cells[0].value]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def other_table(desk: Desk) -> bytes:
    dossier = desk.year.dossier("质量监督岗")
    return bytes(client_of(desk.year.cast["陈九"]).get(desk.url("intake_template", dossier)).content)


def other_form(desk: Desk) -> bytes:
    dossier = desk.year.dossier("建筑业股")
    return bytes(client_of(desk.year.cast["李四"]).get(desk.url("intake_template", dossier)).content)


UNSUITABLE: dict[str, tuple[Callable[[Desk], bytes], str]] = {
    "another person's table": (other_table, workbook.OTHER_TABLE),
    "another form": (other_form, "这是附件2的模板，本页导入的是附件1。请从本页下载模板。"),
    "forged table": (lambda desk: forged(other_table(desk), table=str(desk.dossier.table_id)), workbook.CHANGED_META),
    "forged form": (lambda desk: forged(desk.template(), form="附件2"), workbook.CHANGED_META),
    "no seal": (lambda desk: forged(desk.template(), seal=""), workbook.CHANGED_META),
    "wrong seal": (lambda desk: forged(desk.template(), seal="x"), workbook.CHANGED_META),
    "foreign workbook": (lambda desk: files.ordinary(), foreign.NOTHING),
    "foreign sheet": (lambda desk: files.ordinary(sheet="Sheet1"), foreign.NOTHING),
    "moved header": (
        lambda desk: edited(desk.template(), {"C3": "表现形式"}),
        "表头 C3 应为“风险点”，现为“表现形式”。请恢复表头和各列的顺序后再上传。",
    ),
    "far cell": (lambda desk: files.far_cell(), child.TOO_MANY_ROWS.format(sheet="填写")),
    "bomb": (lambda desk: files.bomb(), guard.BOMB),
    "laughs": (lambda desk: files.laughs(), guard.DECLARED),
    "external link": (lambda desk: files.external_link(), guard.LINKS),
    "macro": (lambda desk: files.macro(), guard.MACRO),
    "truncated": (lambda desk: files.truncated(), guard.BROKEN),
    "text": (lambda desk: b"a,b\n", guard.NO_WORKBOOK),
    "too big": (lambda desk: b"PK\x03\x04" + b"x" * guard.BYTES, guard.TOO_BIG),
}


@pytest.mark.parametrize("kind", UNSUITABLE)
def test_unsuitable_file_gets_one_sentence_and_leaves_nothing_behind(
    desk: Desk, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = UNSUITABLE[kind][0](desk)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    began = time.monotonic()
    page = desk.upload(content)
    assert time.monotonic() - began < 10  # the machine may be busy; how much the child works is held by its own test
    assert page.status_code == 422
    assert re.findall(r'<li><a href="#file">(.*?)</a></li>', text_of(page)) == [UNSUITABLE[kind][1]]
    assert list(tmp_path.iterdir()) == []
    assert desk.rows() == [("风险点0", 1), ("风险点1", 1), ("风险点2", 1)]


def test_upload_without_a_file_asks_for_one(desk: Desk) -> None:
    page = desk.browser.post(desk.url())
    assert (page.status_code, way.NO_FILE in text_of(page)) == (422, True)


def test_comparison_of_another_person_or_table_is_not_accepted(desk: Desk) -> None:
    page = desk.upload(edited(desk.template(), line(7)))
    other = desk.year.dossier("质量监督岗")
    browser = client_of(desk.year.cast["陈九"])
    refused = browser.post(desk.url("intake_take", other), {"lines": token_of(page), "do": "all"})
    assert (refused.status_code, carried.NOT_OURS in text_of(refused)) == (422, True)
    assert other.table.rows().count() == 0


@pytest.mark.parametrize("lines", ["", "x", "x:y:z", "\x00", "长" * 1000])
def test_comparison_that_is_none_is_refused_in_words(desk: Desk, lines: str) -> None:
    for do in ("all", "good", "mend", ""):
        refused = desk.browser.post(desk.url("intake_take"), {"lines": lines, "do": do})
        assert (refused.status_code, carried.NOT_OURS in text_of(refused)) == (422, True)


def test_comparison_lapses_after_an_hour(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    page = desk.upload(edited(desk.template(), line(7)))
    monkeypatch.setattr(carried, "SECONDS", -1)
    refused = desk.send(page, "all")
    assert (refused.status_code, carried.TOO_LATE in text_of(refused)) == (422, True)
    assert len(desk.rows()) == 3


def test_form_that_was_handed_in_takes_nothing(desk: Desk) -> None:
    content = edited(desk.template(), line(7))
    page = desk.upload(content)
    desk.year.take(desk.dossier, "submit", "张三")
    answers = [desk.browser.get(desk.url()), desk.browser.get(desk.url("intake_template"))]
    answers += [desk.upload(content), desk.send(page, "all")]
    assert [(a.status_code, a["Location"]) for a in answers] == [(302, desk.dossier.get_absolute_url())] * 4
    assert len(desk.rows()) == 3


@pytest.mark.parametrize("reader", ["李四", "王五"])
def test_reader_of_a_form_cannot_write_it_by_excel(desk: Desk, reader: str) -> None:
    content = edited(desk.template(), line(7))
    desk.year.bring(desk.dossier, State.SECTION)
    page = desk.upload(content, browser=client_of(desk.year.cast[reader]))
    assert (page.status_code, len(desk.rows())) == (302, 3)


def test_stranger_finds_no_page_of_the_form(desk: Desk) -> None:
    browser = client_of(desk.year.cast["外人"])
    assert [browser.post(desk.url(name)).status_code for name in ("intake", "intake_take")] == [404, 404]
    assert [browser.get(desk.url(name)).status_code for name in ("intake", "intake_template")] == [404, 404]


def test_table_takes_no_more_rows_than_it_may_have(year: Round) -> None:
    desk = Desk(year, rows=actions.MOST_ROWS - 1)
    last = 3 + actions.MOST_ROWS - 1
    full = desk.upload(edited(desk.template(), line(last + 1)))
    assert counts_of(full) == [1, 0, actions.MOST_ROWS - 1, 0]
    without = dict.fromkeys(("A4", *line(4)))
    beyond = desk.upload(edited(desk.template(), without | line(last + 1) | line(last + 2, C="再一个")))
    assert counts_of(beyond) == [1, 0, actions.MOST_ROWS - 2, 1]
    assert cells_of(beyond) == [(f"B{last + 2}", f"一张表最多 {actions.MOST_ROWS} 行", "请归并后再添加")]


def queries(desk: Desk, *, changed: int) -> list[int]:
    """Queries of the download, the comparison and the taking over when so many rows changed and as many are new."""
    counted = []
    desk.browser.get(desk.url())  # the message of an earlier import is read and gone
    with CaptureQueriesContext(connection) as download:
        content = desk.template()
    counted.append(len(download))
    changes: dict[str, str | None] = {f"D{4 + n}": f"改{changed}-{n}" for n in range(changed)}
    for n in range(changed):
        changes |= line(4 + len(desk.points) + n, C=f"新{changed}-{n}")
    content = edited(content, changes)
    with CaptureQueriesContext(connection) as comparison:
        page = desk.upload(content)
    counted.append(len(comparison))
    with CaptureQueriesContext(connection) as taking:
        assert desk.send(page, "all").status_code == 302
    assert imports()[-1] == {"新增": changed, "修改": changed}
    return [*counted, len(taking)]


def test_number_of_queries_does_not_grow_with_the_rows(year: Round) -> None:
    desk = Desk(year, rows=40)
    few = queries(desk, changed=2)
    desk.points = list(desk.dossier.table.rows())
    assert queries(desk, changed=30) == few


def test_page_of_the_form_offers_template_and_upload(desk: Desk) -> None:
    page = text_of(desk.browser.get(desk.dossier.get_absolute_url()))
    assert [f'href="{desk.url(name)}"' in page for name in ("intake_template", "intake")] == [True, True]


def test_cell_left_empty_is_no_error_but_named(desk: Desk) -> None:
    page = desk.upload(edited(desk.template(), line(7, E=None)))
    assert counts_of(page) == [1, 0, 3, 0]
    assert "<li>E7 请填写防控措施</li>" in text_of(page)


def test_markup_in_a_cell_stays_text(desk: Desk) -> None:
    page = desk.upload(edited(desk.template(), {"D4": "<script>alert(1)</script>", "B5": "<b>x</b>"}))
    raw = page.content.decode()
    assert [word for word in ("<script>alert", "<b>x</b>") if word in raw] == []
    assert "&lt;script&gt;alert(1)" in raw
