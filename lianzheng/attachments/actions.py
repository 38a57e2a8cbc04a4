"""The only writer of attachments, and the question which belong to a record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import Now

from lianzheng.attachments.check import Scan
from lianzheng.attachments.models import Attachment
from lianzheng.attachments.virus import Unreachable, found_in
from lianzheng.audit.actions import record
from lianzheng.flow import Refused
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel

A_DAY = timedelta(days=1)


@transaction.atomic
def attach(scan: Scan, *, to: BureauModel, name: str, by: User) -> Attachment:
    """Keep a checked file (`check.scan_of`) with a record; `name` is ours, without the suffix, and names nobody.

    Raises Refused where a site's scanner finds something, or too much is kept already.
    """
    _keepable(scan, to=to, by=by)
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


def _keepable(scan: Scan, *, to: BureauModel, by: User) -> None:
    """ASVS 5.2.4, 5.4.3: neither one person nor one bureau fills the disk, and nothing infected is handed on."""
    today = Attachment.unscoped.filter(added_by=by, added_at__gte=Now() - A_DAY).count()
    if today >= settings.ATTACHMENTS_A_DAY:
        raise Refused(f"您在 24 小时内已上传 {today} 个文件，请明天再传，或请系统管理员放宽限额。")
    kept = Attachment.unscoped.filter(bureau_id=to.bureau_id).aggregate(bytes=Sum("size"))["bytes"] or 0
    if kept + len(scan.content) > settings.ATTACHMENT_QUOTA:
        raise Refused("本单位的附件已达存储限额，文件没有保存。请联系系统管理员扩大限额。")
    try:
        found = found_in(scan.content)
    except Unreachable:
        raise Refused("病毒查杀服务暂时不可用，文件没有保存，请稍后再传。") from None
    if found:
        raise Refused("文件没有通过病毒查杀，没有保存。请用杀毒软件检查您的电脑。")


def attached_to(subject: BureauModel) -> QuerySet[Any]:
    """The files of a record, without their bytes."""
    rows = Attachment.objects.in_bureau(subject.bureau).filter(
        subject_kind=subject._meta.label_lower, subject=subject.pk
    )
    return rows.defer("content").select_related("added_by")
