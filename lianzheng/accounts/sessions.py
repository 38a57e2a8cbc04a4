"""Sessions in a table of their own: whose, since when, last seen, from where; they end by idleness and by age.

«网络安全等级保护基本要求» 8.1.4.1 b 登录连接超时自动退出; ASVS 7.3.1–7.3.2.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY, login, logout
from django.contrib.sessions.backends.db import SessionStore as Base
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from lianzheng.accounts.models import Session
from lianzheng.accounts.passwords import must_change
from lianzheng.accounts.peer import address_of
from lianzheng.organisation.models import User

BEGUN, SEEN, ADDRESS, AGENT = "begun", "seen", "address", "agent"
PROVED, FACTOR, OWES_PASSWORD = "proved", "factor", "owes_password"
TOUCH = 60
"""Seconds between two notes of when a session was last used."""


class SessionStore(Base):
    """Django's store on our table."""

    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.person_id = UUID(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.begun_at, row.seen_at = _moment(data.get(BEGUN)), _moment(data.get(SEEN))
        row.address, row.agent = data.get(ADDRESS), data.get(AGENT, "")
        return row


def now() -> float:
    """Seconds since 1970 by the clock that Django's own sessions go by."""
    return timezone.now().timestamp()


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def begin(request: HttpRequest, user: User, *, backend: str, factor: bool = False) -> None:
    """A new session under a new key; `factor`: the second factor was shown as well."""
    login(request, user, backend=backend)
    moment = now()
    request.session.update(
        {
            BEGUN: moment,
            SEEN: moment,
            PROVED: moment,
            FACTOR: factor,
            OWES_PASSWORD: must_change(user),
            ADDRESS: address_of(request),
            AGENT: request.headers.get("User-Agent", "")[:200],
        }
    )


def of(person: User) -> QuerySet[Session]:
    """Sessions of the person that still open the door, the last used first."""
    moment = timezone.now()
    return Session.objects.filter(
        person=person,
        expire_date__gt=moment,
        seen_at__gt=moment - settings.SESSION_IDLE,
        begun_at__gt=moment - settings.SESSION_LONGEST,
    ).order_by("-seen_at")


class SessionLimits:
    """Ends a session that lay idle or grew old, at the next thing that is asked with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            self._look(request)
        return self.get_response(request)

    def _look(self, request: HttpRequest) -> None:
        moment = now()
        begun, seen = request.session.get(BEGUN, moment), request.session.get(SEEN, 0)
        idle = SEEN in request.session and moment - seen > settings.SESSION_IDLE.total_seconds()
        if idle or moment - begun > settings.SESSION_LONGEST.total_seconds():
            logout(request)
        elif moment - seen >= TOUCH:
            request.session.update({BEGUN: begun, SEEN: moment})
