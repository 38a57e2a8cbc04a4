"""What a table still lacks before it may be handed in, and honest hints about its quality; pure.

Hints never block and never count: “凑数” is what this product must not teach.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Filled:
    """The texts of one row as they stand; `number` counts from 1."""

    id: str
    number: int
    risk_type: str
    name: str
    manifestation: str
    measures: str
    responsible: str
    change: str = "new"


@dataclass(frozen=True)
class Problem:
    """A sentence about one field of one row; `row` and `field` lead to the place to mend."""

    row: str
    field: str
    text: str


REQUIRED = (
    ("risk_type", "请选择风险类别"),
    ("name", "请填写风险点"),
    ("manifestation", "请填写廉政风险内容及表现形式"),
    ("measures", "请填写防控措施"),
    ("responsible", "请填写责任人"),
)


def problems(rows: Sequence[Filled]) -> list[Problem]:
    """What blocks handing in, row by row."""
    if not rows:
        return [Problem("", "", "还没有风险点，请至少填写一行")]
    return [
        Problem(row.id, name, f"第{row.number}行：{sentence}")
        for row in rows
        for name, sentence in REQUIRED
        if not getattr(row, name).strip()
    ]


def hints(rows: Sequence[Filled]) -> list[Problem]:
    """What the writer may want to look at again; nothing here blocks."""
    found = []
    seen: dict[str, int] = {}
    for row in rows:
        same = seen.setdefault(row.manifestation.strip(), row.number)
        if row.manifestation.strip() and same != row.number:
            found.append(Problem(row.id, "manifestation", f"第{row.number}行：表现形式与第{same}行完全相同"))
        if row.measures.strip() and row.measures.strip() == row.manifestation.strip():
            found.append(Problem(row.id, "measures", f"第{row.number}行：防控措施与表现形式相同，可能填错了格"))
        if 0 < len(row.measures.strip()) < 8:
            found.append(Problem(row.id, "measures", f"第{row.number}行：防控措施较短，请看是否具体可行"))
    return found
