"""风险总览, the list of what is overdue for whom, reminders and limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.duties import months_later
from assessments.levels import VOCABULARIES
from assessments.models import DutyInstance
from early_warning import actions, gather
from early_warning.cases import days_of, said
from early_warning.colours import WORDS, Colour
from early_warning.figures import shown, widths
from early_warning.models import DutySignal, Reminder, State, WarningLimit
from early_warning.time_forms import LimitsForm, limits_initial
from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.access import SignedIn, may, signed_in
from lianzheng.organisation.models import BODIES, Unit, User
from lianzheng.organisation.rights import bodies, holds, units
from lianzheng.organisation.roles import Right
from registers.models import RiskType

LEADING = (Right.HEAD_BUREAU, Right.RUN_OFFICE, Right.INSPECT, Right.LEAD_SECTIONS)
CHASING = (Right.RUN_OFFICE, Right.HANDLE_WARNINGS)
MONTHS = 12
SHOWN = 200


def bureau_for(user: User, *rights: str) -> Unit:
    """The body for which the person holds one of the rights; the first where there are several. A leader in charge,
    whose right stands on sections, sees the body they belong to."""
    for right in rights:
        found = [unit.bureau for unit in units(user, right)] if right == Right.LEAD_SECTIONS else bodies(user, right)
        for body in found:
            if body is not None and body.kind in BODIES:
                return body
    raise Http404


@may(*LEADING)
@require_safe
def overview(request: SignedIn) -> HttpResponse:
    """W8: counts and charts that print; every chart is a table with its figures."""
    bureau = bureau_for(request.user, *LEADING)
    today = clock.today()
    exact = any(holds(request.user, right, unit=bureau) for right in (Right.HANDLE_WARNINGS, Right.HEAD_BUREAU))
    rows = gather.points(bureau)
    sections = gather.duties_by_section(bureau, year=today.year, today=today)
    colours, states = gather.open_warnings(bureau)
    context = {
        "bureau": bureau,
        "today": today,
        "levels": _levels(bureau, rows),
        "heat": _heat(rows),
        "types": [str(kind.label) for kind in RiskType],
        "duties": _duty_bars(sections),
        "late": sum(row["late"] for row in sections),
        "colours": _bars({WORDS[Colour(key)]: count for key, count in colours.items()}, exact=exact),
        "states": _bars({str(State(key).label): count for key, count in states.items()}, exact=exact),
        "months": _months(gather.issued_by_month(bureau, first=_year_ago(today)), today=today, exact=exact),
        "chases": any(holds(request.user, right, unit=bureau) for right in CHASING),
    }
    record("查看风险总览", bureau=bureau, by=request.user)
    return render(request, "early_warning/overview.html", context)


def _year_ago(today: date) -> date:
    return months_later(today.replace(day=1), months=-(MONTHS - 1))


def _levels(bureau: Unit, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Risk points by level, in the bureau's words."""
    counts = {rank: sum(row["count"] for row in rows if row["level"] == rank) for rank in (1, 2, 3)}
    bars = widths(list(counts.values()))
    words = VOCABULARIES[bureau.vocabulary]
    return [
        {"rank": rank, "label": words[rank], "text": str(count), "width": width}
        for (rank, count), width in zip(counts.items(), bars, strict=True)
    ]


