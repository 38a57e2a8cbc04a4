"""已发出的文书: every paper with its number, code and state, and the scan of the signed and sealed copy beside it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from assessments.decision_forms import SignedForm
from assessments.models import IssuedPaper
from assessments.views import present
from assessments.views.verify import state_of
from lianzheng import codes
from lianzheng.attachments.actions import attach, attached_to
from lianzheng.attachments.models import Attachment
from lianzheng.audit.actions import record
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.models import User
from lianzheng.organisation.rights import holds, within
from lianzheng.organisation.roles import Right
from lianzheng.render.response import file_response

READERS = (Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT)
SHOWN = 200
SCAN = "签字盖章扫描件"
WAITS, FILED = {"text": "待归档", "tone": "attention"}, {"text": "已归档", "tone": "ok"}


def _papers(user: User) -> Any:
    scope = within(user, READERS[0], unit="bureau")
    for right in READERS[1:]:
        scope |= within(user, right, unit="bureau")
    # A warning has its own page, where every look is recorded.
    return (
        IssuedPaper.objects.within(scope).exclude(kind=IssuedPaper.Kind.WARNING).select_related("bureau", "issued_by")
    )


@may(*READERS)
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """The papers of one's bureaus, the newest first."""
    papers = list(_papers(request.user)[:SHOWN])
    scans = Attachment.objects.across_bureaus().filter(
        subject_kind=IssuedPaper._meta.label_lower, subject__in=[paper.pk for paper in papers]
    )
    filed = set(scans.values_list("subject", flat=True))
    lines = [
        {
            "id": str(paper.pk),
            "number": paper.number,
            "kind": paper.get_kind_display(),
            "title": paper.title,
            "state": state_of(paper),
            "issued": present.moment(paper.issued_at),
            "scan": FILED if paper.pk in filed else WAITS,
        }
        for paper in papers
    ]
    return render(request, "assessments/issued.html", {"lines": lines, "full": len(papers) == SHOWN})


@may(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """One paper; the office files the scan here. A scan is never changed: a better one is added."""
    paper: IssuedPaper = get_object_or_404(_papers(request.user), pk=pk)
    files = holds(request.user, Right.RUN_OFFICE, unit=paper.bureau)
    form = SignedForm(request.POST or None, request.FILES or None) if files else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            attach(form.cleaned_data["scan"], to=paper, name=SCAN, by=request.user)
        except Refused as refusal:
            form.add_error("scan", " ".join(refusal.sentences))
            return _show(request, paper, form)
        messages.success(request, "扫描件已归档。")
        return redirect("issued_paper", paper.pk)
    if request.method == "POST" and form is None:
        messages.error(request, "扫描件由廉政办归档。")
        return redirect("issued_paper", paper.pk)
    return _show(request, paper, form)


def _show(request: SignedIn, paper: IssuedPaper, form: SignedForm | None) -> HttpResponse:
    context = {
        "paper": paper,
        "form": form,
        "state": state_of(paper),
        "facts": [
            {"term": "编号", "text": paper.number},
            {"term": "类别", "text": paper.get_kind_display()},
            {"term": "验证码", "text": codes.grouped(paper.token)},
            {"term": "签发", "text": f"{paper.issued_by} {present.moment(paper.issued_at)}"},
            {"term": "期限", "text": paper.period or "—"},
            {"term": "内容摘要（SHA-256）", "text": paper.digest},
        ],
        "scans": [
            {
                "id": str(scan.pk),
                "name": scan.name,
                "size": scan.size,
                "sha256": scan.sha256,
                "by": f"{scan.added_by} {present.moment(scan.added_at)}",
            }
            for scan in attached_to(paper)
        ],
    }
    return render(request, "assessments/issued_paper.html", context, status=422 if form and form.errors else 200)


@may(*READERS)
@require_safe
def scan(request: SignedIn, pk: UUID, attachment: UUID) -> HttpResponse:
    """A scan as a download."""
    paper: IssuedPaper = get_object_or_404(_papers(request.user), pk=pk)
    found = get_object_or_404(attached_to(paper), pk=attachment)
    record("下载附件", subject=paper, bureau=paper.bureau, digest=found.sha256, by=request.user)
    return file_response(bytes(found.content), name=found.name, kind=found.kind)
