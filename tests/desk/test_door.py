"""Signing in with a password, by user name or phone; one's own password; the demo's door only in a demo."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from lianzheng import clock
from lianzheng.audit.models import Entry
from lianzheng.organisation.actions import set_password
from lianzheng.organisation.models import Unit, User
from tests.cast import Cast, client_of

SECRET = "柳暗花明又一村-2026"


@pytest.fixture
def person(cast: Cast) -> User:
    set_password(cast["张三"], password=SECRET, by=None)
    cast["张三"].phone = "0000-1"
    cast["张三"].save()
    return cast["张三"]


@pytest.mark.parametrize("field", ["username", "phone"])
def test_sign_in_by_name_or_phone_opens_the_workbench(person: User, field: str) -> None:
    person.refresh_from_db()
    answer = client_of(None).post("/sign-in/", {"username": getattr(person, field), "password": SECRET}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "工作台" in answer.content.decode()
    assert [entry.act for entry in Entry.objects.filter(by=person)] == ["登录"]


@pytest.mark.parametrize("name", ["user02", "nobody"])
def test_sign_in_that_fails_says_the_same_for_known_and_unknown(person: User, name: str) -> None:
    answer = client_of(None).post("/sign-in/", {"username": name, "password": "不对的密码"})
    assert answer.status_code == 422
    assert "用户名或密码不正确，请重新输入。" in answer.content.decode()


def test_person_who_left_cannot_sign_in(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)
    answer = client_of(None).post("/sign-in/", {"username": person.username, "password": SECRET})
    assert answer.status_code == 422


def test_own_password_is_changed_with_the_old_one_only(person: User) -> None:
    client = client_of(person)
    new = {"new_password1": "山重水复疑无路-2026", "new_password2": "山重水复疑无路-2026"}
    assert client.post("/password/", {"old_password": "不对", **new}).status_code == 422
    assert client.post("/password/", {"old_password": SECRET, **new}).status_code == 302
    person.refresh_from_db()
    assert [person.check_password(SECRET), person.check_password(new["new_password1"])] == [False, True]
    assert client.get("/").status_code == 200


def test_demo_door_is_not_there_outside_a_demo(person: User, settings: Any) -> None:
    assert client_of(None).post("/demo/sign-in/", {"username": person.username}).status_code == 404
    assert "演示身份" not in client_of(None).get("/sign-in/").content.decode()
    settings.DEMO = True
    assert client_of(None).post("/demo/sign-in/", {"username": person.username}).status_code == 302


def test_date_of_a_demo_is_moved_by_its_page_and_by_no_more_than_it_offers(person: User, settings: Any) -> None:
    settings.DEMO = True
    client, before = client_of(person), clock.today()
    assert client.get(reverse("demo_clock")).status_code == 200
    for days in ("7", "8", "x", "-1"):
        assert client.post(reverse("demo_clock"), {"days": days})["Location"] == reverse("demo_clock")
    assert clock.today() - before == timedelta(days=7)


def test_establish_sets_a_site_up_once_with_first_passwords(db: None, settings: Any, capsys: Any) -> None:
    path = str(settings.BASE_DIR / "fixtures" / "demo" / "bureau.json")
    call_command("establish", path)
    slips = [line.split("\t") for line in capsys.readouterr().out.splitlines() if "\t" in line]
    assert len(slips) == User.objects.count() == 65
    username, name, password = slips[0]
    found = User.objects.get(username=username)
    assert (found.name, found.check_password(password)) == (name, True)
    units = Unit.objects.count()
    with pytest.raises(CommandError, match="什么也没有建立"):
        call_command("establish", path)
    assert Unit.objects.count() == units


def test_demo_is_refused_outside_a_demo(db: None) -> None:
    with pytest.raises(CommandError, match="这不是演示系统"):
        call_command("demo")
