"""Grades of last year: offered, not taken over unseen; a far move needs a word. And a decision's reason is printed."""

import pytest

from assessments import actions
from assessments.models import Dossier, State
from assessments.papers import opinions_of
from assessments.readiness import problems_of
from lianzheng.flow import Said
from tests.cast import GRADES, YEAR, Cast, Round, client_of


@pytest.fixture
def again_next_year(year: Round, cast: Cast, moving_clock: None) -> Dossier:
    """张三's rating of the year after one that came into force."""
    year.bring(year.rating("施工许可岗"), State.IN_FORCE)
    return Round(cast, year=YEAR + 1).rating("施工许可岗")


def grade(dossier: Dossier, cast: Cast, **changes: int) -> None:
    for point in dossier.table.rows():
        actions.save_rating(dossier, point=point, version=0, grades=GRADES | changes, reasons={}, by=cast["张三"])


def test_grades_of_last_year_are_offered_and_not_saved(again_next_year: Dossier, cast: Cast) -> None:
    page = client_of(cast["张三"]).get(again_next_year.get_absolute_url()).content.decode()
    assert "已带入上年的档次，请核对后按“保存评分”" in page
    assert page.count("selected") >= len(GRADES)
    assert again_next_year.ratings.count() == 0


def test_grade_that_stays_near_needs_no_word(again_next_year: Dossier, cast: Cast) -> None:
    near = {code: value + 1 if value < 4 else value for code, value in GRADES.items()}
    grade(again_next_year, cast, **near)
    assert [problem.field for problem in problems_of(again_next_year)] == ["reported"]


def test_grade_that_moves_far_needs_a_word(again_next_year: Dossier, cast: Cast) -> None:
    code, value = next(iter(GRADES.items()))
    moved = value - 2 if value > 2 else value + 2
    grade(again_next_year, cast, **{code: moved})
    found = problems_of(again_next_year)
    assert [problem.field for problem in found] == [code, "reported"]
    assert found[0].text == f"第1行：权力重要程度由上年 {value} 档变为 {moved} 档，请写一句理由"


def test_reason_of_a_decision_below_the_proposal_is_printed(year: Round) -> None:
    dossier = year.bring(year.rating("施工许可岗"), State.MEETING)
    assert dossier.proposed_rank is not None
    lower = dossier.proposed_rank + 1
    said = Said(facts={"reason": "岗位已不再经办大额项目"})
    year.meet([actions.Decision(dossier, dossier.version, lower, said)])
    printed = opinions_of(Dossier.unscoped.get(pk=dossier.pk))["meeting"]
    words = {2: "二级", 3: "三级"}
    assert [opinion.text for opinion in printed] == [
        f"经局办公会议第1次会议研究，确定为{words[lower]}。理由：岗位已不再经办大额项目"
    ]
