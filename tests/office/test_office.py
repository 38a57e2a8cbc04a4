"""What an office program makes of our files: every workbook one page wide, an edit that comes back as just that edit.

Left out unless asked for: `python3 manage.py test --office tests/office` (LibreOffice Calc and Writer, python3-uno).
`LIANZHENG_OFFICE_KEEP=FOLDER` keeps what it was made into, to be looked at.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.urls import reverse
from pypdf import PdfReader

from assessments.models import IssuedPaper, State
from lianzheng.desk import actions as packages
from lianzheng.intake.template import SHEET
from lianzheng.render import xlsx
from registers.actions.powers import save_power
from tests.cast import Cast, Round, again, client_of, row
from tests.early_warning.play import Case
from tests.intake.test_upload import Desk, counts_of, edited, line
from tests.office.conftest import Office
from tests.sheets.content import SIX, grid

pytestmark = pytest.mark.office

A4 = {(210, 297), (297, 210)}
LONG = "对申报资料审查不严，为不符合条件的项目办理许可。" * 6


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def keep(files: dict[str, bytes], *, ending: str) -> None:
    if folder := os.environ.get("LIANZHENG_OFFICE_KEEP"):
        for name, content in files.items():
            (Path(folder) / f"{Path(name).stem}.{ending}").write_bytes(content)


def edges(content: bytes) -> list[tuple[str, str]]:
    """First and last text of the row that repeats on each page, of every worksheet that is seen."""
    found = []
    for page in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        if page.sheet_state != "visible":
            continue
        assert page.print_title_rows, page.title
        number = int(page.print_title_rows.rpartition("$")[2])
        hidden = {letter for letter, column in page.column_dimensions.items() if column.hidden}
        texts = [str(c.value) for c in page[number] if c.value and c.column_letter not in hidden]
        found.append((squeezed(texts[0]), squeezed(texts[-1])))
    return found


def spilled(pdf: bytes, headers: list[tuple[str, str]]) -> list[int]:
    """Pages that are no A4, or have one end of the table without the other: columns went to a page of their own."""
    wrong = []
    for number, page in enumerate(PdfReader(io.BytesIO(pdf)).pages, start=1):
        size = (round(page.mediabox.width / 72 * 25.4), round(page.mediabox.height / 72 * 25.4))
        text = squeezed(page.extract_text())
        if size not in A4 or not any(first in text and last in text for first, last in headers):
            wrong.append(number)
    return wrong


def fetched(browser: Any, *address: Any) -> bytes:
    response = browser.get(reverse(address[0], args=address[1:]))
    assert response.status_code == 200, address
    return bytes(response.content)


def of_a_round(year: Round) -> dict[str, bytes]:
    """Every workbook of a round: package, templates, list of powers, corrected workbook, tables of rights and acts."""
    year.fill(year.dossier("质量监督岗"), [row(name=f"风险点{n}", manifestation=LONG) for n in range(25)])
    line_of = {"section": "建筑业股", "name": "施工许可", "power_kind": "license", "basis": "建筑法第七条", "posts": ""}
    office = again(year.cast["王五"])
    for n in range(40):
        save_power(year.cast.bureau, power=None, version=0, values=line_of | {"name": f"施工许可{n}"}, by=office)
    year.file([year.bring(year.rating("施工许可岗"), State.FILING)])
    package = packages.order_package(year.campaign, drafts=True, site="http://lianzheng.test", by=office)
    while packages.make_some(package.pk, seconds=600):
        continue
    made = package.files.filter(form="xlsx").order_by("order")
    files = {f"包{file.order:03}.xlsx": bytes(file.content) for file in made}
    browser = client_of(office)
    for name, address in {"职权目录": "powers_file", "职权目录模板": "powers_template"}.items():
        files[f"{name}.xlsx"] = fetched(browser, address)
    files["权限一览表.xlsx"] = fetched(
        client_of(again(year.cast["安全员"])), "authority_file", year.cast.bureau.pk, "xlsx"
    )
    files["操作日志.xlsx"] = fetched(client_of(again(year.cast["审计员"])), "journal_export")
    return files


def test_six_sheets_are_one_page_wide(office: Office) -> None:
    files = {f"{sheet.code}.xlsx": xlsx.workbook([grid(sheet, rows=20)]) for sheet in SIX}
    pdfs = office.converted(files, "pdf")
    keep(pdfs, ending="pdf")
    assert {name: spilled(pdf, edges(files[name])) for name, pdf in pdfs.items()} == {name: [] for name in files}


def test_columns_that_go_to_a_page_of_their_own_are_noticed(office: Office) -> None:
    """The control."""
    book = openpyxl.load_workbook(io.BytesIO(xlsx.workbook([grid(SIX[3], rows=3)])))
    assert book.worksheets[0].sheet_properties.pageSetUpPr is not None
    book.worksheets[0].sheet_properties.pageSetUpPr.fitToPage = False
    book.worksheets[0].column_dimensions["C"].width = 90
    out = io.BytesIO()
    book.save(out)
    pdf = office.converted({"宽.xlsx": out.getvalue()}, "pdf")["宽.xlsx"]
    assert spilled(pdf, edges(out.getvalue())) != []


def test_every_workbook_of_a_round_is_one_page_wide(office: Office, year: Round, moving_clock: None) -> None:
    files = of_a_round(year)
    pdfs = office.converted(files, "pdf")
    keep(pdfs, ending="pdf")
    assert {name: spilled(pdf, edges(files[name])) for name, pdf in pdfs.items()} == {name: [] for name in files}


def test_register_of_warnings_is_one_page_wide(office: Office, cast: Cast) -> None:
    Case(cast).bring("issued")
    assert IssuedPaper.unscoped.count() == 1
    files = {"预警台账.xlsx": fetched(client_of(again(cast["赵六"])), "warnings_file", "xlsx")}
    pdfs = office.converted(files, "pdf")
    keep(pdfs, ending="pdf")
    assert spilled(pdfs["预警台账.xlsx"], edges(files["预警台账.xlsx"])) == []


def corrected(desk: Desk) -> bytes:
    """The workbook that comes back for mending, for a template with two wrong lines."""
    page = desk.upload(edited(desk.template(), line(7, B="没有这种") | line(8, C=None)))
    response = desk.send(page, "mend")
    assert response.status_code == 200
    return bytes(response.content)


def test_template_and_corrected_workbook_are_one_page_wide(office: Office, year: Round) -> None:
    desk = Desk(year)
    files = {"模板.xlsx": desk.template(), "修改表.xlsx": corrected(desk)}
    pdfs = office.converted(files, "pdf")
    keep(pdfs, ending="pdf")
    assert {name: spilled(pdf, edges(files[name])) for name, pdf in pdfs.items()} == {name: [] for name in files}


def test_cell_edited_in_the_office_program_comes_back_as_just_that_change(office: Office, year: Round) -> None:
    desk = Desk(year)
    content = office.edited(desk.template(), sheet=SHEET, cell="D5", text="在办公软件里改的")
    page = desk.upload(content)
    assert (page.status_code, counts_of(page)) == (200, [0, 1, 2, 0])
    before = {point.pk: (point.name, point.manifestation, point.measures_text) for point in desk.dossier.table.rows()}
    assert desk.send(page, "all").status_code == 302
    after = {point.pk: (point.name, point.manifestation, point.measures_text) for point in desk.dossier.table.rows()}
    changed = desk.points[1].pk
    assert after == before | {changed: (before[changed][0], "在办公软件里改的", before[changed][2])}


@pytest.mark.parametrize("between", ["ods", "xls"])
def test_workbook_saved_in_another_format_and_back_changes_nothing(office: Office, year: Round, between: str) -> None:
    desk = Desk(year)
    other = office.converted({"表.xlsx": desk.template()}, between)["表.xlsx"]
    again_xlsx = office.converted({f"表.{between}": other}, "xlsx")[f"表.{between}"]
    page = desk.upload(again_xlsx)
    assert (page.status_code, counts_of(page)) == (200, [0, 0, 3, 0])


def test_report_opens_as_a_document_with_all_its_parts(office: Office, year: Round) -> None:
    year.bring(year.own, State.NOTICE)
    browser = client_of(again(year.cast["王五"]))
    content = fetched(browser, "report", year.campaign.pk, "docx")
    pdf = office.converted({"报告.docx": content}, "pdf")["报告.docx"]
    keep({"报告.docx": pdf}, ending="pdf")
    sheets = PdfReader(io.BytesIO(pdf)).pages
    assert {(round(s.mediabox.width / 72 * 25.4), round(s.mediabox.height / 72 * 25.4)) for s in sheets} == {(210, 297)}
    on_paper = PdfReader(io.BytesIO(fetched(browser, "report", year.campaign.pk, "pdf"))).pages
    wanted = re.findall(r"[一二三四五六]、\w+", squeezed("".join(page.extract_text() for page in on_paper)))
    text = squeezed("".join(page.extract_text() for page in sheets))
    assert wanted
    assert [part for part in wanted if part[:6] not in text] == []
