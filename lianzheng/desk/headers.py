"""Headers of every answer, whoever gave it: page, file, static file, redirect, error."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

NOTHING = ("camera", "display-capture", "geolocation", "microphone", "midi", "payment", "usb", "serial")
HEADERS = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in NOTHING),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Cache-Control": "no-store",  # a static file says itself how long it may be kept
}


class Guarded:
    """The outermost of all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        return response
