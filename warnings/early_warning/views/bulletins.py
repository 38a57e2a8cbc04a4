"""通报: list, draft with its figures, edit, issue, print."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.issued import paper_of
from assessments.views.printing import printed_as_issued
from assessments.views.reach import bureau_ids
from early_warning import actions, figures
from early_warning.bulletin_paper import document_of
from early_warning.models import Bulletin
from early_warning.time_forms import BulletinForm, PeriodForm, bulletin_initial, period_initial
from early_warning.views.overview import bureau_for
from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.access import SignedIn, may, signed_in
from lianzheng.organisation.models import User
from lianzheng.organisation.rights import holds, within
from lianzheng.organisation.roles import Right

SHOWN = 100


def readable(user: User) -> Any:
    """Issued ones of the bureaus one works in; drafts for the office, the inspection and the head."""
    seen = Q(issued_on__isnull=False, bureau__in=bureau_ids(user))
    for right in (Right.RUN_OFFICE, Right.INSPECT, Right.HEAD_BUREAU):
        seen |= within(user, right, unit="bureau")
    return Bulletin.objects.within(seen).select_related("bureau", "issued_by")


@signed_in
@require_safe
def index(request: SignedIn) -> HttpResponse:
    form = None
    if _writes_somewhere(request.user):
        form = PeriodForm(initial=period_initial(clock.today()))
    return _list(request, form)


def _writes_somewhere(user: User) -> bool:
    try:
        bureau_for(user, Right.RUN_OFFICE)
    except Http404:
        return False
    return True


def _list(request: SignedIn, form: PeriodForm | None, *, status: int = 200) -> HttpResponse:
    rows = [
        {
            "url": item.get_absolute_url(),
            "title": item.title,
            "period": figures.span_words(item.span, year=item.year, turn=item.turn),
            "number": item.number,
            "issued": item.issued_on,
        }
        for item in readable(request.user)[:SHOWN]
    ]
    return render(request, "early_warning/bulletins.html", {"rows": rows, "form": form}, status=status)


@may(Right.RUN_OFFICE)
@require_POST
def new(request: SignedIn) -> HttpResponse:
    """Draft one with the figures of its period."""
    bureau = bureau_for(request.user, Right.RUN_OFFICE)
    form = PeriodForm(request.POST)
    if form.is_valid():
        try:
            return redirect(actions.draft_bulletin(bureau, **form.facts(), by=request.user))
        except Refused as refusal:
            form.add_error(None, " ".join(refusal.sentences))
    return _list(request, form, status=422)


def reach(request: SignedIn, pk: UUID) -> Bulletin:
    found: Bulletin | None = readable(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def writes(bulletin: Bulletin, user: User) -> bool:
    return bulletin.issued_on is None and holds(user, Right.RUN_OFFICE, unit=bulletin.bureau)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """The bulletin with its figures; a draft is edited here."""
    bulletin = reach(request, pk)
    if request.method != "POST":
        form = BulletinForm(initial=bulletin_initial(bulletin)) if writes(bulletin, request.user) else None
        return show(request, bulletin, form=form)
    if not writes(bulletin, request.user):
        messages.error(request, "这份通报已经签发，或不由您修改。")
        return redirect(bulletin)
    form = BulletinForm(request.POST)
    if form.is_valid():
        try:
            actions.save_bulletin(bulletin, **form.cleaned_data, by=request.user)
        except Stale as refusal:
            form.add_error(None, " ".join(refusal.sentences))
            return show(request, bulletin, form=form, status=409)
        messages.success(request, "通报已保存。")
        return redirect(bulletin)
    return show(request, bulletin, form=form, status=422)


def show(request: SignedIn, bulletin: Bulletin, *, form: BulletinForm | None, status: int = 200) -> HttpResponse:
    context = {
        "bulletin": bulletin,
        "period": figures.span_words(bulletin.span, year=bulletin.year, turn=bulletin.turn),
        "rows": figures.table(figures.unpacked(bulletin.figures)),
        "lines": bulletin.text.splitlines(),
        "form": form,
    }
    return render(request, "early_warning/bulletin.html", context, status=status)


@may(Right.RUN_OFFICE)
@require_POST
def issue(request: SignedIn, pk: UUID) -> HttpResponse:
    """签发: number, code, and no change any more."""
    bulletin = reach(request, pk)
    if not holds(request.user, Right.RUN_OFFICE, unit=bulletin.bureau):
        raise Http404
    typed = request.POST.get("version", "")[:9]
    version = int(typed) if typed.isascii() and typed.isdecimal() else 0
    try:
        actions.issue_bulletin(bulletin, version=version, by=request.user)
    except Refused as refusal:
        messages.error(request, " ".join(refusal.sentences))
    else:
        messages.success(request, f"已签发，文号 {bulletin.number}。")
    return redirect(bulletin)


@signed_in
@require_safe
def file(request: SignedIn, pk: UUID) -> HttpResponse:
    """The official document."""
    bulletin = reach(request, pk)
    record("导出", subject=bulletin, bureau=bulletin.bureau, detail={"格式": "pdf"}, by=request.user)
    paper = paper_of(bulletin)
    return printed_as_issued(request, paper, draw=lambda below: document_of(bulletin, below=below), name="通报")
