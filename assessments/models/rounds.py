"""Reminders of the round, and its closing with what was missing and why."""

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assessments.models.campaigns import Campaign
from assessments.models.dossiers import Dossier
from lianzheng.classification import classified
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel


class Reminder(BureauModel):
    """催办: one form, one day; a second click on the same day adds nothing."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="reminders", verbose_name="表册")
    day = models.DateField("日期")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="催办人")

    data_classes = classified(
        internal="dossier day by",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "催办"
        ordering = ("-day",)
        constraints = [models.UniqueConstraint(fields=["dossier", "day"], name="reminder_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.dossier}"


@pghistory.track()
class Closing(BureauModel):
    """The round closed, with its list of what was missing; opened again, the row stays and says so."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="closings", verbose_name="排查年度")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="结束人")
    at = models.DateTimeField("结束时间", db_default=Now())
    reopened_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="重新开放人"
    )
    reopened_at = models.DateTimeField("重新开放时间", null=True, blank=True)
    reopened_reason = models.CharField("重新开放原因", max_length=300, blank=True)

    data_classes = classified(
        internal="campaign by at reopened_by reopened_at reopened_reason",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "年度结束"
        ordering = ("at",)
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"], condition=Q(reopened_at__isnull=True), name="closing_stands_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign} 结束"


class Missing(BureauModel):
    """A form that was not handed in when the round was closed, and why."""

    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="missing", verbose_name="年度结束")
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="+", verbose_name="表册")
    reason = models.CharField("未交原因", max_length=300)

    data_classes = classified(
        internal="closing dossier",
        sensitive="reason",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "未交表册"
        constraints = [models.UniqueConstraint(fields=["closing", "dossier"], name="missing_once_per_closing")]

    def __str__(self) -> str:
        return f"{self.dossier}：{self.reason}"
