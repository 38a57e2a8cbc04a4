"""Turns of duties: made from the level in force, filled in by their owner; and the keys to a person's calendar feed."""

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from assessments import duties
from lianzheng.classification import classified
from lianzheng.organisation.models import Post, Rank, Unit, User
from lianzheng.organisation.scoping import BureauModel
from registers.models import RiskTable


@pghistory.track()
class DutyInstance(BureauModel):
    """One turn of one duty. Open, done or dropped; overdue is a question of the day and never stored."""

    class Owner(models.TextChoices):
        HOLDER = "holder", "岗位人员"
        SECTION_HEAD = "section_head", "股室负责人"
        OFFICE = "office", "廉政办"
        INSPECTOR = "inspector", "纪检组"

    code = models.CharField("事项", max_length=20)
    title = models.CharField("名称", max_length=60)
    kind = models.CharField("类别", max_length=8, choices=RiskTable.Kind)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="股室")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="岗位")
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="人员")
    owner = models.CharField("责任方", max_length=12, choices=Owner)
    rank = models.PositiveSmallIntegerField("所依等级", choices=Rank)
    year = models.PositiveSmallIntegerField("年度")
    period = models.CharField("周期", max_length=20)
    period_words = models.CharField("周期名称", max_length=20)
    due_on = models.DateField("期限")
    answers = models.JSONField("填写内容", default=dict)
    version = models.PositiveIntegerField("版本", default=1)
    done_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="完成人")
    done_on = models.DateField("完成日期", null=True)
    done_at = models.DateTimeField("完成时间", null=True)
    dropped_on = models.DateField("取消日期", null=True)
    dropped_reason = models.CharField("取消原因", max_length=200, blank=True)
    made_at = models.DateTimeField("生成时间", db_default=Now())

    data_classes = classified(
        internal="code title kind unit post rank year period period_words due_on version done_on "
        "done_at dropped_on made_at",
        sensitive="person owner answers done_by dropped_reason",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "周期性工作"
        ordering = ("due_on", "code", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["bureau", "code", "unit", "post", "person", "period"],
                condition=Q(dropped_on__isnull=True),
                nulls_distinct=False,
                name="duty_once_a_period",
            ),
            models.CheckConstraint(
                condition=Q(done_on__isnull=True, done_at__isnull=True)
                | Q(done_on__isnull=False, done_at__isnull=False, dropped_on__isnull=True),
                name="duty_done_or_dropped",
            ),
            models.CheckConstraint(
                condition=Q(dropped_on__isnull=True) | ~Q(dropped_reason=""), name="duty_dropped_for_a_reason"
            ),
            models.CheckConstraint(condition=Q(rank__range=(1, 3)), name="duty_rank_1_to_3"),
        ]
        indexes = [
            models.Index(fields=["bureau", "due_on"], name="duty_bureau_due"),
            models.Index(fields=["person", "due_on"], name="duty_person_due"),
        ]

    def __str__(self) -> str:
        return f"{self.title}（{self.period_words}）"

    def get_absolute_url(self) -> str:
        return reverse("duty", args=[self.pk])

    @property
    def duty(self) -> duties.Duty:
        """Its line of the table."""
        return next(duty for duty in duties.DUTIES if duty.code == self.code and self.kind in duty.kinds)

    @property
    def place(self) -> str:
        """Of what it is: post, section or bureau."""
        return f"{self.unit.name}·{self.post.name}" if self.post else self.unit.name


class CalendarKey(BureauModel):
    """A person's address for a calendar program. Only the digest of the secret is kept, so that a copy of the database
    opens nobody's calendar."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="calendar_keys", verbose_name="人员")
    digest = models.CharField("摘要", max_length=64, unique=True)
    made_at = models.DateTimeField("生成时间", db_default=Now())
    revoked_at = models.DateTimeField("停用时间", null=True)

    data_classes = classified(
        internal="made_at revoked_at",
        sensitive="person",
        core="digest",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "日历订阅"
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(revoked_at__isnull=True), name="calendar_one_key_in_use"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.made_at:%Y-%m-%d}"
