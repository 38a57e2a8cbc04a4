"""周期性工作: one's own calendar, the board of the bureau, a turn with its form, and the feed for calendar programs."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import actions, duties
from assessments.actions.duties import owner_of_key
from assessments.duty_forms import DutyForm, ProofForm, ballots, known_facts, sections_of, spoken
from assessments.duty_rules import owns, reads_answers, reads_last_three, sees
from assessments.models import CalendarKey, DutyInstance
from assessments.views import present
from assessments.views.printing import absolute
from lianzheng import clock, ics
from lianzheng.attachments.actions import attached_to
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.access import SignedIn, may, public, signed_in
from lianzheng.organisation.models import User
from lianzheng.organisation.rights import within
from lianzheng.organisation.roles import Right
from lianzheng.render.response import file_response

BOARD = (Right.RUN_OFFICE, Right.INSPECT, Right.HEAD_BUREAU)
WEEK = "一二三四五六日"
SHOWN = 400
CALENDAR = "text/calendar; charset=utf-8"


def turns(scope: Any) -> QuerySet[DutyInstance]:
    """Turns that still count, with what a line prints."""
    rows = DutyInstance.objects.within(scope).filter(dropped_on=None)
    return rows.select_related("bureau", "unit", "post", "person")


def line(turn: DutyInstance, *, today: date, mine: bool = False) -> dict[str, Any]:
    """A turn in a list."""
    return {
        "id": str(turn.pk),
        "url": turn.get_absolute_url(),
        "title": turn.title,
        "period": turn.period_words,
        "place": turn.place,
        "kind": turn.get_kind_display(),
        "owner": turn.person.name if turn.person and turn.owner == "holder" else turn.get_owner_display(),
        "due_on": turn.due_on,
        "due": present.day(turn.due_on),
        "lamp": present.lamp(None if turn.done_on else turn.due_on, today=today),
        "state": state(turn, today=today),
        "source": turn.duty.source,
        "form": duties.FORM_WORDS[turn.duty.form],
        "evidence": turn.duty.evidence,
        "mine": mine,
    }


def state(turn: DutyInstance, *, today: date) -> dict[str, str]:
    if turn.dropped_on:
        return {"text": "已取消", "tone": "neutral"}
    if turn.done_on:
        late = turn.done_on > turn.due_on
        return {"text": f"{present.day(turn.done_on)} {'逾期完成' if late else '完成'}", "tone": "ok"}
    if today > turn.due_on:
        return {"text": "逾期", "tone": "danger"}
    return {"text": "填写中" if turn.answers else "未开始", "tone": "info"}


@signed_in
@require_safe
def mine(request: SignedIn) -> HttpResponse:
    """One's own turns of the year, as a month and as a list."""
    today = clock.today()
    shown = _month(request, today)
    rows = turns(owns(request.user)).filter(year=shown.year)
    lines = [line(turn, today=today) for turn in rows[:SHOWN]]
    context = {
        "lines": lines,
        "late": [item for item in lines if item["state"]["text"] == "逾期"],
        "weeks": _weeks(shown, lines, today=today),
        "week": WEEK,
        "shown": f"{shown.year}年{shown.month}月",
        "year": shown.year,
        "before": _moved(shown, -1),
        "after": _moved(shown, 1),
        "events": duties.EVENTS,
        "fed": CalendarKey.objects.across_bureaus().filter(person=request.user, revoked_at=None).exists(),
    }
    return render(request, "assessments/duties.html", context)


