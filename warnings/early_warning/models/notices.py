"""预警通知书 on its way: draft, approval, issue under a number, answer, review, end."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from early_warning.limits import ADMONITIONS, DISPOSALS, FEEDBACKS
from early_warning.models.signals import About, ColourChoices, Signal, Source
from lianzheng.audit.models import for_ever
from lianzheng.classification import classified
from lianzheng.flow import Flowing, MoveLog
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel
from lianzheng.secrecy import Secret, sealed_field
from registers.models import RiskPoint


class State(models.TextChoices):
    """Where a warning lies; the label says what it waits for."""

    DRAFT = "draft", "拟稿中"
    APPROVING = "approving", "待签发"
    LEADER = "leader", "待主要负责人签发"
    ISSUED = "issued", "待签收"
    SIGNED = "signed", "待书面回告"
    RECTIFYING = "rectifying", "整改中"
    REVIEWING = "reviewing", "待复核"
    SECOND = "second", "待第二人复核"
    CLOSED = "closed", "已销号"
    VOID = "void", "已作废"


class WarningNotice(About, Flowing):
    """One warning from its draft to its end. Everything that says what happened is sealed; what stands in plain is
    what lists, limits and rights need."""

    class Route(models.TextChoices):
        """Red goes to the head of the bureau as well."""

        ORDINARY = "ordinary", "黄色、橙色"
        RED = "red", "红色"

    class Service(models.TextChoices):
        """How it reached the subject."""

        SYSTEM = "system", "系统签收"
        PAPER = "paper", "纸质送达"

    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, related_name="notices", verbose_name="预警信息")
    source = models.CharField("信息来源类别", max_length=12, choices=Source)
    route = models.CharField("流程", max_length=10, choices=Route, default=Route.ORDINARY)
    title = models.CharField("标题", max_length=120)
    holder = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="拟稿人")
    due_on = models.DateField("期限", null=True, blank=True)
    points = models.ManyToManyField(RiskPoint, blank=True, related_name="+", verbose_name="涉及风险点")

    colour = models.PositiveSmallIntegerField("预警颜色", choices=ColourChoices)
    suggested = models.PositiveSmallIntegerField("建议颜色", choices=ColourChoices)
    suggested_why = models.CharField("建议理由", max_length=200)
    colour_why_sealed = sealed_field("定色理由")
    disposal = models.CharField("处置", max_length=10, choices=list(DISPOSALS.items()))
    admonition = models.CharField("诫勉", max_length=10, choices=list(ADMONITIONS.items()))
    feedbacks = ArrayField(models.CharField(max_length=10, choices=list(FEEDBACKS.items())), verbose_name="反馈方式")
    facts_sealed = sealed_field("存在的廉政风险")
    opinion_sealed = sealed_field("研判意见")
    demands_sealed = sealed_field("整改要求")
    contact = models.CharField("联系人", max_length=30, blank=True)
    phone = models.CharField("联系电话", max_length=40, blank=True)
    copies = models.CharField("抄送", max_length=200, blank=True)

    number = models.CharField("文号", max_length=60, blank=True)
    addressed = models.CharField("签发时的对象", max_length=160, blank=True)
    issued_colour = models.PositiveSmallIntegerField("签发颜色", choices=ColourChoices, null=True, blank=True)
    issued_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="签发人"
    )
    issued_on = models.DateField("签发日期", null=True, blank=True)
    sign_by = models.DateField("签收期限", null=True, blank=True)
    reply_by = models.DateField("书面回告期限", null=True, blank=True)
    finish_by = models.DateField("整改期限", null=True, blank=True)
    review_days = models.PositiveSmallIntegerField("复核工作日", null=True, blank=True)
    first_finish_by = models.DateField("签发时的整改期限", null=True, blank=True)
    service = models.CharField("送达方式", max_length=8, choices=Service, blank=True)
    served_on = models.DateField("送达日期", null=True, blank=True)
    signer = models.CharField("签收人", max_length=30, blank=True)
    replied_on = models.DateField("书面回告日期", null=True, blank=True)
    reported_on = models.DateField("整改报告日期", null=True, blank=True)
    closed_on = models.DateField("销号日期", null=True, blank=True)
    failures = models.PositiveSmallIntegerField("复核不合格次数", default=0)
    raise_due = models.BooleanField("待确认提级", default=False)

    colour_why = Secret("colour_why_sealed")
    facts = Secret("facts_sealed")
    opinion = Secret("opinion_sealed")
    demands = Secret("demands_sealed")
    listed_with = ("unit", "post", "answerer")

    data_classes = classified(
        internal="state version state_since source route due_on contact phone copies number "
        "issued_colour issued_by issued_on sign_by reply_by finish_by review_days "
        "first_finish_by service served_on replied_on reported_on closed_on failures raise_due",
        sensitive="kind unit post answerer signal title holder colour suggested suggested_why disposal "
        "admonition feedbacks addressed signer points",
        core="colour_why_sealed facts_sealed opinion_sealed demands_sealed",
    )

    class Meta(Flowing.Meta):
        verbose_name = verbose_name_plural = "廉政预警"
        ordering = ("-issued_on", "-pk")
        constraints = [
            models.UniqueConstraint(fields=["bureau", "number"], condition=~Q(number=""), name="warning_number_once"),
            models.CheckConstraint(
                condition=Q(number="", issued_on__isnull=True) | (~Q(number="") & Q(issued_on__isnull=False)),
                name="warning_numbered_when_issued",
            ),
            models.CheckConstraint(
                condition=Q(served_on__isnull=True) | Q(served_on__gte=models.F("issued_on")),
                name="warning_served_after_issue",
            ),
            models.CheckConstraint(condition=Q(colour__range=(1, 3)), name="warning_colour_1_to_3"),
        ]
        indexes = [
            models.Index(fields=["bureau", "state"], name="warning_bureau_state"),
            models.Index(fields=["answerer", "state"], name="warning_answerer_state"),
            models.Index(fields=["bureau", "unit"], name="warning_unit"),
        ]

    def __str__(self) -> str:
        return self.number or self.title

    def get_absolute_url(self) -> str:
        return reverse("warning", args=[self.pk])

    @property
    def year(self) -> int:
        """The year of its number, or of its draft."""
        return int((self.issued_on or self.state_since).year)

    @property
    def state_word(self) -> str:
        return str(State(self.state).label)

    @property
    def form_name(self) -> str:
        """What a line of the inbox calls it."""
        return "预警通知书"

    @property
    def called(self) -> str:
        """The subject in the words of the issue, before that in today's."""
        return self.addressed or self.subject_words


