"""What a password must be under either policy."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.password_validation import get_password_validators
from django.core.exceptions import ValidationError
from django.utils import timezone

from lianzheng.accounts.passwords import must_change
from lianzheng.organisation.models import User
from lianzheng.settings import AUTH_PASSWORD_VALIDATORS, PASSWORD_POLICIES
from tests.accounts.play import OTHER, SECRET, enter, with_password
from tests.cast import Cast, client_of

COMMON = [item for item in AUTH_PASSWORD_VALIDATORS if not item["NAME"].endswith("Complexity")]
# password -> by which policies it is taken
TABLE = {
    "柳暗花明又一村-2026": ("asvs", "dengbao"),
    "Correct horse battery 9": ("asvs", "dengbao"),
    "correct horse battery staple": ("asvs",),
    "春眠不觉晓处处闻啼鸟夜来风雨声": ("asvs",),
    "tr0ub4dor-and-three-more": ("asvs", "dengbao"),
    "aB3$" * 32: ("asvs", "dengbao"),
    "aB3$" * 32 + "x": (),
    "Ab3$efghijk": (),
    "lianzheng2026": (),
    "Lianzheng-2026-Admin": (),
    "廉政风险防控2026！": (),
    "云县县住建局建筑业股2026": (),
    "zhangsan-user01-2025": ("asvs", "dengbao"),
    "张三user01县住建局-2026": (),
    "password1234": (),
    "1234567890123": (),
    "aaaaaaaaaaaa": ("asvs",),
    "qwertyuiop123": (),
    "": (),
}


def taken(password: str, user: User, policy: str) -> bool:
    more = [{"NAME": name} for name in PASSWORD_POLICIES[policy][1]]
    try:
        for validator in get_password_validators([*COMMON, *more]):
            validator.validate(password, user)
    except ValidationError:
        return False
    return True


def test_password_is_taken_or_refused_by_the_policy(cast: Cast) -> None:
    found = {
        password: tuple(policy for policy in ("asvs", "dengbao") if taken(password, cast["张三"], policy))
        for password in TABLE
    }
    assert found == TABLE


@pytest.mark.parametrize(("days", "old", "owes"), [(90, 89, False), (90, 91, True), (0, 4000, False)])
def test_old_password_is_changed_under_the_policy_that_asks(
    cast: Cast, settings: Any, days: int, old: int, owes: bool
) -> None:
    settings.PASSWORD_DAYS = days
    person = with_password(cast["张三"])
    User.objects.filter(pk=person.pk).update(password_at=timezone.now() - timedelta(days=old))
    person.refresh_from_db()
    assert must_change(person) is owes
    client, _ = enter(person)
    assert client.get("/").status_code == (302 if owes else 200)


def test_password_that_grows_old_during_the_work_interrupts_nothing(cast: Cast) -> None:
    person = with_password(cast["张三"])
    client, _ = enter(person)
    User.objects.filter(pk=person.pk).update(password_at=timezone.now() - timedelta(days=91))
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("new", "again", "word"),
    [
        (OTHER, OTHER + "x", "两次输入的新密码不一致"),
        (SECRET, SECRET, "新密码不能与原密码相同"),
        ("太短了", "太短了", "密码应为 12 至 128 位"),
        ("abcdefghijklmnop", "abcdefghijklmnop", "至少三类"),
    ],
)
def test_new_password_that_will_not_do_is_said_at_the_field(cast: Cast, new: str, again: str, word: str) -> None:
    person = with_password(cast["张三"])
    typed = {"old_password": SECRET, "new_password1": new, "new_password2": again}
    answer = client_of(person).post("/password/", typed)
    assert (answer.status_code, word in answer.content.decode()) == (422, True)


def test_field_hides_what_is_typed_and_lets_it_be_pasted(cast: Cast) -> None:
    pages = [client_of(None).get("/sign-in/"), client_of(with_password(cast["张三"])).get("/password/")]
    fields = [field for page in pages for field in re.findall("<input[^>]*password[^>]*>", page.content.decode())]
    assert [field for field in fields if 'type="password"' not in field] == []
    assert (len(fields), [field for field in fields if "onpaste" in field or "readonly" in field]) == (4, [])


@pytest.mark.parametrize("typed", [SECRET.upper() + "x", f" {SECRET}", f"{SECRET} ", SECRET[:-1]])
def test_password_is_compared_as_it_was_typed(cast: Cast, typed: str) -> None:
    person = with_password(cast["张三"], f" {SECRET} ")
    assert enter(person, typed)[1].status_code == 422
    assert enter(person, f" {SECRET} ")[1].status_code == 302
