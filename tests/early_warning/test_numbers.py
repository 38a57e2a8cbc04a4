"""Numbers given at the same moment on connections of their own: each once, none left out."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connections, transaction

from early_warning.actions import take_number
from early_warning.models import NumberCounter, State
from lianzheng import clock
from lianzheng.flow import Refused, Said
from lianzheng.organisation.models import Unit
from tests.at_once import AT_ONCE, together
from tests.cast import Cast, Round, again
from tests.early_warning.play import Case, fresh


def without_lock(bureau: Unit) -> str:
    """The same without the lock: the control, which shows that this test can fail."""
    counter, _ = NumberCounter.objects.across_bureaus().get_or_create(bureau=bureau, year=1999)
    connections["default"].cursor().execute("SELECT pg_sleep(0.2)")
    NumberCounter.objects.across_bureaus().filter(pk=counter.pk).update(last=counter.last + 1)
    return str(counter.last + 1)


def test_ten_numbers_at_once_are_ten_numbers_in_a_row(committed: Round) -> None:
    bureau, by = committed.cast.bureau, committed.cast["孙八"]
    given = together(lambda n: take_number(bureau, year=2026, by=by))
    assert sorted(given) == sorted(f"县住建局廉预〔2026〕{n}号" for n in range(1, AT_ONCE + 1))
    NumberCounter.unscoped.create(bureau=bureau, year=1999)
    assert len(set(together(lambda n: without_lock(bureau)))) < AT_ONCE


def test_ten_issues_of_one_warning_at_once_are_one_issue(committed: Round) -> None:
    case = Case(committed.cast)
    warning = case.bring(State.APPROVING)
    person = again(committed.cast["孙八"])

    def issue(n: int) -> str:
        from early_warning import actions

        actions.take_step(fresh(warning), action="issue", version=warning.version, said=Said(), by=person)
        return "won"

    assert Counter(together(issue))["won"] == 1
    assert NumberCounter.unscoped.get().last == 1


def test_issue_that_fails_leaves_no_gap(cast: Cast) -> None:
    def issue() -> None:
        with transaction.atomic():
            take_number(cast.bureau, year=2026, by=cast["孙八"])
            raise Refused("后面的一步没有成。")

    with pytest.raises(Refused):
        issue()
    assert take_number(cast.bureau, year=2026, by=cast["孙八"]) == "县住建局廉预〔2026〕1号"


def test_numbers_begin_anew_each_year_and_in_each_bureau(cast: Cast) -> None:
    year = clock.today().year
    for bureau, name, when in (
        (cast.bureau, "县住建局", year),
        (cast.bureau, "县住建局", year + 1),
        (cast.other, "县水利局", year),
    ):
        assert take_number(bureau, year=when, by=cast["孙八"]) == f"{name}廉预〔{when}〕1号"


def test_number_of_a_voided_warning_is_not_given_again(cast: Cast) -> None:
    case = Case(cast)
    case.take(case.bring(State.ISSUED), "void", "孙八")
    assert Case(cast).bring(State.ISSUED).number == f"县住建局廉预〔{clock.today().year}〕2号"
