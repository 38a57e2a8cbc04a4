"""What must be true before a step; reads, never writes. Each need answers with a sentence, or None."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import localdate

from assessments.batch import alone
from assessments.models import (
    Appraisal,
    Cause,
    Dossier,
    DossierMove,
    Objection,
    Raters,
    Rating,
    ReturnReason,
    State,
)
from assessments.rules import seat_at
from assessments.scoring import dimensions_of
from lianzheng import clock
from lianzheng.flow import Said
from registers.completeness import Filled, Problem, hints, problems
from registers.models import RiskPoint


def filled(points: list[RiskPoint]) -> list[Filled]:
    """Rows as the completeness rules read them."""
    return [
        Filled(
            id=str(point.pk),
            number=number,
            risk_type=point.risk_type,
            name=point.name,
            manifestation=point.manifestation,
            measures=point.measures_text,
            responsible=point.responsible,
            change=point.change,
        )
        for number, point in enumerate(points, start=1)
    ]


def problems_of(dossier: Dossier, *, points: list[RiskPoint] | None = None) -> list[Problem]:
    """Everything that blocks handing the dossier in; `points` saves reading the rows again."""
    points = list(dossier.table.rows()) if points is None else points
    found = problems(filled(points)) if dossier.writes_rows else []
    return found + (_rating_problems(dossier, points) if dossier.grades_points else [])


def hints_of(dossier: Dossier, *, points: list[RiskPoint]) -> list[Problem]:
    """What the writer may want to look at again."""
    return hints(filled(points)) if dossier.writes_rows else []


def _rating_problems(dossier: Dossier, points: list[RiskPoint]) -> list[Problem]:
    ratings = {rating.point_id: rating for rating in dossier.ratings.all()}
    names = {item.code: item.name for item in dimensions_of(dossier.dimensions)} if dossier.dimensions else {}
    before = last_grades(points)
    found = []
    for number, point in enumerate(points, start=1):
        rating = ratings.get(point.pk)
        if rating is None or rating.score is None:
            found.append(Problem(str(point.pk), "grades", f"第{number}行：评分未完成"))
            continue
        for code, why in unexplained(rating, before=before.get(point.last_year_id, {})).items():
            found.append(Problem(str(point.pk), code, f"第{number}行：{names[code]}{why}，请写一句理由"))
    if dossier.reported_rank is None:
        found.append(Problem("", "reported", "请自报等级"))
    elif lower_without_reason(dossier.reported_rank, dossier.proposed_rank, dossier.reported_reason):
        found.append(Problem("", "reported", "自报等级低于建议等级，请写明理由"))
    return found


def last_grades(points: list[RiskPoint]) -> dict[Any, dict[str, int]]:
    """Last year's point -> its grades as they came into force; one query."""
    ids = [point.last_year_id for point in points if point.last_year_id]
    settled = (State.IN_FORCE, State.SUPERSEDED)
    return dict(Rating.unscoped.filter(point__in=ids, dossier__state__in=settled).values_list("point", "grades"))


FAR = 2
"""Grades by which a dimension may move against last year without a word; ours."""


def unexplained(rating: Rating | Appraisal, *, before: Mapping[str, int]) -> dict[str, str]:
    """Dimension -> why it wants a reason it lacks: the heaviest grade, or moved far against last year."""
    wanted = {}
    heaviest = {item.code: item.heaviest for item in dimensions_of(rating.dossier.dimensions)}
    for code, grade in rating.grades.items():
        if rating.reasons.get(code, "").strip():
            continue
        if grade == heaviest.get(code):
            wanted[code] = f"评为 {grade} 档"
        elif code in before and abs(grade - before[code]) >= FAR:
            wanted[code] = f"由上年 {before[code]} 档变为 {grade} 档"
    return wanted


def lower_without_reason(rank: int, proposed: int | None, reason: str) -> bool:
    """Rank 3 is the lightest: a larger number is a lower level."""
    return proposed is not None and rank > proposed and not reason.strip()


def complete(dossier: Dossier, said: Said) -> str | None:
    found = problems_of(dossier)
    return f"还有 {len(found)} 处需要修改：{found[0].text}。" if found else None


def finding_approved(dossier: Dossier, said: Said) -> str | None:
    """Grades rest on approved points: 等级 follows 查找 (实施方案 六（二）2)."""
    if dossier.stage != Dossier.Stage.RATING:
        return None
    before = dossier.table.dossiers.filter(stage=Dossier.Stage.FINDING).first()
    done = (State.NOTICE, State.PUBLISHED, State.FILING, State.FILING_SENT, State.ARCHIVED, State.IN_FORCE)
    return None if before and before.state in done else "风险点查找表还没有审核通过，暂不能上报等级。"


