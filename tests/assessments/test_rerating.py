"""Rating out of turn, the end of a post, and the years side by side: old versions stay readable for ever."""

from typing import Any

import pytest

from assessments import actions, history
from assessments.models import Cause, Dossier, State
from assessments.rules import visible
from lianzheng import clock
from lianzheng.flow import NotReady, Refused
from lianzheng.organisation.models import Post, Tenure
from registers.actions import remove_point, save_point
from registers.models import RiskPoint
from tests.cast import YEAR, Cast, Round, again, client_of, row, tomorrow


@pytest.fixture
def in_force(year: Round, moving_clock: None) -> Dossier:
    """张三's level of the year, in force."""
    return year.bring(year.rating("施工许可岗"), State.IN_FORCE)


def anew(dossier: Dossier, by: Any, **facts: Any) -> Dossier:
    values = {"cause": Cause.DUTIES, "text": "职责调整"} | facts
    return actions.rate_anew(dossier, **values, by=again(by))


def test_form_out_of_turn_starts_from_what_is_in_force(in_force: Dossier, cast: Cast) -> None:
    fresh = anew(in_force, cast["张三"])
    rows = [(item.name, item.change, item.last_year_id) for item in fresh.table.rows()]
    before = in_force.table.rows()[0]
    assert rows == [(before.name, RiskPoint.Change.SAME, before.pk)]
    assert (fresh.table.edition, fresh.stage, fresh.state) == (2, "whole", "draft")
    assert (fresh.route, fresh.cause, fresh.cause_text) == ("county.post.whole", "duties", "职责调整")
    in_force.refresh_from_db()
    assert in_force.state == State.IN_FORCE


def test_level_in_force_gives_way_only_when_the_new_one_is_filed(in_force: Dossier, year: Round, cast: Cast) -> None:
    fresh = anew(in_force, cast["王五"])
    assert save_point(fresh.table.rows()[0], version=1, values={"name": "换了说法"}, by=cast["张三"]) == 2
    year.bring(fresh, State.FILING)
    in_force.refresh_from_db()
    assert in_force.state == State.IN_FORCE
    year.bring(fresh, State.IN_FORCE)
    in_force.refresh_from_db()
    assert (in_force.state, in_force.decided_rank) == (State.SUPERSEDED, 2)
    page = client_of(cast["张三"]).get(in_force.get_absolute_url())
    assert "审批把关不严" in page.content.decode()


def test_only_one_form_is_open_at_a_time(in_force: Dossier, cast: Cast) -> None:
    anew(in_force, cast["张三"])
    with pytest.raises(Refused, match="还有一份表正在办理"):
        anew(in_force, cast["王五"])
    assert Dossier.unscoped.filter(table__post=in_force.table.post, stage="whole").count() == 1


@pytest.mark.parametrize("name", ["李四", "赵六", "外人", "陈九"])
def test_others_do_not_start_it(in_force: Dossier, cast: Cast, name: str) -> None:
    with pytest.raises(Refused, match="填报人本人或廉政办"):
        anew(in_force, cast[name])
    assert client_of(cast[name]).get(f"/dossiers/{in_force.pk}/anew/").status_code == 404


def test_new_holder_accepts_before_handing_in(in_force: Dossier, year: Round, cast: Cast) -> None:
    fresh = anew(in_force, cast["王五"], cause=Cause.HOLDER, text="轮岗", holder=cast["陈九"])
    assert (fresh.holder, fresh.title) == (cast["陈九"], "施工许可岗（陈九）")
    held = Tenure.unscoped.filter(post=in_force.table.post).order_by("since", "id").values_list("person__name", "until")
    assert [(name, until is None) for name, until in held] == [("张三", False), ("陈九", True)]
    year.rate(fresh)
    with pytest.raises(NotReady) as refusal:
        year.take(fresh, "submit", "陈九")
    assert refusal.value.sentences == ("请先勾选“本人确认承接”，再提交。",)
    client = client_of(cast["陈九"])
    assert "本人确认承接" in client.get(f"/dossiers/{fresh.pk}/check/").content.decode()
    fresh.refresh_from_db()
    posted = {"action": "submit", "version": str(fresh.version), "accepted": "on"}
    assert client.post(f"/dossiers/{fresh.pk}/step/", posted).status_code == 302
    first = fresh.moves.get(action="submit")
    assert (first.by, first.opinion) == (cast["陈九"], "本人确认承接本岗位的风险点和防控措施。")


