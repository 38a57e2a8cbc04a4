"""Grades by Excel: for whom and while the grading page is open, by the same form and the same writer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import actions
from assessments.models import Appraisal, Dossier, Rating, State
from assessments.schemes import SIX
from lianzheng.audit.models import Entry
from lianzheng.flow import Refused, Stale
from lianzheng.intake import workbook
from lianzheng.intake.comparison import NEWER
from tests.cast import GRADES, Cast, Round, again, client_of, row
from tests.intake.excel import (
    Excel,
    cells_of,
    counts_of,
    edited,
    forged,
    opened,
    red_cells,
    refusals_of,
    text_of,
    token_of,
)

# A 标识, B 风险点, C 表现形式, D 上年各档; then grade and reason of each of six dimensions: E F, G H … O P.
ALL_THREE = dict.fromkeys("EGIKMO", "3")


def excel(year: Round, found: Dossier, person: str = "张三") -> Excel:
    names = ("ratings_template", "ratings_intake", "ratings_take")
    return Excel(client_of(year.cast[person]), *(reverse(name, args=[found.pk]) for name in names))


def line(number: int, cells: dict[str, str]) -> dict[str, str]:
    return {f"{column}{number}": text for column, text in cells.items()}


@pytest.fixture
def rating(year: Round) -> Dossier:
    """张三's rating form with two points, nothing graded."""
    year.fill(year.own, [row(name="风险点甲"), row(name="风险点乙")])
    return year.rating("施工许可岗")


def grades_of(found: Dossier) -> list[tuple[str, dict[str, int], dict[str, str], Decimal | None]]:
    rows = Rating.unscoped.filter(dossier=found).select_related("point").order_by("point__order")
    return [(row.point.name, row.grades, row.reasons, row.score) for row in rows]


def test_template_has_a_line_for_each_point_and_the_wording_of_the_grades(year: Round, rating: Dossier) -> None:
    book = opened(excel(year, rating).template())
    assert book.sheetnames == ["填写", "说明", workbook.WORDS, workbook.META]
    page = book["填写"]
    assert [cell.value for cell in page[3]][:6] == [
        "标识", "风险点", "表现形式", "上年各档", "权力重要程度 *", "理由（权力重要程度）",
    ]  # fmt: skip
    assert [(page[f"B{n}"].value, page[f"B{n}"].protection.locked) for n in (4, 5)] == [
        ("风险点甲", True),
        ("风险点乙", True),
    ]
    assert (page.max_row, page["E4"].protection.locked) == (5, False)
    assert {offer.showErrorMessage for offer in page.data_validations.dataValidation} == {True}
    assert [cell.value for cell in book["说明"][2]] == ["权力重要程度", "20", *SIX[0]["wording"]]


def test_grades_come_back_unchanged(year: Round, rating: Dossier) -> None:
    year.rate(rating)
    desk = excel(year, rating)
    assert counts_of(desk.upload(desk.template())) == [0, 0, 2, 0]


def test_grades_are_shown_taken_over_and_weighed_and_the_same_file_again_changes_nothing(
    year: Round, rating: Dossier
) -> None:
    desk = excel(year, rating)
    cells = line(4, ALL_THREE | {"E": "5", "F": "大额资金决定权"}) | line(5, {"E": "4"})
    content = edited(desk.template(), cells)
    page = desk.upload(content)
    assert (counts_of(page), grades_of(rating)) == ([0, 2, 0, 0], [])
    assert '（空）</span> → <ins><span class="vh">改为：</span>5</ins>' in text_of(page)
    assert desk.send(page)["Location"] == f"{rating.get_absolute_url()}#grading"
    codes = list(GRADES)
    assert grades_of(rating) == [
        ("风险点甲", dict.fromkeys(codes, 3) | {"importance": 5}, {"importance": "大额资金决定权"}, Decimal("68.00")),
        ("风险点乙", {"importance": 4}, {}, None),
    ]
    rating.refresh_from_db()
    assert rating.proposed_rank == 2
    assert counts_of(desk.upload(content)) == [0, 0, 2, 0]
    desk.send(page)
    assert Entry.objects.get(act="从 Excel 导入评分").detail == {"修改": 2}


def test_excel_and_page_come_to_the_same(year: Round, rating: Dossier) -> None:
    desk = excel(year, rating)
    desk.send(desk.upload(edited(desk.template(), line(4, ALL_THREE))))
    second = rating.table.rows()[1]
    url = reverse("grade", args=[rating.pk, second.pk])
    assert desk.browser.post(url, {"version": 0} | dict.fromkeys(GRADES, "3")).status_code == 302
    first, other = grades_of(rating)
    assert first[1:] == other[1:]


