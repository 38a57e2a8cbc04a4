"""修改记录: every cell that changed, when, from what to what; for the readers of the form, and it cannot be changed."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registers.actions import remove_point, save_point
from registers.field_history import changes
from registers.models import RiskPoint, RiskType
from tests.cast import Round, again, client_of, row

TYPED = ("power", "risk_type", "manifestation", "responsible", "ways", "measures_text")


def filled(year: Round) -> RiskPoint:
    (point,) = year.fill(year.own)
    save_point(point, version=point.version, values={"name": "换过的名称"}, by=again(year.cast["张三"]))
    return RiskPoint.objects.across_bureaus().get(pk=point.pk)


def test_changed_cell_is_told_with_what_stood_before(year: Round) -> None:
    filled(year)
    found = [(line.row, line.field, line.old, line.new) for line in changes(year.own.table)]
    assert [line for line in found if line[2]] == [("换过的名称", "风险点", "审批把关不严", "换过的名称")]
    assert ("审批把关不严", "风险类别", "", RiskType.DUTY.label) in found
    assert ("换过的名称", "防控措施", "", "每季度抽查已办结事项。") in found


def test_removed_row_is_told(year: Round) -> None:
    point = filled(year)
    remove_point(point, by=again(year.cast["张三"]))
    last = changes(year.own.table)[0]
    assert (last.field, last.old, last.new) == ("整行", "在表中", "已删除")


def test_page_shows_the_changes_to_readers_and_is_not_there_for_a_stranger(year: Round) -> None:
    filled(year)
    url = reverse("changes", args=[year.own.pk])
    text = client_of(year.cast["张三"]).get(url).content.decode()
    assert ("审批把关不严</del>" in text, "换过的名称</ins>" in text) == (True, True)
    assert client_of(year.cast["外人"]).get(url).status_code == 404


def test_page_says_who_sent_the_form_and_that_the_product_did_the_rest(year: Round) -> None:
    (point,) = year.fill(year.own)
    client = client_of(year.cast["张三"])
    typed = {"version": point.version, "name": "换过的名称", **{name: getattr(point, name) for name in TYPED}}
    assert client.post(reverse("row", args=[year.own.pk, point.pk]), typed).status_code == 302
    text = client.get(reverse("changes", args=[year.own.pk])).content.decode()
    cells = [re.findall(r"<td.*?>(.*?)</td>", line) for line in text.split("<tr>")[2:]]
    assert {(line[1], line[2]) for line in cells if "审批把关不严</del>" in line[3]} == {("张三", "风险点")}
    assert {line[1] for line in cells} == {"张三", "系统"}


def test_page_of_an_empty_form_says_so(year: Round) -> None:
    assert (
        "还没有填写过内容。"
        in client_of(year.cast["张三"]).get(reverse("changes", args=[year.own.pk])).content.decode()
    )


@pytest.mark.parametrize("rows", [1, 3])
def test_page_asks_as_much_for_many_rows_as_for_one(year: Round, rows: int) -> None:
    year.fill(year.own, [row() for _ in range(rows)])
    client, url = client_of(year.cast["张三"]), reverse("changes", args=[year.own.pk])
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    assert len([query for query in captured if "registers_" in query["sql"] and "event" in query["sql"]]) == 2
    assert len(captured) <= 16
