"""The meeting: prepare it, record it with a decision on each dossier that waits for one, read and print the record."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from assessments import actions, issued, minutes
from assessments.minutes import Minutes
from assessments.models import Attendee, Campaign, Dossier, Meeting, State
from assessments.views import present, reach
from assessments.views.agenda import Agenda, Typed
from assessments.views.picking import open_for
from assessments.views.printing import printed_as_issued
from lianzheng.accounts.proof import recent
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.forms import clean_text
from lianzheng.organisation.roles import Right
from lianzheng.render import xlsx
from lianzheng.render.response import WORKBOOK, file_response

# The leader records where the desk went up to them.
RECORDERS = (Right.RECORD_MEETING, Right.HEAD_BUREAU)
READERS = (*RECORDERS, Right.INSPECT, Right.RUN_OFFICE)
Part = Attendee.Part


def _records(request: SignedIn) -> bool:
    return request.method == "POST" and request.POST.get("do") != "save"


@may(*RECORDERS)
@recent(_records)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn, pk: UUID) -> HttpResponse:
    """Agenda from what waits; ticked dossiers are decided, the rest stays for the next meeting."""
    campaign = reach.campaign(request, pk, *RECORDERS)
    agenda = Agenda(request, campaign, _waiting(request, campaign))
    if request.method != "POST":
        return _show(request, agenda)
    if request.POST.get("do") == "save":
        return _save(request, agenda)
    if errors := agenda.errors():
        return _show(request, agenda, errors=errors, status=422)
    return _record(request, agenda)


def _waiting(request: SignedIn, campaign: Campaign) -> list[Dossier]:
    waiting = open_for(campaign, action="decide", user=request.user)
    return [dossier for dossier in waiting if dossier.state == State.MEETING]


def _show(
    request: SignedIn, agenda: Agenda, *, errors: list[dict[str, str]] | None = None, status: int = 200
) -> HttpResponse:
    return render(request, "assessments/meeting_new.html", agenda.context() | {"errors": errors or []}, status=status)


def _record(request: SignedIn, agenda: Agenda) -> HttpResponse:
    try:
        meeting = actions.record_meeting(
            agenda.campaign,
            facts=agenda.head.cleaned_data,
            attendees=agenda.attendees(),
            decisions=agenda.decisions(),
            draft=agenda.version,
            by=request.user,
        )
    except Refused as refusal:
        return _refused(request, agenda, refusal)
    messages.success(request, f"已登记{meeting}，决定 {meeting.items.count()} 项。")
    if not meeting.quorate:
        messages.warning(request, "实到人数未超过应到人数的半数，纪要中已注明。")
    return redirect("meeting", meeting.pk)


def _save(request: SignedIn, agenda: Agenda) -> HttpResponse:
    try:
        actions.save_draft(agenda.campaign, typed=_clean(agenda.typed), version=agenda.version, by=request.user)
    except Refused as refusal:
        return _refused(request, agenda, refusal)
    except ValidationError as error:
        return _show(request, agenda, errors=[{"text": str(error.message), "href": "#minutes"}], status=422)
    messages.success(request, "已保存草稿，可以以后接着填写。")
    return redirect("meeting_new", agenda.campaign.pk)


def _clean(typed: Typed) -> dict[str, list[str]]:
    """What a draft may hold: any text that the database can keep."""
    return {clean_text(name)[:100]: [clean_text(value)[:4000] for value in values] for name, values in typed.items()}


def _refused(request: SignedIn, agenda: Agenda, refusal: Refused) -> HttpResponse:
    """The page once more with everything that was typed, on the state of things as it is now."""
    now = Agenda(request, agenda.campaign, _waiting(request, agenda.campaign))
    said = "；".join(refusal.sentences)
    off = [item.dossier.title for item in agenda.gone if item.dossier.title not in said]
    texts = [*refusal.sentences, *(f"{title}：已在别的会议上办理，从本页的议题中去掉。" for title in off)]
    errors = [{"text": text, "href": "#agenda"} for text in texts]
    return _show(request, now, errors=errors, status=409 if isinstance(refusal, Stale) else 422)


def _meeting(request: SignedIn, pk: UUID) -> Meeting:
    mine = reach.campaigns(request.user, *READERS).values("pk")
    rows = Meeting.objects.across_bureaus().filter(campaign__in=mine)
    found: Meeting = get_object_or_404(rows.select_related("bureau", "recorder", "campaign"), pk=pk)
    return found


@may(*READERS)
@require_safe
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """The record of a meeting with its decisions."""
    found = Minutes(_meeting(request, pk))
    lines = zip(found.items, found.rows(), strict=True)
    context = {
        "meeting": found.meeting,
        "facts": _facts(found),
        "items": [
            row | {"url": item.dossier.get_absolute_url(), "rank": item.rank or 0, "order": item.order}
            for item, row in lines
        ],
    }
    return render(request, "assessments/meeting.html", context)


def _facts(found: Minutes) -> list[dict[str, str]]:
    meeting = found.meeting
    late = f"（{present.day(meeting.recorded_on)} 补录）" if meeting.late else ""
    return [
        {"term": "纪要编号", "text": meeting.minutes_no},
        {"term": "会议日期", "text": present.day(meeting.held_on) + late},
        {"term": "地点", "text": meeting.place or "—"},
        {"term": "主持人", "text": meeting.chair},
        {"term": "应到/实到", "text": found.counts()},
        {"term": "记录人", "text": meeting.minute_taker},
        {"term": "出席", "text": found.named(Part.PRESENT)},
        {"term": "列席", "text": found.named(Part.OBSERVER) or "无"},
        {"term": "缺席及原因", "text": found.named(Part.ABSENT) or "无"},
        {"term": "登记", "text": f"{meeting.recorder.name} {present.moment(meeting.recorded_at)}"},
    ]


@may(*READERS)
@require_safe
def paper(request: SignedIn, pk: UUID, form: str) -> HttpResponse:
    """会议纪要 as an official document, or the list of decisions as a workbook."""
    if form not in ("pdf", "xlsx"):
        raise Http404
    found = Minutes(_meeting(request, pk))
    _exported(request, found.meeting, form)
    if form == "xlsx":
        return file_response(xlsx.workbook([minutes.grid_of(found)]), name="会议决定一览表.xlsx", kind=WORKBOOK)
    paper = issued.paper_of(found.meeting)
    return printed_as_issued(
        request, paper, draw=lambda below: minutes.document_of(found, below=below), name="会议纪要"
    )


def _exported(request: SignedIn, meeting: Any, form: str) -> None:
    record("导出会议纪要", subject=meeting, bureau=meeting.bureau, detail={"格式": form}, by=request.user)
