"""A cell merged over rows which the end of a page parts is said again at the top of the next one: whose the rows are is
read on every page. Pure; knows rows of an XML tree and on which page each came to lie."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

Places = Sequence[Mapping[str, Sequence[float]]]
"""Of each page: the rows on it by their ids, with left and top."""
PASSES = 3
"""What is said again may move the end of a page; after so many layouts the last one stands."""


@dataclass
class Merge:
    """A cell over several rows of one body, from `first` to `last`, in this column."""

    cell: Element
    column: int
    first: int
    last: int


@dataclass
class Body:
    """A `tbody`, its rows and the merges in it."""

    rows: list[Element]
    merges: list[Merge] = field(default_factory=list)

    def over(self, row: int) -> list[Merge]:
        """Merges that began above this row and hold it."""
        return [merge for merge in self.merges if merge.first < row <= merge.last]


def marked(root: Element) -> list[str]:
    """Gives each row of a body with merged cells an id; the ids of those that lie under a merge. None: no layout of
    this page parts anything."""
    under = []
    for number, body in enumerate(_bodies(root)):
        for place, row in enumerate(body.rows):
            row.set("id", f"row-{number}-{place}")
            if body.over(place):
                under.append(row.get("id", ""))
    return under


def parted(pages: Places, *, under: Collection[str]) -> list[str]:
    """The rows with which a page begins although a merge began on an earlier one."""
    found, seen = [], set(pages[0])
    for page in pages[1:]:
        fresh = [row for row in page if row not in seen]
        seen.update(fresh)
        first = min(fresh, key=lambda row: page[row][1], default="")
        if first in under:
            found.append(first)
    return found


def said_again(root: Element, *, at: Collection[str]) -> Element:
    """A copy of the page whose merges end before these rows and begin anew in them."""
    copy = deepcopy(root)
    for body in _bodies(copy):
        for place, row in enumerate(body.rows):
            if row.get("id") in at:
                _part(body, place)
    return copy


def _part(body: Body, place: int) -> None:
    for merge in sorted(body.over(place), key=lambda merge: merge.column):
        again = deepcopy(merge.cell)
        again.set("rowspan", str(merge.last - place + 1))
        merge.cell.set("rowspan", str(place - merge.first))
        body.rows[place].insert(_position(body, place, column=merge.column), again)
        body.merges.append(Merge(again, merge.column, place, merge.last))
        merge.last = place - 1


def _position(body: Body, place: int, *, column: int) -> int:
    """Where among the row's own cells one of this column stands."""
    return sum(at < column for at, _ in _columns(body.rows[place], taken=_taken(body.over(place))))


def _bodies(root: Element) -> Iterator[Body]:
    """Those in which a cell is merged over rows."""
    for tbody in root.iter("tbody"):
        body = Body(list(tbody))
        for place, row in enumerate(body.rows):
            for column, cell in list(_columns(row, taken=_taken(body.over(place)))):
                span = int(cell.get("rowspan", "1"))
                if span > 1:
                    body.merges.append(Merge(cell, column, place, place + span - 1))
        if body.merges:
            yield body


def _taken(merges: Iterable[Merge]) -> set[int]:
    return {merge.column + n for merge in merges for n in range(int(merge.cell.get("colspan", "1")))}


def _columns(row: Element, *, taken: set[int]) -> Iterator[tuple[int, Element]]:
    """The row's own cells with their columns, those beside what hangs down into it."""
    column = 0
    for cell in row:
        while column in taken:
            column += 1
        yield column, cell
        column += int(cell.get("colspan", "1"))
