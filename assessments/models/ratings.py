"""Grades of risk points and what they come to; what was said of the level, by whom."""

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assessments.models.dossiers import Dossier
from lianzheng.audit.models import for_ever
from lianzheng.classification import classified
from lianzheng.organisation.models import Rank, User
from lianzheng.organisation.scoping import BureauModel
from registers.models import RiskPoint


@pghistory.track()
class Rating(BureauModel):
    """The writer's grades of one risk point in one dossier, and what they come to: `summed` ÷ `divisor` are the grades
    that count, which other raters share in where the scheme wants several."""

    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="ratings", verbose_name="表册")
    point = models.ForeignKey(RiskPoint, on_delete=models.CASCADE, related_name="ratings", verbose_name="风险点")
    version = models.PositiveIntegerField("版本", default=1)
    grades = models.JSONField("档次", default=dict)
    reasons = models.JSONField("理由", default=dict)
    score = models.DecimalField("评分", max_digits=5, decimal_places=2, null=True)
    rank = models.PositiveSmallIntegerField("等级", null=True, choices=Rank)
    summed = models.JSONField("各方档次合计", default=dict)
    divisor = models.PositiveSmallIntegerField("合计除数", default=1)
    reviewed_rank = models.PositiveSmallIntegerField("审核等级", null=True, choices=Rank)
    reviewed_reason = models.CharField("审核说明", max_length=300, blank=True)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="审核人")
    reviewed_at = models.DateTimeField("审核时间", null=True)
    saved_at = models.DateTimeField("保存时间", db_default=Now())

    data_classes = classified(
        internal="dossier point version reviewed_by reviewed_at saved_at",
        sensitive="grades reasons score rank summed divisor reviewed_rank reviewed_reason",
    )

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


@pghistory.track()
class Appraisal(BureauModel):
    """Another rater's grades of a risk point (廉政办 or 分管领导), where the scheme has several raters."""

    class Seat(models.TextChoices):
        OFFICE = "office", "廉政办"
        LEADER = "leader", "分管领导"

    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="appraisals", verbose_name="表册")
    point = models.ForeignKey(RiskPoint, on_delete=models.CASCADE, related_name="appraisals", verbose_name="风险点")
    seat = models.CharField("评分人", max_length=8, choices=Seat)
    version = models.PositiveIntegerField("版本", default=1)
    grades = models.JSONField("档次", default=dict)
    reasons = models.JSONField("理由", default=dict)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="评分人员")
    saved_at = models.DateTimeField("保存时间", db_default=Now())

    data_classes = classified(
        internal="dossier point seat version saved_at",
        sensitive="grades reasons by",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "各方评分"
        constraints = [models.UniqueConstraint(fields=["dossier", "point", "seat"], name="appraisal_once_per_seat")]

    def __str__(self) -> str:
        return f"{self.get_seat_display()} {self.point}"


class LevelOpinion(BureauModel):
    """A level as somebody put it: reported, reviewed or decided, with who, when and why; never changed afterwards."""

    class Stage(models.TextChoices):
        REPORTED = "reported", "自报"
        REVIEWED = "reviewed", "审核"
        DECIDED = "decided", "决定"

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="level_opinions", verbose_name="表册")
    stage = models.CharField("环节", max_length=8, choices=Stage)
    rank = models.PositiveSmallIntegerField("等级", choices=Rank)
    proposed = models.PositiveSmallIntegerField("当时的建议等级", null=True, choices=Rank)
    reason = models.CharField("理由", max_length=500, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="办理人")
    hat = models.CharField("身份", max_length=40, blank=True)
    at = models.DateTimeField("时间", db_default=Now())

    data_classes = classified(
        internal="dossier stage hat at",
        sensitive="rank proposed reason by",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "等级意见"
        ordering = ("dossier", "at", "id")
        constraints = [
            models.CheckConstraint(condition=Q(rank__range=(1, 3)), name="level_opinion_rank_1_to_3"),
        ]
        triggers = for_ever("level_opinion")

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.rank}"
