"""Papers that left the house: number, code for verification, digest of what they say, and their files as issued."""

from django.db import models
from django.db.models.functions import Now

from lianzheng.audit.models import for_ever
from lianzheng.classification import classified
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel


class IssuedPaper(BureauModel):
    """A paper that anybody who holds it can verify. What kind of record it is made of is `kind` and `subject`."""

    class Kind(models.TextChoices):
        NOTICE = "notice", "公示"
        MINUTES = "minutes", "会议纪要"
        FILING = "filing", "备案材料"
        BULLETIN = "bulletin", "通报"
        WARNING = "warning", "预警通知书"

    class State(models.TextChoices):
        VALID = "valid", "有效"
        CORRECTED = "corrected", "已更正"
        EXTENDED = "extended", "已延期"
        WITHDRAWN = "withdrawn", "已撤回"
        ENDED = "ended", "公示已结束"

    kind = models.CharField("类别", max_length=10, choices=Kind)
    subject = models.UUIDField("对象", unique=True)
    number = models.CharField("编号", max_length=60)
    token = models.CharField("验证码", max_length=20, unique=True)
    title = models.CharField("标题", max_length=120)
    period = models.CharField("期限", max_length=40, blank=True)
    until = models.DateField("截止", null=True, blank=True)
    digest = models.CharField("内容摘要", max_length=64)
    seal = models.CharField("日志封印", max_length=100, blank=True)
    by_number = models.BooleanField("可按编号查询", default=False)
    state = models.CharField("状态", max_length=10, choices=State, default=State.VALID)
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="签发人")
    issued_at = models.DateTimeField("签发时间", db_default=Now())

    data_classes = classified(
        public="kind number title period until digest seal by_number state issued_at",
        internal="subject token issued_by",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "已发出的文书"
        ordering = ("-issued_at",)
        constraints = [models.UniqueConstraint(fields=["bureau", "number"], name="paper_number_once")]

    def __str__(self) -> str:
        return self.number


class IssuedFile(BureauModel):
    """A file of the paper, made once and kept, so that every copy of it is the same bytes."""

    class Kind(models.TextChoices):
        HTML = "html", "网页"
        XLSX = "xlsx", "表格"
        PDF = "pdf", "PDF"

    paper = models.ForeignKey(IssuedPaper, on_delete=models.PROTECT, related_name="files", verbose_name="文书")
    kind = models.CharField("格式", max_length=4, choices=Kind)
    sha256 = models.CharField("SHA-256", max_length=64)
    content = models.BinaryField("文件")
    made_at = models.DateTimeField("生成时间", db_default=Now())

    data_classes = classified(
        public="paper kind sha256 content made_at",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "文书文件"
        constraints = [models.UniqueConstraint(fields=["paper", "kind"], name="paper_has_one_file_of_a_kind")]
        triggers = for_ever("issued_file")

    def __str__(self) -> str:
        return f"{self.paper} {self.kind}"
