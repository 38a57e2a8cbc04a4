"""异议: sent by whoever can read the notice, seen by the office and the discipline inspection alone, answered under
the number that only the sender has."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import actions, notices
from assessments.actions.objections import receipt_digest
from assessments.forms import AnswerForm, ObjectionForm, ReceiptForm
from assessments.models import Objection
from assessments.rules import handles_objections
from assessments.views import present
from assessments.views.notice import reach_notice, shell, show
from lianzheng import codes
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.access import SignedIn, may, public
from lianzheng.organisation.roles import Right

State = Objection.State
SHOWN = 200
TONES = {State.OPEN: "attention", State.UPHELD: "danger", State.PARTLY: "danger"}
WITHHELD = "已移交有关机关，内容不再显示。"
NO_RECEIPT = "没有找到这个回执号，请核对后重新输入。"


@public
@require_POST
def submit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an objection in; its number is shown in this one answer and never again."""
    found = reach_notice(request, pk)
    form = ObjectionForm(request.POST)
    if not form.is_valid():
        return show(request, found, form=form, status=422)
    try:
        # by nobody: who signed in and objects stays as unknown as who did not sign in
        receipt = actions.submit_objection(found, facts=form.cleaned_data, by=None)
    except Refused as refusal:
        for sentence in refusal.sentences:
            form.add_error(None, sentence)
        return show(request, found, form=form, status=409)
    context = {"receipt": codes.grouped(receipt), "title": found.title, "pk": found.pk, "base": shell(request)}
    return render(request, "assessments/objection_sent.html", context)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest) -> HttpResponse:
    """What came of an objection; the receipt number travels in the form, never in an address."""
    form = ReceiptForm(request.POST if request.method == "POST" else None)
    found = None
    if request.method == "POST" and form.is_valid():
        rows = Objection.objects.across_bureaus().select_related("notice__bureau", "notice__campaign")
        found = rows.filter(receipt_digest=receipt_digest(form.cleaned_data["receipt"])).first()
        if found is None:
            form.add_error("receipt", NO_RECEIPT)
    context = {"form": form, "answer": _answered(found) if found else None, "base": shell(request)}
    return render(request, "assessments/objection_answer.html", context, status=422 if form.errors else 200)


def _answered(found: Objection) -> list[dict[str, str]]:
    """What the sender reads: nothing of what was sent, in case somebody else holds the number."""
    return [
        {"term": "公示", "text": f"{notices.number_of(found.notice)} {found.notice.title}"},
        {"term": "收到时间", "text": present.moment(found.received_at)},
        {"term": "核实结果", "text": found.get_state_display()},
        {"term": "答复", "text": found.answer or "还没有答复，请过几天再来查看。"},
        {"term": "答复时间", "text": present.moment(found.answered_at) if found.answered_at else ""},
    ]


def _reachable(request: SignedIn) -> Any:
    found = Objection.objects.within(handles_objections(request.user))
    return found.select_related("bureau", "notice__bureau", "notice__campaign", "answered_by")


@may(Right.RUN_OFFICE, Right.INSPECT)
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """Objections of the bureaus one answers for, the newest first; their words are on their own pages."""
    lines = [_line(found) for found in _reachable(request)[:SHOWN]]
    return render(request, "assessments/objections.html", {"lines": lines})


def _line(found: Objection) -> dict[str, Any]:
    return {
        "id": str(found.pk),
        "notice": notices.number_of(found.notice),
        "title": found.notice.title,
        "at": present.moment(found.received_at),
        "state": {"text": found.get_state_display(), "tone": TONES.get(State(found.state), "neutral")},
        "open": found.state == State.OPEN,
    }


@may(Right.RUN_OFFICE, Right.INSPECT)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """One objection: read it, verify, answer. Each look is recorded."""
    found = _reachable(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    if request.method == "POST":
        return _reply(request, found, AnswerForm(request.POST))
    record("查看公示异议", subject=found, bureau=found.bureau, by=request.user)
    return _show(request, found, AnswerForm())


def _reply(request: SignedIn, found: Objection, form: AnswerForm) -> HttpResponse:
    if not form.is_valid():
        return _show(request, found, form, status=422)
    data = form.cleaned_data
    try:
        actions.answer_objection(found, state=data["state"], answer=data["answer"], by=request.user)
    except Refused as refusal:
        status = 409 if isinstance(refusal, Stale) else 422
        found.refresh_from_db()
        return _show(request, found, form, sentences=refusal.sentences, status=status)
    messages.success(request, f"已答复：{found.get_state_display()}。")
    return redirect("objection", found.pk)


def _show(
    request: SignedIn, found: Objection, form: AnswerForm, *, sentences: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    context = {
        "line": _line(found),
        "facts": _facts(found),
        "form": form,
        "errors": [{"text": text, "href": ""} for text in sentences],
        "upheld": found.state in (State.UPHELD, State.PARTLY),
        "notice": found.notice,
    }
    return render(request, "assessments/objection.html", context, status=status)


def _facts(found: Objection) -> list[dict[str, str]]:
    moved = found.state == State.MOVED
    return [
        {"term": "公示", "text": f"{notices.number_of(found.notice)} {found.notice.title}"},
        {"term": "收到时间", "text": present.moment(found.received_at)},
        {"term": "异议内容", "text": WITHHELD if moved else found.content},
        {"term": "姓名", "text": "" if moved else found.name or "匿名"},
        {"term": "联系方式", "text": "" if moved else found.contact or "未留"},
        {"term": "核实结果", "text": found.get_state_display()},
        {"term": "答复", "text": found.answer},
        {"term": "答复人", "text": found.answered_by.name if found.answered_by else ""},
    ]