class WarningMove(MoveLog):
    """A line of a warning's timeline; its words are short and name no fact."""

    warning = models.ForeignKey(WarningNotice, on_delete=models.PROTECT, related_name="moves", verbose_name="预警")

    data_classes = classified(
        internal="seq action label source target hat due_on digest at warning",
        sensitive="by on_behalf opinion reason",
    )

    class Meta(MoveLog.Meta):
        verbose_name = verbose_name_plural = "预警流程记录"
        ordering = ("warning", "seq")
        constraints = [models.UniqueConstraint(fields=["warning", "seq"], name="warning_move_once_per_version")]
        triggers = for_ever("warning_move")

    def __str__(self) -> str:
        return f"{self.label} {self.by}"


class Remark(BureauModel):
    """The words that go with a move, sealed; the log itself can never be changed, and so never be put under a new
    key."""

    warning = models.ForeignKey(WarningNotice, on_delete=models.PROTECT, related_name="remarks", verbose_name="预警")
    seq = models.PositiveIntegerField("序")
    text_sealed = sealed_field("意见")

    text = Secret("text_sealed")

    data_classes = classified(
        internal="warning seq",
        core="text_sealed",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "办理意见"
        constraints = [models.UniqueConstraint(fields=["warning", "seq"], name="remark_once_per_move")]

    def __str__(self) -> str:
        return f"{self.warning} {self.seq}"


class NumberCounter(BureauModel):
    """The last number given in a bureau in a year; its row is the lock under which the next is given."""

    year = models.PositiveSmallIntegerField("年度")
    last = models.PositiveIntegerField("最后的序号", default=0)

    data_classes = classified(
        internal="year last",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "文号"
        constraints = [models.UniqueConstraint(fields=["bureau", "year"], name="counter_once_a_year")]

    def __str__(self) -> str:
        return f"{self.year} {self.last}"


class Extension(BureauModel):
    """The one extension of a rectification: asked for with a reason, decided by who issued the warning."""

    class State(models.TextChoices):
        ASKED = "asked", "待批"
        GRANTED = "granted", "同意"
        REFUSED = "refused", "不同意"

    warning = models.OneToOneField(
        WarningNotice, on_delete=models.PROTECT, related_name="extension", verbose_name="预警"
    )
    before = models.DateField("原期限")
    until = models.DateField("申请延长至")
    reason_sealed = sealed_field("延期理由")
    state = models.CharField("审批结果", max_length=8, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="申请人")
    asked_at = models.DateTimeField("申请时间", db_default=Now())
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审批人"
    )

    reason = Secret("reason_sealed")

    data_classes = classified(
        internal="warning before until asked_by asked_at decided_by",
        sensitive="state",
        core="reason_sealed",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "延期"
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=models.F("before")), name="extension_is_later"),
        ]

    def __str__(self) -> str:
        return f"{self.warning} {self.until}"


class ColourChange(BureauModel):
    """A colour raised after a second failed review: proposed by the rule, confirmed by a person."""

    warning = models.ForeignKey(WarningNotice, on_delete=models.PROTECT, related_name="changes", verbose_name="预警")
    before = models.PositiveSmallIntegerField("原颜色", choices=ColourChoices)
    after = models.PositiveSmallIntegerField("新颜色", choices=ColourChoices)
    reason_sealed = sealed_field("理由")
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="确认人")
    confirmed_on = models.DateField("确认日期")

    reason = Secret("reason_sealed")

    data_classes = classified(
        internal="warning confirmed_by confirmed_on",
        sensitive="before after",
        core="reason_sealed",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "提级"
        ordering = ("warning", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(after__lt=models.F("before")), name="colour_only_goes_up"),
        ]

    def __str__(self) -> str:
        return f"{self.warning} {self.get_before_display()}→{self.get_after_display()}"
