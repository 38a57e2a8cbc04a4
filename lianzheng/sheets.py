"""One definition of a table, and its layout: what stands in which cell of a form, a ledger or a list.

`lay_out` is pure and decides everything (numbering, merges, who may see which column, text of values);
`lianzheng.render` paints the resulting `Grid`. No ORM, no request, no field name of any particular form.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import accumulate, pairwise
from typing import Literal

Align = Literal["left", "center"]
Kind = Literal["label", "value", "header", "index", "body", "figure", "opinion", "sealed", "remark", "signature"]

# In Chinese characters: the width aimed at for the leftmost label, how far a line may give way to another.
FIRST_LABEL = 9
NEAR = 2

# C0/C1 controls except the line feed, surrogates, non-characters, and the marks that reorder text on screen:
# none of them can be printed, the first three are illegal in a workbook's XML.
UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
BLANK_DATE = "　　　　年　　月　　日"


@dataclass(frozen=True)
class Column:
    """A column of the table.

    `source` is the key in the row mapping ("" numbers the rows); `width` counts Chinese characters; `merge`
    joins equal neighbours below each other; `edit` marks what a person types (its source is a model field);
    `permission` hides the whole column from readers who lack it. In a workbook to fill in, `choices` are the only
    words that stand in a cell (value as stored, label as shown), `listed` says that a cell holds an item a line, `day`
    that it holds a date, and `given` that the column is there to read and nobody types over it.
    """

    source: str
    header: str
    width: int
    merge: bool = False
    edit: bool = False
    permission: str = ""
    align: Align = "left"
    choices: tuple[tuple[str, str], ...] = ()
    listed: bool = False
    day: bool = False
    given: bool = False

    def at(self, width: int) -> "Column":
        """The same column in a sheet that gives it another width."""
        return replace(self, width=width)


@dataclass(frozen=True)
class HeadField:
    """A label and its value above the table: `span` is the value's share of the row, `blank` its blank."""

    label: str
    source: str
    span: int = 1
    blank: str = ""


@dataclass(frozen=True)
class Sign:
    """A full-width approval cell: label at the left, the opinions of `key`, name and date below them.

    `seal` leaves room for an official seal; `signed=False` is a remark that nobody signs.
    """

    label: str
    key: str
    seal: bool = False
    signed: bool = True


@dataclass(frozen=True)
class Opinion:
    """What one person wrote at one step; `hat` is the office they acted in, if not the ordinary one."""

    text: str
    name: str
    on: date | None
    hat: str = ""


LINE = (HeadField("填报单位", "unit_name"), HeadField("填报日期", "filled_on", blank=BLANK_DATE))


@dataclass(frozen=True)
class Sheet:
    """A form or list: number (附件1), title without the bureau's name, head, columns, approval cells."""

    code: str
    title: str
    head: tuple[tuple[HeadField, ...], ...]
    columns: tuple[Column, ...]
    sign: tuple[Sign, ...] = ()
    line: tuple[HeadField, ...] = LINE
    landscape: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """A rectangle of the grid; `row` and `col` count from 0 and name its upper left corner."""

    row: int
    col: int
    rowspan: int
    colspan: int
    text: str
    kind: Kind
    align: Align = "left"


@dataclass(frozen=True)
class Grid:
    """A laid-out sheet: `cells` cover `rows` × `len(widths)` exactly once, in reading order.

    `header` is the row that repeats on each page; above it stands the head block, below it the body, and from
    row `sign` on the approval block. `subject` (the first head value) tells grids of the same sheet apart.
    """

    code: str
    bureau: str
    name: str
    line: tuple[str, ...]
    widths: tuple[int, ...]
    cells: tuple[Cell, ...]
    header: int
    sign: int
    rows: int
    landscape: bool = True
    subject: str = ""

    @property
    def title(self) -> str:
        """The bureau's name and the sheet's title, as the form bears it."""
        return self.bureau + self.name

    def by_row(self, start: int = 0, stop: int | None = None) -> list[list[Cell]]:
        """The cells that begin in each of the rows from `start` up to `stop`."""
        stop = self.rows if stop is None else stop
        lines: list[list[Cell]] = [[] for _ in range(start, stop)]
        for cell in self.cells:
            if start <= cell.row < stop:
                lines[cell.row - start].append(cell)
        return lines


