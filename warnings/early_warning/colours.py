"""The suggested colour of a warning from the two scales of «…领导和重要岗位廉政风险预警防控暂行办法» 第十八条; pure.

Colours of warnings and levels of risk are two different things: a post of level three may get a red warning.
A person decides the colour; this only proposes one, with the reason in a sentence.
"""

from dataclasses import dataclass
from enum import IntEnum


class Colour(IntEnum):
    """A warning's colour; 1 is the gravest (一级预警)."""

    RED = 1
    ORANGE = 2
    YELLOW = 3


WORDS = {Colour.RED: "红色", Colour.ORANGE: "橙色", Colour.YELLOW: "黄色"}


class Office(IntEnum):
    """By office held: 班子一级，站所负责人二级，重要岗位三级."""

    LEADERSHIP = 1
    HEAD = 2
    KEY_POST = 3


class Part(IntEnum):
    """By part of the work: 行政许可、财务、后勤一级，收费二级，其他三级."""

    LICENCE_FINANCE_LOGISTICS = 1
    FEES = 2
    OTHER = 3


OFFICE_WORDS = {Office.LEADERSHIP: "领导班子成员", Office.HEAD: "股室（站所）负责人", Office.KEY_POST: "重要岗位"}
PART_WORDS = {Part.LICENCE_FINANCE_LOGISTICS: "行政许可、财务或后勤管理", Part.FEES: "收费管理", Part.OTHER: "其他工作"}


@dataclass(frozen=True)
class Suggestion:
    """The colour proposed and why."""

    colour: Colour
    reason: str


def suggest(*, office: Office, part: Part, repeated: bool = False) -> Suggestion:
    """The higher of the two scales wins (our reading: the rule gives both and no order); a repeated sign goes one
    up."""
    rank = min(int(office), int(part))
    because = f"对象为{OFFICE_WORDS[office]}，事项为{PART_WORDS[part]}，取其重者"
    if repeated and rank > 1:
        return Suggestion(Colour(rank - 1), f"{because}；同类问题重复出现，提高一级。")
    return Suggestion(Colour(rank), f"{because}。")
