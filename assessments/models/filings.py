"""The filing with the superior discipline office."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assessments.models.campaigns import Campaign
from lianzheng.classification import classified
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.scoping import BureauModel


class Filing(BureauModel):
    """A set of dossiers sent to the superior discipline office (备案), with the list as it was sent and the answer:
    a receipt, or sent back with an opinion. `paper`: both happened on paper, and the office recorded the receipt."""

    class State(models.TextChoices):
        SENT = "sent", "备案审查中"
        ACCEPTED = "accepted", "已备案"
        BACK = "back", "已退回"

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="filings", verbose_name="排查年度")
    to = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="备案机关")
    body = models.CharField("备案机关名称", max_length=60)
    state = models.CharField("状态", max_length=8, choices=State, default=State.SENT)
    paper = models.BooleanField("纸面备案", default=False)
    sent_no = models.CharField("报送文号", max_length=40, blank=True)
    sent_on = models.DateField("报送日期")
    note = models.TextField("情况说明", blank=True, max_length=2000)
    content = models.JSONField("报送清单")
    digest = models.CharField("内容摘要", max_length=64)
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="报送人")
    sent_at = models.DateTimeField("报送时间", db_default=Now())
    receipt_no = models.CharField("备案编号", max_length=40, blank=True)
    received_on = models.DateField("备案日期", null=True)
    opinion = models.TextField("备案意见", blank=True, max_length=2000)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="办理人")
    answered_at = models.DateTimeField("办理时间", null=True)

    data_classes = classified(
        internal="campaign to body state paper sent_no sent_on digest sent_by sent_at receipt_no "
        "received_on answered_by answered_at",
        sensitive="note content opinion",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "备案"
        ordering = ("-sent_at",)
        constraints = [
            models.UniqueConstraint(fields=["bureau", "sent_no"], condition=~Q(sent_no=""), name="sent_number_once"),
            models.UniqueConstraint(fields=["to", "receipt_no"], condition=~Q(receipt_no=""), name="receipt_once"),
            models.UniqueConstraint(
                fields=["bureau", "receipt_no"], condition=~Q(receipt_no=""), name="receipt_number_once"
            ),
            models.CheckConstraint(
                condition=(Q(state="accepted", received_on__isnull=False) & ~Q(receipt_no=""))
                | (~Q(state="accepted") & Q(receipt_no="")),
                name="filing_accepted_with_receipt",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", answered_by__isnull=True) | (~Q(state="sent") & Q(answered_by__isnull=False)),
                name="filing_answered_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(state="back", opinion=""), name="filing_back_with_opinion"),
        ]
        indexes = [models.Index(fields=["to", "state"], name="filing_to_state")]

    def __str__(self) -> str:
        return f"{self.bureau} {self.sent_no or self.receipt_no}"
