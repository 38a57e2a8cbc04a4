"""预警信息: register, list, judge, link. Each look is recorded; who brought it opens only when asked for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.views.present import moment
from early_warning import actions, subjects
from early_warning.colours import Part
from early_warning.forms import JudgeForm, LinkForm, SignalForm
from early_warning.models import Outcome, Signal
from early_warning.rules import JUDGING, REPORTING, discipline, judges
from early_warning.views import reach
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.access import SignedIn, may, unnoted
from lianzheng.organisation.models import User
from lianzheng.organisation.rights import scopes
from lianzheng.organisation.roles import Right

SHOWN = 200
TONES = {Outcome.OPEN: "attention", Outcome.WARNED: "danger"}
WITHHELD = "已作为正式线索移送，内容不再显示。"


@may(*REPORTING)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn) -> HttpResponse:
    """Report a signal; the reporter is told that it came in, and reads it nowhere again."""
    offered, named = offered_to(request.user), names_others(request.user)
    form = SignalForm(request.POST or None, subjects=offered, named=named)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        source = source_of(data, request.user)
        actions.report_signal(subjects.found(data["subject"]), facts=data, **source, by=request.user)
        messages.success(request, "预警信息已登记，由纪检组研判。")
        return redirect("signal_new")
    status = 422 if form.errors else 200
    return render(request, "early_warning/signal_new.html", {"form": form, "named": named}, status=status)


def offered_to(user: User) -> list[tuple[str, list[subjects.Choice]]]:
    """Whom the person may report about."""
    return subjects.choices(subjects.reach(user, *REPORTING))


def names_others(user: User) -> bool:
    """May the person say who brought it? A member of the network is himself the source."""
    return bool(scopes(user).keys() & {Right.RUN_OFFICE, Right.HANDLE_WARNINGS})


def source_of(data: Mapping[str, Any], user: User) -> dict[str, str]:
    """Who brought it: as it was typed, or the member of the network."""
    if names_others(user):
        return {"name": data["name"], "contact": data["contact"]}
    return {"name": user.name, "contact": user.phone}


@may(*JUDGING)
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """Signals of the bureaus one handles, without their words."""
    if not judges(request.user):
        raise Http404
    rows = Signal.objects.within(discipline(request.user)).select_related("unit", "post", "answerer")
    lines = [_line(found) for found in rows.order_by("-received_at")[:SHOWN]]
    record("查看预警信息列表", detail={"条数": len(lines)}, by=request.user)
    return render(request, "early_warning/signals.html", {"lines": lines})


def _line(found: Signal) -> dict[str, Any]:
    return {
        "url": found.get_absolute_url(),
        "at": moment(found.received_at),
        "source": found.get_source_display(),
        "reference": found.reference,
        "kind": found.get_kind_display(),
        "subject": found.subject_words,
        "state": {"text": found.get_outcome_display(), "tone": TONES.get(Outcome(found.outcome), "neutral")},
        "open": found.outcome == Outcome.OPEN,
    }


@unnoted
@may(*JUDGING)
@require_safe
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    return _show(request, reach.signal(request, pk, look="查看预警信息"))


@require_POST
@unnoted
@may(*JUDGING)
def judge(request: SignedIn, pk: UUID) -> HttpResponse:
    """研判; a warning goes on to its draft."""
    found = reach.signal(request, pk)
    form = _judge_form(found, request.POST)
    if not form.is_valid():
        return _show(request, found, judge_form=form, status=422)
    data = form.cleaned_data
    try:
        warning = actions.judge_signal(
            found,
            outcome=data["outcome"],
            reason=data["reason"],
            office=data["office"],
            part=data["part"],
            points=reach.points(data.get("points", [])),
            by=request.user,
        )
    except Refused as refusal:
        return _refused(request, found, refusal, judge_form=form)
    messages.success(request, f"已研判：{found.get_outcome_display()}。")
    return redirect("warning_edit", warning.pk) if warning else redirect("signal", found.pk)


@require_POST
@unnoted
@may(*JUDGING)
def link(request: SignedIn, pk: UUID) -> HttpResponse:
    """The same matter came in before."""
    found = reach.signal(request, pk)
    form = LinkForm(request.POST, others=_others(request, found))
    if not form.is_valid():
        return _show(request, found, link_form=form, status=422)
    try:
        actions.link_signal(found, to=reach.signal(request, UUID(form.cleaned_data["to"])), by=request.user)
    except Refused as refusal:
        return _refused(request, found, refusal, link_form=form)
    messages.success(request, "已并入同一信息。")
    return redirect("signal", found.pk)


@require_POST
@unnoted
@may(*JUDGING)
def informant(request: SignedIn, pk: UUID) -> HttpResponse:
    """Who brought it; asked for by a button of its own, and recorded as such."""
    found = reach.signal(request, pk, look="查看信息提供人")
    source = getattr(found, "informant", None)
    known = {"name": source.name if source else "", "contact": source.contact if source else ""}
    return _show(
        request,
        found,
        source=[
            {"term": "信息提供人", "text": known["name"] or "匿名"},
            {"term": "联系方式", "text": known["contact"] or "未留"},
        ],
    )


def _refused(request: SignedIn, found: Signal, refusal: Refused, **forms: Any) -> HttpResponse:
    found.refresh_from_db()
    status = 409 if isinstance(refusal, Stale) else 422
    return _show(request, found, sentences=refusal.sentences, status=status, **forms)


def _judge_form(found: Signal, data: Any = None) -> JudgeForm:
    subject = subjects.Subject(found.kind, found.unit, found.post, found.answerer)
    initial = {"office": subjects.office_of(subject).value, "part": Part.OTHER.value}
    return JudgeForm(data, initial=initial, points=reach.points_about(found))


def _others(request: SignedIn, found: Signal) -> list[tuple[str, str]]:
    rows = Signal.objects.within(discipline(request.user)).filter(bureau=found.bureau, duplicate_of=None)
    listed = rows.exclude(pk=found.pk).select_related("unit", "post", "answerer").order_by("-received_at")[:SHOWN]
    return [(str(o.pk), f"{moment(o.received_at)} {o.subject_words} {o.get_source_display()}") for o in listed]


def _show(
    request: SignedIn,
    found: Signal,
    *,
    judge_form: JudgeForm | None = None,
    link_form: LinkForm | None = None,
    source: list[dict[str, str]] | None = None,
    sentences: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    others = _others(request, found) if found.outcome == Outcome.OPEN else []
    context = {
        "signal": found,
        "line": _line(found),
        "facts": _facts(found),
        "judge_form": judge_form or _judge_form(found),
        "link_form": (link_form or LinkForm(others=others)) if others else None,
        "source": source,
        "duplicates": [_line(other) for other in found.duplicates.select_related("unit", "post", "answerer")],
        "notices": [(w.get_absolute_url(), w.number or w.title) for w in reach.warnings(request).filter(signal=found)],
        "errors": [{"text": text, "href": ""} for text in sentences],
    }
    return render(request, "early_warning/signal.html", context, status=status)


def _facts(found: Signal) -> list[dict[str, str]]:
    handed = found.outcome == Outcome.HANDED
    facts = [
        {"term": "对象", "text": f"{found.get_kind_display()}：{found.subject_words}"},
        {"term": "信息来源", "text": f"{found.get_source_display()} {found.reference}".strip()},
        {"term": "收到时间", "text": moment(found.received_at)},
        {"term": "信息摘要", "text": WITHHELD if handed else found.summary},
    ]
    if points := list(found.points.values_list("name", flat=True)):
        facts.append({"term": "涉及风险点", "text": "\n".join(points)})
    if found.judged_at and found.judged_by:
        facts.append({"term": "研判", "text": f"{found.judged_by.name} {moment(found.judged_at)}"})
        facts.append({"term": "研判理由", "text": WITHHELD if handed else found.reason})
    return facts
