"""Escalation: each due act once and none lost, for any calendar of holidays and any pattern of missed days."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from early_warning.colours import Colour
from early_warning.deadlines import DEFAULTS, Days, contradiction, limits, review_by
from early_warning.escalation import LADDER, Act, Case, Limit, Step, days_to_walk, due_between, due_on, rung

MONDAY = date(2026, 11, 2)
START = date(2026, 1, 1)


def acts(case: Case, *, until: date = date(2026, 12, 31)) -> list[tuple[str, str, str]]:
    return [(a.day.isoformat(), a.limit, a.step) for a in due_between(case, START, until, exceptions={})]


def test_limit_that_passes_climbs_by_working_days() -> None:
    friday = date(2026, 11, 6)
    assert acts(Case(3, (Limit("sign", friday),))) == [
        ("2026-11-06", "sign", "remind"),
        ("2026-11-09", "sign", "head"),
        ("2026-11-11", "sign", "leader"),
        ("2026-11-13", "sign", "supervise"),
    ]


def test_what_is_done_on_its_last_day_reaches_nobody_above() -> None:
    assert acts(Case(3, (Limit("sign", MONDAY, MONDAY),))) == [("2026-11-02", "sign", "remind")]


def test_what_is_done_before_its_last_day_is_not_even_reminded_of() -> None:
    assert acts(Case(3, (Limit("sign", MONDAY, MONDAY - timedelta(days=1)),))) == []


def test_what_is_done_late_stops_climbing() -> None:
    done = date(2026, 11, 4)
    assert [step for _, _, step in acts(Case(3, (Limit("sign", MONDAY, done),)))] == ["remind", "head"]


@pytest.mark.parametrize(("colour", "step"), [(3, "raise"), (2, "raise"), (1, "refer")])
def test_completion_overdue_twice_proposes_one_colour_up_or_leaves_the_house(colour: int, step: str) -> None:
    rounds = (Limit("finish", MONDAY, date(2026, 11, 3)), Limit("finish2", date(2026, 11, 10), date(2026, 11, 12)))
    case = Case(colour, rounds, completions=("finish", "finish2"))
    assert [act for act in acts(case) if act[1] == "case"] == [("2026-11-11", "case", step)]


def test_two_failed_reviews_propose_once() -> None:
    case = Case(3, (), failed_on=(date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)))
    assert acts(case) == [("2026-11-10", "case", "raise")]


def test_closed_case_is_left_alone() -> None:
    assert acts(Case(3, (Limit("review", MONDAY),), closed_on=MONDAY - timedelta(days=1))) == []


days = st.dates(date(2026, 1, 5), date(2026, 12, 31))
spans = st.integers(-20, 40)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    rows = []
    for name in draw(st.sets(st.sampled_from(["sign", "reply", "finish", "finish2", "review"]))):
        due = draw(days)
        done = draw(st.none() | spans.map(lambda n, due=due: due + timedelta(days=n)))  # type: ignore[misc]
        rows.append(Limit(name, due, done))
    failed = draw(st.lists(days, max_size=3))
    closed = draw(st.none() | days)
    return Case(draw(st.integers(1, 3)), tuple(rows), ("finish", "finish2"), tuple(failed), closed)


holidays = st.dictionaries(days, st.booleans(), max_size=40)


@given(case=cases(), exceptions=holidays, mornings=st.sets(days))
def test_any_pattern_of_missed_mornings_does_each_act_once_and_loses_none(
    case: Case, exceptions: dict[date, bool], mornings: set[date]
) -> None:
    end = date(2027, 4, 1)
    at_once = list(due_between(case, START, end, exceptions=exceptions))
    assert max(Counter((act.limit, act.step) for act in at_once).values(), default=1) == 1
    done: list[Act] = []
    last = START
    for morning in sorted({*mornings, end}):
        for day in days_to_walk(last, morning, most=10_000):
            done += sorted(due_on(case, day, exceptions=exceptions))
        last = morning
    assert done == at_once


@given(due=days, exceptions=holidays)
def test_every_rung_of_an_open_limit_is_reached_in_order(due: date, exceptions: dict[date, bool]) -> None:
    found = list(due_between(Case(2, (Limit("reply", due),)), START, date(2027, 12, 31), exceptions=exceptions))
    assert [act.step for act in found] == [step for _, step in LADDER]
    assert [act.day for act in found] == [rung(due, n, exceptions=exceptions) for n, _ in LADDER]


def test_days_to_walk_begin_today_in_a_new_house_and_after_the_last_run_in_an_old_one() -> None:
    assert days_to_walk(None, MONDAY, most=60) == [MONDAY]
    assert days_to_walk(MONDAY - timedelta(days=3), MONDAY, most=60) == [MONDAY - timedelta(days=n) for n in (2, 1, 0)]
    assert days_to_walk(MONDAY, MONDAY, most=60) == []
    assert days_to_walk(MONDAY + timedelta(days=1), MONDAY, most=60) == []
    assert len(days_to_walk(START, MONDAY, most=60)) == 60


def test_defaults_are_the_table_and_hold_together() -> None:
    table = {colour: (d.sign, d.reply, d.finish, d.review) for colour, d in DEFAULTS.items()}
    assert table == {Colour.YELLOW: (3, 5, 15, 10), Colour.ORANGE: (2, 5, 30, 10), Colour.RED: (1, 3, 30, 5)}
    assert [contradiction(item) for item in DEFAULTS.values()] == ["", "", ""]


def test_limits_count_working_days_and_move_a_last_day_of_rest() -> None:
    found = limits(DEFAULTS[Colour.YELLOW], on=date(2026, 11, 6), exceptions={})
    days_ = (found.sign_by, found.reply_by, found.finish_by)
    assert days_ == (date(2026, 11, 11), date(2026, 11, 18), date(2026, 11, 23))
    assert review_by(DEFAULTS[Colour.RED], on=date(2026, 11, 6), exceptions={}) == date(2026, 11, 13)


@pytest.mark.parametrize("odd", [Days(0, 5, 15, 10), Days(3, 5, 91, 10), Days(3, 8, 15, 10)])
def test_limits_that_cannot_be_are_refused_in_words(odd: Days) -> None:
    assert contradiction(odd) != ""


def test_step_is_named_for_every_rung() -> None:
    assert {step for _, step in LADDER} | {Step.RAISE, Step.REFER} == set(Step)
