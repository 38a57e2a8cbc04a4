"""The board of a round and its coverage (排查覆盖面); pure. By section, never a ranking of people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal

WRITING = ("draft", "returned")
APPROVED = ("notice", "published", "filing", "filing_sent", "archived", "in_force", "superseded")


@dataclass(frozen=True)
class Form:
    """One form of the round as the board counts it."""

    id: str
    stage: str
    section: str
    state: str
    due: date | None
    name: str


@dataclass
class Line:
    """One section in one stage."""

    stage: str
    section: str
    all: int = 0
    handed_in: int = 0
    returned: int = 0
    approved: int = 0
    overdue: int = 0
    missing: list[Form] = field(default_factory=list)


def missing(state: str) -> bool:
    """Not handed in: never yet, or sent back and not handed in again."""
    return state in WRITING


def lines(forms: Iterable[Form], *, today: date) -> list[Line]:
    """A line for each stage and section, in the order in which they come."""
    found: dict[tuple[str, str], Line] = {}
    for form in forms:
        line = found.setdefault((form.stage, form.section), Line(form.stage, form.section))
        line.all += 1
        line.returned += form.state == "returned"
        line.approved += form.state in APPROVED
        if missing(form.state):
            line.missing.append(form)
            line.overdue += form.due is not None and form.due < today
        else:
            line.handed_in += 1
    return list(found.values())


def total(board: Sequence[Line]) -> Line:
    """The last line."""
    whole = Line("", "合计")
    for line in board:
        for name in ("all", "handed_in", "returned", "approved", "overdue"):
            setattr(whole, name, getattr(whole, name) + getattr(line, name))
    return whole


def share(part: int, *, of: int) -> str:
    """A percentage of one place, cut and never rounded up: 93.3% is not “93.4%以上”."""
    if of == 0:
        return "—"
    return f"{(Decimal(100 * part) / of).quantize(Decimal('0.1'), rounding=ROUND_DOWN)}%"
