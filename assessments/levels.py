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
    words: Mapping[int, str] = ORDINAL,
) -> Proposal | None:
    """The highest (smallest rank) of the points' levels and the criteria; None without points and criteria."""
    best = min(points, key=lambda point: point.rank, default=None)
    if best is None and criteria_rank is None:
        return None
    by_criteria = f"按划分标准应定{words[criteria_rank]}（{criteria_basis or '见划分标准'}）" if criteria_rank else ""
    by_score = _by_score(points, best=best.rank, words=words) if best else ""
    if best is None or (criteria_rank is not None and criteria_rank < best.rank):
        assert criteria_rank is not None
        return Proposal(criteria_rank, "；".join(part for part in (by_criteria, by_score) if part) + "，取其高者。")
    tail = f"；{by_criteria}" if by_criteria else ""
    return Proposal(best.rank, f"{by_score}{tail}，取其高者。" if tail else f"{by_score}。")


def _by_score(points: Sequence[Point], *, best: int, words: Mapping[int, str]) -> str:
    heavy = [point.name for point in points if point.rank == best]
    named = "、".join(f"“{name}”" for name in heavy[:2]) + ("等" if len(heavy) > 2 else "")
    return f"按评分有 {len(heavy)} 个风险点为{words[best]}（{named}）"
