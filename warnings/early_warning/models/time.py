"""Limits of a bureau, what a passed limit set off, and how far the morning came."""

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from early_warning.escalation import STEP_WORDS, Step
from early_warning.models.notices import WarningNotice
from early_warning.models.signals import ColourChoices, Signal
from lianzheng.classification import classified
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel


@pghistory.track()
class WarningLimit(BureauModel):
    """A bureau's own limits for warnings of a colour; without a row the defaults stand (`deadlines.DEFAULTS`)."""

    colour = models.PositiveSmallIntegerField("预警颜色", choices=ColourChoices)
    sign = models.PositiveSmallIntegerField("签收（工作日）")
    reply = models.PositiveSmallIntegerField("书面回告（工作日）")
    finish = models.PositiveSmallIntegerField("整改完成（天）")
    review = models.PositiveSmallIntegerField("复核（工作日）")
    version = models.PositiveIntegerField("修改次数", default=1)

    data_classes = classified(
        internal="colour sign reply finish review version",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "预警时限"
        constraints = [
            models.UniqueConstraint(fields=["bureau", "colour"], name="limit_once_a_colour"),
            models.CheckConstraint(
                condition=Q(sign__gte=1, reply__gte=1, finish__gte=1, review__gte=1), name="limit_at_least_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_colour_display()} {self.sign}/{self.reply}/{self.finish}/{self.review}"


class PastRound(BureauModel):
    """A round of rectification that failed its review: when it had to be done and when it was."""

    warning = models.ForeignKey(WarningNotice, on_delete=models.PROTECT, related_name="rounds", verbose_name="预警")
    number = models.PositiveSmallIntegerField("第几次")
    finish_by = models.DateField("整改期限")
    reported_on = models.DateField("整改报告日期")
    failed_on = models.DateField("复核不合格日期")

    data_classes = classified(
        internal="number finish_by reported_on failed_on",
        sensitive="warning",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "以前各次整改"
        ordering = ("warning", "number")
        constraints = [models.UniqueConstraint(fields=["warning", "number"], name="round_once")]

    def __str__(self) -> str:
        return f"{self.warning} 第{self.number}次整改"


class EscalationAct(BureauModel):
    """One act of the ladder. That there can be no second row for a limit and a step is what makes it happen exactly
    once, however many workers try."""

    warning = models.ForeignKey(WarningNotice, on_delete=models.PROTECT, related_name="acts", verbose_name="预警")
    limit = models.CharField("期限", max_length=20)
    step = models.CharField("环节", max_length=10, choices=[(step.value, words) for step, words in STEP_WORDS.items()])
    day = models.DateField("应办日期")
    at = models.DateTimeField("办理时间", db_default=Now())

    data_classes = classified(
        internal="limit step day at",
        sensitive="warning",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "逾期处置"
        ordering = ("-day", "-at")
        constraints = [models.UniqueConstraint(fields=["warning", "limit", "step"], name="act_once")]
        indexes = [models.Index(fields=["bureau", "day"], name="act_bureau_day")]

    def __str__(self) -> str:
        return f"{self.warning} {self.get_step_display()}"

    @property
    def step_word(self) -> str:
        return STEP_WORDS[Step(self.step)]


class Reminder(BureauModel):
    """What an act says to one person."""

    act = models.ForeignKey(EscalationAct, on_delete=models.PROTECT, related_name="reminders", verbose_name="事项")
    to = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="收件人")
    seen_at = models.DateTimeField("阅知时间", null=True)

    data_classes = classified(
        internal="act seen_at",
        sensitive="to",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "提醒"
        ordering = ("-act__day", "-pk")
        constraints = [models.UniqueConstraint(fields=["act", "to"], name="reminder_once_a_person")]
        indexes = [models.Index(fields=["to", "seen_at"], name="reminder_to_seen")]

    def __str__(self) -> str:
        return f"{self.act} {self.to}"


class MorningRun(models.Model):
    """A day's morning run over all bureaus; unfinished while `finished_at` is empty."""

    day = models.DateField("日期", primary_key=True)
    started_at = models.DateTimeField("开始时间", db_default=Now())
    finished_at = models.DateTimeField("完成时间", null=True)

    data_classes = classified(
        internal="day started_at finished_at",
    )

    class Meta:
        verbose_name = verbose_name_plural = "每日例行"
        ordering = ("day",)

    def __str__(self) -> str:
        return f"{self.day} {'完成' if self.finished_at else '进行中'}"


class DutySignal(BureauModel):
    """An overdue duty that was made a signal, once."""

    duty = models.OneToOneField(
        "assessments.DutyInstance", on_delete=models.PROTECT, related_name="+", verbose_name="周期性工作"
    )
    signal = models.OneToOneField(Signal, on_delete=models.PROTECT, related_name="+", verbose_name="预警信息")

    data_classes = classified(
        internal="duty",
        sensitive="signal",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "逾期工作转预警信息"

    def __str__(self) -> str:
        return f"{self.duty}"
