"""Wrong passwords close one door and no other; sessions end by themselves; a first password opens once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Lock
from time import perf_counter, sleep
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from lianzheng.accounts import actions, attempts, hashers
from lianzheng.accounts.models import Session
from lianzheng.audit.models import Entry
from lianzheng.organisation.models import User
from tests.accounts.play import OTHER, SECRET, age, enter, with_password
from tests.cast import Cast, client_of

OFFICE = {"REMOTE_ADDR": "198.51.100.7"}
"""The one address by which a whole bureau goes out."""


@pytest.fixture
def counted(settings: Any) -> None:
    settings.AXES_ENABLED = True


@pytest.fixture
def person(cast: Cast) -> User:
    return with_password(cast["张三"])


@pytest.mark.usefixtures("counted")
def test_sixth_try_is_refused_even_with_the_right_password_and_said_so(person: User) -> None:
    answers = [enter(person, "不对的密码", **OFFICE)[1] for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 5
    assert ["暂停登录" in answer.content.decode() for answer in answers] == [False] * 4 + [True]
    client, answer = enter(person, **OFFICE)
    assert (answer.status_code, "暂停登录" in answer.content.decode()) == (422, True)
    assert client.get("/").status_code == 302
    acts = list(Entry.objects.order_by("id").values_list("act", flat=True))
    assert acts[-6:] == ["登录失败"] * 4 + ["登录锁定"] * 2


@pytest.mark.usefixtures("counted")
def test_colleagues_behind_the_same_address_still_get_in(person: User, cast: Cast) -> None:
    for n in range(50):
        Client().post("/sign-in/", {"username": f"nobody{n}", "password": "不对的密码"}, **OFFICE)
    for _ in range(6):
        enter(person, "不对的密码", **OFFICE)
    assert enter(with_password(cast["陈九"]), **OFFICE)[1].status_code == 302


@pytest.mark.usefixtures("counted")
def test_count_by_address_alone_would_lock_the_office_out(person: User, cast: Cast, settings: Any) -> None:
    """The control: what the counter does by default."""
    settings.AXES_LOCKOUT_PARAMETERS = ["ip_address"]
    for n in range(5):
        Client().post("/sign-in/", {"username": f"nobody{n}", "password": "不对的密码"}, **OFFICE)
    assert enter(with_password(cast["陈九"]), **OFFICE)[1].status_code == 422


@pytest.mark.usefixtures("counted")
def test_person_gets_in_from_another_address_and_by_an_administrator(person: User, cast: Cast) -> None:
    for _ in range(6):
        enter(person, "不对的密码", **OFFICE)
    assert enter(person, REMOTE_ADDR="203.0.113.9")[1].status_code == 302
    for _ in range(6):
        enter(person, "不对的密码", **OFFICE)
    assert actions.unlock(person, by=cast["管理员"]) == 1
    assert enter(person, **OFFICE)[1].status_code == 302


@pytest.mark.usefixtures("counted")
def test_door_opens_again_by_itself(person: User) -> None:
    for _ in range(6):
        enter(person, "不对的密码", **OFFICE)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14))
    assert enter(person, **OFFICE)[1].status_code == 422
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert enter(person, **OFFICE)[1].status_code == 302


@pytest.mark.usefixtures("counted")
def test_counter_keeps_neither_names_nor_what_was_typed(person: User) -> None:
    typed = {"username": person.username, "password": "不对的密码", "kept:name": "写了半天的话", "kept_path": "/"}
    Client().post("/sign-in/", typed, **OFFICE)
    row = AccessAttempt.objects.values().get()
    assert [value for value in row.values() if person.username in str(value) or "写了半天" in str(value)] == []
    assert row["username"] == attempts.masked(person.username)


def test_header_that_the_visitor_wrote_is_not_the_address(person: User, settings: Any) -> None:
    settings.PROXIES = 1
    forged = {"HTTP_X_FORWARDED_FOR": "10.0.0.1, 203.0.113.9", "REMOTE_ADDR": "127.0.0.1"}
    enter(person, **forged)
    assert Session.objects.get(person=person).address == "203.0.113.9"
    Session.objects.all().delete()
    settings.PROXIES = 0
    enter(person, **forged)
    assert Session.objects.get(person=person).address == "127.0.0.1"


def test_answer_is_the_same_for_a_name_that_does_not_exist(person: User) -> None:
    bodies = {
        re.sub('value="[^"]*"', "", Client().post("/sign-in/", {"username": name, "password": "不对"}).content.decode())
        for name in (person.username, "nobody", "user03")
    }
    assert len(bodies) == 1


@pytest.mark.parametrize(
    ("seen", "begun", "status"),
    [(29, 29, 200), (31, 31, 302), (1, 12 * 60 - 1, 200), (1, 12 * 60 + 1, 302)],
)
def test_session_ends_when_it_lay_idle_or_grew_old(person: User, seen: int, begun: int, status: int) -> None:
    client = client_of(person)
    age(client, seen=timedelta(minutes=seen), begun=timedelta(minutes=begun))
    assert client.get("/").status_code == status


def test_draft_typed_into_a_session_that_ended_is_carried_through_the_door(person: User) -> None:
    client = client_of(person)
    age(client, seen=timedelta(minutes=31))
    answer = client.post("/large-type/", {"next": "写了半天的话"})
    assert (answer.status_code, "写了半天的话" in answer.content.decode()) == (401, True)


def test_session_is_touched_once_a_minute_at_most(person: User) -> None:
    client = client_of(person)
    before = Session.objects.get().seen_at
    client.get("/account/")
    assert Session.objects.get().seen_at == before
    age(client, seen=timedelta(seconds=61))
    client.get("/account/")
    assert Session.objects.get().seen_at > before


def test_session_gets_a_new_key_at_the_door(person: User) -> None:
    client = Client()
    session = client.session
    session["year"] = 2026
    session.save()
    client.cookies["sessionid"] = str(session.session_key)
    enter(person, client=client)
    assert client.cookies["sessionid"].value != session.session_key
    assert Session.objects.filter(person=person).count() == 1


def test_key_of_a_session_is_long_and_never_the_same(person: User) -> None:
    for _ in range(20):
        client_of(person)
    keys = set(Session.objects.values_list("session_key", flat=True))
    assert (len(keys), {len(key) for key in keys}) == (20, {32})


def test_own_sessions_are_listed_and_ended_and_those_of_others_are_not(person: User, cast: Cast) -> None:
    here, there, foreign = client_of(person), client_of(person), client_of(cast["李四"])
    lines = here.get("/account/").context["lines"]
    assert sorted(line["own"] for line in lines) == [False, True]
    other = next(line["key"] for line in lines if not line["own"])
    body = here.get("/account/").content.decode()
    assert [row.session_key for row in Session.objects.all() if row.session_key in body] == []
    key = Session.objects.get(person=cast["李四"]).begun_at
    assert key is not None
    here.post(reverse("end_session"), {"which": key.isoformat()})
    assert foreign.get("/").status_code == 200
    here.post(reverse("end_session"), {"which": other})
    assert [client.get("/").status_code for client in (here, there)] == [200, 302]
    assert Entry.objects.filter(by=person, act="终止会话").count() == 1


def test_own_session_is_not_ended_by_its_own_button(person: User) -> None:
    here = client_of(person)
    here.post(reverse("end_session"), {"which": here.get("/account/").context["lines"][0]["key"]})
    assert here.get("/").status_code == 200


def test_all_others_end_at_once_and_with_a_new_password(person: User) -> None:
    here, *rest = [client_of(person) for _ in range(3)]
    here.post(reverse("end_session"), {"which": "others"})
    assert [client.get("/").status_code for client in (here, *rest)] == [200, 302, 302]
    there = client_of(person)
    here.post("/password/", {"old_password": SECRET, "new_password1": OTHER, "new_password2": OTHER})
    assert [client.get("/").status_code for client in (here, there)] == [200, 302]


def test_account_that_was_closed_is_out_at_the_next_request(person: User) -> None:
    client = client_of(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert client.get("/").status_code == 302


def test_first_password_leads_to_a_password_of_ones_own_and_nowhere_else(cast: Cast) -> None:
    person = with_password(cast["张三"], "slip2of3paper", first=True)
    client, answer = enter(person, "slip2of3paper")
    assert answer.status_code == 302
    answers = [client.get(reverse(name)) for name in ("home", "help", "account", "batch")]
    assert {(answer.status_code, answer.headers.get("Location")) for answer in answers} == {(302, "/password/")}
    new = {"old_password": "slip2of3paper", "new_password1": SECRET, "new_password2": SECRET}
    assert client.post("/password/", new).status_code == 302
    assert client.get("/").status_code == 200
    person.refresh_from_db()
    assert person.first_until is None


def test_first_password_that_nobody_used_in_three_days_is_void(cast: Cast) -> None:
    person = with_password(cast["张三"], "slip2of3paper", first=True)
    assert person.first_until is not None
    User.objects.filter(pk=person.pk).update(first_until=timezone.now() - timedelta(seconds=1))
    answer = enter(person, "slip2of3paper")[1]
    assert (answer.status_code, "初始密码已过期" in answer.content.decode()) == (422, True)


def test_hash_is_argon2id_and_only_so_many_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert make_password(SECRET, hasher=hashers.CappedArgon2()).startswith("argon2$argon2id$")
    most, running, lock = [0], [0], Lock()

    def slow(self: Any, password: str, salt: str) -> str:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        sleep(0.02)
        with lock:
            running[0] -= 1
        return ""

    monkeypatch.setattr(Argon2PasswordHasher, "encode", slow)
    for kind in (hashers.CappedArgon2, Argon2PasswordHasher):  # the second is the control
        most[0] = 0
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _, kind=kind: kind().encode("x", "y"), range(16)))
        assert (most[0] <= 2) == (kind is hashers.CappedArgon2)


def test_unknown_name_takes_as_long_as_a_wrong_password(person: User, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["lianzheng.accounts.hashers.CappedArgon2"]
    with_password(person)
    spent: dict[str, list[float]] = {person.username: [], "nobody": []}
    for name in [person.username, "nobody"] * 4:
        begun = perf_counter()
        Client().post("/sign-in/", {"username": name, "password": "不对"})
        spent[name].append(perf_counter() - begun)
    fast, slow = sorted(map(min, spent.values()))
    assert fast > slow / 2
