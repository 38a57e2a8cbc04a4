"""Rolling up and completeness, without a database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.completeness import REQUIRED, Filled, hints, problems
from registers.rollup import ALIKE, Row, groups, likeness, merged

TEXT = st.text("审批把关不严资金", max_size=8)
ROWS = st.lists(
    st.builds(
        Row,
        id=st.uuids().map(str),
        origin=TEXT,
        power=TEXT,
        risk_type=st.sampled_from(["duty", "moral"]),
        name=TEXT,
        manifestation=TEXT,
        measures=st.lists(TEXT, max_size=3).map(tuple),
        responsible=TEXT,
    ),
    max_size=12,
)
ONE = Row("1", "许可岗", "许可", "duty", "审批把关不严", "对资料审查不严", ("双人审查",), "张三")


def test_equal_rows_are_alike_and_other_types_never() -> None:
    assert likeness(ONE, ONE) == 1.0
    assert likeness(ONE, replace(ONE, risk_type="moral")) == 0.0
    assert likeness(ONE, replace(ONE, name="收受礼金", manifestation="违规收受红包")) == 0.0


def test_empty_rows_are_not_alike() -> None:
    empty = replace(ONE, name="", manifestation="")
    assert likeness(empty, empty) == 0.0


@given(ROWS)
def test_groups_lose_nothing_and_keep_the_order_of_their_first_rows(rows: list[Row]) -> None:
    gathered = groups(rows)
    assert sorted(row.id for group in gathered for row in group) == sorted(row.id for row in rows)
    place = {row.id: n for n, row in enumerate(rows)}
    assert [place[group[0].id] for group in gathered] == sorted(place[group[0].id] for group in gathered)
    for group in gathered:
        assert [place[row.id] for row in group] == sorted(place[row.id] for row in group)
        assert all(likeness(group[0], row) >= ALIKE for row in group[1:])


@given(ROWS.filter(bool))
def test_merged_row_carries_every_text_once(rows: list[Row]) -> None:
    one = merged(rows)
    texts = [row.manifestation for row in rows if row.manifestation]
    assert one.manifestation.split("\n") == (list(dict.fromkeys(texts)) or [""])
    assert one.measures == tuple(dict.fromkeys(text for row in rows for text in row.measures if text))
    assert one.origin == "、".join(dict.fromkeys(row.origin for row in rows if row.origin))
    assert (one.name, one.risk_type) == (rows[0].name, rows[0].risk_type)


@given(ROWS, ROWS)
def test_likeness_is_symmetric_and_between_0_and_1(one: list[Row], other: list[Row]) -> None:
    for first, second in zip(one, other, strict=False):
        assert likeness(first, second) == likeness(second, first)
        assert 0 <= likeness(first, second) <= 1


FULL = Filled("1", 1, "duty", "风险点", "表现形式甲", "措施要写得具体可行", "张三")


def test_full_row_has_no_problem_and_no_hint() -> None:
    assert (problems([FULL]), hints([FULL])) == ([], [])


def test_empty_table_is_a_problem() -> None:
    assert [problem.text for problem in problems([])] == ["还没有风险点，请至少填写一行"]


@pytest.mark.parametrize(("name", "sentence"), REQUIRED)
@pytest.mark.parametrize("blank", ["", " ", "\n\u3000"])
def test_missing_field_is_named_with_its_row(name: str, sentence: str, blank: str) -> None:
    found = problems([FULL, replace(FULL, id="2", number=2, **{name: blank})])
    assert [(item.row, item.field, item.text) for item in found] == [("2", name, f"第2行：{sentence}")]


@pytest.mark.parametrize(
    ("changes", "texts"),
    [
        ({"manifestation": "另一种表现"}, []),
        ({}, ["第2行：表现形式与第1行完全相同"]),
        ({"manifestation": "乙", "measures": "太短"}, ["第2行：防控措施较短，请看是否具体可行"]),
        (
            {"manifestation": "写在两格里的同一段", "measures": "写在两格里的同一段"},
            ["第2行：防控措施与表现形式相同，可能填错了格"],
        ),
    ],
)
def test_hint_says_what_to_look_at_again(changes: dict[str, str], texts: list[str]) -> None:
    rows = [FULL, replace(FULL, id="2", number=2, **changes)]
    assert [hint.text for hint in hints(rows)] == texts
    assert problems(rows) == []
