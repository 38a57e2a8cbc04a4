"""The meeting: record it with a decision on each dossier that waits for one, and read the record."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from assessments import actions
from assessments.effects import REVIEW_DAYS
from assessments.forms import MeetingForm
from assessments.models import Campaign, Dossier, Meeting, ReturnReason, State
from assessments.papers import words_of
from assessments.rules import visible
from assessments.views import present, reach
from assessments.views.picking import open_for, picked
from lianzheng import clock, workdays
from lianzheng.flow import Refused, Said
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.roles import Right

BACK = "return"
# The leader records where the desk went up to them.
RECORDERS = (Right.RECORD_MEETING, Right.HEAD_BUREAU)


@may(*RECORDERS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn, pk: UUID) -> HttpResponse:
    """Agenda from what waits; ticked dossiers are decided, the rest stays for the next meeting."""
    campaign = reach.campaign(request, pk, *RECORDERS)
    offered = _agenda(request, campaign)
    today = clock.today()
    form = MeetingForm(request.POST or None, initial=_suggested(campaign), today=today)
    errors: list[str] = []
    if request.method == "POST" and form.is_valid():
        decisions = [_decision(request, dossier, version) for dossier, version in picked(request, offered)]
        try:
            meeting = actions.record_meeting(campaign, facts=form.cleaned_data, decisions=decisions, by=request.user)
        except Refused as refusal:
            errors = list(refusal.sentences)
            offered = _agenda(request, campaign)  # what was moved and rolled back bears wrong versions
        else:
            messages.success(request, f"已登记{meeting}，决定 {len(decisions)} 项。")
            return redirect("meeting", meeting.pk)
    context = {
        "campaign": campaign,
        "form": form,
        "items": [_item(request, dossier, today=today) for dossier in offered],
        "reasons": ReturnReason.choices,
        "errors": [{"text": text, "href": "#agenda"} for text in errors],
    }
    return render(request, "assessments/meeting_new.html", context, status=422 if errors or form.errors else 200)


def _agenda(request: SignedIn, campaign: Campaign) -> list[Dossier]:
    waiting = open_for(campaign, action="decide", user=request.user)
    return [dossier for dossier in waiting if dossier.state == State.MEETING]


def _suggested(campaign: Campaign) -> dict[str, Any]:
    last = campaign.meetings.order_by("-number").first()
    number = last.number + 1 if last else 1
    return {
        "name": campaign.bureau.meeting_name or "局办公会议",
        "number": number,
        "minutes_no": f"〔{campaign.year}〕{number}号",
        "held_on": clock.today(),
    }


def _item(request: SignedIn, dossier: Dossier, *, today: date) -> dict[str, Any]:
    """An agenda line, with what was typed if the page comes back."""
    typed = request.POST if request.method == "POST" else {}
    rank = dossier.reviewed_rank or dossier.proposed_rank
    return present.item(dossier, today=today) | {
        "picked": str(dossier.pk) in request.POST.getlist("pick") if typed else True,
        "choice": typed.get(f"rank-{dossier.pk}", str(rank or "")),
        "why": typed.get(f"why-{dossier.pk}", ""),
        "choices": [(str(n), word) for n, word in words_of(dossier).items()],
        "reason": dossier.proposed_reason,
    }


def _decision(request: SignedIn, dossier: Dossier, version: int) -> actions.Decision:
    choice = request.POST.get(f"rank-{dossier.pk}", "")
    why = request.POST.get(f"why-{dossier.pk}", "").strip()[:500]
    if choice == BACK:
        said = Said(opinion=why, reason=request.POST.get(f"class-{dossier.pk}", ReturnReason.OTHER), due_on=_due())
        return actions.Decision(dossier, version, None, said)
    return actions.Decision(
        dossier, version, int(choice) if choice in ("1", "2", "3") else 0, Said(facts={"reason": why})
    )


def _due() -> date:
    """A form sent back by the meeting has as long as a desk has."""
    return workdays.after(clock.today(), days=REVIEW_DAYS, exceptions=exceptions())


@may(Right.RECORD_MEETING, Right.HEAD_BUREAU, Right.INSPECT, Right.RUN_OFFICE)
@require_safe
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """The record of a meeting with its decisions."""
    rights = (Right.RECORD_MEETING, Right.HEAD_BUREAU, Right.INSPECT, Right.RUN_OFFICE)
    mine = reach.campaigns(request.user, *rights).values("pk")
    meeting: Meeting = get_object_or_404(
        Meeting.objects.across_bureaus().filter(campaign__in=mine).select_related("bureau", "recorder", "campaign"),
        pk=pk,
    )
    decided = Dossier.objects.within(visible(request.user)).filter(meeting=meeting).select_related("unit", "bureau")
    today = clock.today()
    context = {
        "meeting": meeting,
        "facts": _facts(meeting),
        "items": [
            present.item(dossier, today=today) | {"why": dossier.decided_reason}
            for dossier in decided.order_by("unit__path", "title")
        ],
    }
    return render(request, "assessments/meeting.html", context)


def _facts(meeting: Meeting) -> list[dict[str, str]]:
    return [
        {"term": "纪要编号", "text": meeting.minutes_no},
        {"term": "会议日期", "text": present.day(meeting.held_on)},
        {"term": "地点", "text": meeting.place},
        {"term": "主持人", "text": meeting.chair},
        {"term": "应到/实到", "text": f"{meeting.expected} / {meeting.present}"},
        {"term": "出席人员", "text": meeting.attendance},
        {"term": "缺席人员及原因", "text": meeting.absence or "无"},
        {"term": "记录人", "text": meeting.recorder.name},
    ]
