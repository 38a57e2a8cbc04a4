"""Schemes: only a draft is edited, weights total 100, the effect is shown, one is in use, sealed results stay."""

import random
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from assessments import actions
from assessments.effect import effect_of, scores_of
from assessments.models import Dossier, Rating, Scheme, State
from assessments.schemes import FOUR, SIX
from assessments.scoring import dimensions_of, rank, score
from lianzheng.flow import Refused, Stale
from registers.models import RiskPoint
from tests.cast import Cast, Round, client_of


def reweighted(**weights: str) -> list[dict[str, Any]]:
    return [dict(item) | {"weight": weights.get(item["code"], item["weight"])} for item in SIX]


HEAVY_HARM = reweighted(harm="50", importance="5", discretion="5")


def draft(cast: Cast, dimensions: Any = HEAVY_HARM) -> Scheme:
    scheme = actions.draft_scheme(cast.bureau, content={"name": "试行", "dimensions": dimensions}, by=cast["王五"])
    scheme.refresh_from_db()
    return scheme


def active(cast: Cast) -> Scheme:
    found: Scheme = Scheme.objects.in_bureau(cast.bureau).get(state=Scheme.State.ACTIVE)
    return found


def test_scheme_in_use_cannot_be_edited_not_even_by_sql(year: Round, cast: Cast) -> None:
    scheme = active(cast)
    with pytest.raises(Stale):
        actions.save_scheme(scheme, version=scheme.version, content={"dimensions": HEAVY_HARM}, by=cast["王五"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Scheme.unscoped.filter(pk=scheme.pk).update(dimensions=HEAVY_HARM)
    with pytest.raises(Refused):
        actions.discard_scheme(scheme, by=cast["王五"])


@pytest.mark.parametrize("weight", ["19.99", "20.01", "0"])
def test_scheme_whose_weights_do_not_total_100_is_never_in_use(year: Round, cast: Cast, weight: str) -> None:
    scheme = draft(cast, reweighted(harm=weight))
    with pytest.raises(Refused, match="权重合计必须正好是 100"):
        actions.activate_scheme(scheme, version=scheme.version, by=cast["王五"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Scheme.unscoped.filter(pk=scheme.pk).update(state=Scheme.State.RETIRED)
    assert active(cast).number == 1


def test_activating_twice_happens_once(year: Round, cast: Cast) -> None:
    scheme = draft(cast)
    actions.activate_scheme(scheme, version=scheme.version, by=cast["王五"])
    with pytest.raises(Stale):
        actions.activate_scheme(scheme, version=scheme.version, by=cast["王五"])
    states = Scheme.objects.in_bureau(cast.bureau).order_by("number").values_list("state", flat=True)
    assert list(states) == ["retired", "active"]


def test_activating_scores_open_forms_anew_and_leaves_what_was_handed_in(year: Round, cast: Cast) -> None:
    handed_in = year.bring(year.rating("施工许可岗"), State.SECTION)
    still_open = year.rating("建筑业股")
    year.rate(still_open)
    before = Rating.unscoped.get(dossier=handed_in)
    scheme = draft(cast)
    assert actions.activate_scheme(scheme, version=scheme.version, by=cast["王五"]) >= 1
    after = Rating.unscoped.get(dossier=still_open)
    assert after.score == score(dimensions_of(HEAVY_HARM), grades=after.grades)
    assert Rating.unscoped.get(dossier=handed_in).score == before.score
    assert Dossier.unscoped.get(pk=handed_in.pk).dimensions == [
        dict(item) | {"wording": list(item["wording"])} for item in SIX
    ]


def rated(year: Round, cast: Cast, *, number: int, seed: int) -> Dossier:
    """A dossier whose points are graded at random."""
    dossier = year.rating("施工许可岗")
    chance = random.Random(seed)
    points = [RiskPoint(bureau=cast.bureau, table=dossier.table, order=n, name=str(n)) for n in range(number)]
    RiskPoint.objects.bulk_create(points)
    dimensions = dimensions_of(SIX)
    ratings = []
    for point in points:
        grades = {item.code: chance.randint(1, 5) for item in dimensions}
        total = score(dimensions, grades=grades)
        assert total is not None
        values = {"grades": grades, "summed": grades, "score": total, "rank": rank(total)}
        ratings.append(Rating(bureau=cast.bureau, dossier=dossier, point=point, **values))
    Rating.objects.bulk_create(ratings)
    return dossier


@pytest.mark.parametrize("seed", range(3))
def test_effect_in_sql_equals_the_pure_module(year: Round, cast: Cast, seed: int) -> None:
    rated(year, cast, number=400, seed=seed)
    chance = random.Random(seed)
    cuts = sorted(chance.randint(0, 10000) for _ in range(5))
    weights = [Decimal(b - a) / 100 for a, b in zip([0, *cuts], [*cuts, 10000], strict=True)]
    dimensions = dimensions_of([dict(item) | {"weight": str(w)} for item, w in zip(SIX, weights, strict=True)])
    for key, total, level in scores_of(dimensions, campaign=year.campaign):
        expected = score(dimensions, grades=Rating.unscoped.get(pk=key).grades)
        assert expected is not None
        assert (total, level) == (expected, rank(expected))


def test_effect_counts_points_and_names_posts_that_move(year: Round, cast: Cast) -> None:
    dossier = year.rating("施工许可岗")
    year.rate(dossier, grades={item["code"]: 5 if item["code"] == "harm" else 2 for item in SIX})
    assert Rating.unscoped.get(dossier=dossier).rank == 3
    effect = effect_of(dimensions_of(HEAVY_HARM), campaigns=[year.campaign])
    assert effect.points == {(3, 2): 1}
    assert [(item.dossier, item.before, item.after) for item in effect.moved] == [(str(dossier.pk), 3, 2)]


def test_effect_of_other_dimensions_leaves_points_unfinished(year: Round, cast: Cast) -> None:
    year.rate(year.rating("施工许可岗"))
    effect = effect_of(dimensions_of(FOUR), campaigns=[year.campaign])
    assert (effect.points, effect.unfinished, effect.moved) == ({}, 1, [])


@pytest.mark.parametrize("weight", ["-1", "101", "NaN", "1e400", "２０", "二十", "20.001", "", "1e1"])
def test_weight_that_is_no_plain_number_is_a_sentence_and_changes_nothing(year: Round, cast: Cast, weight: str) -> None:
    scheme = draft(cast)
    data = posted(scheme) | {"d0-weight": weight}
    answer = client_of(cast["王五"]).post(f"/schemes/{scheme.pk}/", data)
    assert answer.status_code == 422
    assert "权重" in answer.content.decode()
    assert Scheme.unscoped.get(pk=scheme.pk).dimensions == scheme.dimensions


def posted(scheme: Scheme) -> dict[str, str]:
    """The edit page as it would be sent unchanged."""
    data = {"version": str(scheme.version), "name": scheme.name, "year": str(scheme.year), "raters": scheme.raters}
    for n, item in enumerate(scheme.dimensions):
        data |= {f"d{n}-code": item["code"], f"d{n}-name": item["name"], f"d{n}-weight": str(item["weight"])}
        data |= {f"d{n}-wording_{grade}": text for grade, text in enumerate(item["wording"], start=1)}
    return data


def test_draft_saved_unchanged_is_the_same_and_another_dimension_gets_a_code(year: Round, cast: Cast) -> None:
    scheme = draft(cast)
    client = client_of(cast["王五"])
    assert client.post(f"/schemes/{scheme.pk}/", posted(scheme)).status_code == 302
    saved = Scheme.unscoped.get(pk=scheme.pk)
    assert [item["code"] for item in saved.dimensions] == [item["code"] for item in SIX]
    extra = {"d6-name": "社会关注", "d6-weight": "5"} | {f"d6-wording_{n}": f"第{n}档" for n in range(1, 6)}
    assert client.post(f"/schemes/{scheme.pk}/", posted(saved) | extra).status_code == 302
    assert Scheme.unscoped.get(pk=scheme.pk).dimensions[-1]["code"] == "own1"
    assert client.post(f"/schemes/{scheme.pk}/", posted(saved)).status_code == 422


def test_page_of_a_draft_shows_its_effect(year: Round, cast: Cast) -> None:
    year.rate(year.rating("施工许可岗"), grades={item["code"]: 5 if item["code"] == "harm" else 2 for item in SIX})
    page = client_of(cast["王五"]).get(f"/schemes/{draft(cast).pk}/").content.decode()
    assert "1 个风险点的等级会变；建议等级会变的有：岗位 1 个" in page


@pytest.mark.parametrize("number", [1, 3])
def test_list_of_schemes_asks_as_few_questions_for_three(
    year: Round, cast: Cast, number: int, django_assert_num_queries: Any
) -> None:
    for _ in range(number - 1):
        draft(cast)
    client = client_of(cast["王五"])
    client.get("/schemes/")
    with django_assert_num_queries(12):
        client.get("/schemes/")


def test_history_of_a_dossier_is_for_ever(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    with pytest.raises(ProgrammingError), transaction.atomic():
        dossier.moves.update(opinion="从没说过")
    assert [move.opinion for move in dossier.moves.all()] == ["同意。"]
