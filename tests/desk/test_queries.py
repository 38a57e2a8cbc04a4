"""How many questions a page asks the database: few, and as many for fifty rows as for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import Dossier, State
from assessments.schemes import SIX
from lianzheng.organisation.actions import create_post, start_tenure
from lianzheng.organisation.models import User
from registers.library import load
from tests.cast import SINCE, Cast, Round, client_of, row

MOST = 21


def asked(user: User, url: str) -> int:
    """Queries of a page that answers."""
    client = client_of(user)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200, url
    return len(captured)


def own_with(year: Round, rows: int) -> Dossier:
    year.fill(year.own, [row(name=f"风险点{n}", manifestation=f"表现{n}" * 9) for n in range(rows)])
    return year.own


def filling(year: Round, rows: int) -> tuple[str, str]:
    return "张三", own_with(year, rows).get_absolute_url()


def checking(year: Round, rows: int) -> tuple[str, str]:
    return "张三", reverse("check", args=[own_with(year, rows).pk])


def reviewing(year: Round, rows: int) -> tuple[str, str]:
    return "李四", year.take(own_with(year, rows), "submit", "张三").get_absolute_url()


def grading(year: Round, rows: int) -> tuple[str, str]:
    own_with(year, rows)
    dossier = year.rating("施工许可岗")
    year.rate(dossier)
    return "张三", dossier.get_absolute_url()


def grade_checking(year: Round, rows: int) -> tuple[str, str]:
    grading(year, rows)
    return "张三", reverse("check", args=[year.dossier("施工许可岗", stage="rating").pk])


def rolling_up(year: Round, rows: int) -> tuple[str, str]:
    year.bring(own_with(year, rows), State.OFFICE)
    return "李四", reverse("rollup", args=[year.dossier("建筑业股").pk])


def library(year: Round, rows: int) -> tuple[str, str]:
    load()
    own_with(year, rows)
    return "张三", reverse("library", args=[year.own.pk])


PAGES = [filling, checking, reviewing, grading, grade_checking, rolling_up, library]


@pytest.mark.parametrize("page", PAGES)
def test_page_of_a_form_asks_few_questions_and_as_many_for_fifty_rows(
    cast: Cast, page: Callable[[Round, int], tuple[str, str]]
) -> None:
    counts = []
    for n, rows in enumerate((1, 50)):
        name, url = page(Round(cast, year=2026 - n), rows)  # backwards: neither has a last year to compare with
        counts.append(asked(User.objects.get(name=name), url))
    assert counts[0] == counts[1]
    assert counts[0] <= MOST


@pytest.fixture
def crowded(cast: Cast) -> Round:
    """A round with fifty posts more."""
    section = cast.units["建筑业股"]
    for n in range(50):
        post = create_post(section, name=f"岗位{n}", by=None)
        start_tenure(User.objects.create_user(f"more{n}", name=f"人{n}"), post=post, since=SINCE, by=None)
    return Round(cast)


def lay(year: Round, *, number: int, state: str) -> None:
    """So many ratings of posts in this state, everything else out of the way; placed by hand, only to be listed."""
    rows = Dossier.unscoped.filter(campaign=year.campaign)
    rows.update(state=State.VOID)
    chosen = rows.filter(kind="post", unit=year.cast.units["建筑业股"], title__startswith="岗位").values("pk")[:number]
    Dossier.unscoped.filter(pk__in=list(chosen.values_list("pk", flat=True))).update(
        state=state, stage="rating", route="county.post.rating", proposed_rank=2, dimensions=list(SIX)
    )


def lists(year: Round) -> list[tuple[str, str, str]]:
    """State, person and address of every page that lists dossiers."""
    pk = [year.campaign.pk]
    return [
        (State.OFFICE, "王五", reverse("home")),
        (State.OFFICE, "王五", reverse("inbox", args=["todo"])),
        (State.RETURNED, "王五", reverse("inbox", args=["returned"])),
        (State.OFFICE, "王五", reverse("inbox", args=["done"])),
        (State.SECTION, "李四", reverse("inbox", args=["todo"])),
        (State.OFFICE, "王五", reverse("campaign", args=pk)),
        (State.MEETING, "王五", reverse("meeting_new", args=pk)),
        (State.NOTICE, "王五", reverse("notice_new", args=pk)),
        (State.NOTICE, "王五", reverse("notices", args=pk)),
        (State.FILING, "王五", reverse("filing", args=pk)),
        (State.FILING, "郑十", reverse("filings")),
        (State.OFFICE, "王五", reverse("campaigns")),
    ]


def test_page_of_a_list_asks_few_questions_and_as_many_for_fifty_lines(crowded: Round) -> None:
    counts: dict[Any, list[int]] = {}
    for number in (1, 50):
        for state, name, url in lists(crowded):
            lay(crowded, number=number, state=state)
            counts.setdefault((state, name, url), []).append(asked(crowded.cast[name], url))
    assert {place: pair for place, pair in counts.items() if pair[0] != pair[1]} == {}
    assert {place: pair for place, pair in counts.items() if max(pair) > MOST} == {}
