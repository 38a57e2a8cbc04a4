"""A notice as files, and the package for the county's portal; every file as it was first issued."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from assessments import notice_files
from assessments.views.notice import reach_managed
from assessments.views.printing import verified_at
from lianzheng.audit.actions import record
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.roles import Right
from lianzheng.render.pdf import PaperFailed
from lianzheng.render.response import DOCUMENT, WORKBOOK, file_response

PACKAGE, WEBPAGE = "application/zip", "text/html; charset=utf-8"
KINDS = {"pdf": DOCUMENT, "xlsx": WORKBOOK, "html": WEBPAGE}


@may(Right.RUN_OFFICE)
@require_safe
def file(request: SignedIn, pk: UUID, form: str) -> HttpResponse:
    """The printed version, the workbook, the web page, or all of them with their digests (zip)."""
    found = reach_managed(request, pk)
    if form not in (*KINDS, "zip"):
        raise Http404
    address = verified_at(request, notice_files.paper_of(found))
    try:
        if form == "zip":
            content = notice_files.package(found, address=address, by=request.user)
        else:
            content = notice_files.file_of(found, kind=form, address=address, by=request.user)
    except PaperFailed as failure:
        return HttpResponse(str(failure), status=503, content_type="text/plain; charset=utf-8")
    record("导出", subject=found, bureau=found.bureau, detail={"格式": form}, by=request.user)
    name = "公示材料.zip" if form == "zip" else f"公示.{form}"
    return file_response(content, name=name, kind=KINDS.get(form, PACKAGE), inline=form == "pdf")
