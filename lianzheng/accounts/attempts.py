"""Failed sign-ins, counted by user name *and* address: a whole office goes out by one address, and by the counter's
own defaults three mistypings of anybody would lock it out altogether.

Nothing that was typed is kept: user names stand there as digests (people type passwords into the wrong box), and the
fields of a form that the sign-in interrupted are not copied.
"""

from __future__ import annotations

from copy import copy
from hashlib import sha256
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.http import HttpRequest, QueryDict


def masked(username: str) -> str:
    """How a user name stands among the failures."""
    return sha256(username.encode()).hexdigest()[:40]


def name_of(request: HttpRequest, credentials: dict[str, Any] | None) -> str | None:
    """The counter's user name for what was tried."""
    typed = (credentials or {}).get("username")
    return masked(typed) if isinstance(typed, str) else None


def without_name(request: HttpRequest, credentials: dict[str, Any] | None) -> bool:
    """Sign-ins by an identity provider name nobody before they succeed: they are that provider's to count."""
    return name_of(request, credentials) is None


class Handler(AxesDatabaseHandler):  # type: ignore[misc]  # untyped
    """Counts, and keeps no form."""

    def user_login_failed(self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
        if request is None:
            return
        bare = copy(request)
        bare.GET = bare.POST = QueryDict()
        super().user_login_failed(sender, credentials, bare, **kwargs)
        request.axes_locked_out = bare.axes_locked_out


def locked(request: HttpRequest) -> bool:
    """Was the last try refused because there were too many?"""
    return bool(getattr(request, "axes_locked_out", False))
