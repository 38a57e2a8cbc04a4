"""Phones and objections: sealed in the database, found all the same, under new keys without a gap; in no log."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils.log import AdminEmailHandler

from assessments.models import Objection, State
from lianzheng import bootstrap, secrecy
from lianzheng.desk.logs import OneLine
from lianzheng.organisation.management.commands import rotate_keys
from lianzheng.organisation.models import User
from tests.accounts.play import SECRET, with_password
from tests.cast import Cast, Round, again, client_of

PHONE = "139-0000-4321"
WORDS = "某人收了不该收的东西"


@pytest.fixture
def own_keys(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "FIELD_KEYS", tmp_path / "field_keys")
    bootstrap.make_field_keys()
    settings.FIELD_KEYS_FILE = tmp_path / "field_keys"


def with_phones(number: int) -> list[User]:
    made = [User(username=f"phone{n}", name=f"人{n}") for n in range(number)]
    for n, person in enumerate(made):
        person.phone = f"138-0000-{n:04}"
    return User.objects.bulk_create(made)


def rows_with(text: str) -> dict[str, int]:
    """Tables in which some row, written out, contains the text."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s', [f"%{text}%"])
            if count := cursor.fetchone()[0]:
                found[table] = count
    return found


def test_database_holds_no_phone_and_no_word_of_an_objection(year: Round) -> None:
    with_phones(50)
    rating = year.bring(year.rating("质量监督岗"), State.NOTICE)
    facts = {"content": WORDS, "name": "举报人甲", "contact": PHONE}
    objection, _ = year.objection(year.publish([rating]), **facts, state="upheld")
    assert [rows_with(text) for text in ("138-0000-", WORDS, "举报人甲", PHONE, "已核实。")] == [{}] * 5
    assert rows_with("phone49")["organisation_user"] == 1  # the control: the probe finds what is there
    read = Objection.unscoped.get(pk=objection.pk)
    assert (read.content, read.name, read.contact, read.answer) == (WORDS, "举报人甲", PHONE, "已核实。")


def test_sealed_phone_of_another_row_does_not_open(db: None) -> None:
    first, second = with_phones(2)
    User.objects.filter(pk=first.pk).update(phone_sealed=second.phone_sealed)
    with pytest.raises(secrecy.Unreadable):
        _ = again(first).phone
    assert again(second).phone == "138-0000-0001"


def test_phone_is_found_as_a_whole_and_by_its_owner_only(db: None) -> None:
    first, second = with_phones(2)
    assert list(User.objects.with_phone(first.phone)) == [first]
    assert [list(User.objects.with_phone(text)) for text in ("", "138-0000-", "138-0000-00010")] == [[], [], []]
    assert len({first.phone_digest, second.phone_digest, secrecy.index_of(first.phone, place="elsewhere")}) == 3


@pytest.mark.usefixtures("own_keys")
def test_rotation_that_was_interrupted_goes_on_and_phones_are_found_all_the_while(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = with_phones(30)
    before = {user.pk: (user.phone, user.phone_sealed) for user in people}
    monkeypatch.setattr(rotate_keys, "BATCH", 7)
    calls, reseal = iter(range(100)), secrecy.reseal

    def dying(record: Any, column: str) -> bool:
        if next(calls) >= 30:
            raise KeyboardInterrupt
        return reseal(record, column)

    monkeypatch.setattr(secrecy, "reseal", dying)
    with pytest.raises(KeyboardInterrupt):
        call_command("rotate_keys", stdout=StringIO())
    monkeypatch.setattr(secrecy, "reseal", reseal)
    sealed = User.objects.exclude(phone_sealed="").values_list("phone_sealed", flat=True)
    assert {text.split(":")[0] for text in sealed} == {"k1", "k2"}
    assert [list(User.objects.with_phone(user.phone)) for user in people] == [[user] for user in people]
    call_command("rotate_keys", "--resume", "--forget", stdout=StringIO())
    assert set(secrecy.keys()) == {"k2"}
    for user in people:
        now = again(user)
        assert (now.phone, now.phone_sealed != before[user.pk][1]) == (before[user.pk][0], True)
        assert list(User.objects.with_phone(now.phone)) == [user]


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What every logger would have written, as the product writes it, down to the least important."""
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(OneLine().format(record))

    keep, root = Keep(), logging.getLogger()
    names = ("django.request", "django.security", "axes", "lianzheng", "django.template")
    levels = {name: logging.getLogger(name).level for name in names}
    root.addHandler(keep)
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield written
    root.removeHandler(keep)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def incidents(year: Round, settings: Any) -> list[str]:
    """What goes wrong in an office; everything that was typed, none of which may be written down."""
    settings.AXES_ENABLED = True
    person = with_password(year.cast["张三"])
    person.phone = PHONE
    person.save()
    rating = year.bring(year.rating("质量监督岗"), State.NOTICE)
    notice = year.publish([rating])
    nobody = Client(raise_request_exception=False)
    for password in ("不对的密码-4321", SECRET):
        nobody.post("/sign-in/", {"username": PHONE, "password": password, "kept:note": WORDS, "kept_path": "/x/"})
    client_of(person).post(reverse("objection_new", args=[notice.pk]), {"content": WORDS, "contact": PHONE})
    client_of(person, enforce_csrf_checks=True).post(reverse("step", args=[year.own.pk]), {"opinion": WORDS})
    client_of(person).post(reverse("step", args=[year.own.pk]), {"action": "pass", "opinion": WORDS, "version": "x"})
    client_of(person).get("/nowhere/", {"q": WORDS})
    nobody.get("/", headers={"host": f"{PHONE}.example", "user-agent": f"{WORDS}\r\nforged: line"})
    return [PHONE, WORDS, "不对的密码-4321", SECRET, "张三"]


class Broken:
    """A view that fails as the database does: its message quotes what was typed."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> None:
        raise IntegrityError(f"Key (phone)=({PHONE}) already exists: {WORDS}")


def fail(person: User, settings: Any) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.test_personal_data.Broken"]
    client = client_of(person, raise_request_exception=False)
    assert client.post("/large-type/", {"next": WORDS, "phone": PHONE}).status_code == 500


def test_log_holds_nothing_that_was_typed(lines: list[str], incidents: list[str], cast: Cast, settings: Any) -> None:
    fail(cast["张三"], settings)
    assert len(lines) >= 5
    told = "\n".join(json.loads(line)["message"] for line in lines) + "\n".join(lines)
    assert [word for word in incidents if word in told] == []
    assert [line for line in lines if "\n" in line] == []
    assert [line for line in lines if "IntegrityError" in line and "process_view" in line] != []


def test_mail_about_an_error_holds_a_place_in_the_code_and_nothing_that_was_typed(cast: Cast, settings: Any) -> None:
    settings.ADMINS = [("管理员", "admin@example.invalid")]
    handler, logger = AdminEmailHandler(), logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        fail(cast["张三"], settings)
    finally:
        logger.removeHandler(handler)
    (sent,) = mail.outbox
    assert [word for word in (PHONE, WORDS, "张三") if word in f"{sent.subject}{sent.body}{sent.alternatives}"] == []
    assert "IntegrityError" in sent.body


def test_unique_phone_is_held_by_the_database(db: None) -> None:
    first, second = with_phones(2)
    second.phone = first.phone
    with pytest.raises(IntegrityError, match="user_phone_digest_once"), transaction.atomic():
        second.save()
