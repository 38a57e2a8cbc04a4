"""Grades of risk points and what they come to."""

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assessments.models.dossiers import Dossier
from lianzheng.organisation.models import Rank
from lianzheng.organisation.scoping import BureauModel
from registers.models import RiskPoint


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
