"""The year's campaign: start it, see who has handed in (by section), start the rating stage."""

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Max, Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import actions
from assessments.board import Form, Line, lines, total
from assessments.coverage import coverage_of
from assessments.forms import CampaignForm
from assessments.models import Campaign, Dossier, Missing, Reminder, State
from assessments.views import present, reach
from lianzheng import clock
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.models import Unit
from lianzheng.organisation.rights import holds
from lianzheng.organisation.roles import Right
from registers.models import RiskTable

STAGES = {Dossier.Stage.FINDING: "查找", Dossier.Stage.RATING: "等级确定", Dossier.Stage.WHOLE: "查找和等级确定"}


@may(Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT)
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """The rounds of one's bureaus."""
    rights = (Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT)
    found = reach.campaigns(request.user, *rights).order_by("-year", "bureau__path")
    context = {"campaigns": [_line(campaign) for campaign in found], "bureaus": reach.run_by(request.user)}
    return render(request, "assessments/campaigns.html", context)


def _line(campaign: Campaign) -> dict[str, Any]:
    return {
        "id": str(campaign.pk),
        "title": campaign.title,
        "bureau": campaign.bureau.name,
        "year": campaign.year,
        "finding_due": present.day(campaign.finding_due),
        "rating_due": present.day(campaign.rating_due),
        "rating": "已启动" if campaign.rating_opened_at else "未启动",
    }


@may(Right.RUN_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn) -> HttpResponse:
    """下达任务."""
    bureaus = reach.run_by(request.user)
    if not bureaus:
        raise Http404
    bureau = next((unit for unit in bureaus if str(unit.pk) == request.POST.get("bureau")), bureaus[0])
    form = CampaignForm(request.POST or None, initial=_suggested(bureau))
    if form.is_valid():
        try:
            campaign = actions.open_campaign(bureau, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            form.add_error(None, " ".join(refusal.sentences))
        else:
            messages.success(request, f"已下达“{campaign.title}”，{campaign.dossiers.count()} 份表已发到填报人。")
            return redirect("campaign", campaign.pk)
    status = 422 if form.errors else 200
    return render(
        request, "assessments/campaign_new.html", {"form": form, "bureaus": bureaus, "bureau": bureau}, status=status
    )


def _suggested(bureau: Unit) -> dict[str, Any]:
    """The dates of 实施方案 (2月15日、2月25日) where they still lie ahead this year, else next year's."""
    today = clock.today()
    year = today.year if (today.month, today.day) <= (2, 15) else today.year + 1
    return {
        "year": year,
        "title": f"{bureau.name}{year}年度廉政风险排查",
        "finding_due": today.replace(year=year, month=2, day=15),
        "rating_due": today.replace(year=year, month=2, day=25),
        "notice_days": 5,
    }


@may(Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT)
@require_safe
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """Where every form of the round is, section by section."""
    found = reach.campaign(request, pk, Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT)
    dossiers = found.dossiers.select_related("unit", "bureau", "holder", "table__post").exclude(state=State.VOID)
    listed = list(dossiers.order_by("stage", "unit__path", "kind", "title"))
    today, runs = clock.today(), holds(request.user, Right.RUN_OFFICE, unit=found.bureau)
    rows = lines([_form(dossier, names=runs) for dossier in listed], today=today)
    closings = _closings(found, names=runs)
    context = {
        "campaign": found,
        "line": _line(found),
        "runs": runs,
        "county": found.workflow == Unit.Workflow.COUNTY,
        "meetings": found.meetings.all(),
        "coverage": coverage_of(found),
        "board": rows,
        "sum": total(rows),
        "missing": _missing(found, rows, today=today),
        "closings": closings,
        "closed": any(not closing["reopened"] for closing in closings),
        "counts": [{"state": State(state).label, "number": n} for state, n in Counter(d.state for d in listed).items()],
        "dossiers": [
            present.item(dossier, today=today) | {"stage": STAGES[Dossier.Stage(dossier.stage)]} for dossier in listed
        ],
    }
    return render(request, "assessments/campaign.html", context)


def _form(dossier: Dossier, *, names: bool) -> Form:
    return Form(
        id=str(dossier.pk),
        stage=STAGES[Dossier.Stage(dossier.stage)],
        section=dossier.unit.name if dossier.kind != RiskTable.Kind.BUREAU else "本单位",
        state=dossier.state,
        due=dossier.due_on,
        name=_name(dossier, names=names),
    )


def _name(dossier: Dossier, *, names: bool) -> str:
    """A post by its title; who holds it is for the office alone."""
    return dossier.title if names or dossier.table.post is None else dossier.table.post.name


def _missing(campaign: Campaign, board: list[Line], *, today: date) -> list[dict[str, Any]]:
    reminders = Reminder.objects.in_bureau(campaign.bureau).filter(dossier__campaign=campaign)
    last = dict(reminders.order_by().values_list("dossier").annotate(day=Max("day")))
    return [
        {
            "id": form.id,
            "stage": form.stage,
            "section": form.section,
            "name": form.name,
            "state": State(form.state).label,
            "lamp": present.lamp(form.due, today=today),
            "reminded": present.day(last.get(UUID(form.id))),
        }
        for line in board
        for form in line.missing
    ]


_READ = ("dossier__unit", "dossier__table__post")


def _closings(campaign: Campaign, *, names: bool) -> list[dict[str, Any]]:
    """Every time the round was closed, the newest first, with what was missing and why."""
    rows = campaign.closings.select_related("by", "reopened_by").order_by("-at")
    return [
        {
            "at": present.moment(closing.at),
            "by": closing.by.name,
            "reopened": f"{present.moment(closing.reopened_at)} {closing.reopened_by}" if closing.reopened_at else "",
            "reason": closing.reopened_reason,
            "missing": [
                {
                    "section": item.dossier.unit.name,
                    "name": _name(item.dossier, names=names),
                    "form": item.dossier.form_name,
                    "why": item.reason,
                }
                for item in closing.missing.all()
            ],
        }
        for closing in rows.prefetch_related(Prefetch("missing", queryset=Missing.unscoped.select_related(*_READ)))
    ]


@may(Right.RUN_OFFICE)
@require_POST
def open_rating(request: SignedIn, pk: UUID) -> HttpResponse:
    """启动等级确定."""
    found = reach.campaign(request, pk)
    try:
        made = actions.open_rating(found, by=request.user)
    except Refused as refusal:
        messages.error(request, " ".join(refusal.sentences))
    else:
        messages.success(request, f"等级确定已启动，新建 {made} 份表；其余在查找表公示期满后自动发出。")
    return redirect("campaign", found.pk)