def _heat(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sections × types of risk: the number and how heavy its cell is drawn."""
    most = 0
    counts: dict[str, dict[str, int]] = {}
    for row in sorted(rows, key=lambda row: (row["dossier__unit__order"], row["dossier__unit__name"])):
        cell = counts.setdefault(row["dossier__unit__name"], {})
        cell[row["point__risk_type"]] = cell.get(row["point__risk_type"], 0) + row["count"]
        most = max(most, cell[row["point__risk_type"]])
    return [
        {"title": name, "cells": [_cell(cell.get(kind.value, 0), most) for kind in RiskType]}
        for name, cell in counts.items()
    ]


def _cell(count: int, most: int) -> dict[str, int]:
    return {"count": count, "heat": -(-3 * count // most) if count else 0}


def _duty_bars(sections: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Done out of all, and overdue, of each section; in the order of the sections, not of the figures."""
    return [
        {
            "label": row["unit__name"],
            "text": f"{row['done']}/{row['all']}",
            "width": round(100 * row["done"] / row["all"]),
            "late": row["late"],
        }
        for row in sections
    ]


def _bars(counts: Mapping[str, int], *, exact: bool) -> list[dict[str, Any]]:
    bars = widths(list(counts.values()))
    return [
        {"label": label, "text": str(count) if exact else shown(count), "width": width}
        for (label, count), width in zip(counts.items(), bars, strict=True)
    ]


def _months(found: Mapping[tuple[int, int, int], int], *, today: date, exact: bool) -> list[dict[str, Any]]:
    """The last twelve months with their warnings by colour."""
    first = _year_ago(today)
    days = [months_later(first, months=n) for n in range(MONTHS)]
    counts = [[found.get((day.year, day.month, colour.value), 0) for colour in Colour] for day in days]
    bars = widths([sum(row) for row in counts])
    return [
        {
            "label": f"{day.year}年{day.month}月",
            "cells": [str(count) if exact else shown(count) for count in row],
            "width": width,
        }
        for day, row, width in zip(days, counts, bars, strict=True)
    ]


@may(*CHASING)
@require_safe
def overdue(request: SignedIn) -> HttpResponse:
    """督办清单: what is overdue for whom; for the office and the inspection alone."""
    bureau = bureau_for(request.user, *CHASING)
    today = clock.today()
    rows = gather.overdue(bureau, user=request.user, today=today)
    made = set(DutySignal.objects.in_bureau(bureau).values_list("duty", flat=True))
    for row in rows:
        row["days"] = (today - row["due_on"]).days
        row["signalled"] = bool(row["duty"]) and UUID(row["duty"]) in made
    record("查看督办清单", bureau=bureau, detail={"条数": len(rows)}, by=request.user)
    return render(request, "early_warning/overdue.html", {"rows": rows, "bureau": bureau, "today": today})


@may(*CHASING)
@require_POST
def to_signal(request: SignedIn, pk: UUID) -> HttpResponse:
    """转为预警信息, with one click."""
    bureau = bureau_for(request.user, *CHASING)
    turn = DutyInstance.objects.in_bureau(bureau).filter(pk=pk).select_related("bureau", "unit", "post").first()
    if turn is None:
        raise Http404
    try:
        actions.signal_of_duty(turn, by=request.user)
    except Refused as refusal:
        messages.error(request, " ".join(refusal.sentences))
    else:
        messages.success(request, "已转为预警信息，等待研判。")
    return redirect("overdue")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request: SignedIn) -> HttpResponse:
    """What passed limits have told one; noted as read all at once."""
    if request.method == "POST":
        seen = actions.see_reminders(by=request.user)
        messages.success(request, f"已阅 {seen} 条。")
        return redirect("reminders")
    rows = Reminder.objects.across_bureaus().filter(to=request.user).select_related("act__warning")[:SHOWN]
    lines = [
        said(row.act.limit, row.act.step)
        | {
            "number": row.act.warning.number,
            "url": reverse("warning", args=[row.act.warning_id]),
            "day": row.act.day,
            "new": row.seen_at is None,
        }
        for row in rows
    ]
    context = {"lines": lines, "unseen": sum(line["new"] for line in lines)}
    return render(request, "early_warning/reminders.html", context)


@may(Right.HANDLE_WARNINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def limits(request: SignedIn) -> HttpResponse:
    """预警时限 of the bureau, for warnings issued from now on."""
    bureau = bureau_for(request.user, Right.HANDLE_WARNINGS)
    if request.method == "POST":
        form = LimitsForm(request.POST)
        status = _set_limits(form, bureau, by=request.user)
        if status == 302:
            messages.success(request, "时限已保存。正在办理的预警仍按签发时的时限。")
            return redirect("warning_limits")
        return render(request, "early_warning/limits.html", {"form": form, "bureau": bureau}, status=status)
    versions = dict(WarningLimit.objects.in_bureau(bureau).values_list("colour", "version"))
    form = LimitsForm(initial=limits_initial(days_of(bureau), versions))
    return render(request, "early_warning/limits.html", {"form": form, "bureau": bureau})


def _set_limits(form: LimitsForm, bureau: Unit, *, by: User) -> int:
    if not form.is_valid():
        return 422
    try:
        actions.set_limits(bureau, wanted=form.days(), versions=form.versions(), by=by)
    except Refused as refusal:
        form.add_error(None, " ".join(refusal.sentences))
        return 409 if isinstance(refusal, Stale) else 422
    return 302
