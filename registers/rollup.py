"""Rolling rows of posts up into a section, and of sections into the bureau; pure. 归类汇总（实施方案 六（二））.

Likeness is only ever offered: merging is a human act.
"""

from collections.abc import Sequence
from dataclasses import dataclass

ALIKE = 0.5
"""Share of common character pairs from which two rows are shown as one group."""


@dataclass(frozen=True)
class Row:
    """A row that may be rolled up; `origin` is the post or section it comes from."""

    id: str
    origin: str
    power: str
    risk_type: str
    name: str
    manifestation: str
    measures: tuple[str, ...]
    responsible: str


def likeness(one: Row, other: Row) -> float:
    """0 to 1: Jaccard share of character pairs of name and manifestation; 0 for different risk types."""
    if one.risk_type != other.risk_type:
        return 0.0
    first, second = _pairs(one.name + one.manifestation), _pairs(other.name + other.manifestation)
    return len(first & second) / len(first | second) if first | second else 0.0


def _pairs(text: str) -> set[str]:
    return {text[n : n + 2] for n in range(len(text) - 1)}


def groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows in their order, those alike gathered behind the first of them."""
    gathered: list[list[Row]] = []
    for row in rows:
        home = next((group for group in gathered if likeness(group[0], row) >= ALIKE), None)
        if home is None:
            gathered.append([row])
        else:
            home.append(row)
    return gathered


def merged(rows: Sequence[Row]) -> Row:
    """One row out of several: the first one's words, every manifestation and measure once, in order."""
    first = rows[0]
    return Row(
        id="",
        origin="、".join(_once([row.origin for row in rows])),
        power=next((row.power for row in rows if row.power), ""),
        risk_type=first.risk_type,
        name=first.name,
        manifestation="\n".join(_once([row.manifestation for row in rows])),
        measures=tuple(_once([measure for row in rows for measure in row.measures])),
        responsible=first.responsible,
    )


def _once(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))
