"""权限一览表: everybody who may do something over a bureau, in the words of the one declaration, and nobody else."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from lianzheng import clock
from lianzheng.audit.models import Entry
from lianzheng.desk.authority import grids, roles, rows
from lianzheng.organisation.actions import appoint_deputy, deactivate, grant, revoke
from lianzheng.organisation.models import UnitUserGrant
from lianzheng.organisation.roles import ROLES, role
from tests.cast import Cast, again, client_of


def table(cast: Cast, unit: str = "县住建局") -> set[tuple[object, ...]]:
    names = ("name", "role", "unit", "basis", "account")
    return {tuple(row[name] for name in names) for row in rows(cast.units[unit])}


BUREAU = {
    ("李四", "股室负责人", "建筑业股", "授权", "启用"),
    ("钱七", "分管领导", "县住建局", "授权", "启用"),
    ("孙八", "主要负责人", "县住建局", "授权", "启用"),
    ("王五", "廉政办", "县住建局", "授权", "启用"),
    ("赵六", "纪检组", "县住建局", "授权", "启用"),
    ("周一", "县领导小组办公室", "云县", "授权", "启用"),
    ("吴二", "县领导小组", "云县", "授权", "启用"),
    ("管理员", "系统管理员", "县住建局", "授权", "启用"),
    ("安全员", "安全管理员", "县住建局", "授权", "启用"),
    ("审计员", "审计管理员", "县住建局", "授权", "启用"),
}


def stand_in(cast: Cast, *, since: int = 0) -> str:
    """陈九 for 李四 for a week; the basis as the table prints it."""
    first = clock.today() + timedelta(days=since)
    appoint_deputy(
        cast["李四"],
        deputy=cast["陈九"],
        role=role("section_head"),
        unit=cast.units["建筑业股"],
        since=first,
        until=first + timedelta(days=7),
        reason="出差",
        by=again(cast["李四"]),
    )
    return f"代李四，{first} 至 {first + timedelta(days=7)}"


def test_table_names_everybody_of_the_bureau_and_above_and_nobody_beside(cast: Cast) -> None:
    assert table(cast) == BUREAU


def test_rights_stand_in_the_words_of_the_declaration(cast: Cast) -> None:
    found = {str(row["role"]): row["rights"] for row in rows(cast.bureau)}
    declared = {item.label: "；".join(right.label for right in item.rights) for item in ROLES}
    assert found == {label: declared[label] for label in found}
    assert [row["role"] for row in roles()] == [item.label for item in ROLES]


def test_deputy_of_today_stands_in_the_table_and_one_of_tomorrow_does_not(cast: Cast) -> None:
    basis = stand_in(cast)
    assert table(cast) - BUREAU == {("陈九", "股室负责人", "建筑业股", basis, "启用")}


def test_deputy_whose_days_have_not_come_is_not_in_the_table(cast: Cast) -> None:
    stand_in(cast, since=1)
    assert table(cast) == BUREAU


def test_deputy_of_a_role_that_was_taken_away_is_not_in_the_table(cast: Cast) -> None:
    stand_in(cast)
    revoke(role("section_head"), unit=cast.units["建筑业股"], to=cast["李四"], by=None)
    assert {line[0] for line in table(cast)} & {"李四", "陈九"} == set()


def test_account_that_is_off_is_marked(cast: Cast) -> None:
    deactivate(cast["李四"], bureau=cast.bureau, by=cast["管理员"])
    marked = ("李四", "股室负责人", "建筑业股", "授权（账号停用，权限无效）", "已停用")
    assert table(cast) == BUREAU - {("李四", "股室负责人", "建筑业股", "授权", "启用")} | {marked}


def test_right_that_makes_no_whole_role_is_not_left_out(cast: Cast) -> None:
    UnitUserGrant.objects.filter(user=cast["王五"], permission__codename="run_office").delete()
    (line,) = [row for row in rows(cast.bureau) if row["name"] == "王五"]
    assert (line["role"], line["rights"]) == ("单项权限", "登记会议决定")


def test_table_leaves_as_workbook_and_on_paper_and_the_journal_says_so(cast: Cast) -> None:
    client = client_of(cast["王五"])
    book = client.get(reverse("authority_file", args=[cast.bureau.pk, "xlsx"]))
    names = [sheet.title for sheet in load_workbook(BytesIO(book.content))]
    assert names == ["权限一览表", "角色权限对照表"]
    paper = client.get(reverse("authority_file", args=[cast.bureau.pk, "pdf"]))
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(paper.content)).pages)
    assert [name for name in ("李四", "股室负责人", "角色权限对照表") if name not in text.replace("\n", "")] == []
    assert Entry.objects.filter(act="导出权限一览表", by=cast["王五"]).count() == 2
    assert client.get(reverse("authority_file", args=[cast.bureau.pk, "csv"])).status_code == 404


@pytest.mark.parametrize("more", [1, 3])
def test_table_asks_as_much_for_many_as_for_few(cast: Cast, more: int) -> None:
    for name in ("张三", "陈九", "钱七")[:more]:
        grant(role("section_head"), unit=cast.units["办公室"], to=cast[name], by=None)
    stand_in(cast)
    with CaptureQueriesContext(connection) as captured:
        grids(cast.bureau)
    assert len(captured) == 5
