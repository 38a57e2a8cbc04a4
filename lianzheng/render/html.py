"""A `Grid` as HTML tables, for the page on the screen and for the paper made from it.

No inline style: on the screen, widths are classes `w-1` … `w-60` (Chinese characters) of sheet.css;
on paper, lianzheng.render.pdf gives every column its own.
"""

from collections.abc import Callable, Iterable, Iterator

from django.utils.html import escape
from django.utils.safestring import SafeString

from lianzheng.sheets import Cell, Grid

WIDEST = 60

HEADER_SCOPE = {"label": "row", "header": "col"}


def _never(text: str) -> bool:
    return False


def table(grid: Grid, *, rare: Callable[[str], bool] = _never, closed: bool = False) -> SafeString:
    """The grid as up to three tables of one set of widths: head block, rows, approval block.

    Three, because the header row of the middle one repeats on each printed page and the other two must not.
    The first bears the title as its caption. A text for which `rare` is true gets the class `rare`.
    `closed` adds an empty foot to the middle one, whose line ends the table on each printed page.
    """
    parts = [("head", 0, grid.header), ("body", grid.header, grid.sign), ("sign", grid.sign, grid.rows)]
    shown = [part for part in parts if part[1] < part[2]]
    colgroup = "".join(f'<col class="w-{min(width, WIDEST)}"/>' for width in grid.widths)
    tables: list[str] = []
    for name, start, stop in shown:
        caption = _caption(grid, rare=rare) if name == shown[0][0] else _quiet_caption(grid, part=name)
        rows = [*_sections(grid, name=name, start=start, stop=stop, rare=rare)]
        if closed and name == "body":
            rows.insert(1, f'<tfoot><tr><td colspan="{len(grid.widths)}"></td></tr></tfoot>')
        content = f"{caption}<colgroup>{colgroup}</colgroup>{''.join(rows)}"
        tables.append(f'<table class="sheet sheet--{name}">{content}</table>')
    return SafeString("".join(tables))


def _caption(grid: Grid, *, rare: Callable[[str], bool]) -> str:
    code = f'<span class="sheet-code">{escape(grid.code)}</span>' if grid.code else ""
    parts = "".join(f'<span class="sheet-part">{escape(part)}</span>' for part in (grid.bureau, grid.name) if part)
    line = "".join(f"<span{_rare(text, rare=rare)}>{escape(text)}</span>" for text in grid.line)
    return (
        f'<caption>{code}<span class="sheet-title{" rare" if rare(grid.title) else ""}">{parts}</span>'
        f'<span class="sheet-line">{line}</span></caption>'
    )


def _quiet_caption(grid: Grid, *, part: str) -> str:
    words = {"body": "明细", "sign": "审核意见"}[part]
    return f'<caption class="sheet-quiet">{escape(grid.title)}：{words}</caption>'


def _sections(grid: Grid, *, name: str, start: int, stop: int, rare: Callable[[str], bool]) -> Iterator[str]:
    rows = [_row(cells, rare=rare) for cells in grid.by_row(start, stop)]
    if name == "body":
        yield f"<thead>{rows[0]}</thead>"
        yield f"<tbody>{''.join(rows[1:])}</tbody>"
    elif name == "head":
        yield f"<tbody>{''.join(rows)}</tbody>"
    else:
        # One tbody to each approval cell, so that paper can keep the opinion and its signature together.
        for label in (c for c in grid.cells if c.row >= start and c.kind == "label"):
            first = label.row - start
            yield f"<tbody>{''.join(rows[first : first + label.rowspan])}</tbody>"


def _row(cells: Iterable[Cell], *, rare: Callable[[str], bool]) -> str:
    return f"<tr>{''.join(_cell(c, rare=rare) for c in cells)}</tr>"


def _cell(cell: Cell, *, rare: Callable[[str], bool]) -> str:
    scope = HEADER_SCOPE.get(cell.kind)
    tag = "th" if scope else "td"
    classes = f"c-{cell.kind}" + (" c-center" if cell.align == "center" else "") + (" rare" if rare(cell.text) else "")
    attributes = f' scope="{scope}"' if scope else ""
    if cell.rowspan > 1:
        attributes += f' rowspan="{cell.rowspan}"'
    if cell.colspan > 1:
        attributes += f' colspan="{cell.colspan}"'
    return f'<{tag} class="{classes}"{attributes}>{escape(cell.text)}</{tag}>'


def _rare(text: str, *, rare: Callable[[str], bool]) -> str:
    return ' class="rare"' if rare(text) else ""
