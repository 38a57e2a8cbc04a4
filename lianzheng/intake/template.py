"""What is filled in offline: the columns of a sheet, what is said above them, and which rows it may have; pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from lianzheng.sheets import Column, Sheet

SHEET = "填写"


@dataclass(frozen=True)
class Template:
    """A worksheet to fill in.

    `advice` stands above the lines, `must` names the sources that have to be filled in. `offers` are words of the
    site to choose from, by source (besides `Column.choices`); in those of `free` another word may be typed. `named`
    are the sources that together name a row: no two rows share them, and a line without a key is the row that they
    name. In a `fixed` sheet every row is given. `most` rows fit in (`whole` names what they fit into);
    `page` is what the worksheet is called; `notes` are lines of a second worksheet 说明.
    """

    sheet: Sheet
    advice: str
    must: Collection[str] = ()
    offers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    free: Collection[str] = ()
    named: tuple[str, ...] = ()
    fixed: bool = False
    most: int = 200
    page: str = SHEET
    whole: str = "一张表"
    notes: Sequence[Sequence[str]] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """What stands in the worksheet, the key apart."""
        return columns(self.sheet)

    @property
    def typed(self) -> tuple[str, ...]:
        """The sources that a person fills in."""
        return tuple(column.source for column in self.columns if not column.given)

    def column(self, source: str) -> Column:
        return next(column for column in self.columns if column.source == source)


def columns(sheet: Sheet) -> tuple[Column, ...]:
    """What a person types in this sheet, and what is given beside it."""
    return tuple(column for column in sheet.columns if column.edit or column.given)
