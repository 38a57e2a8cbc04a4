"""The only writers of campaigns, ratings, meetings, notices and filings; states change through `move()` alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from assessments import notices
from assessments.levels import VOCABULARIES, Point, propose
from assessments.models import Campaign, Dossier, Filing, Meeting, PublicNotice, Rating, Scheme, State
from assessments.rules import gradable
from assessments.schemes import SIX, SIX_NAME
from assessments.scoring import dimensions_of, rank, score
from lianzheng import clock, workdays
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Said, Stale, digest, move
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import Tenure, Unit, User
from registers.actions import create_table
from registers.models import RiskPoint, RiskTable

Kind = RiskTable.Kind
Stage = Dossier.Stage


@transaction.atomic
def open_campaign(
    bureau: Unit, *, year: int, title: str, finding_due: date, rating_due: date, notice_days: int = 5, by: User
) -> Campaign:
    """Start the year's round: a table and a dossier for every held post, every section and the bureau itself."""
    if Campaign.objects.in_bureau(bureau).filter(year=year).exists():
        raise Refused(f"{year}年度的排查已经下达，不能重复下达。")
    days = exceptions()
    campaign: Campaign = Campaign.objects.create(
        bureau=bureau,
        year=year,
        title=title,
        workflow=bureau.workflow,
        scheme=_scheme(bureau),
        finding_due=workdays.on_or_after(finding_due, exceptions=days),
        rating_due=workdays.on_or_after(rating_due, exceptions=days),
        notice_days=notice_days,
        opened_by=by,
    )
    _create_dossiers(campaign, by=by)
    record("下达排查任务", subject=campaign, bureau=bureau, detail={"年度": year}, by=by)
    return campaign


def _scheme(bureau: Unit) -> Scheme:
    """The bureau's scheme in use; the shipped one at its first round."""
    in_use: Scheme | None = Scheme.objects.in_bureau(bureau).filter(state=Scheme.State.ACTIVE).first()
    return in_use or _next_scheme(bureau, name=SIX_NAME, dimensions=SIX, state=Scheme.State.ACTIVE)


def _next_scheme(bureau: Unit, *, name: str, dimensions: Sequence[Mapping[str, Any]], state: str) -> Scheme:
    """A scheme under the bureau's next number."""
    last = Scheme.objects.in_bureau(bureau).aggregate(last=Max("number"))["last"] or 0
    scheme: Scheme = Scheme.objects.create(
        bureau=bureau, name=name, number=last + 1, dimensions=list(dimensions), state=state
    )
    return scheme


def _create_dossiers(campaign: Campaign, *, by: User) -> None:
    bureau, year = campaign.bureau, campaign.year
    held = Tenure.objects.in_bureau(bureau).filter(until=None, post__active=True, post__unit__active=True)
    for tenure in held.select_related("post__unit", "person").order_by("post__unit__path", "post__order"):
        post = tenure.post
        table = create_table(Kind.POST, year=year, unit=post.unit, post=post, holder=tenure.person, by=by)
        _create_dossier(campaign, table=table, title=f"{post.name}（{tenure.person.name}）")
    sections = Unit.objects.under(bureau).filter(kind__in=(Unit.Kind.SECTION, Unit.Kind.STATION), active=True)
    for section in sections.order_by("order", "name"):
        table = create_table(Kind.SECTION, year=year, unit=section, by=by)
        _create_dossier(campaign, table=table, title=section.name)
    table = create_table(Kind.BUREAU, year=year, unit=bureau, by=by)
    _create_dossier(campaign, table=table, title=bureau.name)


def _create_dossier(campaign: Campaign, *, table: RiskTable, title: str, stage: str = "") -> Dossier:
    """In the county profile finding and rating are two dossiers; in the township profile one holds both."""
    township = campaign.workflow == Unit.Workflow.TOWNSHIP
    stage = stage or (Stage.WHOLE if township else Stage.FINDING)
    grades = stage != Stage.FINDING
    dossier: Dossier = Dossier.objects.create(
        bureau_id=campaign.bureau_id,
        campaign=campaign,
        table=table,
        unit_id=table.unit_id,
        kind=table.kind,
        stage=stage,
        route=f"{campaign.workflow}.{table.kind}.{stage}",
        title=title,
        holder_id=table.holder_id,
        state=State.DRAFT,
        due_on=campaign.rating_due if grades else campaign.finding_due,
        dimensions=campaign.scheme.dimensions if grades else [],
    )
    if grades:
        refresh_proposal(dossier)
    return dossier


