"""The filing with the superior discipline office."""

from django.db import models
from django.db.models.functions import Now

from assessments.models.campaigns import Campaign
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel


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
