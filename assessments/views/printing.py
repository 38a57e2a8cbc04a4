"""An official document as the answer to a request, or the sentence that says why there is none."""

from django.http import HttpResponse

from lianzheng.render import official, pdf
from lianzheng.render.official import Document
from lianzheng.render.response import DOCUMENT, file_response


def printed(doc: Document, *, name: str) -> HttpResponse:
    """The document as a PDF that the browser shows; `name` names nobody."""
    if reason := pdf.available():
        return _none(reason)
    try:
        return file_response(official.document(doc), name=f"{name}.pdf", kind=DOCUMENT, inline=True)
    except pdf.PaperFailed as failure:
        return _none(str(failure))


def _none(reason: str) -> HttpResponse:
    return HttpResponse(reason, status=503, content_type="text/plain; charset=utf-8")
