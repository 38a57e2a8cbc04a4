"""Warnings as escalation sees them, the days of a bureau, and whom an act reaches. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from early_warning import deadlines
from early_warning.colours import Colour
from early_warning.deadlines import DEFAULTS, Days
from early_warning.escalation import Case, Limit, Step
from early_warning.models import State, WarningLimit, WarningNotice
from lianzheng.organisation.models import BODIES, Unit, User
from lianzheng.organisation.rights import sitting
from lianzheng.organisation.roles import Right
from lianzheng.workdays import Exceptions

LIMIT_WORDS = {"sign": "签收", "reply": "书面回告", "finish": "整改完成", "review": "复核", "case": "整改"}
RELATED = ("bureau", "unit", "answerer")


def days_of(bureau: Unit) -> dict[Colour, Days]:
    """The limits that a warning issued now would get."""
    rows = WarningLimit.objects.in_bureau(bureau)
    own = {Colour(row.colour): Days(row.sign, row.reply, row.finish, row.review) for row in rows}
    return dict(DEFAULTS) | own


def running(bureau: Unit) -> list[WarningNotice]:
    """Issued warnings that may still have something due, or had before they were closed; three queries."""
    rows = WarningNotice.objects.in_bureau(bureau).filter(issued_on__isnull=False).exclude(state=State.VOID)
    return list(rows.select_related(*RELATED).prefetch_related("rounds").order_by("issued_on", "pk"))


def case_of(warning: WarningNotice, *, exceptions: Exceptions) -> Case:
    """Its limits with the days on which they were met: what was, and what is now."""
    rounds = list(warning.rounds.all())
    current = len(rounds) + 1
    limits = [Limit("sign", _day(warning.sign_by), warning.served_on)]
    limits.append(Limit("reply", _day(warning.reply_by), warning.replied_on))
    for past in rounds:
        limits.append(Limit(f"finish{past.number}", past.finish_by, past.reported_on))
        limits.append(_review(warning, past.number, past.reported_on, past.failed_on, exceptions))
    limits.append(Limit(f"finish{current}", _day(warning.finish_by), warning.reported_on))
    if warning.reported_on:
        limits.append(_review(warning, current, warning.reported_on, warning.closed_on, exceptions))
    return Case(
        colour=warning.colour,
        limits=tuple(limits),
        completions=tuple(f"finish{n}" for n in range(1, current + 1)),
        failed_on=tuple(past.failed_on for past in rounds),
        closed_on=warning.closed_on,
    )


def _review(warning: WarningNotice, number: int, reported: date, done: date | None, exceptions: Exceptions) -> Limit:
    days = Days(1, 1, 1, warning.review_days or DEFAULTS[Colour(warning.colour)].review)
    return Limit(f"review{number}", deadlines.review_by(days, on=reported, exceptions=exceptions), done)


def _day(value: date | None) -> date:
    assert value is not None  # an issued warning has its limits
    return value


def open_limit(case: Case) -> Limit | None:
    """What has to be done next."""
    return next((limit for limit in case.limits if limit.done_on is None), None)


def limit_word(name: str) -> str:
    return LIMIT_WORDS[name.rstrip("0123456789")]


# The desk of a step, and the one above it where nobody sits there. A late review is the inspection's own.
DESKS: Mapping[Step, tuple[str, ...]] = {
    Step.REMIND: (),
    Step.HEAD: (Right.REVIEW_SECTION, Right.LEAD_SECTIONS, Right.HEAD_BUREAU),
    Step.LEADER: (Right.LEAD_SECTIONS, Right.HEAD_BUREAU),
    Step.SUPERVISE: (Right.HANDLE_WARNINGS,),
    Step.RAISE: (Right.HANDLE_WARNINGS,),
    Step.REFER: (Right.HANDLE_WARNINGS, Right.HEAD_BUREAU),
}
REVIEW_DESKS: Mapping[Step, tuple[str, ...]] = {
    Step.REMIND: (Right.HANDLE_WARNINGS,),
    Step.HEAD: (Right.HANDLE_WARNINGS,),
    Step.LEADER: (Right.HEAD_BUREAU,),
    Step.SUPERVISE: (Right.HEAD_BUREAU,),
}


def reached(warning: WarningNotice, *, limit: str, step: Step) -> list[User]:
    """The people whom an act tells, and their deputies of today; never the subject about himself but by the first
    reminder, nor who stands in for the subject."""
    review = limit.startswith("review")
    if step == Step.REMIND and not review and warning.answerer is not None:
        return [warning.answerer]
    chain = (REVIEW_DESKS if review else DESKS).get(step, ()) or (Right.HANDLE_WARNINGS,)
    seats, bound = sitting(warning.unit, chain, persons={warning.answerer_id})
    for right in chain:
        if found := {person for person, _ in seats.get(right, ())} - bound:
            return list(User.objects.filter(pk__in=found).order_by("name", "pk"))
    return []


def bureaus() -> Iterable[Unit]:
    """Every body that keeps a register."""
    return Unit.objects.filter(kind__in=BODIES, active=True).order_by("path")


def said(limit: str, step: str) -> dict[str, Any]:
    """The words of an act for a list."""
    from early_warning.escalation import STEP_WORDS

    return {"limit": limit_word(limit), "step": STEP_WORDS[Step(step)]}
