"""Time limits and usual measures of each colour; pure.

The three sets of measures stand in «…廉政风险预警防控暂行办法» 第十六条（反馈）, 第十七条（处置） and in 实施方案
(三诫勉); which of a set goes with which colour, and every number of days, is ours: the sources name none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from early_warning.colours import Colour
from lianzheng import workdays
from lianzheng.workdays import Exceptions

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


@dataclass(frozen=True)
class Limits:
    """The last days for signing, for the written reply and for the rectification."""

    sign_by: date
    reply_by: date
    finish_by: date


def limits(colour: Colour, *, on: date, exceptions: Exceptions) -> Limits:
    """Counted from the day after issue; a last day that does not work moves to the next that does."""
    usual = USUAL[colour]
    return Limits(
        sign_by=workdays.after(on, days=usual.sign, exceptions=exceptions),
        reply_by=workdays.after(on, days=usual.sign + usual.reply, exceptions=exceptions),
        finish_by=workdays.on_or_after(on + timedelta(days=usual.finish), exceptions=exceptions),
    )


def review_by(colour: Colour, *, on: date, exceptions: Exceptions) -> date:
    """The last day for the review of a report that came in on this day."""
    return workdays.after(on, days=USUAL[colour].review, exceptions=exceptions)


def one_up(colour: Colour) -> Colour | None:
    """The next graver colour; None above red, where the matter leaves this system."""
    return Colour(colour - 1) if colour > Colour.RED else None
