"""The receipt of the superior office, and what it supersedes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from assessments.models import Campaign, Dossier, Filing, State
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Said, move
from lianzheng.organisation.models import User


@transaction.atomic
def record_filing(
    campaign: Campaign, *, facts: Mapping[str, Any], chosen: Sequence[tuple[Dossier, int]], action: str, by: User
) -> Filing:
    """The receipt for a set of dossiers; they are in force from here. `action`: file (superior) or file_paper
    (office)."""
    if not chosen:
        raise Refused("请至少选择一份要备案的表。")
    if Filing.objects.in_bureau(campaign.bureau).filter(receipt_no=facts["receipt_no"]).exists():
        raise Refused(f"备案编号“{facts['receipt_no']}”已用过，请核对。")
    filing: Filing = Filing.objects.create(bureau=campaign.bureau, campaign=campaign, recorded_by=by, **facts)
    for dossier, version in chosen:
        opinion = filing.opinion or f"同意备案，备案编号 {filing.receipt_no}。"
        move(dossier, action, version=version, said=Said(opinion=opinion, facts={"filing": filing}), by=by)
    record("备案", subject=filing, bureau=campaign.bureau, detail={"表册": len(chosen)}, by=by)
    return filing


@transaction.atomic
def supersede_before(dossier: Dossier, *, by: User) -> None:
    """Earlier dossiers in force for the same post, section or bureau give way to this one, each through its own
    step."""
    same = Q(bureau=dossier.bureau_id, kind=dossier.kind, unit=dossier.unit_id, state=State.IN_FORCE)
    finding = Q(stage=Dossier.Stage.FINDING)
    same &= finding if dossier.stage == Dossier.Stage.FINDING else ~finding
    if dossier.table.post_id:
        same &= Q(table__post=dossier.table.post_id)
    year, edition = dossier.campaign.year, dossier.table.edition
    before = Q(campaign__year__lt=year) | Q(campaign__year=year, table__edition__lt=edition)
    for old in Dossier.objects.across_bureaus().filter(same & before):
        move(old, "supersede", version=old.version, by=by)
