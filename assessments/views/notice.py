"""公示: draft with preview, put up, read with or without sign-in, end when the period is over."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import actions, masking, notices
from assessments.actions.objections import closed_because
from assessments.forms import NoticeForm, ObjectionForm
from assessments.models import Campaign, Dossier, PublicNotice, State
from assessments.notice_files import paper_of
from assessments.rules import reads_notices
from assessments.views import present, reach
from assessments.views.picking import open_for, picked
from lianzheng import clock, codes, workdays
from lianzheng.accounts.proof import recent
from lianzheng.flow import Refused, digest
from lianzheng.organisation.access import SignedIn, may, public, signed_in
from lianzheng.organisation.actions import set_notice_rule
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.roles import Right

SHOWN = 100
CHANGED = "预览之后内容有变动，请按下面的新预览核对后再发布。"
NOTHING = "请至少选择一份要公示的表。"


def person(request: HttpRequest) -> User | None:
    """Who reads, if they signed in."""
    return request.user if isinstance(request.user, User) else None


def shell(request: HttpRequest) -> str:
    """The frame of a page that also opens without sign-in."""
    return "base.html" if person(request) else "bare.html"


def readable(request: HttpRequest) -> QuerySet[PublicNotice]:
    """Notices this reader may open, with what a line of a list prints."""
    found = PublicNotice.objects.within(reads_notices(person(request)))
    return found.select_related("bureau", "campaign")


@signed_in
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """Notices of the bureaus one works in, as far as their scope goes."""
    rows = readable(request).filter(bureau__in=reach.bureau_ids(request.user))
    context = {"notices": lines(rows[:SHOWN]), "campaign": None}
    return render(request, "assessments/notices.html", context)


@public
@require_safe
def open_list(request: HttpRequest) -> HttpResponse:
    """The page on the inner network: what anybody may read, and for people of a section or bureau what is theirs."""
    context = {"notices": lines(readable(request)[:SHOWN]), "base": shell(request)}
    return render(request, "assessments/notices_public.html", context)


@may(Right.RUN_OFFICE)
@require_safe
def of_campaign(request: SignedIn, pk: UUID) -> HttpResponse:
    """The office's list: what is up, what is over and can be ended."""
    campaign = reach.campaign(request, pk)
    waiting = campaign.dossiers.filter(state=State.NOTICE).count()
    context = {
        "notices": lines(campaign.notices.select_related("bureau", "campaign")),
        "campaign": campaign,
        "waiting": waiting,
        "rules": Unit.NoticeRule.choices,
    }
    return render(request, "assessments/notices.html", context)


def lines(rows: Iterable[PublicNotice]) -> list[dict[str, Any]]:
    today = clock.today()
    return [line(notice, today) for notice in rows]


def line(notice: PublicNotice, today: date) -> dict[str, Any]:
    """A notice in a list."""
    running = not notice.fate and notice.closed_at is None
    return {
        "id": str(notice.pk),
        "number": notices.number_of(notice),
        "title": notice.title,
        "bureau": notice.bureau.name,
        "scope": notice.get_scope_display(),
        "period": f"{present.day(notice.starts_on)} 至 {present.day(notice.ends_on)}",
        "state": _state(notice, today),
        "running": running,
        "can_end": running and today > notice.ends_on,
    }


def _state(notice: PublicNotice, today: date) -> dict[str, str]:
    if notice.fate:
        return {"text": notice.get_fate_display(), "tone": "danger"}
    if notice.closed_at:
        return {"text": "公示已结束", "tone": "neutral"}
    if today > notice.ends_on:
        return {"text": "公示期满", "tone": "attention"}
    return {"text": "公示中" if today >= notice.starts_on else "未开始", "tone": "info"}


def publishes(request: HttpRequest) -> bool:
    return request.POST.get("do") == "publish"


@may(Right.RUN_OFFICE)
@recent(publishes)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn, pk: UUID) -> HttpResponse:
    """Choose, fill in, see it exactly as it will stand, then put it up."""
    campaign = reach.campaign(request, pk)
    offered = open_for(campaign, action="publish", user=request.user)
    form = draft_form(NoticeForm, campaign.bureau, offered, request, initial=_suggested(campaign, offered))
    chosen = picked(request, offered)
    errors: list[str] = []
    preview = None
    if request.method == "POST" and form.is_valid():
        preview, errors = drafted(request, campaign.bureau, form, [dossier for dossier, _ in chosen])
        if wants_publishing(request, errors):
            try:
                notice = actions.publish_notice(campaign, facts=form.cleaned_data, chosen=chosen, by=request.user)
            except Refused as refusal:
                errors, preview = list(refusal.sentences), None
                # what was moved and rolled back bears wrong versions
                offered = open_for(campaign, action="publish", user=request.user)
            else:
                messages.success(request, f"已发布公示，到 {notice.ends_on} 为止。")
                return redirect("notice", notice.pk)
    context = {
        "campaign": campaign,
        "form": form,
        "items": _items(request, offered, chosen),
        "preview": preview,
        "digest": digest(preview) if preview else "",
        "errors": [{"text": text, "href": "#choice"} for text in errors],
    }
    return render(request, "assessments/notice_new.html", context, status=422 if errors or form.errors else 200)


def _items(request: SignedIn, offered: list[Dossier], chosen: list[tuple[Dossier, int]]) -> list[dict[str, Any]]:
    ticked = {dossier.pk for dossier, _ in chosen}
    today = clock.today()
    return [
        present.item(dossier, today=today) | {"picked": dossier.pk in ticked or request.method == "GET"}
        for dossier in offered
    ]


