"""The PDF: every text is on it, it looks like an official paper, and a bad one harms nobody else."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from pypdf import PdfReader, PdfWriter
from pypdf.generic import StreamObject

from assessments.sheets import ANNEX_4
from lianzheng.bootstrap import ROOT
from lianzheng.render import fonts, official, pdf, press
from lianzheng.render.official import Document, Paragraph
from lianzheng.sheets import Column, Grid, Sheet, lay_out
from registers.sheets import ANNEX_1, ANNEX_3
from tests.sheets.content import RARE, SIX, grid, owner, row

pytestmark = pytest.mark.skipif(pdf.available() is not None, reason=str(pdf.available()))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def pages_of(document: bytes) -> list[str]:
    return [squeezed(page.extract_text()) for page in PdfReader(io.BytesIO(document)).pages]


def faces_of(document: bytes) -> set[str]:
    return {str(font["/BaseFont"]).split("+")[1] for font in fonts_in(PdfReader(io.BytesIO(document)))}


def fonts_in(book: PdfReader) -> list[Any]:
    resources: list[Any] = [page["/Resources"] for page in book.pages]
    return [font.get_object() for resource in resources for font in resource["/Font"].values()]


def one_cell(text: str) -> Grid:
    plain = Sheet("", "表", head=(), columns=(Column("name", "风险点", 20),), line=())
    return lay_out(plain, owner=owner(), rows=[{"name": text}])


@pytest.mark.parametrize("sheet", SIX, ids=lambda s: s.code)
def test_paper_has_every_text_on_landscape_a4(sheet: Sheet) -> None:
    laid = grid(sheet)
    document = pdf.document([laid])
    everything = "".join(pages_of(document))
    assert [c.text for c in laid.cells if squeezed(c.text) not in everything] == []
    assert squeezed(f"{laid.code}{laid.title}{''.join(laid.line)}") in everything
    boxes = [page.mediabox for page in PdfReader(io.BytesIO(document)).pages]
    assert {(round(b.width / 72 * 25.4), round(b.height / 72 * 25.4)) for b in boxes} == {(297, 210)}


def test_paper_without_permission_has_no_score() -> None:
    everything = "".join(pages_of(pdf.document([grid(ANNEX_4, can=())])))
    assert [word for word in ("评分见评分表", "59.99", "84.00") if word in everything] == ["评分见评分表"]


def test_paper_of_sixty_rows_repeats_the_header_row_alone() -> None:
    laid = lay_out(ANNEX_3, owner=owner(), rows=[row(n) for n in range(60)])
    pages = pages_of(pdf.document([laid]))
    header = "".join(c.text for c in laid.cells if c.kind == "header")
    assert len(pages) > 5
    assert header in pages[0]
    assert "单位名称" in pages[0]
    assert [page.startswith(header) for page in pages[1:6]] == [True] * 5
    assert sum("单位名称" in page for page in pages) == 1


def test_section_of_the_first_row_is_named_on_every_page() -> None:
    rows = [row(n) | {"section": f"第{n // 20}股"} for n in range(60)]
    laid = lay_out(ANNEX_3, owner=owner(), rows=rows)
    header = "".join(c.text for c in laid.cells if c.kind == "header")
    pages = pages_of(pdf.document([laid]))
    first = [re.match(r"(\d+)(第\d股)", page.removeprefix(header)) for page in pages[1:]]
    found = [(int(match[1]), match[2]) for match in first if match]
    assert len(found) >= len(pages) - 2  # the last one may bear opinions alone
    assert [section for _, section in found] == [f"第{(number - 1) // 20}股" for number, _ in found]


def test_papers_of_one_document_are_numbered_each_from_one() -> None:
    pages = pages_of(pdf.document([grid(ANNEX_1, person="张三"), grid(ANNEX_1, person="李四")]))
    numbers = [int(match[1]) for page in pages if (match := re.search(r"—(\d+)—", page))]
    half = list(range(1, len(pages) // 2 + 1))
    assert numbers == half * 2


def test_documents_come_in_the_order_of_their_grids() -> None:
    people = ["张三", "李四", "王五"]
    made = pdf.documents([grid(ANNEX_1, person=person, rows=1)] for person in people)
    assert [next(p for p in people if f"姓名{p}" in pages_of(document)[0]) for document in made] == people


def test_name_with_a_rare_character_is_set_whole_in_the_complete_face() -> None:
    document = pdf.document([one_cell(f"{RARE}三")])
    assert f"{RARE}三" in "".join(pages_of(document))
    # The page number is set in Noto too; that 仿宋 is missing shows that the name is not mixed.
    assert not [face for face in faces_of(document) if face.startswith("FandolFang")]
    names = ("张三", "㐂三", "王䶮", "2026年2月15日\n84.00")
    assert [fonts.beyond_body(name) for name in names] == [False, True, True, False]


def own_face(folder: Path, *, without: str) -> None:
    """A face of the office's own: the shipped one under the name offices know, less some characters."""
    face = TTFont(fonts.SHIPPED / "FandolFang-Regular.otf")
    kept = Subsetter(Options(name_IDs=["*"], notdef_outline=True))
    kept.populate(text="序号风险点表王一二三0123456789.")
    kept.subset(face)
    assert not set(map(ord, without)) & set(face.getBestCmap())
    for record in list(face["name"].names):
        face["name"].removeNames(nameID=record.nameID)
    for number, text in ((1, "仿宋_GB2312"), (2, "Regular"), (4, "仿宋_GB2312"), (6, "FangSong_GB2312")):
        face["name"].setName(text, number, 3, 1, 0x804)
    folder.mkdir(parents=True)
    face.save(folder / "fang.otf")


