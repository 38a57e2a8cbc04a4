"""How a view says who may open it, and what happens to those who may not. Out of scope is 404, never 403."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from lianzheng.organisation.models import User
from lianzheng.organisation.rights import scopes

View = Callable[..., HttpResponseBase]


class SignedIn(HttpRequest):
    """A request behind the sign-in: its user is a person."""

    user: User


def may(*rights: str) -> Callable[[View], View]:
    """Open to whoever holds one of the rights anywhere; which rows they see is the query's business."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: SignedIn, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not any(right in scopes(request.user) for right in rights):
                raise Http404
            return view(request, *args, **kwargs)

        return _declare(guarded, rights)

    return guard


def signed_in(view: View) -> View:
    """Open to everybody who signed in; the view itself starts from the person's own rows."""
    return _declare(view, ("signed_in",))


def public(view: View) -> View:
    """Open without sign-in."""
    return _declare(login_not_required(view), ("public",))


def unnoted(view: View) -> View:
    """Who asks for such a record in vain leaves no trace in the journal: it would tell who knows of it."""
    view.unnoted = True  # type: ignore[attr-defined]
    return view


def _declare(view: View, access: tuple[str, ...]) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view


class DeclaredAccess:
    """A view that declares nothing is not there (a test over the URLconf fails on it as well)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> None:
        if not hasattr(view, "access"):
            raise Http404


KEPT = "kept:"


class KeepTyped:
    """A form sent after the session ended: ask for the sign-in, keep what was typed, send it on afterwards."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method != "POST" or request.user.is_authenticated or not getattr(view, "login_required", True):
            return None
        if request.headers.get("X-Requested-With") == "autosave":
            return JsonResponse({"conflict": "登录已过期，请重新登录；刚才的内容已暂存在本机。"}, status=401)
        return ask_to_sign_in(request, path=request.path, fields=typed(request))


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Every field of the POST but the token, in order."""
    return [
        (name, str(value)) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values
    ]


def ask_to_sign_in(request: HttpRequest, *, path: str, fields: list[tuple[str, str]]) -> HttpResponse:
    """The sign-in page that carries a form's fields along as hidden ones."""
    from lianzheng.organisation.forms import SignInForm

    context = {
        "form": SignInForm(request),
        "kept_path": path,
        "kept": [(KEPT + name, value) for name, value in fields],
        "notice": "登录已过期。您刚才填写的内容还在，登录后即可继续提交。",
    }
    return render(request, "sign_in.html", context, status=401)


def kept(request: HttpRequest) -> list[tuple[str, str]]:
    """The carried fields of a sign-in that interrupted a form."""
    return [(name.removeprefix(KEPT), value) for name, value in typed(request) if name.startswith(KEPT)]


def own_path(target: str) -> str:
    """A path of ours, or home; never another host, however it is spelled."""
    ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/")
    return target if ours and target.isprintable() else "/"
