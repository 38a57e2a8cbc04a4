"""工作台, inbox, help, and the small switches of the header."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from assessments import guide
from assessments.models import Campaign, Dossier, Reminder, State
from assessments.rules import writes
from lianzheng.desk import frame, inbox
from lianzheng.organisation.access import SignedIn, own_path, signed_in
from lianzheng.organisation.actions import set_large_type
from lianzheng.organisation.rights import within
from lianzheng.organisation.roles import Right


@signed_in
@require_safe
def home(request: SignedIn) -> HttpResponse:
    """What waits, what came back, how far one's section is."""
    lines = inbox.items(request.user, tab="todo")
    returned = [line for line in lines if line["returned"]]
    year = frame.chosen_year(request, frame.years_of(request.user))
    context = {
        "lines": lines[:10],
        "more": max(0, len(lines) - 10),
        "todo": len(lines),
        "returned": returned,
        "progress": _progress(request, year),
        "tasks": _tasks(request, year),
        "round": _round(request, year),
        "reminders": _reminders(request),
    }
    return render(request, "desk/home.html", context)


def _reminders(request: SignedIn) -> list[dict[str, str]]:
    """催办 of forms that are the person's to fill in and still not handed in: the newest of each."""
    open_ = Dossier.objects.within(writes(request.user)).filter(state__in=(State.DRAFT, State.RETURNED))
    found = Reminder.objects.across_bureaus().filter(dossier__in=open_.values("pk"))
    newest = found.select_related("dossier").order_by("dossier", "-day").distinct("dossier")
    return [
        {
            "text": f"{item.dossier.form_name} {item.dossier.title}：请尽快提交（廉政办 {item.day} 催办）",
            "url": item.dossier.get_absolute_url(),
        }
        for item in newest
    ]


def _round(request: SignedIn, year: int | None) -> str:
    """One line about the year's round."""
    bureau = frame.home_bureau(request.user)
    found = Campaign.objects.in_bureau(bureau).filter(year=year).first() if bureau else None
    if found is None:
        return "本单位还没有下达排查任务。"
    return f"{found.title}：查找 {found.finding_due} 前上报，等级 {found.rating_due} 前上报。"


def _progress(request: SignedIn, year: int | None) -> dict[str, Any] | None:
    """How many forms of the sections one heads are handed in; shown to who heads one."""
    scope = within(request.user, Right.REVIEW_SECTION)
    states = list(
        Dossier.objects.within(scope)
        .filter(campaign__year=year, kind="post")
        .exclude(state=State.VOID)
        .values_list("state", "title")
    )
    if not states:
        return None
    late = [title for state, title in states if state in (State.DRAFT, State.RETURNED)]
    return {"all": len(states), "in": len(states) - len(late), "late": late}


_TASK_TONES = {State.DRAFT: "attention", State.RETURNED: "danger"}


def _tasks(request: SignedIn, year: int | None) -> list[dict[str, str]]:
    """年度任务: the forms the person answers for this year, in order."""
    own = writes(request.user) | Q(holder=request.user)
    mine = Dossier.objects.within(own).filter(campaign__year=year).exclude(state=State.VOID)
    return [
        {
            "label": f"{dossier.form_name} {dossier.title}",
            "url": dossier.get_absolute_url(),
            "hint": f"期限 {dossier.due_on}" if dossier.due_on else "",
            "state": State(dossier.state).label,
            "tone": _TASK_TONES.get(State(dossier.state), "ok"),
        }
        for dossier in mine.order_by("stage", "title")
    ]


@signed_in
@require_safe
def box(request: SignedIn, tab: str) -> HttpResponse:
    """One tab of the inbox."""
    if tab not in inbox.TABS:
        raise Http404
    words = request.GET.get("q", "").replace("\x00", "").strip()[:50]
    lines = inbox.items(request.user, tab=tab, words=words)
    context = {"tab": tab, "title": inbox.TABS[tab], "lines": lines, "words": words, "full": len(lines) >= inbox.MOST}
    return render(request, "desk/inbox.html", context)


@signed_in
@require_safe
def help_page(request: SignedIn) -> HttpResponse:
    return render(request, "desk/help.html", {"profiles": guide.profiles()})


@signed_in
@require_POST
def large_type(request: SignedIn) -> HttpResponse:
    """大字版 on or off, remembered with the person."""
    set_large_type(request.user, on=not request.user.large_type, by=request.user)
    return redirect(own_path(request.POST.get("next", "")))


@signed_in
@require_safe
def choose_year(request: SignedIn) -> HttpResponse:
    """Which year's round the pages speak of."""
    year = request.GET.get("year", "")
    if year.isdecimal() and int(year[:6]) in frame.years_of(request.user):
        request.session["year"] = int(year)
    else:
        messages.error(request, "没有这个年度的排查。")
    return redirect("home")
