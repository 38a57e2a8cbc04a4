"""Dangerous acts ask again who is there, when that was shown more than five minutes ago (ASVS 7.5.3).

The page that asks is answered to the same address and carries the fields of the form along under their own names:
nothing typed is lost, and a right password goes straight on to what was meant.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from lianzheng.accounts import actions, factor
from lianzheng.accounts.attempts import locked
from lianzheng.accounts.sessions import PROVED, now
from lianzheng.organisation.access import SignedIn, View, typed
from lianzheng.organisation.models import User

PROOF, MEANT = "proof", "proof_for"
"""Fields of the page that asks: the password or code, and GET where that was the method."""
WRONG = "密码或验证码不正确。"
LOCKED = "不正确的次数过多，请 15 分钟后再试。"


def dangerous(request: HttpRequest) -> bool:
    """An act that is one whenever something is sent."""
    return request.method == "POST"


def always(request: HttpRequest) -> bool:
    """An act that is one however it is asked for: a big export."""
    return True


def recent(when: Callable[[Any], bool] = dangerous) -> Callable[[View], View]:
    """A view where `when` says which requests need a person who showed a moment ago who they are."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: SignedIn, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if PROOF in request.POST:
                if error := shown(request):
                    return ask(request, error=error)
                if request.POST.get(MEANT) == "GET":
                    return redirect(request.get_full_path())
            elif when(request) and not is_recent(request):
                return ask(request)
            return view(request, *args, **kwargs)

        guarded.recent = when  # type: ignore[attr-defined]
        return guarded

    return guard


def is_recent(request: HttpRequest) -> bool:
    age: float = now() - request.session.get(PROVED, 0)
    return 0 <= age <= settings.PROOF_LASTS.total_seconds()


def shown(request: SignedIn) -> str:
    """Look at the password or code that was sent, and note that it was right; else what to say."""
    if not _right(request, request.POST[PROOF][:256]):
        return LOCKED if locked(request) else WRONG
    request.session[PROVED] = now()
    return ""


def _right(request: SignedIn, proof: str) -> bool:
    user = request.user
    if without_password(user) and factor.of(user) is None:
        return settings.DEMO or is_recent(request)
    if factor.looks_like_code(proof):
        return actions.show_factor(user, code=proof)
    return authenticate(request, username=user.username, password=proof) == user


def without_password(user: User) -> bool:
    """Somebody who comes in by an identity provider, or by the demo's own door."""
    return not user.has_usable_password()


def ask(request: SignedIn, *, error: str = "") -> HttpResponse:
    """The page that asks, with the form's fields as hidden ones."""
    user = request.user
    has_factor = factor.of(user) is not None
    context = {
        "fields": [pair for pair in typed(request) if pair[0] not in (PROOF, MEANT)],
        "meant": request.POST.get(MEANT) or request.method,
        "path": request.get_full_path(),
        "error": error,
        "by_password": not without_password(user),
        "by_code": has_factor,
        "by_click": without_password(user) and not has_factor,
    }
    return render(request, "proof.html", context, status=422 if error else 401)
