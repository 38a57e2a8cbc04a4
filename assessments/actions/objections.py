"""Objections to a notice: taken in without asking who, verified and answered. Their words stay in their own table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from assessments.models import Objection, PublicNotice
from lianzheng import clock, codes
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.models import User


def receipt_digest(receipt: str) -> str:
    """What is kept of a receipt number: enough to know it again, not to use it."""
    return hashlib.sha256(codes.tidy(receipt).encode()).hexdigest()


@transaction.atomic
def submit_objection(notice: PublicNotice, *, facts: Mapping[str, Any], by: None = None) -> str:
    """Take an objection in (`facts`: content, name, contact) and return its receipt number, which is kept nowhere.
    Nobody is recorded as its sender, also when somebody had signed in."""
    rows = PublicNotice.objects.in_bureau(notice.bureau).select_for_update(of=("self",))
    current = rows.select_related("bureau").get(pk=notice.pk)
    if closed := closed_because(current):
        raise Refused(closed)
    receipt = codes.new()
    objection = Objection.objects.create(
        bureau=current.bureau, notice=current, receipt_digest=receipt_digest(receipt), **facts
    )
    record("收到公示异议", subject=objection, bureau=current.bureau, by=by)
    return receipt


def closed_because(notice: PublicNotice) -> str:
    """Why no objection is taken in now; "" while the notice is up."""
    today = clock.today()
    if notice.fate:
        return f"这份公示{notice.get_fate_display()}，请对最新的公示提出。"
    if notice.closed_at is not None or today > notice.ends_on:
        return "公示期已结束，如有意见请向本单位廉政办或纪检机构反映。"
    return "公示还没有开始，请在公示期内提出。" if today < notice.starts_on else ""


@transaction.atomic
def answer_objection(objection: Objection, *, state: str, answer: str, by: User) -> None:
    """What the verification found, and the answer its sender reads with the receipt number."""
    if state not in set(Objection.State.values) - {Objection.State.OPEN}:
        raise Refused("请选择核实结果。")
    if not answer.strip():
        raise Refused("请填写答复。")
    rows = Objection.objects.in_bureau(objection.bureau).filter(pk=objection.pk, state=Objection.State.OPEN)
    objection.answer = answer
    sealed = objection.answer_sealed
    if not rows.update(state=state, answer_sealed=sealed, answered_by=by, answered_at=Now()):
        raise Stale("已被他人处理，请按最新情况办理。")
    objection.refresh_from_db()
    record("答复公示异议", subject=objection, bureau=objection.bureau, states=(Objection.State.OPEN, str(state)), by=by)
