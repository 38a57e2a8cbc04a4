"""A workbook is made without a file on the way, which a killed process would leave behind."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from lianzheng.render.saving import begin, saved


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the machine puts temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No such place."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))


def rows() -> Iterator[list[str]]:
    yield from ([f"第{number}行", "张三"] for number in range(2000))


def test_rows_of_a_long_sheet_never_lie_in_a_file(folder: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("表")
    begin(sheet)
    for row in rows():
        sheet.append(row)
    assert list(folder.iterdir()) == []
    [read] = openpyxl.load_workbook(io.BytesIO(saved(book))).worksheets
    assert [[cell.value for cell in row] for row in read.rows] == list(rows())
    assert list(folder.iterdir()) == []


def template() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.append(["张三"])
    return book


def test_sheet_of_a_template_never_lies_in_a_file(nowhere: None) -> None:
    assert openpyxl.load_workbook(io.BytesIO(saved(template()))).active["A1"].value == "张三"


def test_sheet_of_a_template_would_lie_in_a_file_without_it(nowhere: None) -> None:
    """The control."""
    with pytest.raises(FileNotFoundError):
        template().save(io.BytesIO())


def test_rows_would_lie_in_a_file_without_it(folder: Path) -> None:
    """The control."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("表")
    for row in rows():
        sheet.append(row)
    assert len(list(folder.iterdir())) == 1
    book.save(io.BytesIO())
