"""The public notice."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assessments.models.campaigns import Campaign
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel


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