@pytest.mark.parametrize(("title", "writer"), [("建筑业股", "李四"), ("县住建局", "王五")])
def test_section_and_bureau_are_graded_by_excel(year: Round, title: str, writer: str) -> None:
    year.fill(year.dossier(title), [row(name="甲"), row(name="乙")])
    found = year.rating(title)
    desk = excel(year, found, writer)
    desk.send(desk.upload(edited(desk.template(), line(4, ALL_THREE) | line(5, ALL_THREE))))
    assert [given[1] for given in grades_of(found)] == [dict.fromkeys(GRADES, 3)] * 2
    assert counts_of(desk.upload(desk.template())) == [0, 0, 2, 0]


def test_town_grades_by_excel_while_it_writes(town: Cast) -> None:
    year = Round(town)
    found = year.dossier("施工许可岗", stage="whole")
    year.fill(found, [row(name="甲")])
    desk = excel(year, found)
    desk.send(desk.upload(edited(desk.template(), line(4, ALL_THREE))))
    assert [given[3] for given in grades_of(found)] == [Decimal("60.00")]


WRONG: dict[str, tuple[dict[str, str], tuple[str, str, str]]] = {
    "grade": ({"E4": "6"}, ("E4", "“6”不在下拉项内", "请选：1、2、3、4、5")),
    "half a grade": ({"G5": "3.5"}, ("G5", "“3.5”不在下拉项内", "请选：1、2、3、4、5")),
    "formula": ({"F4": "#REF!"}, ("F4", "公式没有结果（#REF!）", "请改为文字")),
    "invisible": ({"F4": "反\u202e转"}, ("F4", "含有看不见的控制字符，请删去后重新粘贴", "请删去后重新输入")),
    "typed over": (
        {"B4": "别的风险点", "E4": "3"},
        ("B4", "这一栏由系统给出，不能在这里修改", "请恢复原来的内容，或者在修改表中填写"),
    ),
    "new row": ({"B6": "新的", "E6": "3"}, ("B6", "这张表的行由系统给出，不能新增", "请删去这一行")),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_cell_is_named_with_what_is_wrong_and_how_to_mend_it(year: Round, rating: Dossier, kind: str) -> None:
    cells, fault = WRONG[kind]
    desk = excel(year, rating)
    page = desk.upload(edited(desk.template(), cells))
    assert cells_of(page) == [fault]
    assert desk.send(page).status_code == 409
    mended = desk.send(page, "mend").content
    assert opened(mended)["填写"]["B4"].value == "风险点甲"
    assert red_cells(mended) == ([] if kind in ("typed over", "new row") else [fault[0]])
    assert grades_of(rating) == []


def test_too_long_a_reason_is_refused_in_the_words_of_the_form(year: Round, rating: Dossier) -> None:
    desk = excel(year, rating)
    assert [cell for cell, *_ in cells_of(desk.upload(edited(desk.template(), {"F4": "长" * 301})))] == ["F4"]


def test_what_the_form_wants_before_it_is_handed_in_is_named(year: Round, rating: Dossier) -> None:
    desk = excel(year, rating)
    page = text_of(desk.upload(edited(desk.template(), line(4, ALL_THREE | {"E": "5"}) | line(5, {"E": "4"}))))
    assert "<li>F4 评为 5 档，请写一句理由</li>" in page
    assert "<li>G5 请选择“自由裁量空间”的档次</li>" in page


def test_grades_changed_after_the_download_show_both_and_are_not_overwritten(year: Round, rating: Dossier) -> None:
    desk = excel(year, rating)
    content = edited(desk.template(), {"E4": "3"})
    point, by = rating.table.rows()[0], again(year.cast["张三"])
    actions.save_rating(rating, point=point, version=0, grades={"importance": 4}, reasons={}, by=by)
    page = desk.upload(content)
    assert cells_of(page) == [("B4", NEWER, "请对照后在修改表中确定内容，再上传")]
    assert desk.send(page).status_code == 409
    mended = desk.upload(desk.send(page, "mend").content)
    assert counts_of(mended) == [0, 1, 1, 0]
    desk.send(mended)
    assert grades_of(rating)[0][1] == {"importance": 3}


def test_template_of_a_point_that_was_renamed_since_grades_it_all_the_same_once_mended(year: Round) -> None:
    """A town grades and writes in one form: the name may change while the workbook is out."""
    year.fill(year.own, [row(name="旧名")])
    found = year.rating("施工许可岗")
    desk = excel(year, found)
    content = edited(desk.template(), {"E4": "3"})
    point = found.table.rows()[0]
    type(point).unscoped.filter(pk=point.pk).update(name="新名")
    assert counts_of(desk.upload(content)) == [0, 0, 0, 1]
    mended = desk.send(desk.upload(content), "mend").content
    assert opened(mended)["填写"]["B4"].value == "新名"
    assert counts_of(desk.upload(mended)) == [0, 1, 0, 0]


@pytest.mark.parametrize("values", [{"table": "x:"}, {"form": "附件1"}, {"seal": "x"}])
def test_tampered_template_is_refused(year: Round, rating: Dossier, values: dict[str, str]) -> None:
    desk = excel(year, rating)
    page = desk.upload(forged(desk.template(), **values))
    assert (page.status_code, refusals_of(page)) == (422, [workbook.CHANGED_META])


def test_template_of_another_form_is_refused(year: Round, rating: Dossier) -> None:
    other = year.rating("质量监督岗")
    content = excel(year, other, "陈九").template()
    assert refusals_of(excel(year, rating).upload(content)) == [workbook.OTHER_TABLE]


@pytest.mark.parametrize("person", ["李四", "王五", "赵六"])
def test_who_reads_a_form_cannot_grade_it_by_excel(year: Round, rating: Dossier, person: str) -> None:
    mine = excel(year, rating)
    page = mine.upload(edited(mine.template(), {"E4": "3"}))
    desk = excel(year, rating, person)
    answers = [desk.browser.get(desk.template_url), desk.browser.get(desk.upload_url), desk.upload(b"x")]
    answers.append(desk.browser.post(desk.take_url, {"lines": token_of(page), "do": "all"}))
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, rating.get_absolute_url())}
    assert grades_of(rating) == []