def _month(request: HttpRequest, today: date) -> date:
    """The month asked for as YYYY-MM, else this one."""
    try:
        asked = datetime.strptime(request.GET.get("month", ""), "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        return today.replace(day=1)
    return asked if 2000 <= asked.year <= 2100 else today.replace(day=1)


def _moved(shown: date, months: int) -> str:
    return duties.months_later(shown, months=months).strftime("%Y-%m")


def _weeks(shown: date, lines: Iterable[dict[str, Any]], *, today: date) -> list[list[dict[str, Any]]]:
    """Rows of seven days; a day outside the month bears no number."""
    by_day: dict[date, list[dict[str, Any]]] = {}
    for item in lines:
        by_day.setdefault(item["due_on"], []).append(item)
    return [
        [
            {
                "day": day.day if day.month == shown.month else "",
                "today": day == today,
                "lines": by_day.get(day, []) if day.month == shown.month else [],
            }
            for day in week
        ]
        for week in calendar.Calendar().monthdatescalendar(shown.year, shown.month)
    ]


@may(*BOARD)
@require_safe
def board(request: SignedIn) -> HttpResponse:
    """Every turn of the year by section, with how many are done and overdue."""
    scope = within(request.user, BOARD[0])
    for right in BOARD[1:]:
        scope |= within(request.user, right)
    today = clock.today()
    rows = turns(scope).filter(year=_month(request, today).year).order_by("unit__path", "due_on", "code", "id")
    groups: dict[Any, dict[str, Any]] = {}
    for turn in rows[: SHOWN * 5]:
        group = groups.setdefault(turn.unit_id, {"title": turn.unit.name, "id": str(turn.unit_id), "lines": []})
        group["lines"].append(line(turn, today=today))
    for group in groups.values():
        group |= _counts(group["lines"])
    context = {"groups": list(groups.values()), "year": _month(request, today).year, "events": duties.EVENTS}
    return render(request, "assessments/duty_board.html", context)


def _counts(lines: Sequence[dict[str, Any]]) -> dict[str, int]:
    return {
        "all": len(lines),
        "done": sum(item["state"]["tone"] == "ok" for item in lines),
        "late": sum(item["state"]["text"] == "逾期" for item in lines),
    }


def reach(request: SignedIn, pk: UUID) -> DutyInstance:
    """A turn that the person may open; otherwise it is not there."""
    rows = DutyInstance.objects.within(sees(request.user)).filter(pk=pk)
    found: DutyInstance | None = rows.select_related("bureau", "unit", "post", "person", "done_by").first()
    if found is None:
        raise Http404
    return found


def fills(turn: DutyInstance, user: User) -> bool:
    """May this person fill it in now?"""
    open_now = turn.done_on is None and turn.dropped_on is None and turn.duty.form != "round"
    return open_now and DutyInstance.objects.within(owns(user)).filter(pk=turn.pk).exists()


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """A turn: what it is, what was filled in, and its form for the owner."""
    turn = reach(request, pk)
    mine = fills(turn, request.user)
    if request.method == "POST":
        return _filled(request, turn, mine=mine)
    return show(request, turn, form=_form(turn) if mine else None)


def _form(turn: DutyInstance, request: HttpRequest | None = None) -> DutyForm:
    facts: dict[str, Any] = {"turn": turn, "sections": sections_of(turn), "today": clock.today()}
    if request is None:
        return DutyForm(initial=turn.answers | {"version": turn.version}, **facts)
    return DutyForm(request.POST, **facts, finish=request.POST.get("do") != "save")


def _filled(request: SignedIn, turn: DutyInstance, *, mine: bool) -> HttpResponse:
    """Keep or finish; typed text stays on the page whatever is wrong with it."""
    if not mine:
        messages.error(request, "这项工作已经办结、取消，或不由您办理。")
        return redirect(turn)
    form = _form(turn, request)
    if not form.is_valid():
        return show(request, turn, form=form, status=422)
    try:
        actions.fill_duty(
            turn, answers=form.answers(), version=form.cleaned_data["version"] or 0, finish=form.finish, by=request.user
        )
    except Refused as refusal:
        form.add_error(None, " ".join(refusal.sentences))
        return show(request, turn, form=form, status=409 if isinstance(refusal, Stale) else 422)
    messages.success(request, "已提交，这项工作已完成。" if form.finish else "已保存，可以以后接着填。")
    return redirect(turn)


def show(
    request: SignedIn,
    turn: DutyInstance,
    *,
    form: DutyForm | None,
    proof: ProofForm | None = None,
    status: int = 200,
) -> HttpResponse:
    sections = sections_of(turn)
    reads = reads_answers(turn, request.user)
    last = duties.last_three(ballots(turn.answers, sections)) if reads_last_three(turn, request.user) else []
    context = {
        "turn": line(turn, today=clock.today()),
        "rank": {"rank": turn.rank, "word": turn.get_rank_display()},
        "said": spoken(turn, sections) if reads and turn.answers and form is None else [],
        "done_by": turn.done_by.name if turn.done_by else "",
        "dropped": turn.dropped_reason,
        "known": known_facts(turn) if reads else [],
        "last": last if turn.done_on else [],
        "round": turn.duty.form == "round",
        "form": form,
        "proofs": list(attached_to(turn)) if reads else [],
        "proof": proof or (ProofForm() if form is not None else None),
    }
    return render(request, "assessments/duty.html", context, status=status)


@signed_in
@require_POST
def evidence(request: SignedIn, pk: UUID) -> HttpResponse:
    """A scan that shows the work was done."""
    turn = reach(request, pk)
    if not fills(turn, request.user):
        messages.error(request, "这项工作已经办结、取消，或不由您办理，不能上传佐证。")
        return redirect(turn)
    form = ProofForm(request.POST, request.FILES)
    if not form.is_valid():
        return show(request, turn, form=_form(turn), proof=form, status=422)
    try:
        actions.add_proof(turn, scan=form.cleaned_data["file"], by=request.user)
    except Refused as refusal:
        form.add_error("file", " ".join(refusal.sentences))
        return show(request, turn, form=_form(turn), proof=form, status=422)
    messages.success(request, "已上传佐证材料。")
    return redirect(turn)


@signed_in
@require_safe
def evidence_file(request: SignedIn, pk: UUID, proof: UUID) -> HttpResponse:
    """One piece of evidence, for whoever reads what was filled in."""
    turn = reach(request, pk)
    found = attached_to(turn).filter(pk=proof).first() if reads_answers(turn, request.user) else None
    if found is None:
        raise Http404
    record("导出", subject=turn, bureau=turn.bureau, detail={"格式": "佐证"}, by=request.user)
    return file_response(bytes(found.content), name=found.name, kind=found.kind)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def feed_settings(request: SignedIn) -> HttpResponse:
    """The address of one's feed: shown once when made, stopped when one likes."""
    address = ""
    if request.method == "POST" and request.POST.get("do") == "close":
        stopped = actions.close_calendar(by=request.user)
        messages.success(request, "订阅地址已停用。" if stopped else "没有正在使用的订阅地址。")
        return redirect("calendar_key")
    if request.method == "POST":
        try:
            path = reverse("calendar_feed", args=[actions.open_calendar(by=request.user)])
        except Refused as refusal:
            messages.error(request, " ".join(refusal.sentences))
            return redirect("calendar_key")
        address = absolute(request, path)
    key = CalendarKey.objects.across_bureaus().filter(person=request.user, revoked_at=None).first()
    context = {"address": address, "since": present.moment(key.made_at) if key else ""}
    return render(request, "assessments/calendar_key.html", context)


@public
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Open turns of whoever made this address: days and titles, nobody's name."""
    person = owner_of_key(secret)
    if person is None:
        raise Http404
    rows = turns(owns(person)).filter(done_on=None)[:SHOWN]
    days = [ics.Day(str(turn.pk), turn.due_on, f"{turn.title}（{turn.period_words}）") for turn in rows]
    content = ics.calendar(days, name="廉政风险防控", stamp=datetime.now(UTC))
    return file_response(content, name="calendar.ics", kind=CALENDAR, inline=True)
