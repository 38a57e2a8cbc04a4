"""Time limits and usual measures of each colour; pure.

The three sets of measures stand in «…廉政风险预警防控暂行办法» 第十六条（反馈）, 第十七条（处置） and in 实施方案
(三诫勉); which of a set goes with which colour, and every number of days, is ours: the sources name none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from early_warning.colours import Colour

DISPOSALS = {"caution": "警示提醒", "order": "责令整改", "admonish": "诫勉纠错"}
ADMONITIONS = {"remind": "诫勉提醒", "supervise": "诫勉督导", "correct": "诫勉纠错"}
FEEDBACKS = {"talk": "谈话提醒", "notice": "下达预警通知书", "bulletin": "内部通报"}


@dataclass(frozen=True)
class Usual:
    """What goes with a colour unless a person chooses otherwise: measures, and days for each part of the way."""

    disposal: str
    admonition: str
    feedbacks: tuple[str, ...]
    sign: int
    reply: int
    finish: int
    review: int


USUAL: Mapping[Colour, Usual] = {
    Colour.YELLOW: Usual("caution", "remind", ("talk",), sign=3, reply=5, finish=15, review=10),
    Colour.ORANGE: Usual("order", "supervise", ("notice",), sign=2, reply=5, finish=30, review=10),
    Colour.RED: Usual("admonish", "correct", ("notice", "bulletin"), sign=1, reply=3, finish=30, review=5),
}
"""`sign`, `reply` and `review` count working days, `finish` calendar days."""


def one_up(colour: Colour) -> Colour | None:
    """The next graver colour; None above red, where the matter leaves this system."""
    return Colour(colour - 1) if colour > Colour.RED else None
