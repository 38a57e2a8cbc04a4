"""Merged cells at the end of a page: what a page begins with, and where it is said again."""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from lianzheng.render.breaks import marked, parted, said_again

TABLE = (
    "<table><tbody>"
    '<tr><td>1</td><td rowspan="4">甲股</td><td rowspan="2">审批</td><td>a</td></tr>'
    "<tr><td>2</td><td>b</td></tr>"
    '<tr><td>3</td><td rowspan="2" colspan="2">招标</td></tr>'
    "<tr><td>4</td></tr>"
    "<tr><td>5</td><td>乙股</td><td>资质</td><td>e</td></tr>"
    "</tbody></table>"
)
PLAIN = "<table><tbody><tr><td>1</td></tr></tbody></table>"


def page() -> tuple[Element, list[str]]:
    root = ElementTree.fromstring(TABLE)
    return root, marked(root)


def texts(root: Element) -> list[list[tuple[str | None, str]]]:
    return [[(cell.text, cell.get("rowspan", "1")) for cell in row] for row in root.iter("tr")]


def lying(*pages: tuple[str, ...]) -> list[dict[str, tuple[float, ...]]]:
    """Rows on pages, from top to bottom."""
    return [{f"row-0-{row}": (0.0, float(top)) for top, row in enumerate(rows)} for rows in pages]


def test_rows_under_a_merge_are_known_and_a_page_without_merges_has_none() -> None:
    assert page()[1] == ["row-0-1", "row-0-2", "row-0-3"]
    plain = ElementTree.fromstring(PLAIN)
    assert (marked(plain), [row.get("id") for row in plain.iter("tr")]) == ([], [None])


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        ((("0", "1", "2", "3", "4"),), []),
        ((("0", "1"), ("2", "3", "4")), ["row-0-2"]),
        ((("0",), ("1", "2"), ("3", "4")), ["row-0-1", "row-0-3"]),
        ((("0", "1", "2", "3"), ("4",)), []),
        ((("0", "1"), ("1", "2"), ("3",)), ["row-0-2", "row-0-3"]),
    ],
    ids=["one page", "in a merge", "twice", "between merges", "a row itself in two"],
)
def test_page_that_begins_under_a_merge_is_found(pages: tuple[tuple[str, ...], ...], found: list[str]) -> None:
    assert parted(lying(*pages), under=page()[1]) == found


def test_merge_ends_before_the_break_and_begins_anew_after_it() -> None:
    root, _ = page()
    before = texts(root)
    assert texts(said_again(root, at=["row-0-1", "row-0-3"])) == [
        [("1", "1"), ("甲股", "1"), ("审批", "1"), ("a", "1")],
        [("2", "1"), ("甲股", "2"), ("审批", "1"), ("b", "1")],
        [("3", "1"), ("招标", "1")],
        [("4", "1"), ("甲股", "1"), ("招标", "1")],
        [("5", "1"), ("乙股", "1"), ("资质", "1"), ("e", "1")],
    ]
    assert texts(root) == before
