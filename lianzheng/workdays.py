"""Working-day arithmetic; pure. What is a holiday is data (`organisation.Holiday`), handed in as exceptions."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TypeAlias

Exceptions: TypeAlias = Mapping[date, bool]
"""Days that differ from the week: True works (a shifted Saturday), False rests (a public holiday)."""


def is_workday(day: date, *, exceptions: Exceptions) -> bool:
    return exceptions.get(day, day.weekday() < 5)


def on_or_after(day: date, *, exceptions: Exceptions) -> date:
    """The day itself if it works, else the next one that does."""
    while not is_workday(day, exceptions=exceptions):
        day += timedelta(days=1)
    return day


def after(start: date, *, days: int, exceptions: Exceptions) -> date:
    """The `days`-th working day after `start`, which itself does not count."""
    day = start
    for _ in range(days):
        day = on_or_after(day + timedelta(days=1), exceptions=exceptions)
    return day


def period_end(start: date, *, days: int, exceptions: Exceptions) -> date:
    """Last day of a period of `days` working days of which the first working day on or after `start` is number one."""
    first = on_or_after(start, exceptions=exceptions)
    return after(first, days=days - 1, exceptions=exceptions)


def between(start: date, end: date, *, exceptions: Exceptions) -> int:
    """Working days after `start` up to and with `end`; 0 when `end` is not later."""
    span = (end - start).days
    return sum(is_workday(start + timedelta(days=n), exceptions=exceptions) for n in range(1, span + 1))
