"""公示: draft with preview, put up, read, end when the period is over."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import actions, notices
from assessments.forms import NoticeForm
from assessments.models import Campaign, Dossier, PublicNotice, State
from assessments.views import present, reach
from assessments.views.picking import open_for, picked
from lianzheng import clock, workdays
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, may, public, signed_in
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import User
from lianzheng.organisation.roles import Right


@signed_in
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """Notices of the bureaus one works in."""
    rows = PublicNotice.objects.across_bureaus().filter(bureau__in=reach.bureau_ids(request.user))
    today = clock.today()
    lines = [_line(notice, today) for notice in rows.select_related("bureau")[:100]]
    return render(request, "assessments/notices.html", {"notices": lines, "campaign": None})


@may(Right.RUN_OFFICE)
@require_safe
def of_campaign(request: SignedIn, pk: UUID) -> HttpResponse:
    """The office's list: what is up, what is over and can be ended."""
    campaign = reach.campaign(request, pk)
    today = clock.today()
    lines = [_line(notice, today) for notice in campaign.notices.select_related("bureau")]
    waiting = campaign.dossiers.filter(state=State.NOTICE).count()
    context = {"notices": lines, "campaign": campaign, "waiting": waiting}
    return render(request, "assessments/notices.html", context)


def _line(notice: PublicNotice, today: Any) -> dict[str, Any]:
    over = today > notice.ends_on
    word = "已结束" if notice.closed_at else "公示期满" if over else "公示中" if today >= notice.starts_on else "未开始"
    return {
        "id": str(notice.pk),
        "title": notice.title,
        "scope": notice.get_scope_display(),
        "period": f"{present.day(notice.starts_on)} 至 {present.day(notice.ends_on)}",
        "state": {"text": word, "tone": "neutral" if notice.closed_at else "attention" if over else "info"},
        "can_end": over and notice.closed_at is None,
    }


@may(Right.RUN_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn, pk: UUID) -> HttpResponse:
    """Choose, fill in, see it exactly as it will stand, then put it up."""
    campaign = reach.campaign(request, pk)
    offered = open_for(campaign, action="publish", user=request.user)
    today = clock.today()
    form = NoticeForm(request.POST or None, initial=_suggested(campaign), today=today)
    chosen = picked(request, offered)
    errors: list[str] = []
    preview = None
    if request.method == "POST" and form.is_valid():
        if request.POST.get("do") == "publish":
            try:
                notice = actions.publish_notice(campaign, facts=form.cleaned_data, chosen=chosen, by=request.user)
            except Refused as refusal:
                errors = list(refusal.sentences)
                # what was moved and rolled back bears wrong versions
                offered = open_for(campaign, action="publish", user=request.user)
            else:
                messages.success(request, f"已发布公示，到 {notice.ends_on} 为止。")
                return redirect("notice", notice.pk)
        elif chosen:
            preview = _preview(campaign, form.cleaned_data, [dossier for dossier, _ in chosen])
        else:
            errors = ["请至少选择一份要公示的表。"]
    ticked = {dossier.pk for dossier, _ in chosen}
    context = {
        "campaign": campaign,
        "form": form,
        "items": [
            present.item(dossier, today=today) | {"picked": dossier.pk in ticked or request.method == "GET"}
            for dossier in offered
        ],
        "preview": preview,
        "errors": [{"text": text, "href": "#choice"} for text in errors],
    }
    return render(request, "assessments/notice_new.html", context, status=422 if errors or form.errors else 200)


def _suggested(campaign: Campaign) -> dict[str, Any]:
    return {
        "title": f"{campaign.bureau.name}{campaign.year}年度廉政风险点和防控措施公示",
        "scope": PublicNotice.Scope.BUREAU,
        "starts_on": clock.today(),
        "days": campaign.notice_days,
        "place": "本单位廉政风险防控领导小组办公室",
    }


def _preview(campaign: Campaign, facts: dict[str, Any], dossiers: list[Dossier]) -> dict[str, Any]:
    ends = workdays.period_end(facts["starts_on"], days=facts["days"], exceptions=exceptions())
    return paper(
        facts | {"ends_on": ends, "bureau": campaign.bureau, "content": notices.content(dossiers, scope=facts["scope"])}
    )


def paper(facts: dict[str, Any]) -> dict[str, Any]:
    """A notice as its page prints it."""
    return {
        "title": facts["title"],
        "bureau": facts["bureau"].name,
        "starts": _long(facts["starts_on"]),
        "ends": _long(facts["ends_on"]),
        "days": facts["days"],
        "phone": facts["phone"],
        "place": facts["place"],
        "columns": facts["content"]["columns"],
        "rows": facts["content"]["rows"],
    }


def _long(value: Any) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


@public
@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A notice as published; without sign-in only where its scope is the public."""
    found = PublicNotice.objects.across_bureaus().select_related("bureau").filter(pk=pk).first()
    user = request.user
    known = isinstance(user, User) and found is not None and found.bureau_id in reach.bureau_ids(user)
    if found is None or not (known or found.scope == PublicNotice.Scope.PUBLIC):
        raise Http404
    names = ("title", "bureau", "starts_on", "ends_on", "days", "phone", "place", "content")
    facts = {name: getattr(found, name) for name in names}
    base = "base.html" if isinstance(user, User) else "bare.html"
    context = {"paper": paper(facts), "notice": _line(found, clock.today()), "digest": found.digest, "base": base}
    return render(request, "assessments/notice.html", context)


@may(Right.RUN_OFFICE)
@require_POST
def end(request: SignedIn, pk: UUID) -> HttpResponse:
    """公示期满: its dossiers go on."""
    mine = reach.campaigns(request.user, Right.RUN_OFFICE).values("pk")
    found = PublicNotice.objects.across_bureaus().filter(pk=pk, campaign__in=mine).first()
    if found is None:
        raise Http404
    try:
        moved = actions.close_notice(found, by=request.user)
    except Refused as refusal:
        messages.error(request, " ".join(refusal.sentences))
    else:
        messages.success(request, f"公示已结束，{moved} 份表进入下一环节。")
    return redirect("notices", found.campaign_id)