def test_form_that_was_handed_in_takes_no_grades(year: Round, rating: Dossier) -> None:
    desk = excel(year, rating)
    page = desk.upload(edited(desk.template(), {"E4": "3"}))
    year.bring(rating, State.SECTION)
    before = grades_of(rating)
    answers = [desk.browser.get(desk.template_url), desk.send(page)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert grades_of(rating) == before


def test_form_without_grades_offers_none(year: Round) -> None:
    assert excel(year, year.own).browser.get(reverse("ratings_intake", args=[year.own.pk])).status_code == 302


@pytest.fixture
def at_vice(year: Round) -> Dossier:
    """张三's rating under a scheme with three raters, at the desk of the leader in charge."""
    content: Any = {"name": "三方", "dimensions": list(SIX), "raters": "mean"}
    scheme = actions.draft_scheme(year.cast.bureau, content=content, by=year.cast["王五"])
    scheme.refresh_from_db()
    actions.activate_scheme(scheme, version=scheme.version, by=year.cast["王五"])
    year.campaign.refresh_from_db()
    return year.bring(year.rating("施工许可岗"), State.VICE)


def test_other_rater_grades_by_excel_at_their_desk(year: Round, at_vice: Dossier) -> None:
    desk = excel(year, at_vice, "钱七")
    content = desk.template()
    assert {opened(content)["填写"][f"{column}4"].value for column in "EGIKMO"} == {None}
    version = at_vice.version
    page = desk.upload(edited(content, line(4, ALL_THREE)))
    assert desk.send(page).status_code == 302
    assert Appraisal.unscoped.get().grades == dict.fromkeys(GRADES, 3)
    at_vice.refresh_from_db()
    assert at_vice.version == version + 1
    own = excel(year, at_vice)
    assert own.browser.get(own.template_url).status_code == 302


def test_all_or_none_of_a_workbook_is_written(year: Round, rating: Dossier) -> None:
    first, second = rating.table.rows()
    by = again(year.cast["张三"])
    given = [(first, actions.Grading(0, {"harm": 3}, {})), (second, actions.Grading(7, {"harm": 3}, {}))]
    with pytest.raises(Stale):
        actions.take_in_ratings(rating, seat="", given=given, by=by)
    assert grades_of(rating) == []
    with pytest.raises(Refused, match="现在不由您评分"):
        actions.take_in_ratings(rating, seat="office", given=given[:1], by=by)


def test_queries_do_not_grow_with_the_points(year: Round) -> None:
    counts = []
    for title, holder, number in (("施工许可岗", "张三", 1), ("质量监督岗", "陈九", 3)):
        year.fill(year.dossier(title), [row(name=f"点{n}") for n in range(number)])
        desk = excel(year, year.rating(title), holder)
        content = edited(desk.template(), {f"E{4 + n}": "3" for n in range(number)})
        with CaptureQueriesContext(connection) as captured:
            assert desk.upload(content).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_grading_page_offers_template_and_upload(year: Round, rating: Dossier) -> None:
    page = text_of(client_of(year.cast["张三"]).get(rating.get_absolute_url()))
    names = ("ratings_template", "ratings_intake")
    assert [f'href="{reverse(name, args=[rating.pk])}"' in page for name in names] == [True, True]
