"""An official document as the answer to a request, or the sentence that says why there is none."""

from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from assessments import issued
from assessments.models import IssuedPaper
from lianzheng.organisation.access import SignedIn
from lianzheng.render import official, pdf, signature
from lianzheng.render.official import Block, Document
from lianzheng.render.response import DOCUMENT, file_response

Drawn = Callable[[Sequence[Block]], Document]
"""Makes the document with these blocks at its foot."""


def absolute(request: HttpRequest, path: str) -> str:
    """The address as it is known outside of this office."""
    return settings.PUBLIC_URL + path if settings.PUBLIC_URL else request.build_absolute_uri(path)


def verified_at(request: HttpRequest, paper: IssuedPaper) -> str:
    """Where the paper is verified, as it is printed and coded."""
    return absolute(request, reverse("verify_paper", args=[paper.token]))


def printed(doc: Document, *, name: str) -> HttpResponse:
    """The document as a PDF that the browser shows; `name` names nobody."""
    return _shown(lambda: official.document(doc), name=name)


def printed_signed(doc: Document, paper: IssuedPaper, *, name: str) -> HttpResponse:
    """The same, signed where the site has a key: of a paper that was issued and is never kept as a file."""
    return _shown(lambda: signature.sign(official.document(doc), code=paper.token), name=name)


def printed_as_issued(request: SignedIn, paper: IssuedPaper | None, *, draw: Drawn, name: str) -> HttpResponse:
    """The file as it was first issued, with what lets a reader check it; without a paper the bare document."""
    if paper is None:
        return printed(draw(()), name=name)
    below = issued.proof(paper, address=verified_at(request, paper))

    def content() -> bytes:
        return issued.file_of(paper, kind=issued.PDF, make=lambda: official.document(draw(below)), by=request.user)

    return _shown(content, name=name)


def _shown(content: Callable[[], bytes], *, name: str) -> HttpResponse:
    if reason := pdf.available():
        return _none(reason)
    try:
        return file_response(content(), name=f"{name}.pdf", kind=DOCUMENT, inline=True)
    except pdf.PaperFailed as failure:
        return _none(str(failure))


def _none(reason: str) -> HttpResponse:
    return HttpResponse(reason, status=503, content_type="text/plain; charset=utf-8")
