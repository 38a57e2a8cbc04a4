"""The round: opened, its dossiers made, its second stage started."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from assessments.actions.ratings import refresh_proposal
from assessments.actions.schemes import rated_by, scheme_for
from assessments.models import Campaign, Dossier, State
from assessments.routes import way
from lianzheng import workdays
from lianzheng.audit.actions import record
from lianzheng.flow import Refused
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import Tenure, Unit, User
from registers.actions import create_table
from registers.models import RiskTable

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
        scheme=scheme_for(bureau, year=year),
        finding_due=workdays.on_or_after(finding_due, exceptions=days),
        rating_due=workdays.on_or_after(rating_due, exceptions=days),
        notice_days=notice_days,
        opened_by=by,
    )
    _create_dossiers(campaign, by=by)
    record("下达排查任务", subject=campaign, bureau=bureau, detail={"年度": year}, by=by)
    return campaign


def _create_dossiers(campaign: Campaign, *, by: User) -> None:
    bureau, year = campaign.bureau, campaign.year
    held = Tenure.objects.in_bureau(bureau).filter(until=None, post__active=True, post__unit__active=True)
    for tenure in held.select_related("post__unit", "person").order_by("post__unit__path", "post__order"):
        post = tenure.post
        table = create_table(Kind.POST, year=year, unit=post.unit, post=post, holder=tenure.person, by=by)
        create_dossier(campaign, table=table, title=f"{post.name}（{tenure.person.name}）")
    sections = Unit.objects.under(bureau).filter(kind__in=(Unit.Kind.SECTION, Unit.Kind.STATION), active=True)
    for section in sections.order_by("order", "name"):
        table = create_table(Kind.SECTION, year=year, unit=section, by=by)
        create_dossier(campaign, table=table, title=section.name)
    table = create_table(Kind.BUREAU, year=year, unit=bureau, by=by)
    create_dossier(campaign, table=table, title=bureau.name)


def create_dossier(campaign: Campaign, *, table: RiskTable, title: str, stage: str = "", **more: Any) -> Dossier:
    """In the county profile finding and rating are two dossiers; in the township profile one holds both. `more`: what
    a form out of turn says of itself."""
    township = campaign.workflow == Unit.Workflow.TOWNSHIP
    stage = stage or (Stage.WHOLE if township else Stage.FINDING)
    grades = stage != Stage.FINDING
    dossier = Dossier(
        bureau=campaign.bureau,
        campaign=campaign,
        table=table,
        unit_id=table.unit_id,
        kind=table.kind,
        stage=stage,
        title=title,
        holder_id=table.holder_id,
        state=State.DRAFT,
        **({"due_on": campaign.rating_due if grades else campaign.finding_due} | more),
    )
    values = rated_by(campaign.scheme, dossier=dossier) if grades else {"route": way(dossier, several=False)}
    for name, value in values.items():
        setattr(dossier, name, value)
    dossier.save(force_insert=True)
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
    approved = (State.NOTICE, State.PUBLISHED, State.FILING, State.FILING_SENT, State.ARCHIVED, State.IN_FORCE)
    findings = campaign.dossiers.filter(stage=Stage.FINDING, state__in=approved)
    made = sum(start_rating(finding, by=by) is not None for finding in findings.select_related("table__unit"))
    record("启动等级确定", subject=campaign, bureau=campaign.bureau, detail={"表册": made}, by=by)
    return made


@transaction.atomic
def start_rating(finding: Dossier, *, by: User) -> Dossier | None:
    """The rating dossier of an approved finding; None when it is there already."""
    if finding.table.dossiers.filter(stage=Stage.RATING).exists():
        return None
    return create_dossier(finding.campaign, table=finding.table, title=finding.title, stage=Stage.RATING)
