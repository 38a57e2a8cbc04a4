"""Proposed level of a post, section or bureau, with the reason in a sentence; pure. 就高不就低 (排查知识课件)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ORDINAL = {1: "一级", 2: "二级", 3: "三级"}
HEIGHT = {1: "高级", 2: "中级", 3: "低级"}
WEIGHT = {1: "重点", 2: "防范", 3: "一般"}
ROMAN = {1: "Ⅰ级", 2: "Ⅱ级", 3: "Ⅲ级"}
COLOUR = {1: "红色", 2: "橙色", 3: "黄色"}
VOCABULARIES: Mapping[str, Mapping[int, str]] = {
    "ordinal": ORDINAL,
    "height": HEIGHT,
    "weight": WEIGHT,
    "roman": ROMAN,
    "colour": COLOUR,
}
"""The words of the sources; the rank is what is stored."""


@dataclass(frozen=True)
class Point:
    """A rated risk point: its name and the level of its score."""

    name: str
    rank: int


@dataclass(frozen=True)
class Proposal:
    """The level the rules propose and the sentence that says why."""

    rank: int
    reason: str


def propose(
    points: Sequence[Point],
    *,
    criteria_rank: int | None,
    criteria_basis: str = "",
    vetoes: Sequence[str] = (),
    words: Mapping[int, str] = ORDINAL,
) -> Proposal | None:
    """The highest (smallest rank) of the points' levels, the criteria and the veto; None where nothing speaks.

    The sentence names each that speaks, the one that decided first.
    """
    said: list[tuple[int, str]] = []
    if points:
        best = min(point.rank for point in points)
        said.append((best, _by_score(points, best=best, words=words)))
    if criteria_rank is not None:
        said.append((criteria_rank, f"按划分标准应定{words[criteria_rank]}（{criteria_basis or '见划分标准'}）"))
    if vetoes:
        named = "、".join(f"“{text}”" for text in vetoes)
        said.append((VETO_RANK, f"有直接定为{words[VETO_RANK]}的情形（{named}）"))
    if not said:
        return None
    said.sort(key=lambda reason: reason[0])
    tail = "，取其高者。" if len(said) > 1 else "。"
    return Proposal(said[0][0], "；".join(sentence for _, sentence in said) + tail)


VETO_RANK = 1
"""«动态管理与分级管理制度»: any one of its three makes level one, whatever the score."""


def _by_score(points: Sequence[Point], *, best: int, words: Mapping[int, str]) -> str:
    heavy = [point.name for point in points if point.rank == best]
    named = "、".join(f"“{name}”" for name in heavy[:2]) + ("等" if len(heavy) > 2 else "")
    return f"按评分有 {len(heavy)} 个风险点为{words[best]}（{named}）"