@pytest.fixture
def forgotten() -> Iterator[None]:
    """What is remembered of the faces and who works with them, gone before and after."""

    def forget() -> None:
        for known in (fonts.body_characters, fonts.faces, pdf.edition):
            known.cache_clear()
        pdf.close()

    forget()
    yield
    forget()


@pytest.mark.usefixtures("forgotten")
def test_face_of_the_office_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = pdf.edition()
    own_face(tmp_path / "fonts", without="张")
    monkeypatch.setattr(fonts, "VAR", tmp_path)
    for known in (fonts.body_characters, fonts.faces, pdf.edition):
        known.cache_clear()
    assert (fonts.beyond_body("王"), fonts.beyond_body("张")) == (False, True)
    # The title has characters this face lacks, and is set whole in the complete one.
    assert faces_of(pdf.document([one_cell("王")])) == {"仿宋_GB2312", "Noto-Sans-SC", "Noto-Serif-SC"}
    # A paper that was kept before is not taken for one in the new face.
    assert pdf.edition() != before


def test_paper_is_the_same_bytes_alone_in_company_and_by_another_press() -> None:
    pages = [pdf.page([grid(ANNEX_1, person=person, rows=2)]) for person in ("张三", "李婷", "王䶮")]
    pdf.close()
    first = [pdf.typeset(page) for page in pages]
    pdf.close()
    again = [pdf.typeset(page) for page in reversed(pages)]
    assert again[::-1] == first
    assert len(set(first)) == 3


def test_page_that_is_no_xml_is_set_the_same() -> None:
    page = pdf.page([grid(ANNEX_1, person="张三", rows=2)])
    assert pdf.typeset(page.replace("/>", ">")) == pdf.typeset(page)


def test_every_page_of_ours_is_xml_which_is_read_faster() -> None:
    text = "<&>\"' 王䶮\n二"
    pages = [
        pdf.page([one_cell(text)]),
        official.page(Document(text, [Paragraph(text)], organ=text, on=date(2026, 1, 2))),
    ]
    assert [ElementTree.fromstring(page).tag for page in pages] == ["html", "html"]


def test_paper_embeds_only_its_own_characters() -> None:
    """Whole faces have megabytes."""
    assert len(pdf.document([one_cell("王")])) < 20_000


def test_one_press_sets_many_papers_in_120_megabytes() -> None:
    pdf.close()
    for n in range(30):
        pdf.document([grid(ANNEX_4, person=f"张{n}", rows=6)])
    [child] = pdf.presses()
    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{child}/status").read_text())
    assert int(peak) / 1024 <= 120


