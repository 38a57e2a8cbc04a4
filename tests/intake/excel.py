"""What a person does with a workbook of any form: download, fill in, upload, read the dry run, send it on."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lianzheng.intake import workbook

Cells = Mapping[str, str | None]


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def edited(content: bytes, changes: Cells | None = None, /, **pages: Cells) -> bytes:
    """These cells of the worksheet 填写, or of worksheets by name, say something else."""
    book = opened(content)
    for page, cells in {"填写": changes or {}, **pages}.items():
        for place, text in cells.items():
            cell = book[page][place]
            cell.value = text
            cell.data_type = "s" if text else "n"
    return saved(book)


def forged(content: bytes, **values: str) -> bytes:
    """The hidden lines that say what the template is say something else."""
    book = opened(content)
    for row in book[workbook.META].iter_rows():
        if row[0].value in values:
            row[1].value = values[row[0].value]
    return saved(book)


def text_of(page: Any) -> str:
    return unescape(page.content.decode())


def token_of(page: Any) -> str:
    found = re.search(r'name="lines" value="([^"]*)"', text_of(page))
    assert found is not None, text_of(page)
    return found[1]


def counts_of(page: Any) -> list[int]:
    """新增, 修改, 不变, 错误 of all worksheets."""
    return [int(n) for n in re.findall(r"<dd>(\d+) 行</dd>", text_of(page))]


def cells_of(page: Any, place: int = 1) -> list[tuple[str, ...]]:
    """Cell, what is wrong, how to mend it: the table of errors of a worksheet."""
    part = re.search(rf'id="faults{place}".*?</section>', text_of(page), re.DOTALL)
    pattern = r'<th scope="row" class="nowrap">(.*?)</th><td>(.*?)</td><td>(.*?)</td>'
    return re.findall(pattern, part[0]) if part else []


def refusals_of(page: Any) -> list[str]:
    """What is said of a file that is not taken."""
    return re.findall(r'<li><a href="#file">(.*?)</a></li>', text_of(page))


def red_cells(content: bytes, page: str = "填写") -> list[str]:
    rows = opened(content)[page].iter_rows()
    return [cell.coordinate for row in rows for cell in row if cell.fill.fgColor.rgb == "00FFC7CE"]


@dataclass(frozen=True)
class Excel:
    """One form in the hands of one person."""

    browser: Client
    template_url: str
    upload_url: str
    take_url: str

    def template(self) -> bytes:
        response = self.browser.get(self.template_url)
        assert response.status_code == 200
        return bytes(response.content)

    def upload(self, content: bytes) -> Any:
        return self.browser.post(self.upload_url, {"file": SimpleUploadedFile("表.xlsx", content)})

    def send(self, page: Any, do: str = "all") -> Any:
        return self.browser.post(self.take_url, {"lines": token_of(page), "do": do})
