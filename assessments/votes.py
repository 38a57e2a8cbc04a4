"""Who votes on an item and whether the numbers are possible; pure (会议记录: 应到、实到、回避、同意、反对、弃权)."""

import re
from dataclasses import dataclass

_ENTRY = re.compile(r"^\s*(?P<name>[^：:]+?)\s*[：:]\s*(?P<reason>.+?)\s*$", re.DOTALL)
_BETWEEN = re.compile(r"[；;\n]")


@dataclass(frozen=True)
class Votes:
    """Votes on one item."""

    agree: int
    oppose: int = 0
    abstain: int = 0

    @property
    def total(self) -> int:
        return self.agree + self.oppose + self.abstain

    @property
    def text(self) -> str:
        return f"同意{self.agree}票、反对{self.oppose}票、弃权{self.abstain}票"


def quorate(*, expected: int, present: int) -> bool:
    """More than half of 应到 are there. Fewer are a warning, printed in the minutes, and stop nobody."""
    return present * 2 > expected


def problem(votes: Votes, *, voters: int, decides: bool) -> str:
    """Why these votes cannot be, or "". A level is decided by more than half of those who may vote."""
    if votes.total != voters:
        return f"表决票数合计 {votes.total}，与有表决权的实到人数 {voters}（实到人数减回避人数）不符。"
    if decides and votes.agree * 2 <= voters:
        return f"同意 {votes.agree} 票，未超过有表决权的实到人数 {voters} 的半数，只能退回修改或不列入本次会议。"
    return ""


def recusals(text: str) -> dict[str, str]:
    """Name -> reason of “张三：亲属；李四：曾任该岗”; ValueError with a sentence when it is written otherwise."""
    found: dict[str, str] = {}
    for entry in _BETWEEN.split(text):
        if not entry.strip():
            continue
        match = _ENTRY.match(entry)
        if match is None:
            raise ValueError(f"“{entry.strip()[:30]}”没有写明理由，请按“姓名：理由”填写，多人用分号分开。")
        found[match["name"]] = match["reason"]
    return found
