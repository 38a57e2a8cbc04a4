"""Reported, reviewed, decided: each with who, when and why, for ever; rows as well as the whole."""

import pytest
from django.db import ProgrammingError, transaction

from assessments import actions
from assessments.flow import DOSSIERS
from assessments.models import Dossier, LevelOpinion, Rating, State
from assessments.papers import grid_of, rows_of
from assessments.schemes import SIX, VETOES
from assessments.sheets import ANNEX_4
from lianzheng.flow import NotReady, Refused, Said, Stale
from tests.cast import GRADES, Cast, Round, again, client_of


def said(dossier: Dossier) -> list[tuple[str, int, str, str]]:
    """(stage, rank, who, reason) in order."""
    rows = LevelOpinion.unscoped.filter(dossier=dossier).order_by("at", "id")
    return [(row.stage, row.rank, row.by.name, row.reason) for row in rows]


@pytest.fixture
def handed_in(year: Round) -> Dossier:
    return year.bring(year.rating("施工许可岗"), State.SECTION)


def test_every_level_is_kept_with_who_and_why(handed_in: Dossier, year: Round) -> None:
    year.take(handed_in, "pass", "李四")
    year.take(handed_in, "pass", "王五", facts={"rank": 1, "reason": "近年有投诉"})
    year.take(handed_in, "pass", "赵六")
    decided = actions.Decision(handed_in, handed_in.version, 2, Said(facts={"reason": "投诉已查否"}))
    year.meet([decided])
    assert said(handed_in) == [
        ("reported", 2, "张三", ""),
        ("reviewed", 2, "李四", ""),
        ("reviewed", 1, "王五", "近年有投诉"),
        ("reviewed", 1, "赵六", "近年有投诉"),
        ("decided", 2, "王五", "投诉已查否"),
    ]