@transaction.atomic
def open_rating(campaign: Campaign, *, by: User) -> int:
    """Start stage B: a rating dossier for every finding that was approved; later ones follow as they are. The number
    made."""
    if campaign.workflow == Unit.Workflow.TOWNSHIP:
        raise Refused("乡镇流程查找和等级确定一次完成，不需单独启动。")
    Campaign.objects.in_bureau(campaign.bureau).filter(pk=campaign.pk, rating_opened_at=None).update(
        rating_opened_at=Now()
    )
    campaign.refresh_from_db()
    approved = (State.NOTICE, State.PUBLISHED, State.FILING, State.ARCHIVED, State.IN_FORCE)
    findings = campaign.dossiers.filter(stage=Stage.FINDING, state__in=approved)
    made = sum(start_rating(finding, by=by) is not None for finding in findings.select_related("table__unit"))
    record("启动等级确定", subject=campaign, bureau=campaign.bureau, detail={"表册": made}, by=by)
    return made


@transaction.atomic
def start_rating(finding: Dossier, *, by: User) -> Dossier | None:
    """The rating dossier of an approved finding; None when it is there already."""
    if finding.table.dossiers.filter(stage=Stage.RATING).exists():
        return None
    return _create_dossier(finding.campaign, table=finding.table, title=finding.title, stage=Stage.RATING)


def gradable_now(dossier: Dossier, *, by: User) -> Dossier:
    """The dossier, locked, if its grades are this person's to give now; else a sentence."""
    rows = Dossier.objects.across_bureaus().select_for_update(of=("self",)).filter(gradable(by), pk=dossier.pk)
    current: Dossier | None = rows.first()
    if current is None:
        raise Refused("本表已提交或不由您填写，不能再评分。")
    return current


@transaction.atomic
def save_rating(
    dossier: Dossier, *, point: RiskPoint, version: int, grades: Mapping[str, int], reasons: Mapping[str, str], by: User
) -> Rating:
    """Grade one risk point; missing dimensions leave it unfinished. `version` 0 means no rating was on the page yet."""
    current = gradable_now(dossier, by=by)
    dimensions = dimensions_of(current.dimensions)
    known = {item.code for item in dimensions}
    if not set(grades) <= known or point.table_id != current.table_id:
        raise Refused("评分项目与本表不符，请刷新页面。")
    try:
        total = score(dimensions, grades=grades)
    except ValueError as error:
        raise Refused(str(error)) from error
    rating: Rating
    rating, _ = Rating.unscoped.select_for_update().get_or_create(
        bureau_id=current.bureau_id, dossier=current, point=point, defaults={"version": 0}
    )
    kept = {code: text for code, text in reasons.items() if code in known and text}
    if (rating.grades, rating.reasons) != (dict(grades), kept):
        if rating.version != version:
            raise Stale("这一行的评分已在别的窗口改过，请对照后再保存。")
        rating.grades, rating.reasons = dict(grades), kept
        _set_score(rating, total)
        rating.version = version + 1
        rating.save()
        refresh_proposal(current)
    return rating


def _set_score(rating: Rating, total: Decimal | None) -> None:
    """A score and its level belong together; without the one there is not the other."""
    rating.score, rating.rank = total, None if total is None else rank(total)


def refresh_proposal(dossier: Dossier) -> None:
    """Propose the level anew from the ratings as they stand (就高不就低)."""
    table = dossier.table
    owner = table.post if table.post is not None else table.unit
    rated = [
        Point(name=rating.point.name, rank=rating.rank or 0)
        for rating in dossier.ratings.exclude(rank=None).filter(point__removed_at=None).select_related("point")
    ]
    words = VOCABULARIES[table.bureau.vocabulary]
    proposal = propose(rated, criteria_rank=owner.criteria_rank, criteria_basis=owner.criteria_basis, words=words)
    Dossier.objects.across_bureaus().filter(pk=dossier.pk).update(
        proposed_rank=proposal.rank if proposal else None,
        proposed_reason=proposal.reason[:500] if proposal else "",
    )


@transaction.atomic
def report_level(dossier: Dossier, *, rank: int, reason: str, by: User) -> None:
    """自报等级; a level below the proposal carries its reason."""
    current = gradable_now(dossier, by=by)
    Dossier.objects.across_bureaus().filter(pk=current.pk).update(reported_rank=rank, reported_reason=reason)


@dataclass(frozen=True)
class Decision:
    """What the meeting decided on one dossier, at the version that lay before it: a level, or back with a reason."""

    dossier: Dossier
    version: int
    rank: int | None
    said: Said


