"""Who is at the other end of the line."""

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """The address that the outermost of our own proxies saw; what a client writes into the header itself stands
    further left and is never read."""
    peer: str | None = request.META.get("REMOTE_ADDR") or None
    if settings.PROXIES:
        told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        peer = told[-settings.PROXIES] if len(told) >= settings.PROXIES else peer
    return peer if peer and _is_address(peer) else None


def _is_address(text: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(text)
    except ValueError:
        return False
    return True
