"""What the journal and the field history learn from a request: whose it is, and that it was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from lianzheng.audit.actions import note_refusal
from lianzheng.audit.authors import written_by


class Author:
    """Versions that triggers keep of a row say who sent the form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or not request.user.is_authenticated:
            return self.get_response(request)
        with written_by(request.user):
            return self.get_response(request)


class Refusals:
    """Who asks for what is not theirs gets the same 404 as for what is not there; the journal keeps that they asked.

    ASVS 16.3.2; «网络安全等级保护基本要求» 8.1.4.3 b. An address that leads nowhere is a slip of the pen, and not kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match: Any = request.resolver_match
        noted = response.status_code == 404 and match is not None and not hasattr(match.func, "unnoted")
        if noted and request.user.is_authenticated:
            note_refusal(str(match.url_name), record=match.kwargs.get("pk"), by=request.user)
        return response