@transaction.atomic
def record_meeting(campaign: Campaign, *, facts: Mapping[str, Any], decisions: Sequence[Decision], by: User) -> Meeting:
    """The meeting with all its decisions, or nothing: each goes through `move()`."""
    if not decisions:
        raise Refused("请至少选择一个议题。")
    if Meeting.objects.in_bureau(campaign.bureau).filter(minutes_no=facts["minutes_no"]).exists():
        raise Refused(f"纪要编号“{facts['minutes_no']}”已用过，请核对。")
    meeting: Meeting = Meeting.objects.create(bureau=campaign.bureau, campaign=campaign, recorder=by, **facts)
    for item in decisions:
        _decide(item, meeting=meeting, by=by)
    record("登记会议决定", subject=meeting, bureau=campaign.bureau, detail={"议题": len(decisions)}, by=by)
    return meeting


def _decide(item: Decision, *, meeting: Meeting, by: User) -> None:
    try:
        if item.rank is None:
            move(item.dossier, "return", version=item.version, said=item.said, by=by)
            return
        reason = str(item.said.facts.get("reason", ""))
        said = Said(
            opinion=_decided(meeting, rank=item.rank, reason=reason),
            facts={"rank": item.rank, "reason": reason, "meeting": meeting},
        )
        move(item.dossier, "decide", version=item.version, said=said, by=by)
    except Refused as refusal:
        raise Refused(*(f"{item.dossier.title}：{sentence}" for sentence in refusal.sentences)) from refusal


def _decided(meeting: Meeting, *, rank: int, reason: str) -> str:
    """The decision as the form prints it; a reason, needed below the proposal, is printed with it (附件4、5)."""
    word = VOCABULARIES[meeting.bureau.vocabulary].get(rank, "")
    return f"经{meeting}研究，确定为{word}。" + (f"理由：{reason}" if reason else "")


@transaction.atomic
def publish_notice(
    campaign: Campaign, *, facts: Mapping[str, Any], chosen: Sequence[tuple[Dossier, int]], by: User
) -> PublicNotice:
    """Put results up. `facts`: title, scope, starts_on, days, phone, place; `chosen`: dossiers with the versions
    shown."""
    if not chosen:
        raise Refused("请至少选择一份要公示的表。")
    today = clock.today()
    if facts["starts_on"] < today:
        raise Refused("公示开始日期不能早于今天。")
    ends = workdays.period_end(facts["starts_on"], days=facts["days"], exceptions=exceptions())
    content = notices.content([dossier for dossier, _ in chosen], scope=facts["scope"])
    last = campaign.notices.aggregate(last=Max("number"))["last"] or 0
    notice: PublicNotice = PublicNotice.objects.create(
        bureau=campaign.bureau,
        campaign=campaign,
        number=last + 1,
        ends_on=ends,
        content=content,
        digest=digest(content),
        published_by=by,
        **facts,
    )
    for dossier, version in chosen:
        move(dossier, "publish", version=version, said=Said(facts={"notice": notice}), by=by)
    record("发布公示", subject=notice, bureau=campaign.bureau, digest=notice.digest, by=by)
    return notice


@transaction.atomic
def close_notice(notice: PublicNotice, *, by: User) -> int:
    """End a notice whose period is over; the number of dossiers that went on."""
    held = notice.dossiers.filter(state=State.PUBLISHED)
    moved = [move(dossier, "close", version=dossier.version, by=by) for dossier in held]
    PublicNotice.objects.in_bureau(notice.bureau).filter(pk=notice.pk, closed_at=None).update(
        closed_at=Now(), closed_by=by
    )
    if not moved:
        raise Stale("已被他人处理，请按最新情况办理。")
    record("公示期满", subject=notice, bureau=notice.bureau, detail={"表册": len(moved)}, by=by)
    return len(moved)


@transaction.atomic
def record_filing(
    campaign: Campaign, *, facts: Mapping[str, Any], chosen: Sequence[tuple[Dossier, int]], action: str, by: User
) -> Filing:
    """The receipt for a set of dossiers; they are in force from here. `action`: file (superior) or file_paper
    (office)."""
    if not chosen:
        raise Refused("请至少选择一份要备案的表。")
    if Filing.objects.in_bureau(campaign.bureau).filter(receipt_no=facts["receipt_no"]).exists():
        raise Refused(f"备案编号“{facts['receipt_no']}”已用过，请核对。")
    filing: Filing = Filing.objects.create(bureau=campaign.bureau, campaign=campaign, recorded_by=by, **facts)
    for dossier, version in chosen:
        opinion = filing.opinion or f"同意备案，备案编号 {filing.receipt_no}。"
        move(dossier, action, version=version, said=Said(opinion=opinion, facts={"filing": filing}), by=by)
    record("备案", subject=filing, bureau=campaign.bureau, detail={"表册": len(chosen)}, by=by)
    return filing


