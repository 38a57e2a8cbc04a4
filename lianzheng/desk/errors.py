"""Error pages: a clear sentence and a code, never a stack; they need no session and no database."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


def page(template: str, *, status: int) -> HttpResponse:
    return HttpResponse(render_to_string(template), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page("400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page("403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page("404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    return page("500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return page("403_csrf.html", status=403)
