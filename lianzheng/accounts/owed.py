"""What a person owes before anything else: a password of their own, a second factor where the site asks for one."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from lianzheng.accounts import factor
from lianzheng.accounts.sessions import FACTOR, OWES_PASSWORD
from lianzheng.organisation.models import User

V = TypeVar("V", bound=Callable[..., Any])
PLACES = {
    "password": "请先设置自己的密码：当前密码是初始密码，或者已到更换期限。",
    "factor": "您的职责要求第二验证，请先启用。",
}


def before_all(view: V) -> V:
    """A page where what is owed is done, and the way out."""
    view.before_all = True  # type: ignore[attr-defined]
    return view


def owed(request: HttpRequest) -> str:
    """The name of the page to go to first; nothing when all is in order."""
    user = request.user
    if not isinstance(user, User):
        return ""
    if request.session.get(OWES_PASSWORD):
        return "password"
    if settings.SECOND_FACTOR and not request.session.get(FACTOR) and factor.required(user):
        return "factor"
    return ""


class Owed:
    """Leads every other page behind the sign-in there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if getattr(view, "before_all", False) or not getattr(view, "login_required", True):
            return None
        place = owed(request)
        if not place:
            return None
        if request.headers.get("X-Requested-With") == "autosave":
            return JsonResponse({"conflict": PLACES[place]}, status=401)
        messages.info(request, PLACES[place])
        return redirect(place)