def returned_properly(dossier: Dossier, said: Said) -> str | None:
    """退回 names a class, says what to mend, and gives a date (实施方案: 退回并限期完善)."""
    if said.reason not in ReturnReason.values:
        return "请选择退回原因。"
    if not said.opinion.strip():
        return "请写明需要怎样修改。"
    if said.due_on is None:
        return "请填写完善期限。"
    return None if said.due_on >= clock.today() else "完善期限不能早于今天。"


def round_open(dossier: Dossier, said: Said) -> str | None:
    """A round that the office has closed takes nothing in until it is opened again."""
    closed = dossier.campaign.closings.filter(reopened_at=None).exists()
    return "本年度排查已经结束，不能再提交；确需补交的，请廉政办重新开放。" if closed else None


NOTE_MAX = 500


def notes_on_its_rows(dossier: Dossier, said: Said) -> str | None:
    """逐行说明 belong to rows of this form, and are short."""
    notes = said.facts.get("notes", {})
    if any(len(text) > NOTE_MAX for text in notes.values()):
        return f"每行的说明最多 {NOTE_MAX} 字。"
    if not notes:
        return None
    known = {str(pk) for pk in dossier.table.points.filter(removed_at=None).values_list("pk", flat=True)}
    return None if set(notes) <= known else "说明所对的行已不在表中，请刷新页面。"


def reviewed_level_explained(dossier: Dossier, said: Said) -> str | None:
    """审核 may raise with an opinion and lower only with a reason."""
    rank = said.facts.get("rank")
    if rank is None or rank == (dossier.reviewed_rank or dossier.reported_rank):
        return None
    if rank not in (1, 2, 3):
        return "没有这个等级。"
    return None if str(said.facts.get("reason", "")).strip() else "调整等级须写明理由。"


def appraised(dossier: Dossier, said: Said) -> str | None:
    """Where the scheme has several raters, this desk's grades are in for every row."""
    seat = seat_at(dossier.state)
    if not seat or dossier.raters == Raters.SINGLE or dossier.stage == Dossier.Stage.FINDING:
        return None
    codes = {item["code"] for item in dossier.dimensions}
    graded = [a for a in dossier.appraisals.filter(seat=seat, point__removed_at=None) if set(a.grades) == codes]
    left = dossier.table.rows().count() - len(graded)
    return f"还有 {left} 个风险点没有评分，评完才能通过。" if left else None


def rows_not_above_the_level(dossier: Dossier, said: Said) -> str | None:
    """A row that the review put higher lifts the whole (就高不就低), or a word says why not."""
    raised = dossier.rows_rank
    level = said.facts.get("rank") or dossier.reviewed_rank or dossier.reported_rank
    if raised is None or level is None or raised >= level or str(said.facts.get("reason", "")).strip():
        return None
    return "有风险点的审核等级高于整表等级，请调整审核等级或写明理由。"


def accepted(dossier: Dossier, said: Said) -> str | None:
    """Who takes a post over accepts its points before handing them in (换人不换风险点，须本人承接)."""
    if dossier.cause != Cause.HOLDER or said.facts.get("accepted"):
        return None
    return "请先勾选“本人确认承接”，再提交。"


def level_before(dossier: Dossier) -> int | None:
    """The level that lies before a meeting: as reviewed, else as reported, else as proposed."""
    return dossier.reviewed_rank or dossier.reported_rank or dossier.proposed_rank


def fit_for_batch(dossier: Dossier, said: Said) -> str | None:
    """Besides the step's own needs: may it be approved together with others?"""
    ranks = (dossier.reviewed_rank,)
    return alone(proposed=dossier.proposed_rank, reported=dossier.reported_rank, others=ranks) or None


def in_a_meeting(dossier: Dossier, said: Said) -> str | None:
    return None if said.facts.get("meeting") is not None else "请在“会议决定”页登记会议后办理。"


def on_a_notice(dossier: Dossier, said: Said) -> str | None:
    return None if said.facts.get("notice") is not None else "请在“公示”页拟定公示后办理。"


def in_a_submission(dossier: Dossier, said: Said) -> str | None:
    return None if said.facts.get("filing") is not None else "请在“备案”页报送后办理。"


def with_a_receipt(dossier: Dossier, said: Said) -> str | None:
    """The receipt is that of the filing in which the dossier was sent."""
    filing = said.facts.get("filing")
    if filing is None:
        return "请在“备案”页登记回执后办理。"
    sent = dossier.state == State.FILING_SENT
    return "本表不在这次报送之内。" if sent and dossier.filing_id != filing.pk else None


def with_an_answer(dossier: Dossier, said: Said) -> str | None:
    """Sent back together with the filing in which it lies, never by itself."""
    filing = said.facts.get("filing")
    answered = filing is not None and filing.pk == dossier.filing_id
    return None if answered else "请在“备案”页对整个报送办理。"


