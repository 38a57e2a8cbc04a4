"""The public notice, the forms it lists, and the objections to it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from assessments.models.campaigns import Campaign
from lianzheng.audit.models import for_ever
from lianzheng.classification import classified
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel
from lianzheng.secrecy import Secret, sealed_field


class PublicNotice(BureauModel):
    """Results put up for a period of working days (公示); what it said when published is kept in `content`, and a
    later version takes its place without removing it."""

    class Scope(models.TextChoices):
        SECTION = "section", "本股室"
        BUREAU = "bureau", "本单位"
        SYSTEM = "system", "系统内"
        PUBLIC = "public", "社会公开"

    class Fate(models.TextChoices):
        CORRECTED = "corrected", "已更正"
        EXTENDED = "extended", "已延期"
        WITHDRAWN = "withdrawn", "已撤回"

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="notices", verbose_name="排查年度")
    number = models.PositiveSmallIntegerField("序号")
    title = models.CharField("标题", max_length=120)
    scope = models.CharField("范围", max_length=8, choices=Scope, default=Scope.BUREAU)
    starts_on = models.DateField("公示开始")
    ends_on = models.DateField("公示结束")
    days = models.PositiveSmallIntegerField("工作日")
    phone = models.CharField("监督电话", max_length=40)
    place = models.CharField("意见信箱及地址", max_length=120, blank=True)
    first_public = models.BooleanField("一级风险向社会公开", default=False)
    content = models.JSONField("公示内容")
    digest = models.CharField("内容摘要", max_length=64)
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="发布人")
    published_at = models.DateTimeField("发布时间", db_default=Now())
    previous = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="next", verbose_name="前一版"
    )
    fate = models.CharField("变动", max_length=10, choices=Fate, blank=True)
    fate_reason = models.CharField("变动原因", max_length=300, blank=True)
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="结束办理人"
    )
    closed_at = models.DateTimeField("结束时间", null=True, blank=True)

    data_classes = classified(
        public="number title scope starts_on ends_on days phone place first_public content digest "
        "published_at previous fate",
        internal="campaign published_by fate_reason closed_by closed_at",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "公示"
        ordering = ("-starts_on", "-number")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="notice_number_once"),
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("starts_on")), name="notice_ends_after_it_began"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="notice_closed_by_somebody",
            ),
            models.CheckConstraint(condition=Q(fate="") | ~Q(fate_reason=""), name="notice_fate_has_a_reason"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("notice", args=[self.pk])


class NoticeItem(BureauModel):
    """A form listed on a notice, also after the form went its way."""

    notice = models.ForeignKey(PublicNotice, on_delete=models.PROTECT, related_name="items", verbose_name="公示")
    dossier = models.ForeignKey(
        "assessments.Dossier", on_delete=models.PROTECT, related_name="notice_items", verbose_name="表册"
    )

    data_classes = classified(
        internal="notice dossier",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "公示的表册"
        constraints = [models.UniqueConstraint(fields=["notice", "dossier"], name="notice_lists_a_dossier_once")]
        triggers = for_ever("notice_item")

    def __str__(self) -> str:
        return f"{self.notice} {self.dossier}"


class Objection(BureauModel):
    """An objection to a notice (异议): seen by the office and the discipline inspection alone, never on the notice, and
    its words never in the journal. Who sent it is what the sender chose to say."""

    class State(models.TextChoices):
        OPEN = "open", "待核实"
        UPHELD = "upheld", "属实"
        PARTLY = "partly", "部分属实"
        REJECTED = "rejected", "不属实"
        MOVED = "moved", "已移交"

    notice = models.ForeignKey(PublicNotice, on_delete=models.PROTECT, related_name="objections", verbose_name="公示")
    content_sealed = sealed_field("异议内容")
    name_sealed = sealed_field("姓名")
    contact_sealed = sealed_field("联系方式")
    receipt_digest = models.CharField("回执摘要", max_length=64, unique=True)
    state = models.CharField("核实结果", max_length=10, choices=State, default=State.OPEN)
    answer_sealed = sealed_field("答复")
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="答复人"
    )
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    received_at = models.DateTimeField("收到时间", db_default=Now())

    content, name = Secret("content_sealed"), Secret("name_sealed")
    contact, answer = Secret("contact_sealed"), Secret("answer_sealed")

    data_classes = classified(
        internal="notice state answered_by answered_at received_at",
        core="content_sealed name_sealed contact_sealed receipt_digest answer_sealed",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "异议"
        ordering = ("-received_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", answered_at__isnull=True, answered_by__isnull=True)
                | (~Q(state="open") & Q(answered_at__isnull=False, answered_by__isnull=False)),
                name="objection_answered_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["bureau", "state"], name="objection_bureau_state")]

    def __str__(self) -> str:
        return f"异议 {self.pk}"