def draft_form(
    kind: type[NoticeForm], bureau: Unit, dossiers: list[Dossier], request: HttpRequest, *, initial: dict[str, Any]
) -> NoticeForm:
    """The form with the scopes that the bureau's rule allows for these dossiers."""
    scopes = masking.offered(bureau.notice_rule, notices.listed(dossiers)) or list(masking.SCOPES)
    usual = bureau.notice_rule == Unit.NoticeRule.USUAL
    ask = usual and any(dossier.decided_rank == 1 for dossier in dossiers)
    return kind(
        request.POST if request.method == "POST" else None,
        initial=initial,
        today=clock.today(),
        scopes=scopes,
        ask_first=ask,
    )


def drafted(
    request: HttpRequest, bureau: Unit, form: NoticeForm, dossiers: list[Dossier]
) -> tuple[dict[str, Any] | None, list[str]]:
    """The notice as it would be stored, and what stands against it; to publish, it must be what the preview showed."""
    if not dossiers:
        return None, [NOTHING]
    facts = form.cleaned_data
    ends = workdays.period_end(facts["starts_on"], days=facts["days"], exceptions=exceptions())
    said = notices.build(bureau, facts=facts, ends=ends, dossiers=dossiers, today=clock.today())
    if found := notices.obstacles(bureau, facts=facts, dossiers=dossiers, said=said):
        return None, found
    old = request.POST.get("do") == "publish" and request.POST.get("digest") != digest(said)
    return said, [CHANGED] if old else []


def wants_publishing(request: HttpRequest, errors: list[str]) -> bool:
    return request.POST.get("do") == "publish" and not errors


def _suggested(campaign: Campaign, offered: list[Dossier]) -> dict[str, Any]:
    scopes = masking.offered(campaign.bureau.notice_rule, notices.listed(offered))
    usual = PublicNotice.Scope.BUREAU
    return {
        "title": f"{campaign.bureau.name}{campaign.year}年度廉政风险点和防控措施公示",
        "scope": usual if usual in scopes or not scopes else scopes[0],
        "starts_on": clock.today(),
        "days": campaign.notice_days,
        "place": "本单位廉政风险防控领导小组办公室",
    }


def reach_notice(request: HttpRequest, pk: UUID) -> PublicNotice:
    """A notice that this reader may open; otherwise it is not there."""
    found: PublicNotice | None = readable(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@public
@require_safe
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A notice as published, for whom its scope is meant."""
    return show(request, reach_notice(request, pk))


def show(
    request: HttpRequest, found: PublicNotice, *, form: ObjectionForm | None = None, status: int = 200
) -> HttpResponse:
    """The page with its marks and the form for an objection."""
    paper = paper_of(found)
    others = {notice.pk: notice for notice in readable(request).filter(_versions(found))}
    later = next((notice for notice in others.values() if notice.previous_id == found.pk), None)
    context = {
        "paper": found.content,
        "notice": line(found, clock.today()),
        "fate": found.fate and {"text": found.get_fate_display(), "reason": found.fate_reason},
        "later": later,
        "earlier": next((notice for notice in others.values() if notice.pk == found.previous_id), None),
        "digest": found.digest,
        "code": codes.grouped(paper.token),
        "base": shell(request),
        "manages": _manages(request, found),
        "objecting": form or (ObjectionForm() if not closed_because(found) else None),
    }
    return render(request, "assessments/notice.html", context, status=status)


def _versions(found: PublicNotice) -> Q:
    return Q(previous=found.pk) | Q(pk=found.previous_id)


def _manages(request: HttpRequest, found: PublicNotice) -> bool:
    user = person(request)
    return user is not None and managed(user).filter(pk=found.pk).exists()


def managed(user: User) -> QuerySet[PublicNotice]:
    """Notices of the bureaus for which the person runs the office."""
    mine = reach.campaigns(user, Right.RUN_OFFICE).values("pk")
    return PublicNotice.objects.across_bureaus().filter(campaign__in=mine)


def reach_managed(request: SignedIn, pk: UUID) -> PublicNotice:
    found = managed(request.user).filter(pk=pk).select_related("bureau", "campaign__bureau").first()
    if found is None:
        raise Http404
    return found


@may(Right.RUN_OFFICE)
@require_POST
def end(request: SignedIn, pk: UUID) -> HttpResponse:
    """公示期满: its dossiers go on."""
    found = reach_managed(request, pk)
    try:
        moved = actions.close_notice(found, by=request.user)
    except Refused as refusal:
        messages.error(request, " ".join(dict.fromkeys(refusal.sentences)))
    else:
        messages.success(request, f"公示已结束，{moved} 份表进入下一环节。")
    return redirect("notices", found.campaign_id)


@may(Right.RUN_OFFICE)
@require_POST
def rule(request: SignedIn, pk: UUID) -> HttpResponse:
    """Which level is put up how widely, for the whole bureau."""
    campaign = reach.campaign(request, pk)
    chosen = request.POST.get("rule", "")
    if chosen in Unit.NoticeRule.values:
        set_notice_rule(campaign.bureau, rule=chosen, by=request.user)
        messages.success(request, f"公示规则已改为：{Unit.NoticeRule(chosen).label}。")
    else:
        messages.error(request, "没有这条公示规则，请重新选择。")
    return redirect("notices", campaign.pk)
