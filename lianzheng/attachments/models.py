"""Files that belong to a record: scans and evidence, kept in the database so that one backup holds everything."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from lianzheng.attachments.check import BYTES
from lianzheng.audit.models import for_ever
from lianzheng.classification import classified
from lianzheng.organisation.scoping import BureauModel


class Attachment(BureauModel):
    """A file of a record, named by us and never changed: another version is another file.

    Who may have it is decided by whoever may see its record; it is fetched by that record's own view.
    """

    subject_kind = models.CharField("对象类别", max_length=40)
    subject = models.UUIDField("对象")
    name = models.CharField("名称", max_length=60)
    kind = models.CharField("格式", max_length=40)
    sha256 = models.CharField("摘要", max_length=64)
    size = models.PositiveIntegerField("字节")
    content = models.BinaryField("内容")
    added_by = models.ForeignKey("organisation.User", on_delete=models.PROTECT, related_name="+", verbose_name="上传人")
    added_at = models.DateTimeField("上传时间", db_default=Now())

    data_classes = classified(
        internal="subject_kind subject kind sha256 size added_by added_at",
        sensitive="name content",
    )

    class Meta(BureauModel.Meta):
        verbose_name = verbose_name_plural = "附件"
        ordering = ("added_at",)
        constraints = [
            models.CheckConstraint(condition=Q(size__range=(1, BYTES)), name="attachment_size"),
        ]
        indexes = [models.Index(fields=["bureau", "subject"], name="attachment_subject")]
        triggers = for_ever("attachment")

    def __str__(self) -> str:
        return self.name