def test_what_was_said_of_a_level_is_for_ever(handed_in: Dossier) -> None:
    for change in (
        lambda rows: rows.update(rank=3),
        lambda rows: rows.delete(),
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change(LevelOpinion.unscoped.filter(dossier=handed_in))


def test_level_reported_below_the_proposal_is_flagged_to_the_reviewer(year: Round, cast: Cast) -> None:
    dossier = year.rating("施工许可岗")
    year.rate(dossier)
    actions.report_level(dossier, rank=3, reason="业务量小", by=cast["张三"])
    year.take(dossier, "submit", "张三")
    page = client_of(cast["李四"]).get(dossier.get_absolute_url()).content.decode()
    assert "自报三级，低于建议的二级。理由：业务量小" in page
    assert "低于建议等级" in page


def test_row_is_raised_with_a_word_and_printed(handed_in: Dossier, year: Round, cast: Cast) -> None:
    point, rating = handed_in.table.rows()[0], Rating.unscoped.get(dossier=handed_in)
    with pytest.raises(Refused, match="须写明理由"):
        actions.review_point(handed_in, point=point, version=rating.version, rank=1, reason=" ", by=again(cast["李四"]))
    actions.review_point(
        handed_in, point=point, version=rating.version, rank=1, reason="审批权集中", by=again(cast["李四"])
    )
    with pytest.raises(NotReady) as refusal:
        year.take(handed_in, "pass", "李四")
    assert refusal.value.sentences == ("有风险点的审核等级高于整表等级，请调整审核等级或写明理由。",)
    year.take(handed_in, "pass", "李四", facts={"rank": 1, "reason": "就高"})
    assert [(row["reported_level"], row["reviewed_level"]) for row in rows_of(handed_in)] == [("二级", "一级")]


@pytest.mark.parametrize("name", ["张三", "王五", "外人"])
def test_row_is_reviewed_by_the_desk_where_it_lies_only(handed_in: Dossier, cast: Cast, name: str) -> None:
    point, rating = handed_in.table.rows()[0], Rating.unscoped.get(dossier=handed_in)
    with pytest.raises(Refused, match="现在不由您审核"):
        actions.review_point(handed_in, point=point, version=rating.version, rank=1, reason="高", by=again(cast[name]))


def test_row_reviewed_by_two_at_once_is_told_so(handed_in: Dossier, cast: Cast) -> None:
    point, version = handed_in.table.rows()[0], Rating.unscoped.get(dossier=handed_in).version
    actions.review_point(handed_in, point=point, version=version, rank=1, reason="高", by=again(cast["李四"]))
    with pytest.raises(Stale, match="这一行已被他人改过"):
        actions.review_point(handed_in, point=point, version=version, rank=3, reason="低", by=again(cast["李四"]))


def test_review_of_rows_on_the_page_keeps_what_was_typed(handed_in: Dossier, cast: Cast) -> None:
    client, point = client_of(cast["李四"]), handed_in.table.rows()[0]
    url = f"/dossiers/{handed_in.pk}/rows/{point.pk}/review/"
    version = str(Rating.unscoped.get(dossier=handed_in).version)
    refused = client.post(url, {"version": version, "rank": "1", "reason": ""})
    assert refused.status_code == 422
    assert "调整一行的等级须写明理由。" in refused.content.decode()
    assert client.post(url, {"version": version, "rank": "1", "reason": "审批权集中"}).status_code == 302
    assert Rating.unscoped.get(dossier=handed_in).reviewed_rank == 1


def test_new_hand_in_starts_the_review_of_rows_anew(handed_in: Dossier, year: Round, cast: Cast) -> None:
    point, version = handed_in.table.rows()[0], Rating.unscoped.get(dossier=handed_in).version
    actions.review_point(handed_in, point=point, version=version, rank=1, reason="高", by=again(cast["李四"]))
    year.take(
        handed_in, "return", "李四", opinion="请补充", reason="vague", due_on=year.campaign.rating_due.replace(2027)
    )
    year.take(handed_in, "submit", "张三")
    assert Rating.unscoped.get(dossier=handed_in).reviewed_rank is None


def test_after_the_decision_no_step_lowers_the_level(handed_in: Dossier, year: Round, moving_clock: None) -> None:
    year.bring(handed_in, State.NOTICE)
    while handed_in.state != State.IN_FORCE:
        for step in DOSSIERS.steps(handed_in):
            assert step.action not in ("decide", "pass")
        year.bring(handed_in, next(step.target for step in DOSSIERS.steps(handed_in) if step.duty))
        assert handed_in.decided_rank == 2
    answer = client_of(year.cast["王五"]).post(
        f"/dossiers/{handed_in.pk}/step/",
        {"action": "decide", "version": str(handed_in.version), "rank": "3", "rank_reason": "低"},
    )
    handed_in.refresh_from_db()
    assert (answer.status_code, handed_in.decided_rank) == (409, 2)


def test_one_veto_makes_level_one_and_says_so(year: Round, cast: Cast) -> None:
    content = {"name": "一票", "dimensions": list(SIX), "vetoes": list(VETOES)}
    scheme = actions.draft_scheme(cast.bureau, content=content, by=cast["王五"])
    scheme.refresh_from_db()
    actions.activate_scheme(scheme, version=scheme.version, by=cast["王五"])
    year.campaign.refresh_from_db()
    dossier = year.rating("施工许可岗")
    year.rate(dossier)
    data = {"reported_rank": "1", "reported_reason": "", "vetoes": ["unlimited"]}
    assert client_of(cast["张三"]).post(f"/dossiers/{dossier.pk}/level/", data).status_code == 302
    dossier.refresh_from_db()
    assert (dossier.vetoes, dossier.proposed_rank) == (["unlimited"], 1)
    assert dossier.proposed_reason == (
        "有直接定为一级的情形（“自由裁量权没有合理限制”）；按评分有 1 个风险点为二级（“审批把关不严”），取其高者。"
    )
    forged = client_of(cast["张三"]).post(f"/dossiers/{dossier.pk}/level/", data | {"vetoes": ["own"]})
    assert forged.status_code == 422


def test_sheet_says_what_the_level_rests_on(handed_in: Dossier) -> None:
    cells = [cell.text for cell in grid_of(handed_in, ANNEX_4).cells]
    basis = cells[cells.index("定级依据") + 1]
    assert basis == "建议二级：按评分有 1 个风险点为二级（“审批把关不严”）。"


def test_levels_of_the_posts_are_a_hint_to_the_section_and_never_its_level(handed_in: Dossier, year: Round) -> None:
    section = year.rating("建筑业股")
    year.rate(section, grades=dict.fromkeys(GRADES, 2))
    page = client_of(year.cast["李四"]).get(section.get_absolute_url()).content.decode()
    assert "所属岗位：二级 1 个，最高二级（仅供参考，不自动上推）。" in page
    assert section.proposed_rank == 3
