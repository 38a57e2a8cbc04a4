"""Figures of a bulletin and the words drafted from them; pure. A count of one or two says who it was: it is shown as
“<3”, and a sum over such a count never gives it away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

SMALL = 3
SPAN_MONTHS = {"month": 1, "half": 6}

Counts = Mapping[str, int]


def shown(count: int) -> str:
    """A count as it is printed."""
    return f"<{SMALL}" if 0 < count < SMALL else str(count)


def total(counts: Counts) -> str:
    """The sum as it is printed: exact only where no part of it is hidden."""
    hidden = sum(0 < count < SMALL for count in counts.values())
    known = sum(count for count in counts.values() if not 0 < count < SMALL)
    if not hidden:
        return str(known)
    return shown(1) if hidden == 1 and not known else f"不少于{known + hidden}"


def listed(counts: Counts, *, unit: str) -> str:
    """The parts in words, without those that are nothing."""
    parts = [f"{name}{shown(count)}{unit}" for name, count in counts.items() if count]
    return "，".join(parts) if parts else "无"


def bounds(span: str, *, year: int, turn: int) -> tuple[date, date]:
    """First and last day of the n-th month or half-year."""
    months = SPAN_MONTHS[span]
    first = date(year, (turn - 1) * months + 1, 1)
    after = date(year + 1, 1, 1) if turn * months == 12 else date(year, turn * months + 1, 1)
    return first, after - timedelta(days=1)


def span_words(span: str, *, year: int, turn: int) -> str:
    return f"{year}年{turn}月" if span == "month" else f"{year}年{'上半年' if turn == 1 else '下半年'}"


def turns(span: str) -> range:
    return range(1, 12 // SPAN_MONTHS[span] + 1)


def packed(figures: Mapping[str, Counts]) -> dict[str, list[list[object]]]:
    """As kept: pairs in a list, because a JSON object of PostgreSQL forgets the order of its keys."""
    return {key: [[name, count] for name, count in counts.items()] for key, counts in figures.items()}


def unpacked(kept: Mapping[str, Sequence[Sequence[Any]]]) -> dict[str, Counts]:
    return {key: {str(name): int(count) for name, count in pairs} for key, pairs in kept.items()}


def hides(counts: Counts) -> bool:
    return any(0 < count < SMALL for count in counts.values())


def states_of(figures: Mapping[str, Counts]) -> Counts:
    """The states, but only where neither they nor the colours hide anything: both add up to the same sum, from which
    a hidden count of the one could be read with the help of the other."""
    return {} if hides(figures["states"]) or hides(figures["colours"]) else figures["states"]


def draft(words: str, figures: Mapping[str, Counts]) -> str:
    """The text from which the office starts; a paragraph a line."""
    duties, ends, states = figures["duties"], figures["ends"], states_of(figures)
    issued = f"签发预警通知书{total(figures['colours'])}份。按颜色分：{listed(figures['colours'], unit='份')}。"
    by_state = f"按目前办理情况分：{listed(states, unit='份')}。" if states else ""
    finished = f"应完成{duties['应完成']}项，已完成{duties['已完成']}项，其中按期{duties['按期完成']}项；"
    return "\n".join(
        [
            f"现将{words}廉政风险预警防控情况通报如下。",
            "一、预警信息",
            f"{words}共收到预警信息{total(figures['sources'])}条。按来源分：{listed(figures['sources'], unit='条')}。",
            "二、预警处置",
            issued + by_state,
            f"按期完成整改{shown(ends['按期整改'])}份，发生逾期{shown(ends['发生逾期'])}份。",
            "三、周期性工作",
            f"{finished}逾期未完成{duties['逾期未完成']}项。",
            "四、有关要求",
            "各股室（站所）要对照风险等级和防控措施，按期完成自查、检查等工作；对预警指出的问题举一反三，防止重复发生。",
        ]
    )


def table(figures: Mapping[str, Counts]) -> list[tuple[str, str, str]]:
    """(group, item, count) as the annex prints them."""
    titles = {"sources": "预警信息来源", "colours": "预警颜色", "states": "办理情况", "ends": "整改"}
    said = {**figures, "states": states_of(figures)}
    rows = [(title, name, shown(count)) for key, title in titles.items() for name, count in said[key].items() if count]
    return rows + [("周期性工作", name, str(count)) for name, count in figures["duties"].items()]


def widths(counts: Sequence[int], *, full: int = 100) -> list[int]:
    """Lengths of bars; a hidden count is drawn as long as the least that is not hidden."""
    drawn = [SMALL if 0 < count < SMALL else count for count in counts]
    most = max(drawn, default=0)
    return [round(full * count / most) if most else 0 for count in drawn]
