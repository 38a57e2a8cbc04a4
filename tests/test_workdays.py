"""Working days: the days of 2026 as the State Council published them, and what must hold for any calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianzheng.organisation.calendar import exceptions, seed
from lianzheng.organisation.models import Holiday
from lianzheng.workdays import after, between, is_workday, on_or_after, period_end

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
CALENDARS = st.dictionaries(DAYS, st.booleans(), max_size=60)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 1, 1), False),
        (date(2026, 1, 4), True),  # a Sunday that works for New Year
        (date(2026, 2, 14), True),  # a Saturday that works for the Spring Festival
        (date(2026, 2, 17), False),
        (date(2026, 10, 1), False),
        (date(2026, 10, 10), True),
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
    ],
)
def test_day_of_2026_by_the_seeded_table(holidays: None, day: date, works: bool) -> None:
    assert is_workday(day, exceptions=exceptions()) == works


def test_period_over_the_national_day_skips_the_holidays(holidays: None) -> None:
    days = exceptions()
    assert period_end(date(2026, 9, 29), days=5, exceptions=days) == date(2026, 10, 10)
    assert on_or_after(date(2026, 10, 1), exceptions=days) == date(2026, 10, 8)
    assert after(date(2026, 9, 30), days=1, exceptions=days) == date(2026, 10, 8)


def test_seeding_again_adds_nothing_and_keeps_what_was_edited(holidays: None) -> None:
    Holiday.objects.filter(day=date(2026, 10, 1)).update(works=True)
    assert exceptions()[date(2026, 10, 1)] is True
    before = Holiday.objects.count()
    seed()
    assert (Holiday.objects.count(), exceptions()[date(2026, 10, 1)]) == (before, True)


def test_seeded_days_all_differ_from_the_week(holidays: None) -> None:
    assert [day for day, works in exceptions().items() if works == (day.weekday() < 5)] == []


@given(DAYS, st.integers(1, 30), CALENDARS)
def test_period_has_exactly_its_working_days(start: date, days: int, calendar: dict[date, bool]) -> None:
    end = period_end(start, days=days, exceptions=calendar)
    inside = [start + timedelta(n) for n in range((end - start).days + 1)]
    assert sum(is_workday(day, exceptions=calendar) for day in inside) == days
    assert is_workday(end, exceptions=calendar)


@given(DAYS, st.integers(1, 30), CALENDARS)
def test_days_after_and_days_between_agree(start: date, days: int, calendar: dict[date, bool]) -> None:
    assert between(start, after(start, days=days, exceptions=calendar), exceptions=calendar) == days


@given(DAYS, CALENDARS)
def test_moved_day_is_the_first_that_works(day: date, calendar: dict[date, bool]) -> None:
    moved = on_or_after(day, exceptions=calendar)
    assert is_workday(moved, exceptions=calendar)
    assert [n for n in range((moved - day).days) if is_workday(day + timedelta(n), exceptions=calendar)] == []


@given(DAYS, st.integers(0, 40))
def test_nothing_lies_between_a_day_and_an_earlier_one(day: date, back: int) -> None:
    assert between(day, day - timedelta(back), exceptions={}) == 0