def test_rare_characters_leave_ink_on_the_page() -> None:
    drawn, blank = (PdfReader(io.BytesIO(pdf.document([one_cell(t)]))) for t in (RARE, ""))
    glyphs = [len(set(re.findall(r"[㐂䶮]", book.pages[0].extract_text()))) for book in (drawn, blank)]
    assert glyphs == [2, 0]
    assert len(outlines(drawn, face="Noto-Serif-SC")) > len(outlines(blank, face="Noto-Serif-SC"))


def outlines(book: PdfReader, *, face: str) -> bytes:
    """The embedded outlines of a face; a character without a shape would add none."""
    [font] = [f for f in fonts_in(book) if str(f["/BaseFont"]).endswith(face)]
    return bytes(font["/DescendantFonts"][0]["/FontDescriptor"]["/FontFile3"].get_data())


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """A server on this machine and what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    asked.append(connection.recv(1000))

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        stop.set()
        thread.join()


def plain(document: bytes) -> bytes:
    """All bytes of a document with its streams unpacked."""
    writer, out = PdfWriter(clone_from=io.BytesIO(document)), io.BytesIO()
    for thing in writer._objects:
        if isinstance(thing, StreamObject):
            out.write(thing.get_data())
    writer.write(out)
    return out.getvalue()


def test_paper_fetches_nothing(listener: tuple[str, list[bytes]], tmp_path: Path) -> None:
    address, asked = listener
    secret = tmp_path / "secret.txt"
    secret.write_text("secret marker", encoding="utf-8")
    hostile = (
        f'<img src="{address}/a.png"><link rel=stylesheet href="{address}/b.css">'
        f'<object data="{secret.as_uri()}"></object><link rel=attachment href="{secret.as_uri()}">'
        f"<style>@import url({address}/c.css);p{{background:url({secret.as_uri()})}}</style><p>正文"
    )
    document = pdf.typeset(hostile)
    book = PdfReader(io.BytesIO(document))
    assert pages_of(document) == ["正文—1—"]
    assert (asked, dict(book.attachments), b"secret marker" in plain(document)) == ([], {}, False)


def test_fetcher_refuses_every_address() -> None:
    fetcher = press.Typesetter("").fetcher
    addresses = ("http://127.0.0.1/", "https://127.0.0.1/", "file:///etc/hostname", "data:text/plain,a", "face:0")
    for address in addresses:
        with pytest.raises(ValueError, match="fetches nothing"):
            fetcher(address)


def test_text_of_a_paper_is_never_markup() -> None:
    text = '<img src="http://127.0.0.1/x"><style>*{display:none}</style>'
    assert squeezed(text) in "".join(pages_of(pdf.document([one_cell(text)])))


def test_paper_over_its_time_fails_alone() -> None:
    began = time.monotonic()
    with pytest.raises(pdf.PaperFailed, match="超过时间或内存限制"):
        pdf.document([lay_out(ANNEX_3, owner=owner(), rows=[row(n) for n in range(3000)])], seconds=1)
    assert time.monotonic() - began < 10
    assert pages_of(pdf.document([one_cell("照常")]))[0].endswith("照常—1—")


def test_paper_over_its_memory_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    pdf.close()
    monkeypatch.setattr(pdf, "MEGABYTES", 340)
    with pytest.raises(pdf.PaperFailed):
        pdf.document([lay_out(ANNEX_3, owner=owner(), rows=[row(n) for n in range(3000)])])
    monkeypatch.undo()
    pdf.close()
    assert pages_of(pdf.document([one_cell("照常")]))[0].endswith("照常—1—")


def test_killed_press_is_replaced() -> None:
    pdf.document([one_cell("先")])
    child = pdf.presses()[-1]
    os.kill(child, signal.SIGKILL)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert pages_of(pdf.document([one_cell("照常")]))[0].endswith("照常—1—")
    assert child not in pdf.presses()


def test_killed_press_leaves_no_folder_behind(tmp_path: Path) -> None:
    """Nor does one whose parent was killed: it notices that nobody is there, and clears up."""
    code = "from lianzheng.render import pdf; pdf.typeset('<p>一</p>'); print('set', flush=True); input()"
    variables = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=variables, **pipes) as parent:
        assert parent.stdout.readline() == b"set\n"
        assert len(list(tmp_path.glob("press-*"))) == 1
        parent.kill()
    deadline = time.monotonic() + 20
    while list(tmp_path.glob("press-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(tmp_path.glob("press-*")) == []