def show(value: object) -> str:
    """The text of a value, the same in every output.

    Never rounds: a Decimal keeps its places, and one with more than two raises ValueError, since the rule
    that made the number must also have rounded it. Times and floats raise TypeError: which day, which
    digits is the caller's decision.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str):
        return UNPRINTABLE.sub("", str(value).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    if isinstance(value, Decimal):
        return _show_decimal(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"{value.year}年{value.month}月{value.day}日"
    raise TypeError(f"a sheet cannot show a {type(value).__name__}")


def _show_decimal(value: Decimal) -> str:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -2:
        raise ValueError(f"a sheet shows finite numbers of at most two places, not {value}")
    return f"{value:f}"


def lay_out(
    sheet: Sheet,
    *,
    owner: Mapping[str, object],
    rows: Sequence[Mapping[str, object]],
    opinions: Mapping[str, Sequence[Opinion]] | None = None,
    can: Collection[str] = (),
) -> Grid:
    """Lay a sheet out for a reader who holds the permissions `can`.

    A column whose permission is missing does not exist in the result. `owner` and each row must have every
    key the sheet names (KeyError), so that a forgotten value cannot pass for an empty one. Without opinions
    the approval cells are left blank, to be signed by hand.
    """
    columns = tuple(c for c in sheet.columns if not c.permission or c.permission in can)
    ruler = _Ruler([c.width for c in columns])
    head = [_head_cuts(line, ruler=ruler) for line in sheet.head]
    label_end = ruler.snap(FIRST_LABEL) if sheet.sign else 0
    header = len(sheet.head)
    start_of_signs = header + 1 + len(rows)
    cells = [
        *_head_cells(sheet.head, cuts=head, owner=owner, ruler=ruler),
        *_header_cells(columns, row=header, ruler=ruler),
        *_body_cells(columns, rows=rows, start=header + 1, ruler=ruler),
        *_sign_cells(sheet.sign, opinions=opinions or {}, start=start_of_signs, label_end=label_end, ruler=ruler),
    ]
    return Grid(
        code=sheet.code,
        bureau=show(owner["bureau_name"]),
        name=sheet.title,
        line=tuple(f"{f.label}：{show(owner[f.source]) or f.blank}" for f in sheet.line),
        widths=ruler.widths(),
        cells=tuple(sorted(cells, key=lambda c: (c.row, c.col))),
        header=header,
        sign=start_of_signs,
        rows=max(c.row + c.rowspan for c in cells),
        landscape=sheet.landscape,
        subject=show(owner[sheet.head[0][0].source]) if sheet.head else "",
    )


class _Ruler:
    """The vertical lines of a grid, in Chinese characters from the left edge.

    The columns give the first lines; a head field that ends near none of them adds its own, and the column it
    falls in then spans two grid columns.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        self.lines = [0, *accumulate(widths)]
        self.edges = tuple(pairwise(self.lines))
        self.starts = frozenset(self.lines)

    @property
    def end(self) -> int:
        return max(self.lines)

    def snap(self, position: int, *, above: int = 0) -> int:
        """The line nearest to `position` and right of `above`; a new one if none is near."""
        near = [x for x in self.lines if above < x < self.end and abs(x - position) <= NEAR]
        if near:
            return min(near, key=lambda x: abs(x - position))
        self.lines.append(position)
        return position

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Grid column and colspan of a cell between two lines."""
        ordered = sorted(self.lines)
        return ordered.index(start), ordered.index(end) - ordered.index(start)

    def widths(self) -> tuple[int, ...]:
        return tuple(b - a for a, b in pairwise(sorted(self.lines)))


def _head_cuts(line: Sequence[HeadField], *, ruler: _Ruler) -> list[int]:
    """Where the cells of one head row end: label, value, label, value … up to the right edge."""
    needs = [FIRST_LABEL - NEAR, *(max(4, len(f.label)) for f in line[1:])]
    free = ruler.end - sum(needs) - NEAR - len(needs)
    shares = sum(f.span for f in line)
    cuts: list[int] = []
    position = 0
    for f, need in zip(line, needs, strict=True):
        # Never less than the label needs, or it would break in the middle of a word; away from a column's
        # edge there is no margin to spare either.
        least = need if position in ruler.starts else need + 1
        position = ruler.snap(position + need + (1 if position else NEAR), above=position + least - 1)
        cuts.append(position)
        position += max(1, free * f.span // shares)
        if f is not line[-1]:
            position = ruler.snap(position, above=cuts[-1])
            cuts.append(position)
    return [*cuts, ruler.end]


def _head_cells(
    head: Sequence[Sequence[HeadField]],
    *,
    cuts: Sequence[Sequence[int]],
    owner: Mapping[str, object],
    ruler: _Ruler,
) -> Iterator[Cell]:
    for row, (line, ends) in enumerate(zip(head, cuts, strict=True)):
        places = [ruler.place(a, b) for a, b in pairwise([0, *ends])]
        for f, label, value in zip(line, places[::2], places[1::2], strict=True):
            yield Cell(row, label[0], 1, label[1], f.label, "label", "center")
            yield Cell(row, value[0], 1, value[1], show(owner[f.source]) or f.blank, "value")


def _header_cells(columns: Sequence[Column], *, row: int, ruler: _Ruler) -> Iterator[Cell]:
    for column, edge in zip(columns, ruler.edges, strict=True):
        col, span = ruler.place(*edge)
        yield Cell(row, col, 1, span, column.header, "header", "center")


def _body_cells(
    columns: Sequence[Column], *, rows: Sequence[Mapping[str, object]], start: int, ruler: _Ruler
) -> Iterator[Cell]:
    # A group ends where any merged column further left ends: two sections never share one merged power.
    groups = [0] * len(rows)
    for column, edge in zip(columns, ruler.edges, strict=True):
        col, span = ruler.place(*edge)
        values = [row[column.source] if column.source else n for n, row in enumerate(rows, 1)]
        texts = [show(value) for value in values]
        if column.merge:
            groups = _narrow(groups, texts=texts)
        for first, height in _runs(groups if column.merge else range(len(rows))):
            kind = _kind_of(values[first], column=column)
            yield Cell(start + first, col, height, span, texts[first], kind, column.align)


def _kind_of(value: object, *, column: Column) -> Kind:
    if not column.source:
        return "index"
    return "figure" if isinstance(value, Decimal | int) and not isinstance(value, bool) else "body"


def _narrow(groups: Sequence[int], *, texts: Sequence[str]) -> list[int]:
    """Number the runs of rows that share both their group so far and a text; empty texts stay apart."""
    result: list[int] = []
    for n, text in enumerate(texts):
        same = n > 0 and text != "" and text == texts[n - 1] and groups[n] == groups[n - 1]
        result.append(result[-1] if same else n)
    return result


def _runs(groups: Sequence[int]) -> Iterator[tuple[int, int]]:
    starts = [n for n in range(len(groups)) if n == 0 or groups[n] != groups[n - 1]]
    for first, after in pairwise([*starts, len(groups)]):
        yield first, after - first


def _sign_cells(
    signs: Sequence[Sign],
    *,
    opinions: Mapping[str, Sequence[Opinion]],
    start: int,
    label_end: int,
    ruler: _Ruler,
) -> Iterator[Cell]:
    row = start
    for sign in signs:
        label, right = ruler.place(0, label_end), ruler.place(label_end, ruler.end)
        lines = _sign_lines(sign, opinions=opinions.get(sign.key, ()))
        yield Cell(row, label[0], len(lines), label[1], sign.label, "label", "center")
        for text, kind in lines:
            yield Cell(row, right[0], 1, right[1], text, kind)
            row += 1


def _sign_lines(sign: Sign, *, opinions: Sequence[Opinion]) -> list[tuple[str, Kind]]:
    if not sign.signed:
        return [("\n".join(show(o.text) for o in opinions), "remark")]
    room: Kind = "sealed" if sign.seal else "opinion"
    lines: list[tuple[str, Kind]] = []
    for opinion in opinions or (Opinion("", "", None),):
        # Only the last signature of a cell is the one that is sealed.
        last = not opinions or opinion is opinions[-1]
        lines.append((show(opinion.text), room if last else "opinion"))
        lines.append((_signature(opinion, seal=sign.seal and last), "signature"))
    return lines


def _signature(opinion: Opinion, *, seal: bool) -> str:
    name = show(opinion.name) or "　　　　　　"
    signed = f"{show(opinion.hat) or '签字'}：{name}　　{show(opinion.on) or BLANK_DATE}"
    return f"（盖章）　　{signed}" if seal else signed
