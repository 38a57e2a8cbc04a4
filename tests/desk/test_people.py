"""账号管理: made, closed, opened, given a first password, by two of whom neither can come in as somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from lianzheng.accounts import factor
from lianzheng.accounts.models import Session
from lianzheng.audit.models import Entry
from lianzheng.organisation.models import User
from tests.accounts.play import SECRET, enter, with_password, with_phone
from tests.cast import Cast, again, client_of


@pytest.fixture
def system(cast: Cast) -> Client:
    return client_of(cast["管理员"])


@pytest.fixture
def security(cast: Cast) -> Client:
    return client_of(cast["安全员"])


def act(client: Client, person: User, do: str, **options: Any) -> Any:
    return client.post(reverse("person_act", args=[person.pk]), {"do": do}, **options)


def typed(cast: Cast, **changes: Any) -> dict[str, Any]:
    post = cast.posts["建筑业股/施工许可岗"]
    return {"username": "newcomer", "name": "新人", "post": post.pk, "since": "2026-01-05", "phone": ""} | changes


def test_new_account_opens_with_the_password_of_its_slip(cast: Cast, system: Client) -> None:
    page = system.post(reverse("person_new"), typed(cast))
    person = User.objects.get(username="newcomer")
    assert (page.context["person"], person.home and person.home.post.name) == (person, "施工许可岗")
    client, answer = enter(person, page.context["password"])
    assert answer.status_code == 302
    assert client.get("/")["Location"] == "/password/"
    assert page.context["password"] not in system.get(reverse("people")).content.decode()
    acts = (
        Entry.objects.filter(by=cast["管理员"], detail__人员=str(person.pk))
        .order_by("id")
        .values_list("act", flat=True)
    )
    assert list(acts) == ["新建账号", "给予初始密码"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"username": "user01"}, "已经有了"),
    ({"username": "王五"}, "小写字母"),
    ({"name": ""}, "必填"),
    ({"post": "x"}, "选"),
    ({"since": "0001-01-01"}, "核对年份"),
    ({"phone": "0000-1"}, "已经登记"),
]


@pytest.mark.parametrize(("changes", "word"), WRONG)
def test_what_will_not_do_is_said_at_the_field_and_kept(
    cast: Cast, system: Client, changes: dict[str, Any], word: str
) -> None:
    cast["李四"].phone = "0000-1"
    cast["李四"].save()
    count = User.objects.count()
    page = system.post(reverse("person_new"), typed(cast, **changes))
    (name,) = changes
    assert (page.status_code, User.objects.count()) == (422, count)
    assert word in str(page.context["form"][name].errors)
    assert page.context["form"]["name"].value() == typed(cast, **changes)["name"]


def test_nobody_chooses_a_password_for_another(cast: Cast, system: Client) -> None:
    person = with_password(cast["张三"])
    form = system.get(reverse("person_new")).context["form"]
    assert [name for name in form.fields if "password" in name] == []
    page = system.post(reverse("person_act", args=[person.pk]), {"do": "reset", "password": "chosen-by-somebody"})
    person.refresh_from_db()
    assert [person.check_password(text) for text in ("chosen-by-somebody", SECRET, page.context["password"])] == [
        False,
        False,
        True,
    ]


def test_closed_account_is_out_at_once_and_comes_in_again_when_opened(cast: Cast, system: Client) -> None:
    person = with_password(cast["张三"])
    there = client_of(person)
    act(system, person, "close")
    assert (there.get("/").status_code, Session.objects.filter(person=person).count()) == (302, 0)
    assert enter(person)[1].status_code == 422
    act(system, person, "open")
    assert enter(person)[1].status_code == 302


def test_locked_door_is_opened_by_either(cast: Cast, system: Client, security: Client, settings: Any) -> None:
    settings.AXES_ENABLED = True
    person = with_password(cast["张三"])
    for client in (system, security):
        for _ in range(5):
            enter(person, "不对的密码")
        assert enter(person)[1].status_code == 422
        act(client, person, "unlock")
        assert enter(person)[1].status_code == 302


def test_password_and_second_factor_are_two_peoples_to_reset(cast: Cast, system: Client, security: Client) -> None:
    leader = with_password(cast["孙八"])
    with_phone(leader)
    slip = act(system, leader, "reset").context["password"]
    assert "第二步验证" in enter(leader, slip)[1].content.decode()
    act(system, leader, "factor")
    assert factor.of(leader) is not None
    assert act(security, leader, "reset").status_code == 302
    assert again(leader).check_password(slip)
    act(security, leader, "factor")
    assert factor.of(leader) is None
    assert Entry.objects.filter(act="停用第二验证", by=cast["安全员"]).count() == 1


def test_own_account_is_another_administrators(cast: Cast, system: Client) -> None:
    answer = act(system, cast["管理员"], "reset", follow=True)
    assert "这一步不由您办理" in answer.content.decode()


def test_list_shows_the_bureau_and_nobody_else(cast: Cast, system: Client) -> None:
    names = {line["name"] for group in system.get(reverse("people")).context["groups"] for line in group["lines"]}
    assert ({"张三", "王五", "管理员"} <= names, names & {"外人", "周一", "郑十"}) == (True, set())
    assert act(system, cast["外人"], "close").status_code == 404
    assert again(cast["外人"]).is_active
