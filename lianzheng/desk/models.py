"""The export centre: packages of a round's papers, made file by file by a job, kept a week for who asked."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assessments.models import Campaign
from lianzheng.classification import classified
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel


class Package(BureauModel):
    """备案材料包: what one person asked for; nobody else may see or fetch it."""

    class State(models.TextChoices):
        RUNNING = "running", "正在生成"
        DONE = "done", "已生成"
        PARTLY = "partly", "部分文件未生成"
        STOPPED = "stopped", "已停止"
        CANCELLED = "cancelled", "已取消"
        EXPIRED = "expired", "已过期清除"

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+", verbose_name="排查年度")
    state = models.CharField("状态", max_length=10, choices=State, default=State.RUNNING)
    drafts = models.BooleanField("含填写中的表", default=False)
    site = models.CharField("核验网址", max_length=200)
    omitted = models.JSONField("未收入的表", default=list)
    reason = models.CharField("原因", max_length=200, blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="申请人")
    asked_at = models.DateTimeField("申请时间", db_default=Now())
    ended_at = models.DateTimeField("完成时间", null=True)
    keep_until = models.DateField("保留至")

    data_classes = classified(
        internal="campaign state drafts omitted reason site asked_by asked_at ended_at keep_until",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "备案材料包"
        ordering = ("-asked_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "asked_by"], condition=Q(state="running"), name="package_once_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["asked_by", "asked_at"], name="package_of_a_person")]

    def __str__(self) -> str:
        return f"{self.campaign} 备案材料"


class PackageFile(BureauModel):
    """One file of a package: planned, then made once. What is made stays made, whatever becomes of the job."""

    class Source(models.TextChoices):
        SHEET = "sheet", "表册"
        NOTICE = "notice", "公示"
        MINUTES = "minutes", "会议纪要"
        LETTER = "letter", "备案报告"
        REPORT = "report", "排查情况报告"
        LEDGER = "ledger", "台账"
        STATISTICS = "statistics", "汇总统计表"
        LIST = "list", "清单"

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="files", verbose_name="材料包")
    order = models.PositiveIntegerField("序号")
    name = models.CharField("文件名", max_length=200)
    source = models.CharField("来源", max_length=10, choices=Source)
    subject = models.UUIDField("对象", null=True)
    part = models.CharField("表", max_length=10, blank=True)
    form = models.CharField("格式", max_length=4)
    content = models.BinaryField("文件", null=True)
    size = models.PositiveIntegerField("字节", null=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    recipe = models.CharField("排版依据摘要", max_length=64, blank=True)
    failure = models.CharField("未生成原因", max_length=300, blank=True)
    made_at = models.DateTimeField("生成时间", null=True)

    data_classes = classified(
        internal="package order part form source subject size sha256 failure made_at",
        sensitive="name recipe content",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "材料包文件"
        ordering = ("package", "order")
        constraints = [
            models.UniqueConstraint(fields=["package", "order"], name="package_file_order_once"),
            models.UniqueConstraint(fields=["package", "name"], name="package_file_name_once"),
            models.CheckConstraint(
                condition=Q(content__isnull=True, sha256="", made_at__isnull=True)
                | (Q(content__isnull=False, made_at__isnull=False) & ~Q(sha256="")),
                name="package_file_made_with_digest",
            ),
        ]
        indexes = [models.Index(fields=["bureau", "recipe"], name="package_file_recipe")]

    def __str__(self) -> str:
        return self.name
