"""How far a scheme reaches: its year, the county's bureaus, two hands at once, and a hundred thousand points."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments import actions
from assessments.effect import effect_of, scores_of
from assessments.models import Campaign, Dossier, Rating, Scheme, State
from assessments.schemes import FOUR, SIX, VETOES
from assessments.scoring import dimensions_of, rank, score
from bench.crowd import crowd
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.models import Unit
from tests.assessments.test_schemes import HEAVY_HARM
from tests.at_once import at_once
from tests.cast import YEAR, Cast, Round, again, client_of
from tests.world import undone


def put_in_use(owner: Unit, cast: Cast, **content: Any) -> Scheme:
    values = {"name": "方案", "dimensions": list(SIX), "year": YEAR} | content
    scheme = actions.draft_scheme(owner, content=values, by=cast["王五"])
    scheme.refresh_from_db()
    actions.activate_scheme(scheme, version=scheme.version, by=cast["王五"])
    scheme.refresh_from_db()
    return scheme


def test_bureau_without_a_scheme_takes_the_countys(cast: Cast) -> None:
    county = put_in_use(cast.units["云县"], cast, dimensions=list(FOUR))
    play = Round(cast)
    assert play.campaign.scheme == county
    assert [item["code"] for item in play.rating("施工许可岗").dimensions] == [item["code"] for item in FOUR]


def test_own_scheme_goes_before_the_countys_and_a_newer_year_before_an_older(cast: Cast) -> None:
    county = put_in_use(cast.units["云县"], cast, year=YEAR - 1)
    assert actions.governing(cast.bureau, year=YEAR) == county
    own = put_in_use(cast.bureau, cast, year=YEAR - 1)
    newer = put_in_use(cast.bureau, cast, year=YEAR)
    governed = {year: actions.governing(cast.bureau, year=year) for year in range(YEAR - 2, YEAR + 2)}
    assert governed == {YEAR - 2: None, YEAR - 1: own, YEAR: newer, YEAR + 1: newer}
    assert actions.governing(cast.other, year=YEAR) == county


def test_countys_scheme_scores_the_open_forms_of_bureaus_that_inherit_it(year: Round, cast: Cast) -> None:
    Scheme.unscoped.filter(bureau=cast.bureau).update(state=Scheme.State.RETIRED)
    dossier = year.rating("施工许可岗")
    year.rate(dossier)
    county = put_in_use(cast.units["云县"], cast, dimensions=HEAVY_HARM)
    assert Campaign.unscoped.get(pk=year.campaign.pk).scheme == county
    rating = Rating.unscoped.get(dossier=dossier)
    assert rating.score == score(dimensions_of(HEAVY_HARM), grades=rating.grades) != Decimal("68.00")


def test_countys_scheme_leaves_a_bureau_with_its_own_alone(year: Round, cast: Cast) -> None:
    before = year.campaign.scheme
    put_in_use(cast.units["云县"], cast, dimensions=list(FOUR))
    assert Campaign.unscoped.get(pk=year.campaign.pk).scheme == before


def test_scheme_of_a_later_year_changes_nothing_of_this_one(year: Round, cast: Cast) -> None:
    dossier = year.rating("施工许可岗")
    put_in_use(cast.bureau, cast, year=YEAR + 1, dimensions=list(FOUR))
    dossier.refresh_from_db()
    assert [item["code"] for item in dossier.dimensions] == [item["code"] for item in SIX]
    assert Round(cast, year=YEAR + 1).campaign.scheme.dimensions[0]["code"] == FOUR[0]["code"]


def test_county_office_drafts_for_all_and_reads_no_names(year: Round, cast: Cast) -> None:
    Scheme.unscoped.filter(bureau=cast.bureau).update(state=Scheme.State.RETIRED)
    year.rate(year.rating("施工许可岗"), grades={item["code"]: 5 if item["code"] == "harm" else 2 for item in SIX})
    client = client_of(cast["周一"])
    answer = client.post("/schemes/new/", {"source": "six"})
    scheme = Scheme.unscoped.get(state=Scheme.State.DRAFT)
    assert (answer.status_code, scheme.bureau) == (302, cast.units["云县"])
    actions.save_scheme(scheme, version=1, content={"dimensions": HEAVY_HARM}, by=cast["周一"])
    page = client.get(f"/schemes/{scheme.pk}/").content.decode()
    assert "1 个风险点的等级会变；建议等级会变的有：岗位 1 个" in page
    assert ("施工许可岗" in page, "审批把关不严" in page) == (False, False)
    assert client_of(cast["王五"]).get(f"/schemes/{scheme.pk}/").status_code == 404


def test_scheme_in_use_cannot_be_deleted(year: Round, cast: Cast) -> None:
    scheme = year.campaign.scheme
    with pytest.raises(Refused, match="已启用或用过的方案不能删除"):
        actions.discard_scheme(scheme, by=cast["王五"])
    with pytest.raises(ProtectedError), transaction.atomic():
        Scheme.unscoped.filter(pk=scheme.pk).delete()
    answer = client_of(cast["王五"]).post(f"/schemes/{scheme.pk}/discard/", follow=True)
    assert "已启用或用过的方案不能删除。" in answer.content.decode()
    assert Scheme.unscoped.filter(pk=scheme.pk).exists()


def test_draft_discarded_while_another_page_saves_it_is_told(year: Round, cast: Cast) -> None:
    draft = actions.draft_scheme(cast.bureau, content={"name": "x", "dimensions": list(SIX)}, by=cast["王五"])
    actions.discard_scheme(draft, by=cast["王五"])
    with pytest.raises(Stale):
        actions.save_scheme(draft, version=1, content={"name": "y"}, by=cast["王五"])


def test_two_schemes_of_a_year_are_never_in_use_together(year: Round, cast: Cast) -> None:
    draft = actions.draft_scheme(cast.bureau, content={"name": "x", "dimensions": list(SIX)}, by=cast["王五"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Scheme.unscoped.filter(pk=draft.pk).update(state=Scheme.State.ACTIVE)


def drafts(play: Round, number: int) -> list[Scheme]:
    content = {"name": "并发", "dimensions": list(SIX), "year": YEAR}
    return [actions.draft_scheme(play.cast.bureau, content=content, by=play.cast["王五"]) for _ in range(number)]


def test_ten_activations_of_one_draft_at_once_are_one(committed: Round) -> None:
    [draft] = drafts(committed, 1)

    def activate(n: int) -> str:
        actions.activate_scheme(Scheme.unscoped.get(pk=draft.pk), version=1, by=again(committed.cast["王五"]))
        return "won"

    assert at_once(activate) == {"won": 1, "方案已被他人修改或已启用，请按最新内容办理。": 9}
    assert Counter(Scheme.unscoped.values_list("state", flat=True)) == {"active": 1, "retired": 1}


def test_ten_drafts_activated_at_once_leave_one_in_use(committed: Round) -> None:
    made = drafts(committed, 10)

    def activate(n: int) -> str:
        actions.activate_scheme(Scheme.unscoped.get(pk=made[n].pk), version=1, by=again(committed.cast["王五"]))
        return "won"

    assert at_once(activate) == {"won": 10}
    assert Counter(Scheme.unscoped.values_list("state", flat=True)) == {"active": 1, "retired": 10}


def test_activations_without_the_lock_would_collide(committed: Round) -> None:
    """The control: retire the old, then put in use, with nothing that makes the others wait."""
    made = drafts(committed, 10)

    def activate(n: int) -> str:
        try:
            with transaction.atomic():
                Scheme.unscoped.filter(bureau=committed.cast.bureau, state="active").update(state="retired")
                Scheme.unscoped.filter(pk=made[n].pk).update(state="active")
        except IntegrityError:
            return "collided"
        return "won"

    assert at_once(activate)["collided"] > 0


def test_effect_weighs_several_raters_and_the_veto(year: Round, cast: Cast) -> None:
    put_in_use(cast.bureau, cast, raters="mean", vetoes=list(VETOES))
    year.campaign.refresh_from_db()
    dossier = year.rating("施工许可岗")
    year.rate(dossier)
    summed = {item["code"]: 10 for item in SIX}
    Rating.unscoped.filter(dossier=dossier).update(summed=summed, divisor=3, score=Decimal("66.67"), rank=2)
    Dossier.unscoped.filter(pk=dossier.pk).update(vetoes=["major"])
    [(_, total, level)] = scores_of(dimensions_of(SIX), campaign=year.campaign)
    assert (total, level) == (Decimal("66.67"), 2)
    kept = effect_of(dimensions_of(SIX), campaigns=[year.campaign], vetoes=["major"])
    dropped = effect_of(dimensions_of(SIX), campaigns=[year.campaign], vetoes=[])
    assert (kept.moved, [(item.before, item.after) for item in dropped.moved]) == ([], [(1, 2)])


MANY = 100_000


@pytest.fixture
def many(year: Round, cast: Cast) -> Campaign:
    """The round with a hundred thousand rated points, graded at random by one or by three."""
    dossier = year.rating("施工许可岗")
    crowd(dossier, number=MANY)
    return year.campaign


def test_hundred_thousand_scores_in_sql_equal_the_pure_module(many: Campaign) -> None:
    """Weights with thirds and ties in them: rounding, not only adding, must agree."""
    weights = ("33.33", "16.67", "20.005", "9.995", "10", "10")
    turned = [dict(item) | {"weight": w} for item, w in zip(SIX, weights, strict=True)]
    turned[1]["reverse"] = True
    dimensions = dimensions_of(turned)
    kept = {row[0]: row[1:] for row in Rating.unscoped.values_list("pk", "summed", "divisor")}
    wrong = []
    counted: Counter[int] = Counter()
    for key, total, level in scores_of(dimensions, campaign=many):
        summed, divisor = kept.pop(key)
        expected = score(dimensions, grades=summed, divisor=divisor)
        assert expected is not None
        counted[rank(expected)] += 1
        if (total, level) != (expected, rank(expected)):
            wrong.append((summed, divisor, total, expected))
    assert (wrong, kept) == ([], {})
    effect = effect_of(dimensions, campaigns=[many])
    assert effect.points == {(3, level): number for level, number in sorted(counted.items())}
    assert (sum(counted.values()), len(effect.named)) == (MANY, 200)


cuts = st.lists(st.integers(0, 10000), min_size=5, max_size=5).map(sorted)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(cuts=cuts, turned=st.sets(st.integers(0, 5)))
def test_snapshot_gives_the_same_score_whatever_scheme_comes_later(handed_in: Dossier, cuts: Any, turned: Any) -> None:
    """The next scheme, any scheme: what was handed in scores from its own snapshot what it scored then."""
    before = Rating.unscoped.get(dossier=handed_in)
    weights = [str(Decimal(b - a) / 100) for a, b in zip([0, *cuts], [*cuts, 10000], strict=True)]
    weighed = enumerate(zip(SIX, weights, strict=True))
    content = [dict(item) | {"weight": w, "reverse": n in turned} for n, (item, w) in weighed]
    later, by = {"name": "后来", "dimensions": content}, handed_in.holder
    with undone():
        scheme = actions.draft_scheme(handed_in.bureau, content=later, by=by)
        scheme.refresh_from_db()
        actions.activate_scheme(scheme, version=scheme.version, by=by)
        kept = Dossier.unscoped.get(pk=handed_in.pk)
        after = Rating.unscoped.get(dossier=kept)
        again_ = score(dimensions_of(kept.dimensions), grades=after.summed, divisor=after.divisor)
        assert (again_, after.score, after.rank) == (before.score, before.score, before.rank)


@pytest.fixture
def handed_in(year: Round) -> Dossier:
    return year.bring(year.rating("施工许可岗"), State.SECTION)
