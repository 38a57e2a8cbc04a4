"""The yearly round of a bureau."""

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assessments.models.schemes import Scheme
from lianzheng.classification import classified
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.scoping import BureauModel


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

    data_classes = classified(
        public="year title",
        internal="workflow scheme finding_due rating_due rating_opened_at notice_days opened_by opened_at",
    )

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
