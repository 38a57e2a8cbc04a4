"""Scores, levels and proposals: the tables of the domain, and what must hold for every input."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.levels import HEIGHT, Point, propose
from assessments.schemes import SIX
from assessments.scoring import Dimension, dimensions_of, rank, rounded, scheme_problem, score

SCHEME = dimensions_of(SIX)
CODES = [item.code for item in SCHEME]
GRADE = st.integers(1, 5)
GRADES = st.fixed_dictionaries(dict.fromkeys(CODES, GRADE))


def of(*grades: Any) -> dict[str, Any]:
    return dict(zip(CODES, grades, strict=True))


@pytest.mark.parametrize(
    ("grades", "points", "level"),
    [
        ((5, 4, 4, 5, 3, 3), "84.00", 1),
        ((4, 4, 3, 3, 3, 3), "68.00", 2),
        ((1, 1, 2, 2, 2, 1), "30.00", 3),
        ((3, 3, 3, 3, 3, 3), "60.00", 2),
        ((4, 4, 4, 4, 4, 4), "80.00", 1),
        ((1, 1, 1, 1, 1, 1), "20.00", 3),
        ((5, 5, 5, 5, 5, 5), "100.00", 1),
    ],
)
def test_score_of_the_calibration_cases(grades: tuple[int, ...], points: str, level: int) -> None:
    total = score(SCHEME, grades=of(*grades))
    assert total is not None
    assert (str(total), rank(total)) == (points, level)


@pytest.mark.parametrize(
    ("points", "level"),
    [
        ("80", 1), ("80.00", 1), ("100", 1), ("79.99", 2), ("79.9", 2), ("60", 2), ("60.00", 2),
        ("59.99", 3), ("0", 3), ("79.995", 1), ("59.995", 2), ("79.994", 2), ("59.994", 3),
    ],
)  # fmt: skip
def test_level_at_the_edges(points: str, level: int) -> None:
    assert rank(Decimal(points)) == level


@pytest.mark.parametrize("points", ["-0.01", "100.01", "100.005", "1E+400"])
def test_level_of_a_number_that_is_no_score_is_refused(points: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        rank(Decimal(points))


def test_shown_number_is_rounded_half_up() -> None:
    assert [str(rounded(Decimal(raw))) for raw in ("79.995", "79.994", "0.005", "59.995")] == [
        "80.00", "79.99", "0.01", "60.00",
    ]  # fmt: skip


def test_shares_of_the_levels_over_all_combinations() -> None:
    weights = [int(item.weight) for item in SCHEME]
    totals = [sum(w * g for w, g in zip(weights, grades, strict=True)) for grades in product(range(1, 6), repeat=6)]
    counts = Counter(rank(Decimal(total) / 5) for total in totals)
    assert sum(counts.values()) == 15_625
    assert {level: round(100 * n / 15_625, 1) for level, n in counts.items()} == {1: 5.8, 2: 47.5, 3: 46.7}


@pytest.mark.parametrize(
    "bad", [0, 6, -1, 100, Decimal("5.01"), Decimal("0.99"), Decimal("NaN"), Decimal("Infinity"), Decimal("1e400")]
)
def test_grade_out_of_range_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match="评分档次只能是 1 至 5。"):
        score(SCHEME, grades=of(bad, 3, 3, 3, 3, 3))


@pytest.mark.parametrize("missing", CODES)
def test_score_is_unfinished_while_a_dimension_is_missing(missing: str) -> None:
    grades = of(3, 3, 3, 3, 3, 3)
    del grades[missing]
    assert score(SCHEME, grades=grades) is None


@given(GRADES)
def test_score_lies_between_20_and_100_with_two_places(grades: dict[str, int]) -> None:
    total = score(SCHEME, grades=grades)
    assert total is not None
    assert 20 <= total <= 100
    assert total.as_tuple().exponent == -2


@given(GRADES, st.sampled_from(CODES))
def test_higher_grade_never_lowers_score_or_level(grades: dict[str, int], code: str) -> None:
    higher = grades | {code: min(5, grades[code] + 1)}
    before, after = score(SCHEME, grades=grades), score(SCHEME, grades=higher)
    assert before is not None
    assert after is not None
    assert after - before == (SCHEME[CODES.index(code)].weight / 5 if grades[code] < 5 else 0)
    assert rank(after) <= rank(before)


@given(GRADES, st.permutations(SCHEME))
def test_order_of_the_dimensions_changes_nothing(grades: dict[str, int], order: list[Dimension]) -> None:
    assert score(order, grades=grades) == score(SCHEME, grades=grades)


@given(st.decimals(0, 100, places=4), st.decimals(0, 100, places=4))
def test_more_points_never_give_a_lighter_level(one: Decimal, other: Decimal) -> None:
    assert rank(max(one, other)) <= rank(min(one, other))


@pytest.mark.parametrize(
    ("weights", "problem"),
    [
        (("50", "50"), None),
        (("33.3", "66.7"), None),
        (("50", "49.99"), "权重合计必须正好是 100，现在是 99.99。"),
        (("-1", "101"), "权重必须是不小于 0 的数。"),
        (("NaN", "100"), "权重必须是不小于 0 的数。"),
        (("Infinity", "0"), "权重必须是不小于 0 的数。"),
    ],
)
def test_weights_of_a_scheme(weights: tuple[str, ...], problem: str | None) -> None:
    wording = ("1", "2", "3", "4", "5")
    scheme = [Dimension(str(n), "", Decimal(weight), wording) for n, weight in enumerate(weights)]
    assert scheme_problem(scheme) == problem


def test_scheme_without_five_wordings_is_none() -> None:
    with pytest.raises(ValueError, match="每个维度须有 5 档表述。"):
        dimensions_of([{"code": "a", "name": "a", "weight": "100", "wording": ["1", "2"]}])


@pytest.mark.parametrize(
    ("ranks", "criteria", "level", "reason"),
    [
        ((2, 3), None, 2, "按评分有 1 个风险点为二级（“点1”）。"),
        ((3, 3, 3), None, 3, "按评分有 3 个风险点为三级（“点1”、“点2”等）。"),
        ((2,), 1, 1, "按划分标准应定一级（依据）；按评分有 1 个风险点为二级（“点1”），取其高者。"),
        ((1,), 3, 1, "按评分有 1 个风险点为一级（“点1”）；按划分标准应定三级（依据），取其高者。"),
        ((2,), 2, 2, "按评分有 1 个风险点为二级（“点1”）；按划分标准应定二级（依据），取其高者。"),
        ((), 2, 2, "按划分标准应定二级（依据）。"),
    ],
)
def test_proposed_level_is_the_highest_and_says_why(
    ranks: tuple[int, ...], criteria: int | None, level: int, reason: str
) -> None:
    points = [Point(f"点{n}", rank_) for n, rank_ in enumerate(ranks, start=1)]
    proposal = propose(points, criteria_rank=criteria, criteria_basis="依据")
    assert proposal is not None
    assert (proposal.rank, proposal.reason) == (level, reason)


def test_proposal_speaks_the_words_of_the_bureau() -> None:
    proposal = propose([Point("点", 1)], criteria_rank=None, words=HEIGHT)
    assert proposal is not None
    assert proposal.reason == "按评分有 1 个风险点为高级（“点”）。"


def test_nothing_to_go_by_is_no_proposal() -> None:
    assert propose([], criteria_rank=None) is None


@given(st.lists(st.integers(1, 3), min_size=1), st.none() | st.integers(1, 3))
def test_proposed_level_is_never_lighter_than_any_reason(ranks: list[int], criteria: int | None) -> None:
    proposal = propose([Point(str(n), item) for n, item in enumerate(ranks)], criteria_rank=criteria)
    assert proposal is not None
    assert proposal.rank == min([*ranks, *([criteria] if criteria else [])])


REVERSED = dimensions_of([dict(item) | {"reverse": item["code"] == "mechanism"} for item in SIX])


@given(GRADES)
def test_reverse_dimension_counts_from_the_other_end(grades: dict[str, int]) -> None:
    turned = grades | {"mechanism": 6 - grades["mechanism"]}
    assert score(REVERSED, grades=grades) == score(SCHEME, grades=turned)
    tripled = {code: 3 * grade for code, grade in grades.items()}
    assert score(REVERSED, grades=tripled, divisor=3) == score(REVERSED, grades=grades)


def test_heaviest_grade_of_a_reverse_dimension_is_one() -> None:
    assert [item.heaviest for item in REVERSED] == [1 if item.code == "mechanism" else 5 for item in REVERSED]