@transaction.atomic
def supersede_before(dossier: Dossier, *, by: User) -> None:
    """Earlier dossiers in force for the same post, section or bureau give way to this one, each through its own
    step."""
    earlier = Dossier.objects.across_bureaus().filter(
        bureau=dossier.bureau_id, stage=dossier.stage, kind=dossier.kind, unit=dossier.unit_id, state=State.IN_FORCE
    )
    if dossier.table.post_id:
        earlier = earlier.filter(table__post=dossier.table.post_id)
    for old in earlier.filter(campaign__year__lt=dossier.campaign.year):
        move(old, "supersede", version=old.version, by=by)


@transaction.atomic
def draft_scheme(bureau: Unit, *, name: str, dimensions: Sequence[Mapping[str, Any]], by: User) -> Scheme:
    """A new draft, from the scheme in use or a shipped one; nothing is scored by it yet."""
    scheme = _next_scheme(bureau, name=name, dimensions=dimensions, state=Scheme.State.DRAFT)
    record("拟定评分方案", subject=scheme, bureau=bureau, by=by)
    return scheme


@transaction.atomic
def save_scheme(
    scheme: Scheme, *, version: int, name: str, dimensions: Sequence[Mapping[str, Any]], by: User
) -> Scheme:
    """Save a draft under the version its page showed; what is in use is never edited."""
    changed = Scheme.objects.in_bureau(scheme.bureau).filter(pk=scheme.pk, state=Scheme.State.DRAFT, version=version)
    if not changed.update(name=name, dimensions=list(dimensions), version=version + 1):
        raise Stale("方案已被他人修改或已启用，请按最新内容修改。")
    scheme.refresh_from_db()
    return scheme


@transaction.atomic
def discard_scheme(scheme: Scheme, *, by: User) -> None:
    """Throw a draft away; a scheme that was ever in use stays for ever."""
    removed, _ = Scheme.objects.in_bureau(scheme.bureau).filter(pk=scheme.pk, state=Scheme.State.DRAFT).delete()
    if not removed:
        raise Refused("已启用或用过的方案不能删除。")
    record("删除评分方案草案", bureau=scheme.bureau, detail={"版本": scheme.number}, by=by)


@transaction.atomic
def activate_scheme(scheme: Scheme, *, version: int, by: User) -> int:
    """Put a draft in use: the former one retires, open forms are scored anew, nothing handed in changes.

    The number of forms scored anew.
    """
    Unit.objects.select_for_update().get(pk=scheme.bureau_id)
    current: Scheme = Scheme.objects.in_bureau(scheme.bureau).get(pk=scheme.pk)
    if current.state != Scheme.State.DRAFT or current.version != version:
        raise Stale("方案已被他人修改或已启用，请按最新内容办理。")
    try:
        dimensions_of(current.dimensions)
    except ValueError as error:
        raise Refused(str(error)) from error
    of_bureau = Scheme.objects.in_bureau(scheme.bureau)
    of_bureau.filter(state=Scheme.State.ACTIVE).update(state=Scheme.State.RETIRED)
    of_bureau.filter(pk=scheme.pk).update(state=Scheme.State.ACTIVE, activated_by=by, activated_at=Now())
    scheme.refresh_from_db()
    newest = Campaign.objects.in_bureau(scheme.bureau).order_by("-year").first()
    scored = _score_anew(newest, scheme) if newest else 0
    record("启用评分方案", subject=scheme, bureau=scheme.bureau, detail={"重新评分": scored}, by=by)
    return scored


def _score_anew(campaign: Campaign, scheme: Scheme) -> int:
    """Open rating dossiers of the round take the new scheme; grades of dimensions it shares stay."""
    Campaign.objects.in_bureau(campaign.bureau).filter(pk=campaign.pk).update(scheme=scheme)
    dimensions = dimensions_of(scheme.dimensions)
    rated = campaign.dossiers.filter(state__in=(State.DRAFT, State.RETURNED)).exclude(stage=Stage.FINDING)
    open_ones = list(rated.select_related("table__post", "table__unit", "table__bureau").prefetch_related("ratings"))
    for dossier in open_ones:
        Dossier.objects.in_bureau(campaign.bureau).filter(pk=dossier.pk).update(dimensions=scheme.dimensions)
        for rating in dossier.ratings.all():
            _set_score(rating, score(dimensions, grades=rating.grades))
            rating.save(update_fields=["score", "rank"])
        refresh_proposal(dossier)
    return len(open_ones)
