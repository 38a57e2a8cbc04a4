"""预警信息: what came in, about whom, and what was made of it; who brought it is kept apart."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from early_warning.colours import WORDS, Colour
from lianzheng.classification import classified
from lianzheng.organisation.models import Post, Unit, User
from lianzheng.organisation.scoping import BureauModel
from lianzheng.secrecy import Secret, sealed_field
from registers.models import RiskPoint


class ColourChoices(models.IntegerChoices):
    """A warning's colour as the database keeps it."""

    RED = Colour.RED.value, WORDS[Colour.RED]
    ORANGE = Colour.ORANGE.value, WORDS[Colour.ORANGE]
    YELLOW = Colour.YELLOW.value, WORDS[Colour.YELLOW]


class Source(models.TextChoices):
    """Where it came from: the first six of 实施方案 (信息收集), the rest ours."""

    COMPLAINT = "complaint", "信访调查"
    EFFICIENCY = "efficiency", "廉政效能"
    ENFORCEMENT = "enforcement", "执法监察"
    LEADER = "leader", "领导交办"
    TRANSFER = "transfer", "有关部门移送"
    APPRAISAL = "appraisal", "政风行风评议"
    SELF = "self", "自查"
    INSPECTION = "inspection", "检查"
    AUDIT = "audit", "审计"
    NOTICE = "notice", "公示反馈"
    TOUR = "tour", "巡察"


class SubjectKind(models.TextChoices):
    """Whom it is about."""

    UNIT = "unit", "单位"
    SECTION = "section", "股室"
    POST = "post", "岗位"
    PERSON = "person", "个人"


class Outcome(models.TextChoices):
    """分析研判: what was made of a signal."""

    OPEN = "open", "待研判"
    KEPT = "kept", "不构成预警，存档"
    WARNED = "warned", "预警"
    HANDED = "handed", "移送"
    DUPLICATE = "duplicate", "并入同一信息"


class About(BureauModel):
    """Whom something is about. `unit` is what the scope rests on; `answerer` is who answers for it: the person
    himself, the holder of the post, the head of the section or of the unit; None where nobody has an account."""

    kind = models.CharField("对象类别", max_length=8, choices=SubjectKind)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="所在机构")
    post = models.ForeignKey(
        Post, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="岗位"
    )
    answerer = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="承办人"
    )

    class Meta(BureauModel.Meta):
        abstract = True

    @property
    def subject_words(self) -> str:
        """The subject as it is called today; a notice keeps the words of its issue."""
        if self.kind == SubjectKind.PERSON and self.answerer is not None:
            return f"{self.unit.name}{self.post.name if self.post else ''} {self.answerer.name}"
        return f"{self.unit.name}{self.post.name}" if self.post else self.unit.name


class Signal(About):
    """A sign of something that may go wrong. Its text is sealed; the journal never carries it."""

    source = models.CharField("信息来源", max_length=12, choices=Source)
    reference = models.CharField("来源编号", max_length=40, blank=True)
    summary_sealed = sealed_field("信息摘要")
    points = models.ManyToManyField(RiskPoint, blank=True, related_name="+", verbose_name="涉及风险点")
    outcome = models.CharField("研判结果", max_length=10, choices=Outcome, default=Outcome.OPEN)
    duplicate_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="duplicates", verbose_name="并入"
    )
    reason_sealed = sealed_field("研判理由")
    judged_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="研判人"
    )
    judged_at = models.DateTimeField("研判时间", null=True, blank=True)
    received_at = models.DateTimeField("收到时间", db_default=Now())
    # Of the line of the workbook that it came from; who has no such file learns nothing from it.
    line_digest = models.CharField("来源行摘要", max_length=64, blank=True, default="", editable=False)

    summary = Secret("summary_sealed")
    reason = Secret("reason_sealed")

    data_classes = classified(
        internal="duplicate_of judged_by judged_at received_at",
        sensitive="kind unit post answerer source reference outcome points",
        core="summary_sealed reason_sealed line_digest",
    )

    class Meta(About.Meta):
        verbose_name = verbose_name_plural = "预警信息"
        ordering = ("-received_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="open", judged_at__isnull=True) | (~Q(outcome="open") & Q(judged_at__isnull=False)),
                name="signal_judged_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(outcome="duplicate", duplicate_of__isnull=False)
                | (~Q(outcome="duplicate") & Q(duplicate_of__isnull=True)),
                name="signal_duplicate_of_another",
            ),
            models.UniqueConstraint(
                fields=["bureau", "line_digest"], condition=~Q(line_digest=""), name="signal_line_once"
            ),
        ]
        indexes = [models.Index(fields=["bureau", "outcome"], name="signal_bureau_outcome")]

    def __str__(self) -> str:
        return f"预警信息 {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("signal", args=[self.pk])


class Informant(BureauModel):
    """Who brought a signal: a row of its own, sealed, read by the discipline inspection alone and never exported.

    There is no key to a person here, nor a name in the journal: nothing but the sealed text leads to the source.
    """

    signal = models.OneToOneField(Signal, on_delete=models.CASCADE, related_name="informant", verbose_name="预警信息")
    name_sealed = sealed_field("提供人")
    contact_sealed = sealed_field("联系方式")

    name = Secret("name_sealed")
    contact = Secret("contact_sealed")

    data_classes = classified(
        internal="signal",
        core="name_sealed contact_sealed",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "信息提供人"

    def __str__(self) -> str:
        return f"信息提供人 {self.pk}"
