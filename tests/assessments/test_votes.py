"""Votes, quorum, recusals as typed, and the next number of a series: pure rules."""

import pytest

from assessments.minutes import chinese
from assessments.numbers import following
from assessments.votes import Votes, problem, quorate, recusals


@pytest.mark.parametrize(("present", "expected", "enough"), [(3, 5, True), (3, 6, False), (4, 6, True), (0, 0, False)])
def test_quorum_is_more_than_half(present: int, expected: int, enough: bool) -> None:
    assert quorate(expected=expected, present=present) is enough


@pytest.mark.parametrize("votes", [Votes(5), Votes(3, 1, 1), Votes(3, 2)])
def test_votes_of_all_who_may_vote_with_a_majority_are_possible(votes: Votes) -> None:
    assert problem(votes, voters=5, decides=True) == ""


@pytest.mark.parametrize("votes", [Votes(4), Votes(6), Votes(5, 1)])
def test_votes_of_another_number_of_people_are_not_possible(votes: Votes) -> None:
    said = f"表决票数合计 {votes.total}，与有表决权的实到人数 5（实到人数减回避人数）不符。"
    assert problem(votes, voters=5, decides=True) == said


def test_level_without_a_majority_is_not_decided_but_may_go_back() -> None:
    votes = Votes(2, 1, 1)
    assert (
        problem(votes, voters=4, decides=True)
        == "同意 2 票，未超过有表决权的实到人数 4 的半数，只能退回修改或不列入本次会议。"
    )
    assert problem(votes, voters=4, decides=False) == ""


def test_recusals_are_read_from_one_line() -> None:
    assert recusals(" 钱七：亲属关系； 赵六:曾任该岗\n李四：其他 ；") == {
        "钱七": "亲属关系",
        "赵六": "曾任该岗",
        "李四": "其他",
    }
    assert recusals("") == {}


@pytest.mark.parametrize("text", ["钱七", "钱七：", "：亲属", "钱七：亲属；赵六"])
def test_recusal_without_name_or_reason_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="没有写明理由"):
        recusals(text)


@pytest.mark.parametrize(
    ("used", "proposed"),
    [
        ([], "廉备〔2026〕1号"),
        (["云纪备〔2026〕12号", "云纪备〔2026〕9号"], "云纪备〔2026〕13号"),
        (["云纪备〔2025〕40号"], "廉备〔2026〕1号"),
        (["云纪备〔2026〕2号", "别的〔2026〕30号"], "云纪备〔2026〕3号"),
        (["手写的号码", "甲〔2026〕7号"], "甲〔2026〕8号"),
    ],
)
def test_next_number_follows_the_newest_wording_of_the_year(used: list[str], proposed: str) -> None:
    assert following(used, year=2026, word="廉备") == proposed


@pytest.mark.parametrize(
    ("number", "word"),
    [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (99, "九十九"), (0, "0")],
)
def test_heading_is_numbered_in_chinese(number: int, word: str) -> None:
    assert chinese(number) == word
