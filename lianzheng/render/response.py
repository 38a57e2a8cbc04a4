"""The one response by which a file leaves the product: named without personal data, never sniffed, never cached."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCUMENT = "application/pdf"


def file_response(content: bytes, *, name: str, kind: str, inline: bool = False) -> HttpResponse:
    """`name` is what the browser saves it under; `inline` lets the browser show it (PDF preview)."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(not inline, name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
