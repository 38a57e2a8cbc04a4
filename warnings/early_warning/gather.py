"""Counts for bulletin and overview, and the list of what is overdue for whom. Reads only."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce

from assessments.models import Dossier, DutyInstance, Rating, State
from early_warning.cases import case_of, limit_word, open_limit, running
from early_warning.colours import WORDS, Colour
from early_warning.figures import bounds
from early_warning.models import EscalationAct, Signal, Source, WarningNotice
from early_warning.models import State as WarningState
from early_warning.rules import visible
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import Unit, User
from registers.models import RiskTable

_AT_WORK = (
    State.DRAFT,
    State.RETURNED,
    State.SECTION,
    State.VICE,
    State.OFFICE,
    State.INSPECTOR,
    State.LEADER,
)


def figures_of(bureau: Unit, *, span: str, year: int, turn: int, today: date) -> dict[str, dict[str, int]]:
    """What a bulletin of this period counts; six queries."""
    first, last = bounds(span, year=year, turn=turn)
    signals = Signal.objects.in_bureau(bureau).filter(received_at__date__range=(first, last))
    sources = dict(signals.values_list("source").order_by().annotate(Count("pk")))
    issued = WarningNotice.objects.in_bureau(bureau).filter(issued_on__range=(first, last))
    issued = issued.exclude(state=WarningState.VOID).order_by()
    colours = dict(issued.values_list("issued_colour").annotate(Count("pk")))
    states = dict(issued.values_list("state").annotate(Count("pk")))
    closed = WarningNotice.objects.in_bureau(bureau).filter(closed_on__range=(first, last))
    late = EscalationAct.objects.in_bureau(bureau).filter(day__range=(first, last), step="head")
    return {
        "sources": {str(item.label): sources.get(item.value, 0) for item in Source},
        "colours": {WORDS[colour]: colours.get(colour.value, 0) for colour in Colour},
        "states": {str(item.label): states.get(item.value, 0) for item in WarningState if item.value in states},
        "ends": {
            "按期整改": closed.filter(failures=0, reported_on__lte=F("finish_by")).count(),
            "发生逾期": late.values("warning").distinct().count(),
        },
        "duties": duty_counts(bureau, first=first, last=last, today=today),
    }


def duty_counts(bureau: Unit, *, first: date, last: date, today: date) -> dict[str, int]:
    rows = DutyInstance.objects.in_bureau(bureau).filter(dropped_on=None, due_on__range=(first, last))
    done = Q(done_on__isnull=False)
    found = rows.aggregate(
        all=Count("pk"),
        done=Count("pk", filter=done),
        timely=Count("pk", filter=done & Q(done_on__lte=F("due_on"))),
        late=Count("pk", filter=Q(done_on__isnull=True, due_on__lt=today)),
    )
    return {
        "应完成": found["all"],
        "已完成": found["done"],
        "按期完成": found["timely"],
        "逾期未完成": found["late"],
    }


def points(bureau: Unit) -> list[dict[str, Any]]:
    """Risk points of posts whose level is in force: section, type, rank, count."""
    rated = Rating.objects.in_bureau(bureau).filter(
        dossier__state=State.IN_FORCE, dossier__kind=RiskTable.Kind.POST, point__removed_at=None, rank__isnull=False
    )
    ranked = rated.annotate(level=Coalesce("reviewed_rank", "rank")).order_by()
    return list(
        ranked.values("dossier__unit__name", "dossier__unit__order", "point__risk_type", "level").annotate(
            count=Count("pk")
        )
    )


def duties_by_section(bureau: Unit, *, year: int, today: date) -> list[dict[str, Any]]:
    rows = DutyInstance.objects.in_bureau(bureau).filter(dropped_on=None, year=year).order_by()
    return list(
        rows.values("unit__name", "unit__path")
        .annotate(
            all=Count("pk"),
            done=Count("pk", filter=Q(done_on__isnull=False)),
            late=Count("pk", filter=Q(done_on__isnull=True, due_on__lt=today)),
        )
        .order_by("unit__path")
    )


def issued_by_month(bureau: Unit, *, first: date) -> dict[tuple[int, int, int], int]:
    """(year, month, colour) -> warnings issued since the day."""
    rows = WarningNotice.objects.in_bureau(bureau).filter(issued_on__gte=first).exclude(state=WarningState.VOID)
    found = rows.order_by().values_list("issued_on__year", "issued_on__month", "issued_colour")
    return {(year, month, colour): count for year, month, colour, count in found.annotate(Count("pk"))}


def open_warnings(bureau: Unit) -> tuple[dict[int, int], dict[str, int]]:
    """Warnings at work by colour and by state."""
    rows = WarningNotice.objects.in_bureau(bureau).filter(issued_on__isnull=False)
    rows = rows.exclude(state__in=(WarningState.CLOSED, WarningState.VOID)).order_by()
    return dict(rows.values_list("colour").annotate(Count("pk"))), dict(rows.values_list("state").annotate(Count("pk")))


# --- overdue, for whom -------------------------------------------------------------------------------------------


def overdue(bureau: Unit, *, user: User, today: date) -> list[dict[str, Any]]:
    """Everything whose limit has passed, the longest overdue first; eight queries whatever its length."""
    found = [*_late_duties(bureau, today), *_late_dossiers(bureau, today), *_late_warnings(bureau, user, today)]
    return sorted(found, key=lambda item: (item["due_on"], item["kind"], item["title"]))


def _late_duties(bureau: Unit, today: date) -> list[dict[str, Any]]:
    rows = DutyInstance.objects.in_bureau(bureau).filter(done_on=None, dropped_on=None, due_on__lt=today)
    return [
        {
            "kind": "周期性工作",
            "title": str(turn),
            "place": turn.place,
            "whom": turn.person.name if turn.person and turn.owner == "holder" else turn.get_owner_display(),
            "due_on": turn.due_on,
            "url": turn.get_absolute_url(),
            "duty": str(turn.pk),
        }
        for turn in rows.select_related("unit", "post", "person")
    ]


def _late_dossiers(bureau: Unit, today: date) -> list[dict[str, Any]]:
    rows = Dossier.objects.in_bureau(bureau).filter(due_on__lt=today, state__in=_AT_WORK)
    own = (State.DRAFT, State.RETURNED)
    return [
        {
            "kind": dossier.form_name,
            "title": dossier.title,
            "place": dossier.unit.name,
            "whom": dossier.holder.name if dossier.holder and dossier.state in own else dossier.state_word,
            "due_on": dossier.due_on,
            "url": dossier.get_absolute_url(),
            "duty": "",
        }
        for dossier in rows.select_related("unit", "holder")
    ]


def _late_warnings(bureau: Unit, user: User, today: date) -> list[dict[str, Any]]:
    """Issued warnings that this person may see."""
    days = exceptions()
    mine = set(WarningNotice.objects.within(visible(user)).filter(bureau=bureau).values_list("pk", flat=True))
    found = []
    for warning in running(bureau):
        limit = open_limit(case_of(warning, exceptions=days))
        if warning.pk not in mine or warning.closed_on or limit is None or limit.due_on >= today:
            continue
        review = limit.name.startswith("review")
        found.append(
            {
                "kind": "廉政预警",
                "title": f"{warning.number} {limit_word(limit.name)}",
                "place": warning.unit.name,
                "whom": "纪检组" if review else warning.called,
                "due_on": limit.due_on,
                "url": warning.get_absolute_url(),
                "duty": "",
            }
        )
    return found
