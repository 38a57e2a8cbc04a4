"""The one response by which a file leaves the product: named without personal data, never sniffed, never cached."""

from typing import BinaryIO

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCUMENT = "application/pdf"
ARCHIVE = "application/zip"


def file_response(content: bytes, *, name: str, kind: str, inline: bool = False) -> HttpResponse:
    """`name` is what the browser saves it under; `inline` lets the browser show it (PDF preview)."""
    response = HttpResponse(content, content_type=kind)
    _protect(response, name=name, inline=inline)
    return response


def large_response(file: BinaryIO, *, name: str, kind: str) -> FileResponse:
    """The same for an open file that is sent in pieces and closed afterwards."""
    response = FileResponse(file, content_type=kind)
    _protect(response, name=name, inline=False)
    return response


def _protect(response: HttpResponseBase, *, name: str, inline: bool) -> None:
    response["Content-Disposition"] = content_disposition_header(not inline, name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
