"""Which forms may be approved together with others; pure. Ours: no source allows or forbids it."""

from collections.abc import Iterable

FIRST = 1


def alone(*, proposed: int | None, reported: int | None, others: Iterable[int | None] = ()) -> str:
    """Why a form has to be looked at by itself; nothing when it may go with the rest. A level-one form always, and one
    that was reported below its proposal (避重就轻). Rank 3 is the lightest."""
    if FIRST in (proposed, reported, *others):
        return "一级的表须逐件审核"
    if proposed is not None and reported is not None and reported > proposed:
        return "自报等级低于建议等级，须逐件审核"
    return ""
