"""廉政风险排查情况报告, drafted from the data: on paper, and as a file to go on writing in."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from assessments.report import document_of
from assessments.views import reach
from assessments.views.printing import printed
from lianzheng.audit.actions import record
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.roles import Right
from lianzheng.render import docx
from lianzheng.render.response import file_response

READERS = (Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT)


@may(*READERS)
@require_safe
def file(request: SignedIn, pk: UUID, form: str) -> HttpResponse:
    """The draft as pdf or docx; the export is recorded."""
    campaign = reach.campaign(request, pk, *READERS)
    if form not in ("pdf", "docx"):
        raise Http404
    record("导出排查情况报告", subject=campaign, bureau=campaign.bureau, detail={"格式": form}, by=request.user)
    drafted = document_of(campaign)
    if form == "docx":
        return file_response(docx.document(drafted), name="廉政风险排查情况报告.docx", kind=docx.WORDFILE)
    return printed(drafted, name="廉政风险排查情况报告")
