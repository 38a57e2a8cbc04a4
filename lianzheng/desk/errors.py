"""Error pages: a clear sentence and a code, never a stack; they need no session and no database."""

import secrets
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from lianzheng.organisation.access import typed


def page(template: str, *, status: int, code: str = "") -> HttpResponse:
    return HttpResponse(render_to_string(template, {"error_code": code}), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page("400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page("403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page("404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """The code stands in the log as well, where the places in the program are; here is nothing but the code. Where it
    was the database that is away, full or held up, the person is told to come again: nothing was saved."""
    code = secrets.token_hex(4).upper()
    request.error_code = code  # type: ignore[attr-defined]
    if not isinstance(sys.exception(), (OperationalError, InterfaceError)):
        return page("500.html", status=500, code=code)
    answer = page("503.html", status=503)
    answer["Retry-After"] = "10"
    return answer


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A page older than the sign-in (somebody signed in again in another window): nothing typed is lost.

    Only a person of ours gets it offered again, to look at and send; a request from another site carries no session.
    """
    fields = typed(request) if request.user.is_authenticated and request.path != reverse("sign_in") else []
    if not fields or request.headers.get("X-Requested-With") == "autosave":
        return page("403_csrf.html", status=403)
    context = {"fields": fields, "path": request.path, "stale": True}
    return render(request, "resume.html", context, status=403)
