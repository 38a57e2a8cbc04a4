"""docs/security.md: every requirement has its row, every test it names exists, and a row without one says why."""

from __future__ import annotations

import ast
import re
from collections import Counter

from lianzheng.bootstrap import ROOT

ROW = re.compile(r"^\| (\S+) \| (.+?) \| (.*?) \| (.+) \|$")
ID = re.compile(r"^\d+(\.\d+)+([a-g]|-L3)?$")
WHY = re.compile(r"^(未做|不适用：.+|未做：.+)$")


def span(first: str, last: int) -> list[str]:
    """`1.2.1` to `1.2.<last>`."""
    head, _, tail = first.rpartition(".")
    return [f"{head}.{n}" for n in range(int(tail), last + 1)]


def asvs() -> list[str]:
    """The requirements of levels 1 and 2 that apply: OWASP ASVS 5.0.0 less the ones that the document leaves out."""
    spans = [
        ("1.1.1", 2), ("1.2.1", 5), ("1.2.9", 9), ("1.3.1", 3), ("1.3.5", 7), ("1.3.10", 11), ("1.5.1", 2),
        ("2.1.1", 3), ("2.2.1", 3), ("2.3.1", 4), ("2.4.1", 1), ("3.2.1", 2), ("3.3.1", 4), ("3.4.1", 6), ("3.5.1", 4),
        ("3.7.1", 2), ("4.1.1", 3), ("4.2.1", 1), ("5.1.1", 1), ("5.2.1", 3), ("5.3.1", 2), ("5.4.1", 3),
        ("6.1.1", 3), ("6.2.1", 12), ("6.3.1", 4), ("6.4.1", 4), ("6.5.1", 5), ("7.1.1", 2), ("7.2.1", 4),
        ("7.3.1", 2), ("7.4.1", 5), ("7.5.1", 2), ("8.1.1", 2), ("8.2.1", 3), ("8.3.1", 1), ("8.4.1", 1),
        ("9.1.1", 3), ("9.2.1", 4), ("11.1.1", 2), ("11.2.1", 3), ("11.3.1", 3), ("11.4.1", 4), ("11.5.1", 1),
        ("11.6.1", 1), ("12.1.1", 2), ("12.2.1", 2), ("12.3.1", 4), ("13.1.1", 1), ("13.2.1", 5), ("13.3.1", 2),
        ("13.4.1", 5), ("14.1.1", 2), ("14.2.1", 4), ("14.3.1", 3), ("15.1.1", 3), ("15.2.1", 3), ("15.3.1", 7),
        ("16.1.1", 1), ("16.2.1", 5), ("16.3.1", 4), ("16.4.1", 3), ("16.5.1", 3),
    ]  # fmt: skip
    return [one for first, last in spans for one in span(first, last)]


CHOSEN = (
    *("1.2.10", "2.3.5", "3.4.8", "5.2.4", "5.2.5", "5.2.6", "5.3.3", "6.3.8", "6.4.6", "7.5.3", "8.3.2", "13.1.2"),
    *("13.2.6", "14.2.6", "14.2.7", "15.4.2", "15.4.3", "16.3.2-L3", "16.5.4"),
)
"""Of level 3, on purpose; of 16.3.2 its second half."""
LETTERS = {1: "abcd", 2: "abcdefg", 3: "abcd", 4: "abcdef", 7: "ab", 8: "ab", 9: "abc", 10: "ab", 11: "ab"}
DENGBAO = (
    *(f"8.1.4.{clause}{letter}" for clause, letters in LETTERS.items() for letter in letters),
    *("8.1.4.5", "8.1.5.1", "8.1.5.2", "8.1.5.3", "8.1.7"),
)


def rows() -> list[tuple[str, str, str, str]]:
    lines = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()
    found = [match.groups() for line in lines if (match := ROW.match(line))]
    return [row for row in found if ID.match(row[0])]  # type: ignore[misc]


def named(cell: str) -> list[str]:
    return re.findall(r"`(tests/[^`]+)`", cell)


def exists(test: str) -> bool:
    """Whether the file is there and has this function."""
    name, _, function = test.partition("::")
    file = ROOT / name
    if not file.is_file():
        return False
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return not function or function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_requirement_that_applies_has_one_row() -> None:
    counts = Counter(row[0] for row in rows())
    assert [one for one, count in counts.items() if count > 1] == []
    assert set(counts) == {*asvs(), *CHOSEN, *DENGBAO}
    assert (len(asvs()), len(CHOSEN)) == (190, 19)


def test_every_test_that_is_named_exists() -> None:
    assert [(row[0], test) for row in rows() for test in named(row[3]) if not exists(test)] == []


def test_test_that_does_not_exist_is_found() -> None:
    """The control."""
    assert exists("tests/test_security_map.py::rows")
    assert not exists("tests/test_security_map.py::test_that_nobody_wrote")
    assert not exists("tests/test_of_nothing.py")


def test_row_without_a_test_says_why_and_most_rows_have_one() -> None:
    without = [row for row in rows() if not named(row[3])]
    assert [row[0] for row in without if not WHY.match(row[3])] == []
    assert len(rows()) - len(without) >= 200
