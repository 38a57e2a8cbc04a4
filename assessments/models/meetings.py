"""The meeting that decides levels."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assessments.models.campaigns import Campaign
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel


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
