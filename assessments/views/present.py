"""Records as the plain strings and dicts that templates print; reads only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localtime

from assessments.flow import DOSSIERS, route_names
from assessments.models import Dossier, DossierMove, ReturnReason, State
from assessments.papers import words_of
from assessments.rules import CHAINS
from lianzheng import clock
from lianzheng.organisation.rights import sitting
from registers.models import RiskPoint, RiskTable

TONES = {
    State.RETURNED: "danger",
    State.IN_FORCE: "ok",
    State.ARCHIVED: "ok",
    State.VOID: "neutral",
    State.SUPERSEDED: "neutral",
    State.DRAFT: "info",
}


def moment(value: datetime) -> str:
    return localtime(value).strftime("%Y-%m-%d %H:%M")


def day(value: date | None) -> str:
    return value.isoformat() if value else ""


def lamp(due: date | None, *, today: date) -> dict[str, str]:
    """Words and tone of a deadline: late, soon (three days), or none."""
    if due is None:
        return {"due": "", "tone": "none"}
    left = (due - today).days
    if left < 0:
        return {"due": f"{day(due)} 已超{-left}天", "tone": "late"}
    return {"due": f"{day(due)} 剩{left}天" if left <= 3 else day(due), "tone": "soon" if left <= 3 else "none"}


def tag(dossier: Dossier) -> dict[str, str]:
    return {"text": State(dossier.state).label, "tone": TONES.get(State(dossier.state), "attention")}


def level(dossier: Dossier, rank: int | None) -> dict[str, Any]:
    return {"rank": rank or 0, "word": words_of(dossier)[rank] if rank else ""}


def timeline(moves: Iterable[DossierMove]) -> list[dict[str, Any]]:
    """Newest first."""
    return [
        {
            "label": move.label,
            "who": move.by.name,
            "hat": move.hat,
            "at": moment(move.at),
            "opinion": move.opinion,
            "reason": ReturnReason(move.reason).label if move.reason else "",
            "due": day(move.due_on),
            "notes": [{"no": note.number, "name": str(note.point), "text": note.text} for note in move.notes.all()],
            "tone": "back" if move.action in ("return", "recall", "void", "withdraw", "object") else "ok",
        }
        for move in sorted(moves, key=lambda move: -move.seq)
    ]


def steps(dossier: Dossier) -> list[dict[str, str]]:
    """The straight way with what is done, what is now and what is to come."""
    way = route_names(dossier)
    place = dossier.state if dossier.state != State.RETURNED else State.DRAFT
    if dossier.state == State.SUPERSEDED:
        place = State.IN_FORCE
    here = next((n for n, (state, _) in enumerate(way) if state == place), len(way))
    words = {State.DRAFT: "填写", State.IN_FORCE: "执行", State.ARCHIVED: "归档"}
    end = len(way) - 1
    return [
        {
            "label": words.get(State(state), State(state).label.removeprefix("待")),
            "who": who,
            "state": "done" if n < here or n == here == end else "now" if n == here else "todo",
        }
        for n, (state, who) in enumerate(way)
    ]


def with_whom(dossier: Dossier) -> str:
    """Who has it now, by name: the people of the desk as recusal and vacancy leave it."""
    duty = next((step for step in DOSSIERS.steps(dossier) if step.duty), None)
    if duty is None:
        return ""
    if duty.who.label not in CHAINS:
        return _writers(dossier) if duty.action == "submit" else duty.who.label
    chain = CHAINS[duty.who.label]
    persons = {dossier.holder_id, dossier.stands_for_id}
    seats, bound = sitting(dossier.unit, chain, persons=persons)
    for right in chain:
        able = {name: None for person, name in seats.get(right, ()) if person not in bound}
        if able and not persons & {person for person, _ in seats[right]}:
            return f"{duty.who.label}：{'、'.join(able)}"
    return duty.who.label


def _writers(dossier: Dossier) -> str:
    holder = dossier.holder
    if holder is not None and dossier.kind == RiskTable.Kind.POST:
        return f"填报人：{holder.name}"
    return "股室负责人" if dossier.kind == RiskTable.Kind.SECTION else "廉政办"


def row_texts(point: RiskPoint) -> dict[str, str]:
    """The editable texts of a row by column source."""
    return {
        "power": point.power,
        "risk_type": point.risk_type,
        "name": point.name,
        "manifestation": point.manifestation,
        "measures": point.measures_text,
        "responsible": point.responsible,
    }


def last_year(points: Sequence[RiskPoint]) -> Mapping[Any, dict[str, str]]:
    """Last year's texts of the rows that have them; two queries."""
    ids = [point.last_year_id for point in points if point.last_year_id]
    rows: QuerySet[RiskPoint] = RiskPoint.unscoped.filter(pk__in=ids).prefetch_related("measures")
    return {row.pk: row_texts(row) for row in rows} if ids else {}


def item(dossier: Dossier, *, today: date | None = None) -> dict[str, Any]:
    """A dossier as a line of a list."""
    return {
        "id": str(dossier.pk),
        "title": dossier.title,
        "form": dossier.form_name,
        "section": dossier.unit.name,
        "state": tag(dossier),
        "url": dossier.get_absolute_url(),
        "version": dossier.version,
        "since": moment(dossier.state_since),
        "lamp": lamp(dossier.due_on, today=today or clock.today()),
        "proposed": level(dossier, dossier.proposed_rank),
        "reported": level(dossier, dossier.reported_rank),
        "reviewed": level(dossier, dossier.reviewed_rank),
        "decided": level(dossier, dossier.decided_rank),
    }
