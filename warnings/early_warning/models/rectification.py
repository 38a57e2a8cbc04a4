"""整改: causes, items, evidence, and the two reviewers' word on it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from early_warning.models.notices import WarningNotice
from lianzheng.classification import classified
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel
from lianzheng.secrecy import Secret, sealed_field


class Rectification(BureauModel):
    """What the subject writes in answer: why it came to this, and which rules were mended."""

    warning = models.OneToOneField(
        WarningNotice, on_delete=models.PROTECT, related_name="rectification", verbose_name="预警"
    )
    causes_sealed = sealed_field("成因剖析")
    rules_sealed = sealed_field("建章立制")
    version = models.PositiveIntegerField("版本", default=1)

    causes = Secret("causes_sealed")
    rules = Secret("rules_sealed")

    data_classes = classified(
        internal="warning version",
        core="causes_sealed rules_sealed",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "整改"

    def __str__(self) -> str:
        return f"{self.warning} 整改"


class RectificationItem(BureauModel):
    """One item: measure, who answers for it, by when, what came of it."""

    warning = models.ForeignKey(WarningNotice, on_delete=models.PROTECT, related_name="items", verbose_name="预警")
    measure_sealed = sealed_field("整改措施")
    responsible = models.CharField("责任人", max_length=30)
    due_on = models.DateField("完成时限")
    result_sealed = sealed_field("完成情况")
    version = models.PositiveIntegerField("版本", default=1)

    measure = Secret("measure_sealed")
    result = Secret("result_sealed")

    data_classes = classified(
        internal="warning due_on version",
        sensitive="responsible",
        core="measure_sealed result_sealed",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "整改事项"
        ordering = ("warning", "pk")

    def __str__(self) -> str:
        return f"{self.warning} 整改事项"


class Evidence(BureauModel):
    """佐证: a file of an item; the bytes are an attachment of this row."""

    item = models.ForeignKey(RectificationItem, on_delete=models.CASCADE, related_name="evidence", verbose_name="事项")
    order = models.PositiveSmallIntegerField("序号")

    data_classes = classified(
        internal="item order",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "佐证"
        ordering = ("item", "order")
        constraints = [models.UniqueConstraint(fields=["item", "order"], name="evidence_order_once")]

    def __str__(self) -> str:
        return f"佐证{self.order}"


class WarningReview(BureauModel):
    """One reviewer's word in one round; two people in each."""

    class Seat(models.IntegerChoices):
        FIRST = 1, "第一复核人"
        SECOND = 2, "第二复核人"

    warning = models.ForeignKey(WarningNotice, on_delete=models.PROTECT, related_name="reviews", verbose_name="预警")
    round = models.PositiveSmallIntegerField("第几次")
    seat = models.PositiveSmallIntegerField("席次", choices=Seat)
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="复核人")
    passed = models.BooleanField("合格")
    opinion_sealed = sealed_field("复核意见")
    at = models.DateTimeField("时间", db_default=Now())

    opinion = Secret("opinion_sealed")

    data_classes = classified(
        internal="warning round seat at",
        sensitive="reviewer passed",
        core="opinion_sealed",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "复核"
        ordering = ("warning", "round", "seat")
        constraints = [
            models.UniqueConstraint(fields=["warning", "round", "seat"], name="review_once_a_seat"),
            models.UniqueConstraint(fields=["warning", "round", "reviewer"], name="review_by_two_people"),
            models.CheckConstraint(condition=Q(seat__in=(1, 2)), name="review_seat_1_or_2"),
        ]

    def __str__(self) -> str:
        return f"{self.warning} 第{self.round}次复核"
