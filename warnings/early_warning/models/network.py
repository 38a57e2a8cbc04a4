"""预警信息员网络: who reports for which unit, and at which reporting point it comes together."""

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from lianzheng.classification import classified
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.scoping import BureauModel


class Tier(models.TextChoices):
    """A rung of the 梯级管理结构; its top, the centre, is the discipline inspection («预警防控暂行办法» 第十四条)."""

    POINT = "point", "报送点联系人"
    INFORMANT = "informant", "预警信息员"


@pghistory.track()
class NetworkSeat(BureauModel):
    """Somebody reports for a unit and below. An informant belongs to the nearest reporting point at or above the unit;
    a seat that ended stays for the record."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="负责的机构")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="人员")
    tier = models.CharField("身份", max_length=10, choices=Tier)
    appointed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="聘任人")
    appointed_at = models.DateTimeField("聘任时间", db_default=Now())
    ended_at = models.DateTimeField("解聘时间", null=True, blank=True)

    data_classes = classified(
        internal="tier unit appointed_at appointed_by ended_at",
        sensitive="person",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "预警信息员网络"
        ordering = ("unit__path", "tier", "appointed_at")
        constraints = [
            models.UniqueConstraint(fields=["unit", "person", "tier"], condition=Q(ended_at=None), name="seat_once"),
            models.UniqueConstraint(
                fields=["unit"], condition=Q(tier="point", ended_at=None), name="seat_one_point_a_unit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_tier_display()} {self.pk}"
