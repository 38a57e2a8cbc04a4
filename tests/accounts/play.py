"""What the tests of accounts do again and again: a password, a sign-in, a phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from lianzheng.accounts import actions, factor
from lianzheng.accounts.models import Authenticator
from lianzheng.accounts.sessions import BEGUN, PROVED, SEEN
from lianzheng.organisation.actions import set_password
from lianzheng.organisation.models import User

SECRET = "柳暗花明又一村-2026"
OTHER = "山重水复疑无路-2026"


def with_password(person: User, password: str = SECRET, **options: Any) -> User:
    set_password(person, password=password, by=None, **options)
    person.refresh_from_db()
    return person


def with_phone(person: User) -> str:
    """The person's second factor is on; the secret its app holds."""
    row = actions.start_factor(person, by=person)
    actions.confirm_factor(person, code=factor.code_of(row.secret), by=person)
    Authenticator.objects.filter(person=person).update(last_step=-1)  # the code of this half minute is good once more
    return row.secret


def enter(person: User, password: str = SECRET, *, client: Client | None = None, **extra: Any) -> tuple[Client, Any]:
    """The sign-in form, sent; the browser and the answer."""
    client = client or Client()
    return client, client.post("/sign-in/", {"username": person.username, "password": password}, **extra)


def age(client: Client, *, seen: timedelta = timedelta(), begun: timedelta = timedelta()) -> None:
    """Let this browser's session have been used, or begun and proved, so long ago."""
    session = client.session
    moment = timezone.now()
    session[SEEN] = (moment - seen).timestamp()
    session[BEGUN] = (moment - begun).timestamp()
    session[PROVED] = (moment - begun).timestamp()
    session.save()
