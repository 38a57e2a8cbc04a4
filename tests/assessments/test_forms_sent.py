"""Forms as a browser sends them, where only the action behind them is tested elsewhere: what they change, and where to
the answer leads."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from assessments.models import Rating, Scheme, State
from lianzheng.organisation.models import Criterion
from registers.library import load as load_library
from registers.models import LibraryPoint
from tests.assessments.test_schemes import active, draft
from tests.cast import Round, client_of


def send(year: Round, name: str, address: str, *arguments: object, **typed: object) -> HttpResponse:
    answer: Any = client_of(year.cast[name]).post(reverse(address, args=arguments), typed)
    return answer


def test_grades_are_saved_and_the_page_comes_back_at_its_row(year: Round) -> None:
    dossier = year.rating("施工许可岗")
    point = dossier.table.rows().get()
    grades = {dimension["code"]: "3" for dimension in dossier.dimensions}
    answer = send(year, "张三", "grade", dossier.pk, point.pk, version="0", **grades)
    assert (answer.status_code, answer["Location"].partition("#")[2]) == (302, f"row-{point.pk}")
    assert (Rating.unscoped.get().grades, Rating.unscoped.get().version) == (dict.fromkeys(grades, 3), 1)


def test_points_taken_from_the_library_stand_in_the_table_with_their_measures(year: Round) -> None:
    load_library()
    picked = list(LibraryPoint.objects.filter(measures__isnull=False).distinct().order_by("code")[:2])
    answer = send(year, "张三", "library_take", year.own.pk, pick=[str(point.pk) for point in picked])
    assert answer.status_code == 302
    rows = [(row.manifestation, row.measures.count()) for row in year.own.table.rows()]
    assert rows == [(point.text, point.measures.count()) for point in picked]


def test_rows_of_posts_are_rolled_up_into_the_section(year: Round) -> None:
    (point,) = year.fill(year.own)
    year.take(year.own, "submit", "张三")
    year.bring(year.own, State.OFFICE)
    section = year.dossier("建筑业股")
    answer = send(year, "李四", "roll", section.pk, pick=str(point.pk), do="each")
    assert answer.status_code == 302
    assert [list(row.sources.all()) for row in section.table.rows()] == [[point]]


def test_draft_of_a_scheme_is_put_in_use(year: Round) -> None:
    scheme = draft(year.cast)
    answer = send(year, "王五", "scheme_activate", scheme.pk, version=str(scheme.version))
    assert (answer.status_code, answer["Location"]) == (302, reverse("schemes"))
    assert (active(year.cast), Scheme.unscoped.filter(state=Scheme.State.RETIRED).count()) == (scheme, 1)


def test_criterion_is_added_to_the_bureau(year: Round) -> None:
    before = set(Criterion.objects.in_bureau(year.cast.bureau))
    answer = send(year, "王五", "criterion_add", kind="post", rank="1", text="掌握资金拨付权", source="自拟")
    assert answer.status_code == 302
    (line,) = set(Criterion.objects.in_bureau(year.cast.bureau)) - before
    assert (line.kind, line.rank, line.text, line.source) == ("post", 1, "掌握资金拨付权", "自拟")
