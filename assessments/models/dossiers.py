"""The dossier that moves from desk to desk, and its timeline."""

from functools import cached_property

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from assessments.models.campaigns import Campaign
from assessments.models.filings import Filing
from assessments.models.meetings import Meeting
from assessments.models.notices import PublicNotice
from assessments.models.schemes import Raters
from lianzheng.audit.models import for_ever
from lianzheng.classification import classified
from lianzheng.flow import Flowing, MoveLog
from lianzheng.organisation.models import Rank, Unit, User
from registers.models import RiskTable

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
    FILING_SENT = "filing_sent", "备案审查中"
    ARCHIVED = "archived", "已归档"
    IN_FORCE = "in_force", "执行中"
    SUPERSEDED = "superseded", "已更新"
    VOID = "void", "作废"


class Cause(models.TextChoices):
    """Why a level is rated: yearly (一年一评定), or out of turn (暂行办法 第十三条; 实施方案 四)."""

    YEARLY = "yearly", "年度评定"
    DUTIES = "duties", "工作职责变动"
    HOLDER = "holder", "岗位人员变动"
    TASK = "task", "承担阶段性重要工作"
    POINT = "point", "出现新的风险点"


class ReturnReason(models.TextChoices):
    """Why a form goes back: “定位不准确、查找不深入、不全面的将退回并限期完善”（实施方案 六（二））; the last two are
    ours."""

    INACCURATE = "inaccurate", "定位不准确"
    SHALLOW = "shallow", "查找不深入"
    INCOMPLETE = "incomplete", "查找不全面"
    VAGUE = "vague", "措施不具体"
    OTHER = "other", "其他"


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
    route = models.CharField("流程", max_length=80)
    title = models.CharField("名称", max_length=120)
    holder = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="填报人")
    stands_for = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="代谁填报"
    )
    due_on = models.DateField("期限", null=True, blank=True)
    dimensions = models.JSONField("评分方案", default=list)
    raters = models.CharField("评分人", max_length=8, choices=Raters, default=Raters.SINGLE)
    veto_rules = models.JSONField("直接定为一级的情形", default=list)
    vetoes = ArrayField(models.CharField(max_length=20), verbose_name="符合的情形", default=list)
    cause = models.CharField("评定原因", max_length=8, choices=Cause, default=Cause.YEARLY)
    cause_text = models.CharField("原因说明", max_length=500, blank=True)
    until = models.DateField("阶段性工作截止", null=True, blank=True)
    proposed_rank = models.PositiveSmallIntegerField("建议等级", null=True, blank=True, choices=Rank)
    proposed_reason = models.CharField("建议理由", max_length=500, blank=True)
    reported_rank = models.PositiveSmallIntegerField("自报等级", null=True, blank=True, choices=Rank)
    reported_reason = models.CharField("自报说明", max_length=500, blank=True)
    reviewed_rank = models.PositiveSmallIntegerField("审核等级", null=True, blank=True, choices=Rank)
    reviewed_reason = models.CharField("审核说明", max_length=500, blank=True)
    rows_rank = models.PositiveSmallIntegerField("各行最高审核等级", null=True, blank=True, choices=Rank)
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

    data_classes = classified(
        internal="state version state_since campaign table unit kind stage route due_on dimensions "
        "raters cause until meeting notice filing in_force_on",
        sensitive="title holder stands_for veto_rules vetoes cause_text proposed_rank proposed_reason "
        "reported_rank reported_reason reviewed_rank reviewed_reason rows_rank decided_rank "
        "decided_reason",
    )

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
        return list(self.moves.select_related("by", "on_behalf").prefetch_related("notes__point").order_by("seq"))

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

    data_classes = classified(
        internal="seq action label source target hat due_on digest at dossier",
        sensitive="by on_behalf opinion reason",
    )

    class Meta(MoveLog.Meta):
        verbose_name = verbose_name_plural = "流程记录"
        ordering = ("dossier", "seq")
        constraints = [models.UniqueConstraint(fields=["dossier", "seq"], name="move_once_per_version")]
        triggers = for_ever("move")

    def __str__(self) -> str:
        return f"{self.label} {self.by}"
