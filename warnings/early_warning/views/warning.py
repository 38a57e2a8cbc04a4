"""One warning: its page, its draft, its steps and its papers. Each look and each file is recorded."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.issued import paper_of, proof
from assessments.views.printing import printed, printed_signed, verified_at
from early_warning import actions, papers
from early_warning.forms import DraftForm, StepForm
from early_warning.models import State, WarningNotice
from early_warning.views import reach
from early_warning.views.shown import handles, show
from lianzheng.accounts.proof import recent
from lianzheng.flow import Refused, Said, Stale
from lianzheng.organisation.access import SignedIn, signed_in

DONE = {"issue": "已签发", "sign": "已签收", "pass": "已销号"}
PAPERS = {"notice": "预警通知书", "slip": "预警整改回执"}


@signed_in
@require_safe
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    return show(request, reach.warning(request, pk, look="查看预警"))


def _issues(request: SignedIn) -> bool:
    return request.POST.get("action") == "issue"


@signed_in
@recent(_issues)
@require_POST
def step(request: SignedIn, pk: UUID) -> HttpResponse:
    """One step of the way."""
    found = reach.warning(request, pk)
    form = StepForm(request.POST)
    if not form.is_valid():
        sentences = tuple(f"{_LABELS.get(name, name)}：{text}" for name, texts in form.errors.items() for text in texts)
        return show(request, found, said=form, sentences=sentences, status=422)
    said = Said(due_on=form.cleaned_data["due_on"], facts=form.facts())
    action = request.POST.get("action", "")
    try:
        log = actions.take_step(found, action=action, version=form.cleaned_data["version"], said=said, by=request.user)
    except Refused as refusal:
        status = 409 if isinstance(refusal, Stale) else 422
        return show(request, reach.warning(request, pk), said=form, sentences=refusal.sentences, status=status)
    messages.success(request, f"{DONE.get(action, log.label)}。")
    return redirect("warning", found.pk) if reach.warnings(request).filter(pk=found.pk).exists() else redirect("home")


_LABELS = {
    "version": "版本",
    "words": "意见",
    "passed": "复核结论",
    "signer": "签收人",
    "served_on": "送达日期",
    "until": "延长至",
    "due_on": "重新整改期限",
}


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedIn, pk: UUID) -> HttpResponse:
    """The draft."""
    found = reach.warning(request, pk, look="查看预警")
    if found.state != State.DRAFT or not handles(request, found):
        raise Http404
    form = DraftForm(request.POST or None, initial=_initial(found), points=reach.points_about(found))
    sentences: tuple[str, ...] = ()
    status = 200
    if request.method == "POST" and form.is_valid():
        version, chosen = form.cleaned_data["version"], reach.points(form.cleaned_data.get("points", []))
        try:
            actions.save_draft(found, version=version, values=form.values(), points=chosen, by=request.user)
        except Refused as refusal:
            sentences, status = refusal.sentences, 409
        else:
            messages.success(request, "已保存。核对无误后报请签发。")
            return redirect("warning", found.pk)
    context = {
        "warning": found,
        "form": form,
        "suggested": {"rank": found.suggested, "word": found.get_suggested_display(), "why": found.suggested_why},
        "errors": [{"text": text, "href": ""} for text in sentences],
    }
    return render(request, "early_warning/warning_edit.html", context, status=422 if form.errors else status)


def _initial(found: WarningNotice) -> dict[str, Any]:
    names = [name for name in DraftForm.base_fields if name != "points"]
    return {name: getattr(found, name) for name in names} | {"points": [str(point.pk) for point in found.points.all()]}


@signed_in
@require_safe
def paper(request: SignedIn, pk: UUID, kind: str) -> HttpResponse:
    """预警通知书 or 回执 as PDF, from the issue on."""
    found = reach.warning(request, pk)
    if kind not in PAPERS or found.issued_on is None:
        raise Http404
    name = PAPERS[kind]
    reach.warning(request, pk, look=f"导出{name}")
    if kind == "slip":
        return printed(papers.slip(found), name=name)
    issued = paper_of(found)
    if issued is None:
        return printed(papers.notice(found, below=()), name=name)
    # Never kept as a file: its words stand in the database under their seal alone.
    below = proof(issued, address=verified_at(request, issued))
    return printed_signed(papers.notice(found, below=below), issued, name=name)