def test_temporary_task_says_when_it_is_over(in_force: Dossier, year: Round, cast: Cast) -> None:
    fresh = anew(in_force, cast["张三"], cause=Cause.TASK, text="负责重点工程", until=tomorrow())
    year.bring(fresh, State.IN_FORCE)
    year.pass_days(3)
    page = client_of(cast["王五"]).get(fresh.get_absolute_url()).content.decode()
    assert "阶段性工作已到期，请按恢复后的职责重新评定。" in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"cause": ""}, "必填"),
        ({"cause": "task"}, "请填写阶段性工作的截止日期。"),
        ({"cause": "task", "until": "2020-01-01"}, "截止日期不能早于今天。"),
        ({"cause": "holder"}, "请选择接任的人员。"),
        ({"cause": "duties", "text": ""}, "必填"),
        ({"cause": "yearly"}, "有效"),
    ],
)
def test_form_out_of_turn_with_a_gap_is_a_sentence(
    in_force: Dossier, cast: Cast, typed: dict[str, str], sentence: str
) -> None:
    answer = client_of(cast["王五"]).post(f"/dossiers/{in_force.pk}/anew/", {"text": "依据某文件"} | typed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    if typed.get("text") is None:
        assert "依据某文件" in answer.content.decode()
    assert Dossier.unscoped.filter(stage="whole").count() == 0


def test_new_point_goes_the_whole_way_by_the_page(in_force: Dossier, year: Round, cast: Cast) -> None:
    answer: Any = client_of(cast["张三"]).post(f"/dossiers/{in_force.pk}/anew/", {"cause": "point", "text": "新增业务"})
    fresh = Dossier.unscoped.get(stage="whole")
    assert (answer.status_code, answer.url) == (302, fresh.get_absolute_url())
    year.fill(fresh)
    year.bring(fresh, State.IN_FORCE)
    assert sorted(item.change for item in fresh.table.rows()) == ["new", "same"]


def test_abolished_post_ends_its_papers_and_keeps_them(in_force: Dossier, year: Round, cast: Cast) -> None:
    fresh = anew(in_force, cast["张三"])
    client = client_of(cast["王五"])
    empty = client.post(f"/dossiers/{in_force.pk}/abolish/", {"reason": ""})
    assert (empty.status_code, Post.unscoped.get(pk=in_force.table.post_id).active) == (422, True)
    assert client.post(f"/dossiers/{in_force.pk}/abolish/", {"reason": "三定方案调整"}).status_code == 302
    states = {paper.pk: paper.state for paper in Dossier.unscoped.filter(table__post=in_force.table.post)}
    assert (states[fresh.pk], states[in_force.pk]) == (State.VOID, State.SUPERSEDED)
    assert Tenure.unscoped.filter(post=in_force.table.post, until=None).count() == 0
    assert "审批把关不严" in client.get(in_force.get_absolute_url()).content.decode()
    later = Round(cast, year=YEAR + 1)
    assert later.campaign.dossiers.filter(table__post=in_force.table.post).count() == 0


def test_years_stand_side_by_side_with_what_changed(in_force: Dossier, year: Round, cast: Cast) -> None:
    later = Round(cast, year=YEAR + 1)
    finding = later.own
    later.fill(finding)
    old = finding.table.rows()[0]
    remove_point(old, by=cast["张三"])
    rated = later.bring(later.rating("施工许可岗"), State.IN_FORCE)
    papers = history.papers(rated, seen=Dossier.objects.within(visible(again(cast["张三"]))))
    assert [(paper.year, paper.state) for paper in papers] == [(YEAR, "superseded"), (YEAR + 1, "in_force")]
    lines = history.lines(papers)
    told = [[line.cells[paper.pk].change if paper.pk in line.cells else "" for paper in papers] for line in lines]
    assert told == [["new", "removed"], ["", "new"]]
    page = client_of(cast["张三"]).get(f"/dossiers/{rated.pk}/years/").content.decode()
    assert [page.count(word) for word in (f"{YEAR}年度", f"{YEAR + 1}年度", "删除")] >= [1, 1, 1]
    assert client_of(cast["外人"]).get(f"/dossiers/{rated.pk}/years/").status_code == 404


def test_removed_rows_are_named_to_the_reviewer(in_force: Dossier, year: Round, cast: Cast) -> None:
    fresh = anew(in_force, cast["张三"])
    year.fill(fresh)
    old = fresh.table.rows()[0]
    remove_point(old, by=cast["张三"])
    year.bring(fresh, State.SECTION)
    page = client_of(cast["李四"]).get(fresh.get_absolute_url()).content.decode()
    assert "上次有、这次删除的风险点（1 个）：</span>“审批把关不严”" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_years_ask_as_few_questions_for_many_rows(
    year: Round, cast: Cast, moving_clock: None, rows: int, django_assert_num_queries: Any
) -> None:
    year.fill(year.own, rows=[row(name=f"点{n}") for n in range(rows)])
    rated = year.bring(year.rating("施工许可岗"), State.IN_FORCE)
    client = client_of(cast["张三"])
    client.get(f"/dossiers/{rated.pk}/years/")
    with django_assert_num_queries(13):
        client.get(f"/dossiers/{rated.pk}/years/")


def test_day_of_a_form_out_of_turn_is_a_working_day(in_force: Dossier, cast: Cast, holidays: None) -> None:
    due = anew(in_force, cast["张三"]).due_on
    assert due is not None
    assert due > clock.today()
    assert due.weekday() < 5
