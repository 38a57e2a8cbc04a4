"""通报: the figures of a month or a half-year with the words that go with them."""

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from lianzheng.classification import classified
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel


@pghistory.track()
class Bulletin(BureauModel):
    """A bulletin: drafted with its figures, its text edited, issued under a number and then left as it is."""

    class Span(models.TextChoices):
        MONTH = "month", "月度"
        HALF = "half", "半年"

    span = models.CharField("周期", max_length=8, choices=Span)
    year = models.PositiveSmallIntegerField("年度")
    turn = models.PositiveSmallIntegerField("期次")
    title = models.CharField("标题", max_length=120)
    text = models.TextField("正文", max_length=8000)
    figures = models.JSONField("数据")
    version = models.PositiveIntegerField("版本", default=1)
    number = models.CharField("文号", max_length=60, blank=True)
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="拟稿人")
    drafted_at = models.DateTimeField("拟稿时间", db_default=Now())
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="签发人")
    issued_on = models.DateField("签发日期", null=True)

    data_classes = classified(
        internal="span year turn title version number drafted_by drafted_at issued_by issued_on",
        sensitive="text figures",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "通报"
        ordering = ("-year", "-span", "-turn")
        constraints = [
            models.UniqueConstraint(fields=["bureau", "span", "year", "turn"], name="bulletin_once_a_period"),
            models.UniqueConstraint(fields=["bureau", "number"], condition=~Q(number=""), name="bulletin_number_once"),
            models.CheckConstraint(
                condition=Q(issued_on__isnull=True, number="") | (Q(issued_on__isnull=False) & ~Q(number="")),
                name="bulletin_numbered_when_issued",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("bulletin", args=[self.pk])
