"""Public notices: put up, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from assessments import notices
from assessments.models import Campaign, Dossier, PublicNotice, State
from lianzheng import clock, workdays
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Said, Stale, digest, move
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import User


@transaction.atomic
def publish_notice(
    campaign: Campaign, *, facts: Mapping[str, Any], chosen: Sequence[tuple[Dossier, int]], by: User
) -> PublicNotice:
    """Put results up. `facts`: title, scope, starts_on, days, phone, place; `chosen`: dossiers with the versions
    shown."""
    if not chosen:
        raise Refused("请至少选择一份要公示的表。")
    today = clock.today()
    if facts["starts_on"] < today:
        raise Refused("公示开始日期不能早于今天。")
    ends = workdays.period_end(facts["starts_on"], days=facts["days"], exceptions=exceptions())
    content = notices.content([dossier for dossier, _ in chosen], scope=facts["scope"])
    last = campaign.notices.aggregate(last=Max("number"))["last"] or 0
    notice: PublicNotice = PublicNotice.objects.create(
        bureau=campaign.bureau,
        campaign=campaign,
        number=last + 1,
        ends_on=ends,
        content=content,
        digest=digest(content),
        published_by=by,
        **facts,
    )
    for dossier, version in chosen:
        move(dossier, "publish", version=version, said=Said(facts={"notice": notice}), by=by)
    record("发布公示", subject=notice, bureau=campaign.bureau, digest=notice.digest, by=by)
    return notice


@transaction.atomic
def close_notice(notice: PublicNotice, *, by: User) -> int:
    """End a notice whose period is over; the number of dossiers that went on."""
    held = notice.dossiers.filter(state=State.PUBLISHED)
    moved = [move(dossier, "close", version=dossier.version, by=by) for dossier in held]
    PublicNotice.objects.in_bureau(notice.bureau).filter(pk=notice.pk, closed_at=None).update(
        closed_at=Now(), closed_by=by
    )
    if not moved:
        raise Stale("已被他人处理，请按最新情况办理。")
    record("公示期满", subject=notice, bureau=notice.bureau, detail={"表册": len(moved)}, by=by)
    return len(moved)
