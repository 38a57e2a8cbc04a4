"""Hostile files: each is refused in a sentence, soon, before any parser, and nothing is left behind."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lianzheng import confined
from lianzheng.intake import child, guard, reader
from lianzheng.intake.guard import Unfit
from tests.intake import files

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", guard.EMPTY),
    "too big": (lambda: b"PK\x03\x04" + b"x" * guard.BYTES, guard.TOO_BIG),
    "text": (lambda: "姓名,风险点".encode(), guard.NO_WORKBOOK),
    "page": (lambda: b"<html><table></table></html>", guard.NO_WORKBOOK),
    "old format": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, guard.OLD),
    "no content types": (files.no_types, guard.NO_WORKBOOK),
    "bomb": (files.bomb, guard.BOMB),
    "many bombs": (files.many_bombs, guard.BOMB),
    "liar": (files.liar, guard.BROKEN),
    "laughs": (files.laughs, guard.DECLARED),
    "laughs in UTF-16": (files.laughs_in_utf_16, guard.DECLARED),
    "odd encoding": (files.odd_encoding, guard.DECLARED),
    "outside entity": (files.outside_entity, guard.DECLARED),
    "external link": (files.external_link, guard.LINKS),
    "macro": (files.macro, guard.MACRO),
    "macro sheet": (files.old_macro, guard.MACRO),
    "truncated": (files.truncated, guard.BROKEN),
    "damaged": (files.damaged, guard.BROKEN),
    "twice the same part": (files.twice, guard.STRANGE),
    "many parts": (files.many_parts, guard.STRANGE),
    "path upwards": (files.climbing, guard.STRANGE),
    "path from the root": (files.rooted, guard.STRANGE),
    "link": (files.linked, guard.STRANGE),
    "password": (files.locked, guard.STRANGE),
    "odd method": (files.odd_method, guard.STRANGE),
}
STOPPED: dict[str, tuple[Callable[[], bytes], str]] = {
    "far cell": (files.far_cell, child.TOO_MANY_ROWS.format(sheet="填写")),
    "far column": (files.far_column, child.TOO_MANY_COLUMNS.format(sheet="填写")),
    "shared text": (files.shared_text, child.TOO_MUCH),
    "long cell": (
        lambda: files.with_sheet(files.worksheet(files.cell("C7", "长" * 6001))),
        child.TOO_LONG.format(sheet="填写", cell="C7"),
    ),
    "no XML": (lambda: files.with_sheet("<worksheet"), reader.UNREADABLE),
}


def refusal(content: bytes, *, name: str = "a.xlsx") -> str:
    with pytest.raises(Unfit) as caught:
        reader.read(content, name=name, sheets=("填写",))
    return str(caught.value)


@pytest.mark.parametrize("kind", REFUSED)
def test_hostile_file_is_refused_before_a_parser_starts(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content, sentence = REFUSED[kind][0](), REFUSED[kind][1]
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    began = time.monotonic()
    assert refusal(content) == sentence
    assert time.monotonic() - began < 2


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this process and its children would put a temporary file."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("kind", STOPPED)
def test_file_with_too_much_in_it_is_refused_by_the_reader(kind: str, scratch: Path) -> None:
    content = STOPPED[kind][0]()
    guard.check(content, name="a.xlsx")
    began = os.times()
    assert refusal(content) == STOPPED[kind][1]
    after = os.times()
    spent = after.children_user + after.children_system - began.children_user - began.children_system
    assert 0 < spent < 2
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("a.xlsm", guard.MACRO), ("a.et", guard.NO_WORKBOOK), ("a", guard.NO_WORKBOOK), ("", guard.NO_WORKBOOK)],
)
def test_file_of_another_kind_is_refused_by_its_name(name: str, sentence: str) -> None:
    assert refusal(files.ordinary(), name=name) == sentence


def test_ordinary_workbook_is_read_as_texts_from_the_corner() -> None:
    assert reader.read(files.ordinary(), name="A.XLSX", sheets=("填写", "没有")) == {"填写": [[], ["", "文字"]]}


def test_values_are_read_as_a_person_sees_them() -> None:
    numbers = '<row r="1"><c r="A1"><v>3</v></c><c r="B1"><v>2.5</v></c><c r="C1" t="b"><v>1</v></c></row>'
    formula = '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="e"><v>#REF!</v></c></row>'
    content = files.with_sheet(files.worksheet(numbers + formula + files.cell("A3", "=1+1")))
    rows = reader.read(content, name="a.xlsx", sheets=("填写",))["填写"]
    assert rows == [["3", "2.5", "是"], ["2", "#REF!"], ["=1+1"]]


def test_stated_size_of_a_sheet_hides_no_cell() -> None:
    rows = files.cell("A1") + files.cell("A2", "y")
    xml = files.worksheet(rows).replace("<sheetData>", '<dimension ref="A1"/><sheetData>')
    assert reader.read(files.with_sheet(xml), name="a.xlsx", sheets=("填写",)) == {"填写": [["x"], ["y"]]}


def test_child_that_takes_too_long_is_ended_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "WALL_SECONDS", 0.01)
    assert refusal(files.ordinary()) == reader.TOO_LONG


def test_child_that_wants_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MEGABYTES", 32)
    assert refusal(files.ordinary()) == reader.UNREADABLE


def test_child_does_not_inherit_the_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The interpreter is one that writes down what it was given instead of reading."""
    spy = tmp_path / "python"
    spy.write_text(f"#!/bin/sh\nenv > {tmp_path}/env\ncat > /dev/null\necho '{{\"sheets\": {{}}}}'\n")
    spy.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(spy))
    monkeypatch.setenv("LIANZHENG_SECRET_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    assert reader.read(files.ordinary(), name="a.xlsx", sheets=("填写",)) == {}
    given = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert given - confined.KEPT - {"PWD", "OLDPWD", "SHLVL", "_"} == set()