def received_after_arrival(dossier: Dossier, said: Said) -> str | None:
    """A receipt on paper cannot be older than the end of the notice that came before it."""
    filing = said.facts.get("filing")
    ended = dossier.notice.ends_on if dossier.notice else None
    if filing is None or ended is None or filing.received_on > ended:
        return None
    return f"公示到 {ended} 为止，备案日期应在公示期满之后。"


def sent_back_with_opinion(dossier: Dossier, said: Said) -> str | None:
    return None if said.opinion.strip() else "退回须写明意见。"


def decided_with_reason(dossier: Dossier, said: Said) -> str | None:
    """A decision below the proposal needs a reason that is printed (附件4、5) and stands in the minutes."""
    rank = said.facts.get("rank")
    if rank not in (1, 2, 3):
        return "请填写会议决定的等级。"
    if lower_without_reason(rank, dossier.proposed_rank, str(said.facts.get("reason", ""))):
        return "决定等级低于建议等级，请写明理由。"
    return None


def changed_with_reason(dossier: Dossier, said: Said) -> str | None:
    """调整等级: the minutes say why the meeting decided another level than the one that lay before it."""
    changed = said.facts.get("rank") != level_before(dossier)
    below = lower_without_reason(said.facts.get("rank") or 0, dossier.proposed_rank, "")
    if changed and not below and not str(said.facts.get("reason", "")).strip():
        return "决定等级与审核等级不同，请写明理由。"
    return None


def met_after_arrival(dossier: Dossier, said: Said) -> str | None:
    """A meeting cannot have decided on what had not reached it (补录 has this limit). A demo's calendar may lie behind
    the clock of the row; then today is the limit."""
    meeting = said.facts.get("meeting")
    reached = min(localdate(dossier.state_since), clock.today())
    if meeting is None or meeting.held_on >= reached:
        return None
    return f"本议题 {reached} 才提交会议，会议日期 {meeting.held_on} 不能早于这一天。"


def period_over(dossier: Dossier, said: Said) -> str | None:
    """公示期满 (the end date is the last day that still belongs to the period)."""
    notice = dossier.notice
    if notice is None or clock.today() <= notice.ends_on:
        return f"公示期到 {notice.ends_on:%Y-%m-%d} 为止，期满后才能办理。" if notice else "尚未公示。"
    return None


def objections_closed(dossier: Dossier, said: Said) -> str | None:
    """Every objection is verified and answered first; the sentence says how many, never what."""
    count = _objections(dossier).filter(state=Objection.State.OPEN).count()
    return f"还有 {count} 条异议没有办结，办结后才能进入下一环节。" if count else None


def objections_acted_on(dossier: Dossier, said: Said) -> str | None:
    """An objection found true has sent a form of its notice back."""
    listed = DossierMove.objects.across_bureaus().filter(
        action="object", dossier__notice_items__notice=OuterRef("notice"), at__gte=OuterRef("answered_at")
    )
    upheld = _objections(dossier).filter(state=Objection.State.UPHELD).exclude(Exists(listed))
    return "有异议核实属实，请先在公示管理页把有关的表退回修改。" if upheld.exists() else None


def objection_upheld(dossier: Dossier, said: Said) -> str | None:
    """There is an objection found true that has not yet sent this form back."""
    back = DossierMove.objects.across_bureaus().filter(
        action="object", dossier=dossier, at__gte=OuterRef("answered_at")
    )
    states = (Objection.State.UPHELD, Objection.State.PARTLY)
    found = _objections(dossier).filter(state__in=states).exclude(Exists(back)).exists()
    return None if found else "没有核实属实的异议，不能以异议退回。"


def _objections(dossier: Dossier) -> QuerySet[Objection]:
    """Objections to any notice, also an earlier version, on which the form was listed."""
    return Objection.objects.across_bureaus().filter(notice__items__dossier=dossier)


def rating_not_ahead(dossier: Dossier, said: Said) -> str | None:
    """The rows of a finding cannot change under a rating that desks are already reviewing."""
    if dossier.stage != Dossier.Stage.FINDING:
        return None
    writing = (State.DRAFT, State.RETURNED, State.VOID)
    ahead = dossier.table.dossiers.filter(stage=Dossier.Stage.RATING).exclude(state__in=writing)
    return "等级确定表已在办理，请先退回等级确定表。" if ahead.exists() else None


def withdrawal_explained(dossier: Dossier, said: Said) -> str | None:
    return None if said.opinion.strip() else "撤回公示须写明原因。"


def void_explained(dossier: Dossier, said: Said) -> str | None:
    return None if said.opinion.strip() else "请写明原因。"
