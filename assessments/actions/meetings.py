"""What a meeting decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from assessments.levels import VOCABULARIES
from assessments.models import Campaign, Dossier, Meeting
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Said, move
from lianzheng.organisation.models import User


@dataclass(frozen=True)
class Decision:
    """What the meeting decided on one dossier, at the version that lay before it: a level, or back with a reason."""

    dossier: Dossier
    version: int
    rank: int | None
    said: Said


@transaction.atomic
def record_meeting(campaign: Campaign, *, facts: Mapping[str, Any], decisions: Sequence[Decision], by: User) -> Meeting:
    """The meeting with all its decisions, or nothing: each goes through `move()`."""
    if not decisions:
        raise Refused("请至少选择一个议题。")
    if Meeting.objects.in_bureau(campaign.bureau).filter(minutes_no=facts["minutes_no"]).exists():
        raise Refused(f"纪要编号“{facts['minutes_no']}”已用过，请核对。")
    meeting: Meeting = Meeting.objects.create(bureau=campaign.bureau, campaign=campaign, recorder=by, **facts)
    for item in decisions:
        _decide(item, meeting=meeting, by=by)
    record("登记会议决定", subject=meeting, bureau=campaign.bureau, detail={"议题": len(decisions)}, by=by)
    return meeting


def _decide(item: Decision, *, meeting: Meeting, by: User) -> None:
    try:
        if item.rank is None:
            move(item.dossier, "return", version=item.version, said=item.said, by=by)
            return
        reason = str(item.said.facts.get("reason", ""))
        said = Said(
            opinion=_decided(meeting, rank=item.rank, reason=reason),
            facts={"rank": item.rank, "reason": reason, "meeting": meeting},
        )
        move(item.dossier, "decide", version=item.version, said=said, by=by)
    except Refused as refusal:
        raise Refused(*(f"{item.dossier.title}：{sentence}" for sentence in refusal.sentences)) from refusal


def _decided(meeting: Meeting, *, rank: int, reason: str) -> str:
    """The decision as the form prints it; a reason, needed below the proposal, is printed with it (附件4、5)."""
    word = VOCABULARIES[meeting.bureau.vocabulary].get(rank, "")
    return f"经{meeting}研究，确定为{word}。" + (f"理由：{reason}" if reason else "")
