"""Whose a duty is to see to, and who may look at it."""

from __future__ import annotations

from django.db.models import Q

from assessments.models import DutyInstance
from lianzheng.organisation.models import User
from lianzheng.organisation.rights import desk, holds, within
from lianzheng.organisation.roles import Right

Owner = DutyInstance.Owner
VOTE, ROTATION = "vote", "rotation"
_ROTATORS = desk(Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT, persons=("person",))
"""Nobody sees to the rotation of himself (公务员法 第七十六条 回避)."""


def owns(user: User) -> Q:
    """Turns that are this person's to see to."""
    own = Q(owner=Owner.HOLDER, person=user)
    own |= Q(owner=Owner.SECTION_HEAD) & within(user, Right.REVIEW_SECTION)
    own |= Q(owner=Owner.INSPECTOR) & within(user, Right.INSPECT)
    own |= Q(owner=Owner.OFFICE) & ~Q(code=ROTATION) & within(user, Right.RUN_OFFICE)
    return own | (Q(code=ROTATION) & _ROTATORS(user))


def sees(user: User) -> Q:
    """One's own, those about oneself, and all where one reviews, leads, organises or inspects."""
    seen = owns(user) | Q(person=user)
    for right in (Right.REVIEW_SECTION, Right.LEAD_SECTIONS, Right.HEAD_BUREAU, Right.RUN_OFFICE, Right.INSPECT):
        seen |= within(user, right)
    return seen


def reads_answers(turn: DutyInstance, user: User) -> bool:
    """What was filled in is for whoever may open the turn; the votes on sections are for the inspection alone."""
    return turn.code != VOTE or holds(user, Right.INSPECT, unit=turn.unit)


def reads_last_three(turn: DutyInstance, user: User) -> bool:
    """Which sections come under 重点执法监察: for those who order it and those who carry it out."""
    rights = (Right.INSPECT, Right.HEAD_BUREAU, Right.RUN_OFFICE)
    return turn.code == VOTE and any(holds(user, right, unit=turn.unit) for right in rights)
