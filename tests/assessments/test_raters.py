"""Several raters: each at the desk where the form lies, never on one's own; what they come to together."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments import actions
from assessments.models import Appraisal, Dossier, Rating, State
from assessments.schemes import SIX
from assessments.scoring import LEADER, OFFICE, RATERS, SELF, combine, dimensions_of, rank, score
from lianzheng.flow import NotReady, Refused, Stale
from tests.cast import GRADES, Cast, Round, again, client_of

DIMENSIONS = dimensions_of(SIX)
CODES = [item.code for item in DIMENSIONS]
ALL = {3: dict.fromkeys(CODES, 3), 4: dict.fromkeys(CODES, 4), 5: dict.fromkeys(CODES, 5)}


def joined(raters: str, **by_seat: dict[str, int]) -> tuple[Decimal | None, int]:
    combined = combine(by_seat, raters=raters)
    return score(DIMENSIONS, grades=combined.summed, divisor=combined.divisor), combined.divisor


def test_mean_of_three_is_the_mean_of_each_dimension() -> None:
    assert joined("mean", self=ALL[3], office=ALL[4], leader=ALL[5]) == (Decimal("80.00"), 3)


def test_split_weighs_the_holder_by_a_fifth() -> None:
    assert joined("split", self=ALL[3], office=ALL[4], leader=ALL[4]) == (Decimal("76.00"), 100)


def test_holder_alone_counts_until_everybody_has_graded() -> None:
    assert joined("mean", self=ALL[3], office=ALL[5]) == (Decimal("60.00"), 1)
    assert joined("mean", self=ALL[3], office=ALL[5], leader={"harm": 5}) == (Decimal("60.00"), 1)


def test_third_of_a_grade_is_not_rounded_before_the_score() -> None:
    """Σ = 79.995 exactly: rounding each mean to two places first would show 79.99 (§2.3: HALF_UP of the raw score)."""
    dimensions = dimensions_of(
        [
            {"code": "a", "name": "a", "weight": "99.975", "wording": "12345"},
            {"code": "b", "name": "b", "weight": "0.025", "wording": "12345"},
        ]
    )
    combined = combine({SELF: {"a": 4, "b": 3}, OFFICE: {"a": 4, "b": 4}, LEADER: {"a": 4, "b": 4}}, raters="mean")
    raw = (Decimal("99.975") * 12 + Decimal("0.025") * 11) / 15
    assert raw == Decimal("79.99833333333333333333333333")
    assert score(dimensions, grades=combined.summed, divisor=combined.divisor) == Decimal("80.00")


grades = st.fixed_dictionaries({code: st.integers(1, 5) for code in CODES})


@given(st.sampled_from(sorted(RATERS)), grades, grades, grades)
def test_joint_score_lies_between_the_raters(raters: str, own: Any, office: Any, leader: Any) -> None:
    total, _ = joined(raters, self=own, office=office, leader=leader)
    each = [score(DIMENSIONS, grades=given_) for given_ in (own, office, leader)]
    assert total is not None
    counted = each[:1] if raters == "single" else each
    assert min(item for item in counted if item is not None) <= total
    assert total <= max(item for item in counted if item is not None)


@given(grades, grades, grades, st.sampled_from(CODES))
def test_joint_score_rises_with_each_grade(own: Any, office: Any, leader: Any, code: str) -> None:
    before, _ = joined("split", self=own, office=office, leader=leader)
    after, _ = joined("split", self=own, office=office | {code: min(5, office[code] + 1)}, leader=leader)
    assert before is not None
    assert after is not None
    assert before <= after
    assert rank(after) <= rank(before)


@pytest.fixture
def three(year: Round, cast: Cast) -> Dossier:
    """张三's rating under a scheme with three raters, handed in and passed by his section."""
    content = {"name": "三方", "dimensions": list(SIX), "raters": "mean"}
    scheme = actions.draft_scheme(cast.bureau, content=content, by=cast["王五"])
    scheme.refresh_from_db()
    actions.activate_scheme(scheme, version=scheme.version, by=cast["王五"])
    year.campaign.refresh_from_db()
    return year.bring(year.rating("施工许可岗"), State.VICE)


