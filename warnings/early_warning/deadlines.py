"""Limits of a warning by colour (domain table of limits); pure. No source names a number of days, so each bureau may
set its own; a warning keeps the limits under which it was issued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from early_warning.colours import Colour
from early_warning.limits import USUAL
from lianzheng import workdays
from lianzheng.workdays import Exceptions


@dataclass(frozen=True)
class Days:
    """`sign`, `reply` and `review` count working days, `finish` calendar days."""

    sign: int
    reply: int
    finish: int
    review: int


DEFAULTS: Mapping[Colour, Days] = {
    colour: Days(sign=usual.sign, reply=usual.reply, finish=usual.finish, review=usual.review)
    for colour, usual in USUAL.items()
}
MOST = 90
WORDS = {"sign": "签收", "reply": "书面回告", "finish": "整改完成", "review": "复核"}
UNITS = {"sign": "个工作日", "reply": "个工作日", "finish": "天", "review": "个工作日"}


@dataclass(frozen=True)
class Limits:
    """The last days for signing, for the written reply and for the rectification."""

    sign_by: date
    reply_by: date
    finish_by: date


def limits(days: Days, *, on: date, exceptions: Exceptions) -> Limits:
    """Counted from the day after issue; the reply has its days after those for signing. A last day of rest moves to
    the next working day."""
    return Limits(
        sign_by=workdays.after(on, days=days.sign, exceptions=exceptions),
        reply_by=workdays.after(on, days=days.sign + days.reply, exceptions=exceptions),
        finish_by=workdays.on_or_after(on + timedelta(days=days.finish), exceptions=exceptions),
    )


def review_by(days: Days, *, on: date, exceptions: Exceptions) -> date:
    """The last day for the review of a report that came in on this day."""
    return workdays.after(on, days=days.review, exceptions=exceptions)


def contradiction(days: Days) -> str:
    """The sentence that says why these limits cannot be; "" when they can. A working week has five days of seven."""
    if any(not 1 <= number <= MOST for number in (days.sign, days.reply, days.finish, days.review)):
        return f"期限须在 1 至 {MOST} 之间。"
    if (days.sign + days.reply) * 7 > days.finish * 5:
        return "整改期限太短：签收和书面回告还没到期，整改就已到期。"
    return ""
