"""A dossier's official sheets as files, through the one response that every file leaves by."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from assessments.papers import grid_of, sheets_of
from assessments.views import reach
from lianzheng.audit.actions import record
from lianzheng.organisation.access import SignedIn, signed_in
from lianzheng.render import pdf, xlsx
from lianzheng.render.response import DOCUMENT, WORKBOOK, file_response


@signed_in
@require_safe
def sheet(request: SignedIn, pk: UUID, code: str, form: str) -> HttpResponse:
    """One sheet (附件1 … 附件6) as xlsx or pdf."""
    found = reach.dossier(request, pk)
    wanted = next((item for item in sheets_of(found) if item.code == f"附件{code}"), None)
    if wanted is None or form not in ("xlsx", "pdf"):
        raise Http404
    grid = grid_of(found, wanted)
    record("导出", subject=found, bureau=found.bureau, detail={"表": wanted.code, "格式": form}, by=request.user)
    if form == "xlsx":
        return file_response(xlsx.workbook([grid]), name=f"{wanted.code}.xlsx", kind=WORKBOOK)
    if reason := pdf.available():
        return HttpResponse(reason, status=503, content_type="text/plain; charset=utf-8")
    return file_response(pdf.document([grid]), name=f"{wanted.code}.pdf", kind=DOCUMENT, inline=True)
