"""Score of a risk point from its grades; pure, Decimal only.

«…排查工作的报告» 一（二）: 综合评分 100 分，80 分及以上一级，60 分（含）至 80 分二级，60 分以下三级.
The source gives no weights; those of the shipped scheme 六维百分制 are ours: points = weight × grade ÷ 5, so that
all grades 4 make exactly 80 and all grades 3 make exactly 60.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

GRADES = (1, 2, 3, 4, 5)
FIRST_FROM = Decimal(80)
SECOND_FROM = Decimal(60)
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Dimension:
    """One dimension of a scheme: its weight out of 100, the wording of the grades 1 to 5, and its direction: `reverse`
    where a higher grade is less risk."""

    code: str
    name: str
    weight: Decimal
    wording: tuple[str, str, str, str, str]
    reverse: bool = False

    @property
    def heaviest(self) -> int:
        """The grade that makes the most points."""
        return GRADES[0] if self.reverse else GRADES[-1]

    def points(self, value: Decimal, *, divisor: int) -> Decimal:
        """Weight × grade, before the one division by 5 × divisor; a reverse grade counts from the other end."""
        return self.weight * (6 * divisor - value if self.reverse else value)


def dimensions_of(snapshot: Sequence[Mapping[str, Any]]) -> tuple[Dimension, ...]:
    """Dimensions from the JSON that a scheme is kept as; ValueError when it is not a scheme."""
    dimensions = tuple(
        Dimension(
            code=item["code"],
            name=item["name"],
            weight=Decimal(str(item["weight"])),
            wording=tuple(item["wording"]),
            reverse=bool(item.get("reverse")),
        )
        for item in snapshot
    )
    if problem := scheme_problem(dimensions):
        raise ValueError(problem)
    return dimensions


def scheme_problem(dimensions: Sequence[Dimension]) -> str | None:
    """Why these dimensions are no scheme, or None: weights are not negative and total exactly 100."""
    if not all(item.weight.is_finite() and item.weight >= 0 for item in dimensions):
        return "权重必须是不小于 0 的数。"
    if any(len(item.wording) != len(GRADES) for item in dimensions):
        return "每个维度须有 5 档表述。"
    total = sum((item.weight for item in dimensions), Decimal(0))
    return None if total == 100 else f"权重合计必须正好是 100，现在是 {total}。"


SELF, OFFICE, LEADER = "self", "office", "leader"
RATERS: Mapping[str, Mapping[str, int]] = {
    "single": {SELF: 1},
    "mean": {SELF: 1, OFFICE: 1, LEADER: 1},
    "split": {SELF: 20, OFFICE: 40, LEADER: 40},
}
"""Who grades, and with which share: the holder alone, the mean of three, or 自评20、防控办40、局领导40 (考核办法)."""


@dataclass(frozen=True)
class Combined:
    """Grades of all raters together: per dimension the shares' sum, which ÷ `divisor` is the grade that counts."""

    summed: dict[str, int]
    divisor: int


def combine(by_seat: Mapping[str, Mapping[str, int]], *, raters: str) -> Combined:
    """The raters' grades by their shares; the holder's own alone until everybody has graded every dimension."""
    own = by_seat.get(SELF, {})
    shares = RATERS[raters]
    if len(shares) == 1 or any(set(by_seat.get(seat, {})) != set(own) for seat in shares):
        return Combined(dict(own), 1)
    summed = {code: sum(share * by_seat[seat][code] for seat, share in shares.items()) for code in own}
    return Combined(summed, sum(shares.values()))


def score(dimensions: Sequence[Dimension], *, grades: Mapping[str, Decimal | int], divisor: int = 1) -> Decimal | None:
    """Points out of 100, rounded half up to two places; None while a dimension is not graded.

    A grade is 1 to 5, or, of several raters, a sum of shares that `divisor` brings back to 1 to 5; ValueError outside.
    Divided once, at the end, so that a third of a grade is never rounded before the score is.
    """
    if any(item.code not in grades for item in dimensions):
        return None
    values = {item.code: Decimal(grades[item.code]) for item in dimensions}
    if not all(value.is_finite() and divisor <= value <= 5 * divisor for value in values.values()):
        raise ValueError("评分档次只能是 1 至 5。")
    total = sum((item.points(values[item.code], divisor=divisor) for item in dimensions), Decimal(0))
    return rounded(total / (5 * divisor))


def rounded(raw: Decimal) -> Decimal:
    """Half up to two places: the number that is shown is the number that is compared."""
    return raw.quantize(_CENT, rounding=ROUND_HALF_UP)


def rank(points: Decimal) -> int:
    """Level 1, 2 or 3 of a score of 0 to 100; ValueError outside."""
    shown = rounded(points)
    if not 0 <= shown <= 100:
        raise ValueError("得分只能在 0 至 100 之间。")
    if shown >= FIRST_FROM:
        return 1
    return 2 if shown >= SECOND_FROM else 3
