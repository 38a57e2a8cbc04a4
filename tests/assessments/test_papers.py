"""The six annexes over real dossiers: what stands in their cells, on the page and in the workbook."""

from __future__ import annotations

import html
import io
import re
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pgtrigger
import pytest
from django.urls import reverse
from django.utils.timezone import localtime

from assessments.models import Dossier, DossierMove, State
from assessments.papers import grid_of, opinions_of, sheets_of
from lianzheng import clock
from lianzheng.sheets import Opinion
from tests.cast import Round, client_of, row


def said(dossier: Dossier) -> dict[str, list[tuple[str, str, str]]]:
    """Cell -> text, name and hat of its opinions, as the next request reads them."""
    return {
        cell: [(opinion.text, opinion.name, opinion.hat) for opinion in opinions]
        for cell, opinions in opinions_of(Dossier.unscoped.get(pk=dossier.pk)).items()
    }


def test_opinions_land_in_the_cells_of_their_desks(year: Round) -> None:
    dossier = year.bring(year.own, State.OFFICE)
    year.take(dossier, "pass", "王五", opinion="初审无误。")
    year.take(dossier, "pass", "赵六")
    assert said(dossier) == {
        "self": [("同意。", "张三", "填报人")],
        "section": [("同意。", "李四", "股室负责人")],
        "office": [("初审无误。", "王五", "廉政办")],
        "discipline": [("同意。", "赵六", "纪检组")],
    }


def test_opinions_before_the_last_hand_in_are_not_printed(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    year.take(dossier, "pass", "李四", opinion="第一次的意见")
    year.take(dossier, "return", "王五", opinion="请补充", reason="vague", due_on=clock.today())
    assert said(dossier) == {
        "self": [("同意。", "张三", "填报人")],
        "section": [("第一次的意见", "李四", "股室负责人")],
    }
    year.take(dossier, "submit", "张三")
    assert said(dossier) == {"self": [("以上内容属实，请予审核。", "张三", "填报人")]}


def test_opinion_is_dated_by_the_day_of_the_office_and_not_of_greenwich(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    with pgtrigger.ignore():
        DossierMove.unscoped.filter(dossier=dossier).update(at=datetime(2026, 3, 1, 17, 30, tzinfo=UTC))
    assert opinions_of(dossier)["self"] == [Opinion("同意。", "张三", date(2026, 3, 2), "填报人")]


def test_rating_carries_meeting_and_filing_in_their_cells(year: Round, moving_clock: None) -> None:
    dossier = year.bring(year.rating("施工许可岗"), State.IN_FORCE)
    cells = said(dossier)
    assert cells["meeting"] == [("经局办公会议第1次会议研究，确定为二级。", "王五", "会议记录人")]
    assert cells["filing"] == [("同意备案，备案编号 备〔2026〕1号。", "郑十", "备案机关")]
    assert set(cells) == {"self", "section", "office", "discipline", "meeting", "filing"}


def test_bureau_carries_the_opinions_of_the_county(year: Round, moving_clock: None) -> None:
    dossier = year.bring(year.rating("县住建局"), State.NOTICE)
    assert {cell: names[0][1] for cell, names in said(dossier).items()} == {
        "group": "王五",
        "leader": "孙八",
        "county_office": "周一",
        "county_group": "吴二",
    }


def texts_on_the_page(page: str) -> list[str]:
    tables = re.findall(r'<table class="sheet [^"]*">(.*?)</table>', page, re.DOTALL)
    cells = [cell for table in tables for cell in re.findall(r'<t[dh] class="c-[^>]*>(.*?)</t[dh]>', table, re.DOTALL)]
    return [text for cell in cells if (text := html.unescape(cell))]


def texts_in_the_workbook(content: bytes) -> list[str]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [shown(cell) for line in sheet.iter_rows() for cell in line if cell.value not in (None, "")]


def shown(cell: Any) -> str:
    """What Excel shows of a cell: scores are numbers with two places."""
    return f"{cell.value:.2f}" if cell.number_format == "0.00" else str(cell.value)


ANNEXES = [
    ("1", "施工许可岗", "finding"),
    ("2", "建筑业股", "finding"),
    ("3", "县住建局", "finding"),
    ("4", "施工许可岗", "rating"),
    ("5", "建筑业股", "rating"),
    ("6", "县住建局", "rating"),
]


@pytest.mark.parametrize(("code", "title", "stage"), ANNEXES)
def test_page_and_workbook_show_the_same_cells(year: Round, code: str, title: str, stage: str) -> None:
    year.fill(year.dossier(title), [row(), row(name="=1+1", manifestation="第一行\n第二行 <b>&", measures="甲\n乙")])
    dossier = year.rating(title) if stage == "rating" else year.bring(year.dossier(title), State.NOTICE)
    if stage == "rating":
        year.bring(dossier, State.COUNTY_OFFICE if title == "县住建局" else State.OFFICE)
    client = client_of(year.cast["赵六"])
    page = client.get(dossier.get_absolute_url())
    workbook = client.get(reverse("sheet", args=[dossier.pk, code, "xlsx"]))
    assert [sheet.code for sheet in sheets_of(dossier)] == [f"附件{code}"]
    expected = [cell.text for cell in grid_of(dossier, sheets_of(dossier)[0]).cells if cell.text]
    assert texts_on_the_page(page.content.decode()) == expected
    below_title = texts_in_the_workbook(workbook.content)[-len(expected) :]
    assert below_title == expected
    assert [expected.count(word) for word in ("审批把关不严", "=1+1", "第一行\n第二行 <b>&")] == [1, 1, 1]


def test_workbook_and_paper_leave_by_names_without_persons(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    client = client_of(year.cast["张三"])
    response = client.get(reverse("sheet", args=[dossier.pk, "1", "xlsx"]))
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%E9%99%84%E4%BB%B61.xlsx"
    for code, form in (("4", "xlsx"), ("1", "docx"), ("9", "pdf")):
        assert client.get(reverse("sheet", args=[dossier.pk, code, form])).status_code == 404


def test_head_of_the_form_comes_from_post_and_holder(year: Round) -> None:
    dossier: Any = year.bring(year.own, State.SECTION)
    texts = [cell.text for cell in grid_of(dossier, sheets_of(dossier)[0]).cells]
    for word in ("张三", "中共党员", "建筑业股", "施工许可岗", "施工许可岗的职责。", "施工许可岗的职权。"):
        assert word in texts
    day = localtime(dossier.moves.get().at).date()
    assert grid_of(dossier, sheets_of(dossier)[0]).line == (
        "填报单位：建筑业股",
        f"填报日期：{day.year}年{day.month}月{day.day}日",
    )
