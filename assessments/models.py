"""What is decided: the yearly campaign, the scheme, the dossier that moves from desk to desk, ratings, meeting,
notice, filing."""

from functools import cached_property

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from lianzheng.audit.models import for_ever
from lianzheng.flow import Flowing, MoveLog
from lianzheng.organisation.models import Rank, Unit, User
from lianzheng.organisation.scoping import BureauModel
from registers.models import RiskPoint, RiskTable

FORM_NAMES = {
    "post": {"finding": "附件1", "rating": "附件4", "whole": "附件1、4"},
    "section": {"finding": "附件2", "rating": "附件5", "whole": "附件2、5"},
    "bureau": {"finding": "附件3", "rating": "附件6", "whole": "附件3、6"},
}


class State(models.TextChoices):
    """Where a dossier lies; the label says who has it."""

    DRAFT = "draft", "填写中"
    RETURNED = "returned", "退回修改"
    SECTION = "section", "待股室审核"
    VICE = "vice", "待分管领导审核"
    OFFICE = "office", "待廉政办初审"
    INSPECTOR = "inspector", "待纪检审核"
    MEETING = "meeting", "待会议研究"
    LEADER = "leader", "待主要负责人签署"
    COUNTY_OFFICE = "county_office", "待县领导小组办公室核定"
    COUNTY_GROUP = "county_group", "待县领导小组审定"
    NOTICE = "notice", "待公示"
    PUBLISHED = "published", "公示中"
    FILING = "filing", "待备案"
    ARCHIVED = "archived", "已归档"
    IN_FORCE = "in_force", "执行中"
    SUPERSEDED = "superseded", "已更新"
    VOID = "void", "作废"


class ReturnReason(models.TextChoices):
    """Why a form goes back: “定位不准确、查找不深入、不全面的将退回并限期完善”（实施方案 六（二））; the last two are
    ours."""

    INACCURATE = "inaccurate", "定位不准确"
    SHALLOW = "shallow", "查找不深入"
    INCOMPLETE = "incomplete", "查找不全面"
    VAGUE = "vague", "措施不具体"
    OTHER = "other", "其他"


WEIGHTS_TOTAL_100 = """
    IF NEW.state <> 'draft' AND (
        SELECT COALESCE(sum((item->>'weight')::numeric), 0) <> 100 OR bool_or((item->>'weight')::numeric < 0)
        FROM jsonb_array_elements(NEW.dimensions) AS item
    ) THEN
        RAISE EXCEPTION 'weights must total 100' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state <> 'draft' AND NEW.dimensions <> OLD.dimensions THEN
        RAISE EXCEPTION 'only a draft may be edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


@pghistory.track()
class Scheme(BureauModel):
    """A bureau's way of scoring: dimensions with weight and wording (JSON of `scoring.Dimension`), numbered versions.

    Only a draft may be edited; the database itself refuses an active scheme whose weights do not total 100.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草案"
        ACTIVE = "active", "现行"
        RETIRED = "retired", "停用"

    name = models.CharField("名称", max_length=60)
    number = models.PositiveSmallIntegerField("版本")
    dimensions = models.JSONField("维度")
    state = models.CharField("状态", max_length=8, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField("修改次数", default=1)
    activated_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="启用人"
    )
    activated_at = models.DateTimeField("启用时间", null=True, blank=True)

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "评分方案"
        ordering = ("bureau", "-number")
        constraints = [
            models.UniqueConstraint(fields=["bureau", "number"], name="scheme_number_once"),
            models.UniqueConstraint(fields=["bureau"], condition=Q(state="active"), name="scheme_one_active"),
            models.CheckConstraint(
                condition=Q(activated_at__isnull=True, activated_by__isnull=True)
                | Q(activated_at__isnull=False, activated_by__isnull=False),
                name="scheme_activated_by_somebody",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="weights_total_100",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=WEIGHTS_TOTAL_100,
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} 第{self.number}版"


@pghistory.track()
class Campaign(BureauModel):
    """The yearly round of a bureau (排查年度): its dates and its scheme."""

    year = models.PositiveSmallIntegerField("年度")
    title = models.CharField("名称", max_length=100)
    workflow = models.CharField("流程", max_length=12, choices=Unit.Workflow)
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="+", verbose_name="评分方案")
    finding_due = models.DateField("查找上报期限")
    rating_due = models.DateField("等级上报期限")
    rating_opened_at = models.DateTimeField("等级确定启动时间", null=True, blank=True)
    notice_days = models.PositiveSmallIntegerField("公示工作日", default=5)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="下达人")
    opened_at = models.DateTimeField("下达时间", db_default=Now())

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "排查年度"
        ordering = ("-year",)
        constraints = [
            models.UniqueConstraint(fields=["bureau", "year"], name="campaign_once_a_year"),
            models.CheckConstraint(
                condition=Q(rating_due__gte=models.F("finding_due")), name="campaign_rates_after_finding"
            ),
            models.CheckConstraint(condition=Q(notice_days__gte=1), name="campaign_notice_at_least_a_day"),
        ]

    def __str__(self) -> str:
        return self.title


