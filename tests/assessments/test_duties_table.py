"""The table of duties against the rule's own sentences, and calendars for any level, year and day of entry."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments import duties
from assessments.duties import Ballot, Due, calendar_of, last_three
from assessments.models import DutyInstance

START = date(2026, 1, 1)


def year_of(level: int, kind: str, **facts: object) -> list[tuple[str, str]]:
    values = {"year": 2026, "since": START, "exceptions": {}} | facts
    found = calendar_of(level, kind=kind, **values)
    return [(item.duty.code, item.due_on.isoformat()) for item in found if item.duty.code != "month_check"]


def test_post_of_level_one_checks_itself_every_half_year() -> None:
    assert year_of(1, "post") == [
        ("finding", "2026-02-13"),
        ("rating", "2026-02-25"),
        ("self_check", "2026-06-30"),
        ("self_check", "2026-12-31"),
    ]


@pytest.mark.parametrize("level", [2, 3])
def test_post_of_level_two_or_three_checks_itself_once_a_year(level: int) -> None:
    assert year_of(level, "post")[2:] == [("self_check", "2026-12-31")]


def test_section_of_level_one_has_every_line_of_the_table() -> None:
    assert year_of(1, "section") == [
        ("finding", "2026-02-13"),
        ("rating", "2026-02-25"),
        ("appraisal", "2026-06-30"),
        ("inspection", "2026-06-30"),
        ("self_check", "2026-06-30"),
        ("appraisal", "2026-12-31"),
        ("audit", "2026-12-31"),
        ("inspection", "2026-12-31"),
        ("self_check", "2026-12-31"),
    ]


def test_section_of_level_two_is_audited_once_in_two_years() -> None:
    audits = {year: [day for code, day in year_of(2, "section", year=year) if code == "audit"] for year in (2026, 2027)}
    assert audits == {2026: ["2026-12-31"], 2027: []}


def test_bureau_meets_and_reports_every_half_year_and_votes_by_its_gravest_section() -> None:
    codes = {level: Counter(code for code, _ in year_of(level, "bureau")) for level in (1, 2)}
    common = {"charts": 1, "conference": 2, "bulletin": 2}
    assert codes == {1: Counter(common | {"vote": 2}), 2: Counter(common | {"vote": 1})}


def test_section_is_checked_in_each_of_twelve_months_on_a_working_day() -> None:
    found = calendar_of(3, kind="section", year=2026, since=START, exceptions={})
    days = [item.due_on for item in found if item.duty.code == "month_check"]
    assert [day.month for day in days] == list(range(1, 13))
    assert [day for day in days if day.weekday() > 4] == []


def test_township_finds_its_risks_before_february() -> None:
    assert year_of(3, "post", workflow="township")[0] == ("finding", "2026-01-30")


def test_half_year_that_ends_in_holidays_is_due_before_them() -> None:
    rest = {date(2026, 6, 29): False, date(2026, 6, 30): False}
    assert ("self_check", "2026-06-26") in year_of(1, "post", exceptions=rest)


def test_level_in_force_since_july_owes_nothing_for_the_first_half() -> None:
    assert year_of(1, "post", since=date(2026, 7, 1)) == [("self_check", "2026-12-31")]


TENURES = [
    (date(2022, 3, 1), 2026, [("任职满四年半", "2026-09-01")]),
    (date(2022, 3, 1), 2027, [("任职满五年", "2027-03-01")]),
    (date(2021, 8, 31), 2026, [("任职满四年半", "2026-02-28"), ("任职满五年", "2026-08-31")]),
    (date(2010, 1, 1), 2026, [("任职满五年", "2026-01-01")]),
    (date(2010, 1, 1), 2027, []),
    (date(2025, 1, 1), 2026, []),
]


@pytest.mark.parametrize(("since", "year", "wanted"), TENURES)
def test_rotation_is_announced_at_four_and_a_half_and_five_years(
    since: date, year: int, wanted: list[tuple[str, str]]
) -> None:
    for kind in ("post", "section"):
        found = calendar_of(1, kind=kind, year=year, since=START, exceptions={}, tenure_since=since)
        said = [(item.period_words, item.due_on.isoformat()) for item in found if item.duty.code == "rotation"]
        assert said == wanted


def test_rotation_has_no_number_for_levels_two_and_three() -> None:
    for level in (2, 3):
        found = calendar_of(level, kind="post", year=2027, since=START, exceptions={}, tenure_since=date(2022, 3, 1))
        assert [item for item in found if item.duty.code == "rotation"] == []


days = st.dates(date(2020, 1, 1), date(2032, 12, 31))


@given(
    level=st.integers(1, 3),
    kind=st.sampled_from(["post", "section", "bureau"]),
    since=days,
    tenure=st.none() | days,
    rest=st.sets(days),
)
def test_each_turn_of_any_calendar_comes_once_and_never_before_the_level(
    level: int, kind: str, since: date, tenure: date | None, rest: set[date]
) -> None:
    found: list[Due] = []
    for year in range(2020, 2039):
        found += calendar_of(
            level, kind=kind, year=year, since=since, exceptions=dict.fromkeys(rest, False), tenure_since=tenure
        )
    keys = Counter((item.duty.code, item.period) for item in found)
    assert [key for key, count in keys.items() if count > 1] == []
    assert [item for item in found if item.due_on < since] == []
    assert [item for item in found if item.due_on in rest and item.duty.code != "rotation"] == []
    rotations = [item.due_on for item in found if item.duty.code == "rotation"]
    assert rotations == sorted(rotations)
    assert len(rotations) in ((0,) if tenure is None or level > 1 or kind == "bureau" else (1, 2))


def test_every_duty_has_a_form_a_source_and_a_word() -> None:
    for duty in duties.DUTIES:
        assert duty.source
        assert duty.form in duties.FORMS
        assert duty.form in duties.FORM_WORDS
        assert duty.owner in DutyInstance.Owner.values
    assert set(duties.FORMS) == set(duties.FORM_WORDS)


def test_appraisal_has_four_criteria_of_twenty_five() -> None:
    points = [question.most for question in duties.FORMS["appraisal"] if question.kind == "points"]
    assert points == [25, 25, 25, 25]


WANTED = [
    ("check", {"promise": "yes", "measures": "yes"}, {}),
    ("check", {"promise": "no", "measures": "yes"}, {"found"}),
    ("check", {"promise": "no", "measures": "yes", "found": "缺两份"}, {}),
    ("rotation", {"outcome": "put_off"}, {"reason"}),
    ("rotation", {"outcome": "put_off", "reason": "业务交接"}, {}),
    ("rotation", {"outcome": "done"}, {"on"}),
    ("rotation", {"outcome": "done", "on": "2026-03-01"}, {}),
    ("audit", {"from_on": "2026-02-01", "to_on": "2026-01-01"}, {"to_on"}),
    ("report", {}, {}),
]


@pytest.mark.parametrize(("form", "answers", "fields"), WANTED)
def test_answer_that_asks_for_another_says_which(form: str, answers: dict[str, str], fields: set[str]) -> None:
    assert set(duties.more_wanted(form, answers)) == set(fields)


def test_last_three_are_named_in_the_order_given() -> None:
    votes = [
        Ballot("甲", 9, 1, 0),
        Ballot("乙", 2, 3, 5),
        Ballot("丙", 5, 5, 0),
        Ballot("丁", 1, 1, 8),
        Ballot("戊", 8, 2, 0),
    ]
    assert last_three(votes) == ["乙", "丙", "丁"]


def test_sections_equal_to_the_third_are_named_as_well() -> None:
    votes = [Ballot("甲", 9, 1, 0), *(Ballot(name, 5, 5, 0) for name in "乙丙丁戊")]
    assert last_three(votes) == ["乙", "丙", "丁", "戊"]


def test_nobody_is_last_where_all_are_equal_or_nobody_voted() -> None:
    assert last_three([Ballot(name, 5, 0, 0) for name in "甲乙丙"]) == []
    assert last_three([Ballot("甲", 0, 0, 0)]) == []
    assert last_three([]) == []


def test_months_later_ends_with_a_shorter_month() -> None:
    assert duties.months_later(date(2021, 8, 31), months=6) == date(2022, 2, 28)
    assert duties.months_later(date(2024, 2, 29), months=60) == date(2029, 2, 28)
    assert duties.months_later(date(2022, 3, 1), months=54) == date(2022, 3, 1) + timedelta(days=1645)
