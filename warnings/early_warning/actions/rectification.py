"""The only writers of causes, items and evidence; open to who answers, and only while the warning is being answered."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from early_warning.models import Evidence, Rectification, RectificationItem, State, WarningNotice
from early_warning.rules import ANSWERING, writes
from lianzheng.attachments.actions import attach
from lianzheng.attachments.check import Scan
from lianzheng.audit.actions import record
from lianzheng.flow import NotYours, Refused, Stale
from lianzheng.organisation.models import User

MOST_FILES = 9
MOST_ITEMS = 30
GONE = "内容已在别处修改，请按最新内容办理。"


def _open(warning: WarningNotice, *, by: User) -> WarningNotice:
    """The warning, locked, while it can be answered by this person."""
    rows = WarningNotice.objects.in_bureau(warning.bureau)
    current: WarningNotice = rows.select_for_update(of=("self",)).get(pk=warning.pk)
    if not WarningNotice.objects.within(writes(by)).filter(pk=current.pk).exists():
        raise NotYours("这份预警的整改不由您填写。")
    if current.state not in ANSWERING:
        raise Stale(f"这份预警{State(current.state).label}，现在不能修改整改内容。")
    return current


@transaction.atomic
def save_causes(warning: WarningNotice, *, version: int, causes: str, rules: str, by: User) -> None:
    """成因剖析 and 建章立制."""
    current = _open(warning, by=by)
    written = Rectification.objects.in_bureau(current.bureau).filter(warning=current).first()
    if (written.version if written else 0) != version:
        raise Stale(GONE)
    written = written or Rectification(bureau=current.bureau, warning=current, version=0)
    written.causes, written.rules, written.version = causes, rules, version + 1
    written.save()
    record("填写预警整改", subject=current, bureau=current.bureau, by=by)


@transaction.atomic
def save_item(
    warning: WarningNotice,
    *,
    item: RectificationItem | None,
    version: int,
    measure: str,
    responsible: str,
    due_on: date,
    result: str,
    by: User,
) -> RectificationItem:
    """One item, new or changed under the version its form showed."""
    current = _open(warning, by=by)
    _in_time(current, due_on)
    rows = RectificationItem.objects.in_bureau(current.bureau).filter(warning=current)
    if item is None and rows.count() >= MOST_ITEMS:
        raise Refused(f"整改措施最多 {MOST_ITEMS} 条。")
    found = rows.filter(pk=item.pk, version=version).first() if item else RectificationItem(version=0)
    if found is None:
        raise Stale(GONE)
    found.bureau, found.warning = current.bureau, current
    found.measure, found.responsible, found.due_on, found.result = measure, responsible, due_on, result
    found.version += 1
    found.save()
    record("填写预警整改", subject=current, bureau=current.bureau, by=by)
    return found


def _in_time(warning: WarningNotice, due_on: date) -> None:
    assert warning.issued_on is not None
    if due_on < warning.issued_on:
        raise Refused(f"完成时限不能早于签发日期 {warning.issued_on:%Y-%m-%d}。")
    if warning.finish_by and due_on > warning.finish_by:
        raise Refused(f"完成时限不能晚于整改期限 {warning.finish_by:%Y-%m-%d}。")


@transaction.atomic
def remove_item(item: RectificationItem, *, version: int, by: User) -> None:
    """Take an item out before the reply; afterwards it is what was promised."""
    current = _open(item.warning, by=by)
    if current.state != State.SIGNED:
        raise Refused("书面回告提交后不能再删除整改措施。")
    if item.evidence.exists():
        raise Refused("这条措施已有佐证，不能删除。")
    rows = RectificationItem.objects.in_bureau(current.bureau)
    if not rows.filter(pk=item.pk, version=version).delete()[0]:
        raise Stale(GONE)
    record("删除整改措施", subject=current, bureau=current.bureau, by=by)


@transaction.atomic
def add_evidence(item: RectificationItem, *, scan: Scan, by: User) -> Evidence:
    """佐证 of an item; files are added, never replaced."""
    current = _open(item.warning, by=by)
    count = item.evidence.count()
    if count >= MOST_FILES:
        raise Refused(f"每条措施最多 {MOST_FILES} 份佐证。")
    kept: Evidence = Evidence.objects.create(bureau=current.bureau, item=item, order=count + 1)
    attach(scan, to=kept, name=f"佐证{kept.order}", by=by)
    return kept
