"""The append-only journal, the contents that opinions were given on, and the seals over the journal."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Func
from django.db.models.functions import Now

from lianzheng.classification import classified


def for_ever(prefix: str) -> list[Any]:
    """Triggers that let a row be written and never changed, deleted or truncated again."""
    return [
        pgtrigger.Protect(name=f"{prefix}_never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name=f"{prefix}_never_cut",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func="RAISE EXCEPTION 'this table is for ever';",
        ),
    ]


class TransactionId(Func):
    """The number of the writing transaction, so that a seal takes no block in which a slower one may still appear."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class Entry(models.Model):
    """One act: who did what to which record, from which state to which, on which content, when."""

    id = models.BigAutoField(primary_key=True)
    bureau = models.ForeignKey(
        "organisation.Unit", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="单位"
    )
    at = models.DateTimeField("时间", db_default=Now())
    transaction = models.BigIntegerField("事务号", db_default=TransactionId())
    by = models.ForeignKey(
        "organisation.User", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="办理人"
    )
    hat = models.CharField("身份", max_length=60, blank=True)
    act = models.CharField("事项", max_length=40)
    subject_kind = models.CharField("对象类别", max_length=40, blank=True)
    subject = models.UUIDField("对象", null=True)
    source = models.CharField("原状态", max_length=20, blank=True)
    target = models.CharField("新状态", max_length=20, blank=True)
    digest = models.CharField("内容摘要", max_length=64, blank=True)
    detail = models.JSONField("说明", default=dict)

    data_classes = classified(
        internal="id bureau at transaction by hat act subject_kind subject source target digest",
        sensitive="detail",
    )

    class Meta:
        verbose_name = verbose_name_plural = "日志"
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["bureau", "id"], name="entry_bureau_id"),
            models.Index(fields=["bureau", "transaction"], name="entry_bureau_transaction"),
        ]
        triggers: ClassVar = for_ever("entry")

    def __str__(self) -> str:
        return f"{self.id} {self.act}"


class Snapshot(models.Model):
    """A content as it was when somebody gave an opinion on it, kept once under its own digest (SHA-256)."""

    digest = models.CharField("摘要", max_length=64, primary_key=True)
    content = models.JSONField("内容")
    at = models.DateTimeField("时间", db_default=Now())

    data_classes = classified(
        internal="digest at",
        sensitive="content",
    )

    class Meta:
        verbose_name = verbose_name_plural = "内容快照"
        triggers: ClassVar = for_ever("snapshot")

    def __str__(self) -> str:
        return self.digest[:12]


class Seal(models.Model):
    """A block of journal rows closed for good (transactions `since` up to, not with, `until`): their Merkle root,
    bound to
    the previous seal."""

    number = models.PositiveIntegerField("序号")
    bureau = models.ForeignKey(
        "organisation.Unit", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="单位"
    )
    since = models.BigIntegerField("起始事务号")
    until = models.BigIntegerField("截止事务号")
    count = models.PositiveIntegerField("条数")
    root = models.CharField("根", max_length=64)
    previous = models.CharField("前封", max_length=64, blank=True)
    value = models.CharField("封印", max_length=64, unique=True)
    sm3 = models.CharField("国密封印", max_length=64, blank=True)
    at = models.DateTimeField("时间", db_default=Now())

    data_classes = classified(
        public="id number bureau since until count root previous value sm3 at",
    )

    class Meta:
        verbose_name = verbose_name_plural = "封印"
        ordering = ("bureau", "number")
        constraints = [
            models.UniqueConstraint(fields=["bureau", "number"], nulls_distinct=False, name="seal_number_once"),
        ]
        indexes = [models.Index(F("bureau"), F("number").desc(), name="seal_newest")]
        triggers: ClassVar = for_ever("seal")

    def __str__(self) -> str:
        return f"第{self.number}封 {self.value[:12]}"
