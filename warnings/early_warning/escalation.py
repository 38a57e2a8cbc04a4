"""What becomes due when a limit passes: case and day in, acts out; pure (no clock, no database).

Day 0 is the limit itself. Then +1 working day the head of the section, +3 the leader in charge, +5 the list of the
discipline inspection with a supervision note (督办). The distances are ours; that overdue warnings climb is of
«…预警防控» practice. What was due on a day follows from that day alone, so a missed morning can be made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from lianzheng import workdays
from lianzheng.workdays import Exceptions


class Step(StrEnum):
    """An act, and so the desk that it reaches."""

    REMIND = "remind"
    HEAD = "head"
    LEADER = "leader"
    SUPERVISE = "supervise"
    RAISE = "raise"
    REFER = "refer"


STEP_WORDS = {
    Step.REMIND: "提醒办理人",
    Step.HEAD: "报股室负责人",
    Step.LEADER: "报分管领导",
    Step.SUPERVISE: "列入督办",
    Step.RAISE: "建议提高一级",
    Step.REFER: "建议移送、问责",
}
LADDER: tuple[tuple[int, Step], ...] = ((0, Step.REMIND), (1, Step.HEAD), (3, Step.LEADER), (5, Step.SUPERVISE))
TWICE = 2
RED = 1


@dataclass(frozen=True)
class Limit:
    """One limit of a case: what had to be done by when, and on which day it was. `name` is unique in the case."""

    name: str
    due_on: date
    done_on: date | None = None

    def open_on(self, morning: date) -> bool:
        """Was it still to be done on this morning?"""
        return self.done_on is None or self.done_on >= morning


@dataclass(frozen=True)
class Case:
    """A warning as escalation sees it. `completions` names the limits for finishing the rectification, one for each
    round; `failed_on` the days of failed reviews; nothing is due any more after `closed_on`."""

    colour: int
    limits: tuple[Limit, ...]
    completions: tuple[str, ...] = ()
    failed_on: tuple[date, ...] = ()
    closed_on: date | None = None


@dataclass(frozen=True, order=True)
class Act:
    """Something due on a day; `limit` and `step` say once for all which act of the case it is."""

    day: date
    limit: str
    step: Step


def due_on(case: Case, day: date, *, exceptions: Exceptions) -> list[Act]:
    """The acts of this very day."""
    if case.closed_on is not None and case.closed_on < day:
        return []
    found = [
        Act(day, limit.name, step)
        for limit in case.limits
        if limit.open_on(day)
        for distance, step in LADDER
        if rung(limit.due_on, distance, exceptions=exceptions) == day
    ]
    if _grave_on(case) == day:
        found.append(Act(day, "case", Step.REFER if case.colour == RED else Step.RAISE))
    return found


def rung(due: date, distance: int, *, exceptions: Exceptions) -> date:
    return workdays.after(due, days=distance, exceptions=exceptions)


def _grave_on(case: Case) -> date | None:
    """The first morning on which the case was overdue twice with its completion, or had failed twice."""
    late = sorted(
        limit.due_on + timedelta(days=1)
        for limit in case.limits
        if limit.name in case.completions and limit.open_on(limit.due_on + timedelta(days=1))
    )
    failed = sorted(day + timedelta(days=1) for day in case.failed_on)
    days = [row[TWICE - 1] for row in (late, failed) if len(row) >= TWICE]
    return min(days, default=None)


def due_between(case: Case, after: date, until: date, *, exceptions: Exceptions) -> Iterator[Act]:
    """The acts of every day after the one and up to the other, in order: a missed day is made up, not skipped."""
    for n in range(1, (until - after).days + 1):
        yield from sorted(due_on(case, after + timedelta(days=n), exceptions=exceptions))


def days_to_walk(last: date | None, today: date, *, most: int) -> list[date]:
    """The days from the one after the last finished run up to today. A house that never ran begins today; one that
    slept longer than `most` days begins so many days ago."""
    if last is None:
        return [today]
    first = max(last + timedelta(days=1), today - timedelta(days=most - 1))
    return [first + timedelta(days=n) for n in range((today - first).days + 1)]


def unique(acts: Iterable[Act]) -> set[tuple[str, Step]]:
    """Acts by what makes them the same."""
    return {(act.limit, act.step) for act in acts}
