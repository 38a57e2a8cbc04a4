"""The office's hand on the round: reminders, closing it with what is missing and why, opening it again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from assessments.board import WRITING
from assessments.models import Campaign, Closing, Dossier, Missing, Reminder
from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.models import User


def _locked(campaign: Campaign) -> list[Dossier]:
    """The forms not handed in, locked: nobody hands one in until this transaction ends."""
    rows = Dossier.objects.in_bureau(campaign.bureau).select_for_update(of=("self",)).order_by("pk")
    return list(rows.filter(campaign=campaign, state__in=WRITING))


@transaction.atomic
def remind(campaign: Campaign, *, forms: Collection[Any], by: User) -> int:
    """催办 these forms, as far as they are not handed in; once a day each. The number of new reminders."""
    today = clock.today()
    open_ = {dossier.pk: dossier for dossier in _locked(campaign) if dossier.pk in forms}
    done = Reminder.objects.in_bureau(campaign.bureau).filter(dossier__in=open_, day=today)
    left = set(open_) - set(done.values_list("dossier", flat=True))
    Reminder.objects.bulk_create(
        Reminder(bureau_id=campaign.bureau_id, dossier_id=pk, day=today, by=by) for pk in sorted(left)
    )
    if left:
        record("催办", subject=campaign, bureau=campaign.bureau, detail={"表册": len(left)}, by=by)
    return len(left)


@transaction.atomic
def close_campaign(campaign: Campaign, *, reasons: Mapping[Any, str], by: User) -> Closing:
    """End the round; every form that is missing gets its reason. Until it is opened again nothing can be handed in."""
    missing = _locked(campaign)
    if campaign.closings.filter(reopened_at=None).exists():
        raise Stale("本年度排查已经结束。")
    if unexplained := [dossier for dossier in missing if not reasons.get(dossier.pk, "").strip()]:
        raise Refused(*(f"{dossier.title}（{dossier.form_name}）：请写明未交原因。" for dossier in unexplained))
    closing: Closing = Closing.objects.create(bureau=campaign.bureau, campaign=campaign, by=by)
    Missing.objects.bulk_create(
        Missing(bureau_id=campaign.bureau_id, closing=closing, dossier=dossier, reason=reasons[dossier.pk].strip())
        for dossier in missing
    )
    record("结束年度排查", subject=campaign, bureau=campaign.bureau, detail={"未交": len(missing)}, by=by)
    return closing


@transaction.atomic
def reopen_campaign(campaign: Campaign, *, reason: str, by: User) -> None:
    """Forms can be handed in again; why is kept."""
    if not reason.strip():
        raise Refused("请写明重新开放的原因。")
    standing = Closing.objects.in_bureau(campaign.bureau).filter(campaign=campaign, reopened_at=None)
    if not standing.update(reopened_at=Now(), reopened_by=by, reopened_reason=reason.strip()):
        raise Stale("本年度排查没有结束，不需重新开放。")
    record("重新开放年度排查", subject=campaign, bureau=campaign.bureau, detail={"原因": reason.strip()}, by=by)
