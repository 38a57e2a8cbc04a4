"""What is done every morning, exactly once: duties of the year, and the acts of limits that passed."""

from __future__ import annotations

from datetime import date

from django.db.models import Max

from assessments.actions import refresh_duties
from early_warning.actions import begin_day, do_act, finish_day
from early_warning.cases import bureaus, case_of, running
from early_warning.escalation import days_to_walk, due_on
from early_warning.models import MorningRun
from lianzheng import clock
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import Unit

MOST = 366
"""Days that are made up at most; a house that was shut for longer has other worries."""


def morning(*, until: date | None = None) -> int:
    """Walk every day that was missed, one by one, up to today; the number of acts done. May be broken off anywhere
    and started by several at once: each act is a transaction of its own with the row that says it was done."""
    today = until or clock.today()
    last = MorningRun.objects.filter(finished_at__isnull=False).aggregate(last=Max("day"))["last"]
    return sum(_day(day, today=today) for day in days_to_walk(last, today, most=MOST))


def _day(day: date, *, today: date) -> int:
    begin_day(day, by=None)
    done = 0
    for bureau in bureaus():
        if day == today:
            refresh_duties(bureau, by=None)
        done += _escalate(bureau, day)
    finish_day(day, by=None)
    return done


def _escalate(bureau: Unit, day: date) -> int:
    """The acts of this day in one bureau."""
    days = exceptions()
    acts = [
        (warning, act)
        for warning in running(bureau)
        for act in sorted(due_on(case_of(warning, exceptions=days), day, exceptions=days))
    ]
    return sum(do_act(warning, act, by=None) for warning, act in acts)