class Meeting(BureauModel):
    """A meeting that decided levels (党组会、局办公会、党政联席会), as its minutes have it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="meetings", verbose_name="排查年度")
    name = models.CharField("会议名称", max_length=60)
    number = models.PositiveSmallIntegerField("次数")
    minutes_no = models.CharField("纪要编号", max_length=40)
    held_on = models.DateField("会议日期")
    place = models.CharField("地点", max_length=60, blank=True)
    chair = models.CharField("主持人", max_length=30)
    expected = models.PositiveSmallIntegerField("应到人数")
    present = models.PositiveSmallIntegerField("实到人数")
    attendance = models.CharField("出席人员", max_length=500)
    absence = models.CharField("缺席人员及原因", max_length=500, blank=True)
    recorder = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="记录人")
    recorded_at = models.DateTimeField("登记时间", db_default=Now())

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "会议"
        ordering = ("-held_on", "-number")
        constraints = [
            models.UniqueConstraint(fields=["bureau", "minutes_no"], name="minutes_number_once"),
            models.CheckConstraint(condition=Q(present__lte=models.F("expected")), name="meeting_present_of_expected"),
        ]

    def __str__(self) -> str:
        return f"{self.name}第{self.number}次会议"


class PublicNotice(BureauModel):
    """Results put up for a period of working days (公示); what it said when published is kept in `content`."""

    class Scope(models.TextChoices):
        SECTION = "section", "本股室"
        BUREAU = "bureau", "本单位"
        SYSTEM = "system", "系统内"
        PUBLIC = "public", "社会公开"

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="notices", verbose_name="排查年度")
    number = models.PositiveSmallIntegerField("序号")
    title = models.CharField("标题", max_length=120)
    scope = models.CharField("范围", max_length=8, choices=Scope, default=Scope.BUREAU)
    starts_on = models.DateField("公示开始")
    ends_on = models.DateField("公示结束")
    days = models.PositiveSmallIntegerField("工作日")
    phone = models.CharField("监督电话", max_length=40)
    place = models.CharField("意见信箱及地址", max_length=120, blank=True)
    content = models.JSONField("公示内容")
    digest = models.CharField("内容摘要", max_length=64)
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="发布人")
    published_at = models.DateTimeField("发布时间", db_default=Now())
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="结束办理人"
    )
    closed_at = models.DateTimeField("结束时间", null=True, blank=True)

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "公示"
        ordering = ("-starts_on", "-number")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="notice_number_once"),
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("starts_on")), name="notice_ends_after_it_began"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="notice_closed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Filing(BureauModel):
    """The receipt of the superior discipline office for a set of dossiers (备案)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="filings", verbose_name="排查年度")
    body = models.CharField("备案机关", max_length=60)
    receipt_no = models.CharField("备案编号", max_length=40)
    received_on = models.DateField("备案日期")
    opinion = models.CharField("备案意见", max_length=500, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="办理人")
    recorded_at = models.DateTimeField("登记时间", db_default=Now())

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "备案"
        ordering = ("-received_on",)
        constraints = [models.UniqueConstraint(fields=["bureau", "receipt_no"], name="receipt_number_once")]

    def __str__(self) -> str:
        return f"{self.body} {self.receipt_no}"


