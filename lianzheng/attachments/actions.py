"""The only writer of attachments, and the question which belong to a record."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from lianzheng.attachments.check import Scan
from lianzheng.attachments.models import Attachment
from lianzheng.audit.actions import record
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel


@transaction.atomic
def attach(scan: Scan, *, to: BureauModel, name: str, by: User) -> Attachment:
    """Keep a checked file (`check.scan_of`) with a record; `name` is ours, without the suffix, and names nobody."""
    kept: Attachment = Attachment.objects.create(
        bureau_id=to.bureau_id,
        subject_kind=to._meta.label_lower,
        subject=to.pk,
        name=f"{name}.{scan.suffix}",
        kind=scan.kind,
        sha256=scan.sha256,
        size=len(scan.content),
        content=scan.content,
        added_by=by,
    )
    record("上传附件", subject=to, bureau=to.bureau, digest=scan.sha256, detail={"字节": kept.size}, by=by)
    return kept


def attached_to(subject: BureauModel) -> QuerySet[Any]:
    """The files of a record, without their bytes."""
    rows = Attachment.objects.in_bureau(subject.bureau).filter(
        subject_kind=subject._meta.label_lower, subject=subject.pk
    )
    return rows.defer("content").select_related("added_by")