def given_by(dossier: Dossier, seat: str, by: Any, *, version: int = 0, **changes: int) -> Rating:
    point = dossier.table.rows()[0]
    wanted = actions.Grading(version, GRADES | changes, {})
    return actions.save_appraisal(dossier, seat=seat, point=point, given=wanted, by=again(by))[1]


def test_desks_of_the_raters_are_on_the_way(three: Dossier) -> None:
    assert three.route == "county.post.rating+vice"


def test_rater_grades_before_passing_on(three: Dossier, year: Round, cast: Cast) -> None:
    with pytest.raises(NotReady) as refusal:
        year.take(three, "pass", "钱七")
    assert refusal.value.sentences == ("还有 1 个风险点没有评分，评完才能通过。",)
    given_by(three, LEADER, cast["钱七"], harm=5)
    year.take(three, "pass", "钱七")
    assert three.state == State.OFFICE


def test_joint_score_and_proposal_stand_when_the_last_rater_has_graded(three: Dossier, year: Round, cast: Cast) -> None:
    own = Rating.unscoped.get(dossier=three)
    given_by(three, LEADER, cast["钱七"], harm=5, importance=5)
    assert Rating.unscoped.get(dossier=three).score == own.score == Decimal("68.00")
    year.take(three, "pass", "钱七")
    joint = given_by(three, OFFICE, cast["王五"], harm=5, importance=5, discretion=5, probability=5)
    assert (joint.score, joint.divisor) == (Decimal("80.00"), 3)
    three.refresh_from_db()
    assert three.proposed_rank == 1


@pytest.mark.parametrize(
    ("seat", "name"), [("office", "王五"), ("leader", "李四"), ("leader", "张三"), ("leader", "外人")]
)
def test_nobody_grades_out_of_turn(three: Dossier, cast: Cast, seat: str, name: str) -> None:
    with pytest.raises(Refused, match="现在不由您评分"):
        given_by(three, seat, cast[name])
    assert Appraisal.unscoped.count() == 0


def test_two_raters_of_one_desk_do_not_overwrite_each_other(three: Dossier, cast: Cast) -> None:
    given_by(three, LEADER, cast["钱七"])
    with pytest.raises(Stale, match="已在别的窗口改过"):
        given_by(three, LEADER, cast["钱七"], harm=5)
    assert given_by(three, LEADER, cast["钱七"], version=1, harm=5).version >= 1


def test_page_read_before_the_grades_changed_is_told_so(three: Dossier, year: Round, cast: Cast) -> None:
    version = three.version
    given_by(three, LEADER, cast["钱七"])
    answer = client_of(cast["钱七"]).post(f"/dossiers/{three.pk}/step/", {"action": "pass", "version": str(version)})
    assert answer.status_code == 409
    assert "内容已变化，请按最新内容办理。" in answer.content.decode()


def test_rater_grades_on_the_page(three: Dossier, cast: Cast) -> None:
    client = client_of(cast["钱七"])
    page = client.get(three.get_absolute_url()).content.decode()
    assert "分管领导评分（自评、廉政办、分管领导三方平均）" in page
    point = three.table.rows()[0]
    url = f"/dossiers/{three.pk}/rows/{point.pk}/appraisal/"
    assert client.post(url, {"version": "0"} | {code: str(n) for code, n in GRADES.items()}).status_code == 302
    assert Appraisal.unscoped.get().grades == GRADES
    refused = client.post(url, {"version": "0"} | dict.fromkeys(GRADES, "5"))
    assert refused.status_code == 409
    assert "已在别的窗口改过" in refused.content.decode()


def test_bureau_form_is_graded_by_the_office_alone(three: Dossier, year: Round) -> None:
    assert year.campaign.dossiers.filter(kind="bureau").exclude(raters="single").count() == 0