@pghistory.track()
class Dossier(Flowing):
    """One form on its way: the finding (附件1–3) or the rating (附件4–6) of a post, a section or the bureau."""

    class Stage(models.TextChoices):
        FINDING = "finding", "查找"
        RATING = "rating", "等级确定"
        WHOLE = "whole", "查找和等级确定"

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="dossiers", verbose_name="排查年度")
    table = models.ForeignKey(RiskTable, on_delete=models.PROTECT, related_name="dossiers", verbose_name="表")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="股室")
    kind = models.CharField("类别", max_length=8, choices=RiskTable.Kind)
    stage = models.CharField("阶段", max_length=8, choices=Stage)
    route = models.CharField("流程", max_length=40)
    title = models.CharField("名称", max_length=120)
    holder = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="填报人")
    due_on = models.DateField("期限", null=True, blank=True)
    dimensions = models.JSONField("评分方案", default=list)
    proposed_rank = models.PositiveSmallIntegerField("建议等级", null=True, blank=True, choices=Rank)
    proposed_reason = models.CharField("建议理由", max_length=500, blank=True)
    reported_rank = models.PositiveSmallIntegerField("自报等级", null=True, blank=True, choices=Rank)
    reported_reason = models.CharField("自报说明", max_length=500, blank=True)
    reviewed_rank = models.PositiveSmallIntegerField("审核等级", null=True, blank=True, choices=Rank)
    reviewed_reason = models.CharField("审核说明", max_length=500, blank=True)
    decided_rank = models.PositiveSmallIntegerField("决定等级", null=True, blank=True, choices=Rank)
    decided_reason = models.CharField("决定说明", max_length=500, blank=True)
    meeting = models.ForeignKey(
        Meeting, on_delete=models.PROTECT, null=True, related_name="dossiers", verbose_name="会议"
    )
    notice = models.ForeignKey(
        PublicNotice, on_delete=models.PROTECT, null=True, related_name="dossiers", verbose_name="公示"
    )
    filing = models.ForeignKey(
        Filing, on_delete=models.PROTECT, null=True, related_name="dossiers", verbose_name="备案"
    )
    in_force_on = models.DateField("执行日期", null=True, blank=True)
    listed_with = ("unit", "campaign")

    class Meta(Flowing.Meta):
        verbose_name = verbose_name_plural = "表册"
        constraints = [
            models.UniqueConstraint(fields=["bureau", "table", "stage"], name="dossier_once_per_table_stage"),
            models.CheckConstraint(
                condition=Q(decided_rank__isnull=True) | Q(decided_rank__range=(1, 3)), name="dossier_rank_1_to_3"
            ),
        ]
        indexes = [
            models.Index(fields=["bureau", "campaign", "state"], name="dossier_campaign_state"),
            models.Index(fields=["bureau", "unit"], name="dossier_unit"),
            models.Index(fields=["holder", "state"], name="dossier_holder_state"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("dossier", args=[self.pk])

    @cached_property
    def timeline(self) -> list["DossierMove"]:
        """Its moves in order with their people, read once."""
        return list(self.moves.select_related("by").order_by("seq"))

    @property
    def year(self) -> int:
        """The year of its round; papers of two years bear the same title."""
        return int(self.campaign.year)

    @property
    def state_word(self) -> str:
        """The state as people say it."""
        return str(State(self.state).label)

    @property
    def form_name(self) -> str:
        """附件 of this kind and stage, as people call it."""
        return FORM_NAMES[self.kind][self.stage]

    @property
    def grades_points(self) -> bool:
        """Are levels part of this dossier?"""
        return self.stage != self.Stage.FINDING

    @property
    def writes_rows(self) -> bool:
        """Are risk points written (not only rated) in this dossier?"""
        return self.stage != self.Stage.RATING


class DossierMove(MoveLog):
    """A line of a dossier's timeline."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="moves", verbose_name="表册")

    class Meta(MoveLog.Meta):
        verbose_name = verbose_name_plural = "流程记录"
        ordering = ("dossier", "seq")
        constraints = [models.UniqueConstraint(fields=["dossier", "seq"], name="move_once_per_version")]
        triggers = for_ever("move")

    def __str__(self) -> str:
        return f"{self.label} {self.by}"


@pghistory.track()
class Rating(BureauModel):
    """The grades of one risk point in one dossier, and what they come to."""

    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="ratings", verbose_name="表册")
    point = models.ForeignKey(RiskPoint, on_delete=models.CASCADE, related_name="ratings", verbose_name="风险点")
    version = models.PositiveIntegerField("版本", default=1)
    grades = models.JSONField("档次", default=dict)
    reasons = models.JSONField("理由", default=dict)
    score = models.DecimalField("评分", max_digits=5, decimal_places=2, null=True)
    rank = models.PositiveSmallIntegerField("等级", null=True, choices=Rank)
    saved_at = models.DateTimeField("保存时间", db_default=Now())

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "评分"
        constraints = [
            models.UniqueConstraint(fields=["dossier", "point"], name="rating_once_per_point"),
            models.CheckConstraint(
                condition=Q(score__isnull=True, rank__isnull=True)
                | Q(score__range=(0, 100), rank__range=(1, 3), score__isnull=False, rank__isnull=False),
                name="rating_score_with_rank",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.point} {self.score if self.score is not None else '未完成'}"
