"""The round as its writers make it: campaign, rating, meeting, notice, filing, the next year."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from assessments import actions, notices
from assessments.models import Campaign, Dossier, Filing, Meeting, PublicNotice, Rating, State
from lianzheng import clock
from lianzheng.flow import NotReady, NotYours, Refused, Said, Stale, digest
from lianzheng.organisation.actions import add_criterion, apply_criterion
from lianzheng.organisation.models import Holiday, Tenure
from lianzheng.organisation.scoping import new_id
from lianzheng.workdays import period_end
from registers.models import RiskPoint, RiskTable
from tests.cast import GRADES, Cast, Round, again, row

TITLES = {
    "局长（孙八）", "副局长（钱七）", "纪检组长（赵六）", "股长（李四）", "施工许可岗（张三）", "质量监督岗（陈九）",
    "办公室主任（王五）", "建筑业股", "办公室", "县住建局",
}  # fmt: skip


def refused(call: Any, *arguments: Any, **options: Any) -> tuple[str, ...]:
    """The sentences of a call that must be refused."""
    with pytest.raises(Refused) as refusal, transaction.atomic():
        call(*arguments, **options)
    return refusal.value.sentences


def test_campaign_makes_a_dossier_for_every_held_post_section_and_bureau(cast: Cast) -> None:
    tenure = Tenure.objects.across_bureaus().get(person=cast["陈九"])
    Tenure.objects.across_bureaus().filter(pk=tenure.pk).update(until=date(2025, 12, 31))
    year = Round(cast)
    assert {dossier.title for dossier in year.campaign.dossiers.all()} == TITLES - {"质量监督岗（陈九）"}
    assert set(year.campaign.dossiers.values_list("state", "stage")) == {("draft", "finding")}


def test_campaign_of_a_town_holds_both_stages_in_one_dossier(town: Cast) -> None:
    year = Round(town)
    assert {dossier.title for dossier in year.campaign.dossiers.all()} == TITLES
    assert set(year.campaign.dossiers.values_list("stage", flat=True)) == {"whole"}
    assert len(year.own.dimensions) == 6
    assert refused(actions.open_rating, year.campaign, by=town["王五"]) == (
        "乡镇流程查找和等级确定一次完成，不需单独启动。",
    )


def test_campaign_is_opened_once_a_year(year: Round) -> None:
    facts = {"title": "又一次", "finding_due": date(2026, 3, 1), "rating_due": date(2026, 3, 2)}
    sentences = refused(actions.open_campaign, year.cast.bureau, year=2026, by=year.cast["王五"], **facts)
    assert sentences == ("2026年度的排查已经下达，不能重复下达。",)
    assert Campaign.objects.in_bureau(year.cast.bureau).count() == 1


def test_dates_of_a_campaign_move_to_working_days(cast: Cast, holidays: None) -> None:
    campaign = Round(cast).campaign  # 15 February 2026 is a Sunday before the Spring Festival holidays end on the 23rd
    assert (campaign.finding_due, campaign.rating_due) == (date(2026, 2, 24), date(2026, 2, 25))
    assert set(campaign.dossiers.values_list("due_on", flat=True)) == {date(2026, 2, 24)}


def test_rating_is_opened_for_approved_findings_and_follows_later_ones(year: Round, moving_clock: None) -> None:
    year.bring(year.own, State.NOTICE)
    later = year.bring(year.dossier("质量监督岗"), State.OFFICE)
    assert actions.open_rating(year.campaign, by=year.cast["王五"]) == 1
    assert actions.open_rating(year.campaign, by=year.cast["王五"]) == 0
    ratings = year.campaign.dossiers.filter(stage="rating")
    assert [dossier.title for dossier in ratings] == ["施工许可岗（张三）"]
    year.bring(later, State.PUBLISHED)
    assert ratings.count() == 1
    year.bring(later, State.ARCHIVED)
    assert {dossier.title for dossier in ratings.all()} == {"施工许可岗（张三）", "质量监督岗（陈九）"}


def test_rating_waits_for_a_finding_that_was_sent_back(year: Round) -> None:
    rating = year.rating("施工许可岗")
    year.rate(rating)
    Dossier.unscoped.filter(pk=year.own.pk).update(state=State.RETURNED)
    assert refused(year.take, rating, "submit", "张三") == ("风险点查找表还没有审核通过，暂不能上报等级。",)


def grade(year: Round, dossier: Dossier, *, version: int = 0, by: str = "张三", **changes: Any) -> Rating:
    return actions.save_rating(
        dossier,
        point=dossier.table.rows()[0],
        version=version,
        grades=GRADES | changes.pop("grades", {}),
        reasons=changes.pop("reasons", {}),
        by=again(year.cast[by]),
    )


def test_rating_gives_score_level_and_proposal(year: Round) -> None:
    dossier = year.rating("施工许可岗")
    saved = grade(year, dossier, reasons={"harm": "理由", "other": "丢掉"})
    dossier.refresh_from_db()
    assert (str(saved.score), saved.rank, saved.version, saved.reasons) == ("68.00", 2, 1, {"harm": "理由"})
    assert (dossier.proposed_rank, dossier.proposed_reason) == (
        2,
        "按评分有 1 个风险点为二级（“审批把关不严”）。",
    )


def test_rating_saved_again_alike_keeps_its_version(year: Round) -> None:
    dossier = year.rating("施工许可岗")
    assert [grade(year, dossier, version=n).version for n in (0, 0, 1, 7)] == [1, 1, 1, 1]


def test_rating_of_two_editors_tells_the_second_and_keeps_the_first(year: Round) -> None:
    dossier = year.rating("施工许可岗")
    grade(year, dossier)
    assert refused(grade, year, dossier, version=0, grades={"harm": 5}) == (
        "这一行的评分已在别的窗口改过，请对照后再保存。",
    )
    assert Rating.unscoped.get().grades == GRADES
    assert grade(year, dossier, version=1, grades={"harm": 5}).version == 2


@pytest.mark.parametrize("grades", [{"harm": 0}, {"harm": 6}, {"unknown": 3}])
def test_rating_out_of_the_scheme_is_refused(year: Round, grades: dict[str, int]) -> None:
    dossier = year.rating("施工许可岗")
    assert len(refused(grade, year, dossier, grades=grades)) == 1
    assert Rating.unscoped.count() == 0


def test_rating_by_anybody_else_is_refused(year: Round) -> None:
    dossier = year.rating("施工许可岗")
    for name in set(year.cast.people) - {"张三"}:
        assert refused(grade, year, dossier, by=name) == ("本表已提交或不由您填写，不能再评分。",)


def test_rating_after_handing_in_is_refused(year: Round) -> None:
    dossier = year.bring(year.rating("施工许可岗"), State.SECTION)
    assert refused(grade, year, dossier, version=1, grades={"harm": 5}) == ("本表已提交或不由您填写，不能再评分。",)
    assert refused(actions.report_level, dossier, rank=3, reason="", by=year.cast["张三"]) != ()
    assert year.dossier("施工许可岗", stage="rating").reported_rank == 2


def test_grade_five_without_reason_and_low_report_block_handing_in(year: Round) -> None:
    dossier = year.rating("施工许可岗")
    grade(year, dossier, grades={"harm": 5})
    actions.report_level(dossier, rank=3, reason="", by=year.cast["张三"])
    assert refused(year.take, dossier, "submit", "张三") == (
        "还有 2 处需要修改：第1行：危害损失大小评为 5 档，请写一句理由。",
    )
    grade(year, dossier, version=1, grades={"harm": 5}, reasons={"harm": "造成过损失"})
    assert refused(year.take, dossier, "submit", "张三") == ("还有 1 处需要修改：自报等级低于建议等级，请写明理由。",)
    actions.report_level(dossier, rank=3, reason="职权已划转", by=year.cast["张三"])
    assert year.take(dossier, "submit", "张三").state == State.SECTION


def test_criteria_of_the_post_lift_the_proposal(year: Round) -> None:
    dossier = year.rating("施工许可岗")
    post = dossier.table.post
    assert post is not None
    line = add_criterion(post.bureau, kind="post", rank=1, text="审批权", by=year.cast["王五"])
    apply_criterion(post, line=line, by=year.cast["王五"])
    dossier = year.dossier("施工许可岗", stage="rating")
    grade(year, dossier)
    dossier.refresh_from_db()
    assert (dossier.proposed_rank, dossier.proposed_reason) == (
        1,
        "按划分标准应定一级（审批权）；按评分有 1 个风险点为二级（“审批把关不严”），取其高者。",
    )


def test_reviewer_changes_the_level_with_a_reason_only(year: Round) -> None:
    dossier = year.bring(year.rating("施工许可岗"), State.SECTION)
    assert refused(year.take, dossier, "pass", "李四", facts={"rank": 1}) == ("调整等级须写明理由。",)
    year.take(dossier, "pass", "李四", facts={"rank": 1, "reason": "近年有投诉"})
    assert (dossier.reported_rank, dossier.reviewed_rank, dossier.reviewed_reason) == (2, 1, "近年有投诉")


def at_meeting(year: Round, *titles: str) -> list[Dossier]:
    return [year.bring(year.rating(title), State.MEETING) for title in titles]


def decision(dossier: Dossier, rank: int | None = 2, **said: Any) -> actions.Decision:
    return actions.Decision(dossier, dossier.version, rank, Said(**said))


def test_meeting_decides_all_and_sends_back_what_it_will_not_decide(year: Round) -> None:
    one, other = at_meeting(year, "施工许可岗", "质量监督岗")
    back = decision(other, None, opinion="请再查", reason="shallow", due_on=clock.today())
    higher = decision(one, 1, facts={"reason": "近年有投诉"})
    meeting = year.meet([higher, back])
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.state, one.decided_rank, one.meeting) == (State.NOTICE, 1, meeting)
    assert (other.state, other.decided_rank, other.meeting) == (State.RETURNED, None, None)
    assert one.moves.get(action="decide").opinion == "经局办公会议第1次会议研究，确定为一级。理由：近年有投诉"


def test_meeting_with_one_bad_decision_saves_nothing(year: Round) -> None:
    one, other = at_meeting(year, "施工许可岗", "质量监督岗")
    sentences = refused(year.meet, [decision(one), decision(other, 3)])
    assert sentences == ("质量监督岗（陈九）：决定等级低于建议等级，请写明理由。",)
    assert Meeting.unscoped.count() == 0
    assert {dossier.state for dossier in year.campaign.dossiers.filter(stage="rating")} == {State.MEETING}


def test_meeting_with_an_old_version_or_no_item_saves_nothing(year: Round) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    old = actions.Decision(one, one.version - 1, 2, Said())
    assert refused(year.meet, [old]) == ("施工许可岗（张三）：已被他人处理，请按最新情况办理。",)
    assert refused(year.meet, []) == ("请至少选择一个议题。",)
    assert Meeting.unscoped.count() == 0


def test_minutes_number_is_used_once(year: Round) -> None:
    one, other = at_meeting(year, "施工许可岗", "质量监督岗")
    year.meet([decision(one)], number=1)
    assert refused(year.meet, [decision(other)], number=1) == ("纪要编号“〔2026〕1号”已用过，请核对。",)
    twin = Meeting.unscoped.get()
    twin.pk = new_id()
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_decided_step_cannot_be_taken_without_its_meeting(year: Round) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    with pytest.raises(NotReady) as refusal:
        year.take(one, "decide", "王五", facts={"rank": 2})
    assert refusal.value.sentences == ("请在“会议决定”页登记会议后办理。",)


def test_notice_keeps_what_it_said_and_ends_on_a_working_day(year: Round, holidays: None) -> None:
    dossier = year.bring(year.own, State.NOTICE)
    rest = clock.today() + timedelta(days=1)
    Holiday.objects.update_or_create(day=rest, defaults={"works": False})
    notice = year.publish([dossier])
    calendar = dict(Holiday.objects.values_list("day", "works"))
    assert notice.ends_on == period_end(clock.today(), days=5, exceptions=calendar)
    assert (notice.number, notice.digest) == (1, digest(notice.content))
    RiskPoint.unscoped.filter(table=dossier.table).update(name="后来改的")
    notice.refresh_from_db()
    assert [cells[4] for cells in notice.content["rows"]] == ["审批把关不严"]
    dossier.refresh_from_db()
    assert (dossier.state, dossier.notice, dossier.due_on) == (State.PUBLISHED, notice, notice.ends_on)


def test_notice_names_nobody_and_hides_moral_risks_from_the_public(year: Round) -> None:
    year.fill(year.own, [row(), row(risk_type="moral", name="廉洁意识不强")])
    dossier = year.bring(year.own, State.NOTICE)
    inside = notices.content([dossier], scope="bureau")
    outside = notices.content([dossier], scope="public")
    assert [cells[4] for cells in inside["rows"]] == ["审批把关不严", "廉洁意识不强"]
    assert [cells[:5] for cells in outside["rows"]] == [["1", "建筑业股", "施工许可岗", "岗位职责风险", "审批把关不严"]]
    assert [text for cells in inside["rows"] for text in cells if "张三" in text] == []


def test_notice_in_the_past_or_of_nothing_is_refused(year: Round) -> None:
    dossier = year.bring(year.own, State.NOTICE)
    yesterday = clock.today() - timedelta(days=1)
    assert refused(year.publish, [dossier], starts_on=yesterday) == ("公示开始日期不能早于今天。",)
    assert refused(year.publish, []) == ("请至少选择一份要公示的表。",)
    assert PublicNotice.unscoped.count() == 0


def test_notice_ends_after_its_last_day_and_only_once(year: Round, moving_clock: None) -> None:
    dossier = year.bring(year.own, State.NOTICE)
    notice = year.publish([dossier])
    office = again(year.cast["王五"])
    early = (f"公示期到 {notice.ends_on:%Y-%m-%d} 为止，期满后才能办理。",)
    assert refused(actions.close_notice, notice, by=office) == early
    year.pass_days((notice.ends_on - clock.today()).days)
    assert refused(actions.close_notice, notice, by=office) == early
    notice.refresh_from_db()
    assert (notice.closed_at, notice.closed_by) == (None, None)
    year.pass_days(1)
    assert actions.close_notice(notice, by=office) == 1
    with pytest.raises(Stale):
        actions.close_notice(notice, by=office)


def test_notice_is_put_up_by_the_office_alone(year: Round) -> None:
    dossier = year.bring(year.own, State.NOTICE)
    year.cast.people["王五"] = year.cast["外人"]
    with pytest.raises(NotYours), transaction.atomic():
        year.publish([dossier])
    assert PublicNotice.unscoped.count() == 0


def test_filing_puts_in_force_and_its_number_is_used_once(year: Round, moving_clock: None) -> None:
    one = year.bring(year.rating("施工许可岗"), State.FILING)
    other = year.bring(year.rating("质量监督岗"), State.FILING)
    filing = year.file([one], number="备1号")
    one.refresh_from_db()
    assert (one.state, one.filing, one.in_force_on, one.due_on) == (State.IN_FORCE, filing, clock.today(), None)
    assert refused(year.file, [other], number="备1号") == ("备案编号“备1号”已用过，请核对。",)
    assert refused(year.file, []) == ("请至少选择一份要备案的表。",)
    assert list(Filing.unscoped.exclude(receipt_no="")) == [filing]


def test_filing_of_next_year_supersedes_this_one_and_nothing_else(year: Round, moving_clock: None) -> None:
    old = year.bring(year.rating("施工许可岗"), State.IN_FORCE)
    beside = year.bring(year.rating("质量监督岗"), State.IN_FORCE)
    following = Round(year.cast, year=2027)
    assert [point.name for point in following.own.table.rows()] == ["审批把关不严"]
    new = following.bring(following.rating("施工许可岗"), State.IN_FORCE)
    states = [Dossier.unscoped.get(pk=item.pk).state for item in (old, beside, new)]
    assert states == [State.SUPERSEDED, State.IN_FORCE, State.IN_FORCE]
    assert old.moves.order_by("seq").last().by == year.cast["郑十"]


def test_void_closes_the_table_and_needs_a_reason(year: Round) -> None:
    assert refused(year.take, year.own, "void", "王五") == ("请写明原因。",)
    dossier = year.take(year.own, "void", "王五", opinion="岗位已撤销")
    assert dossier.state == State.VOID
    assert RiskTable.unscoped.get(pk=dossier.table_id).sealed_at is not None
