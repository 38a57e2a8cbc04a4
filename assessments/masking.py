"""Which columns and persons a public notice shows in which scope, and which scope the bureau's rule allows. Pure.

«实施方案» 六: 附件1、2、3 are put up "一定范围"; source 004: 一级风险 to society.
"""

from collections.abc import Iterable
from dataclasses import dataclass

SCOPES = ("section", "bureau", "system", "public")
"""From the narrowest to the widest."""
USUAL, FIRST_PUBLIC = "usual", "first_public"


@dataclass(frozen=True)
class Mask:
    """What a scope shows: the columns in their printed order, rows on a person's morals, names in the texts."""

    columns: tuple[str, ...]
    moral: bool = True
    names: bool = True


TEXTS = {
    "number": "序号",
    "section": "股室",
    "post": "岗位",
    "risk_type": "风险类别",
    "name": "风险点",
    "manifestation": "廉政风险内容及表现形式",
    "level": "风险等级",
    "measures": "防控措施",
}
"""Every column a notice may ever have; a score and the person who answers for a row are none of them."""
_ALL = tuple(TEXTS)
MASKS = {
    "section": Mask(_ALL),
    "bureau": Mask(_ALL),
    "system": Mask(_ALL, names=False),
    "public": Mask(_ALL, moral=False, names=False),
}


def without_names(text: str, *, titles: dict[str, str]) -> str:
    """The text with each name replaced by the post its bearer holds (只留职务), longer names first."""
    for name in sorted(titles, key=lambda name: (-len(name), name)):
        text = text.replace(name, titles[name])
    return text


@dataclass(frozen=True)
class Listed:
    """What the rule looks at in a form to be put up."""

    title: str
    kind: str
    rank: int | None


def bounds(rule: str, *, kind: str, rank: int | None, ticked: bool) -> tuple[str, str]:
    """Narrowest and widest scope of a form: posts in the bureau, sections and the bureau in the system, level one to
    the public when the office ticks it, or always where the bureau follows source 004."""
    least = "bureau" if kind == "bureau" else "section"
    widest = "bureau" if kind == "post" else "system"
    if rank == 1 and rule == FIRST_PUBLIC:
        return "public", "public"
    return least, "public" if rank == 1 and ticked else widest


def offered(rule: str, items: Iterable[Listed]) -> list[str]:
    """The scopes in which at least one of the forms may be put up."""
    spans = [bounds(rule, kind=item.kind, rank=item.rank, ticked=True) for item in items]
    return [scope for scope in SCOPES if any(_within(scope, *span) for span in spans)]


def refusals(rule: str, *, scope: str, items: Iterable[Listed], ticked: bool, words: dict[str, str]) -> list[str]:
    """A sentence for each form that may not be put up in this scope."""
    found = []
    for item in items:
        least, widest = bounds(rule, kind=item.kind, rank=item.rank, ticked=ticked)
        if SCOPES.index(scope) > SCOPES.index(widest):
            found.append(f"“{item.title}”最多在“{words[widest]}”公示，不能在“{words[scope]}”公示。")
        elif SCOPES.index(scope) < SCOPES.index(least):
            found.append(f"“{item.title}”须在“{words[least]}”公示，不能只在“{words[scope]}”公示。")
    return found


def _within(scope: str, least: str, widest: str) -> bool:
    return SCOPES.index(least) <= SCOPES.index(scope) <= SCOPES.index(widest)
