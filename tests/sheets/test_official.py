"""The official document measured on its PDF: GB/T 9704-2012 page, lines, characters, faces, order of the parts."""

import io
import re
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from pypdf import PdfReader

from lianzheng.render import pdf
from lianzheng.render.official import Annex, Document, Heading, Paragraph, Squares, Table, document, page

pytestmark = pytest.mark.skipif(pdf.available() is not None, reason=str(pdf.available()))

MM = 72 / 25.4
TEXT = "现将本局廉政风险点等级确定情况报告如下。"
FULL = Document(
    title="关于报送廉政风险等级的报告",
    head="云县住房和城乡建设局",
    number="云建廉〔2026〕3号",
    addressee="云县纪委监委",
    blocks=(
        Paragraph(TEXT),
        Heading("一、排查情况"),
        Heading("（一）岗位", 2),
        Heading("1. 许可岗", 3),
        Table(("序号", "岗位"), [("1", "施工许可岗")], (2, 8)),
        Squares([[True, False], [False, True]], "扫码核对"),
    ),
    organ="云县住房和城乡建设局",
    on=date(2026, 11, 2),
    annexes=(Annex("备案表", (Paragraph("表的内容。"),)), Annex("会议纪要")),
    notes="联系人：王五",
    copies="县委组织部",
)


def pieces(content: bytes, *, number: int = 0) -> list[tuple[str, float, float, str, float]]:
    """(text, x, y from the top, face, size) of every run of text on a page, in millimetres and points."""
    found: list[tuple[str, float, float, str, float]] = []
    sheet = PdfReader(io.BytesIO(content)).pages[number]

    def visit(text: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        if text.strip() and font:
            x, y = tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5]
            face = str(font["/BaseFont"]).split("+")[1]
            found.append((text.strip(), x / MM, 297 - y / MM, face, size * abs(tm[0] * cm[0])))

    sheet.extract_text(visitor_text=visit)
    return found


def lines(content: bytes, *, number: int = 0) -> list[str]:
    text = PdfReader(io.BytesIO(content)).pages[number].extract_text()
    return [line.strip() for line in text.splitlines() if line.strip()]


def grid_of_characters() -> bytes:
    return document(Document(title="题", blocks=[Paragraph("字" * 28 * 70, indent=False)]))


def test_page_is_a4_with_the_margins_of_the_standard() -> None:
    content = grid_of_characters()
    box = PdfReader(io.BytesIO(content)).pages[0].mediabox
    assert (round(box.width / MM), round(box.height / MM)) == (210, 297)
    body = [piece for piece in pieces(content, number=1) if "字" in piece[0]]
    assert {round(x) for _, x, *_ in body} == {28}
    tops = [y for _, _, y, _, _ in body]
    first, last = min(tops), max(tops)
    # The first base line lies within the first of 22 lines below 天头 37 mm, the last within the 22nd.
    assert 37 < first < 37 + 225 / 22
    assert 37 + 225 - 225 / 22 < last < 37 + 225


def test_full_page_has_twenty_two_lines_of_twenty_eight_characters() -> None:
    content = grid_of_characters()
    body = [line for line in lines(content, number=1) if "字" in line]
    assert [len(line) for line in body] == [28] * 22
    sizes = {round(size, 1) for text, _, _, _, size in pieces(content, number=1) if "字" in text}
    assert sizes == {16.0}
    tops = sorted({round(y, 2) for text, _, y, _, _ in pieces(content, number=1) if "字" in text})
    gaps = {round(below - above, 1) for above, below in pairwise(tops)}
    assert gaps == {round(225 / 22, 1)}


def test_paragraph_begins_two_characters_in_and_a_flush_one_does_not() -> None:
    content = document(Document(title="题", blocks=[Paragraph("字" * 60), Paragraph("文" * 5, indent=False)]))
    assert [len(line) for line in lines(content) if "字" in line] == [26, 28, 6]
    found = {text[0]: round(x) for text, x, *_ in pieces(content) if set(text) == {"文"} or len(text) == 26}
    assert found == {"字": round(28 + 2 * 156 / 28), "文": 28}


def test_each_part_has_its_face_and_size() -> None:
    content = document(FULL)
    looks = {re.sub(r"\s", "", text): (face, round(size)) for text, _, _, face, size in pieces(content)}
    assert looks["云县住房和城乡建设局"] == ("FandolSong", 34)
    assert looks["关于报送廉政风险等级的报告"] == ("FandolSong", 22)
    assert looks[TEXT] == ("FandolFang-R", 16)
    assert looks["一、排查情况"] == ("Noto-Sans-SC", 16)
    assert looks["（一）岗位"] == ("FandolKai", 16)
    assert looks["1施工许可岗"] == ("FandolFang-R", 12)
    assert [look for text, look in looks.items() if text == "—1—"] == [("Noto-Serif-SC", 14)]


def test_parts_stand_in_the_order_of_the_standard() -> None:
    content = document(FULL)
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))
    order = ["云县住房和城乡建设局", "云建廉〔2026〕3号", "关于报送", "云县纪委监委：", "现将", "附件：1.备案表"]
    order += ("2.会议纪要", "2026年11月2日", "（联系人：王五）", "抄送：县委组织部。", "附件1", "表的内容。")
    places = [text.find(part) for part in order]
    assert [part for part, place in zip(order, places, strict=True) if place < 0] == []
    assert places == sorted(places)
    assert "附件2" not in text  # it has no text of its own and is only named


def test_page_numbers_stand_outside_below_the_type_area() -> None:
    content = grid_of_characters()
    where = [next((x, y) for text, x, y, *_ in pieces(content, number=n) if "—" in text) for n in range(2)]
    assert where[0][0] > 105 > where[1][0]
    assert all(37 + 225 + 7 < y < 37 + 225 + 14 for _, y in where)


def test_long_name_of_the_body_stays_on_one_line() -> None:
    names = ("县局", "云溪县住房和城乡建设局办公会议纪要", "云溪县廉政风险防控工作领导小组办公室文件")
    for name in names:
        found = [piece for piece in pieces(document(Document("题", (), head=name))) if piece[0] in name]
        assert [text for text, *_ in found] == [name]
        assert 22 <= round(found[0][4]) <= 34


def test_small_print_stands_below_the_type_area_of_the_first_page() -> None:
    body = [Paragraph("字" * 28, indent=False)] * 40
    content = document(Document("题", body, fine="内容摘要 SHA-256：" + "0a" * 32))
    below = [[y for text, _, y, _, _ in pieces(content, number=n) if "0a0a" in text] for n in range(2)]
    assert (len(below[0]), below[1]) == (1, [])
    assert 37 + 225 + 7 < below[0][0] < 297 - 10


def test_annexes_and_signature_take_text_along_to_the_next_page() -> None:
    """A page that bears the seal bears text (7.3.5.4)."""
    for rows in range(10, 22):
        body = [Paragraph(f"字{n}") for n in range(rows)]
        doc = Document("题", body, organ="甲局", on=date(2026, 1, 5), annexes=(Annex("清单"),))
        last = PdfReader(io.BytesIO(document(doc))).pages[-1].extract_text()
        assert ("甲局" in last, "附件" in last, "字" in last) == (True, True, True)


def test_single_annex_is_named_without_a_number() -> None:
    text = re.sub(r"\s", "", "".join(lines(document(Document("题", (), annexes=(Annex("备案表"),))))))
    assert text.startswith("题附件：备案表")


def test_long_title_is_parted_where_it_says_and_whole_in_the_properties() -> None:
    content = document(Document("关于报送等级\n备案的报告", ()))
    assert [text for text, *_ in pieces(content)][:2] == ["关于报送等级", "备案的报告"]
    said = PdfReader(io.BytesIO(content)).metadata
    assert said is not None
    assert said.title == "关于报送等级备案的报告"


def test_file_names_its_title_and_organ_and_no_program_or_person() -> None:
    said = PdfReader(io.BytesIO(document(FULL))).metadata
    assert said is not None
    values = {key: str(value) for key, value in said.items()}
    assert values.pop("/CreationDate").startswith("D:20261102")
    assert values == {"/Title": FULL.title, "/Author": FULL.organ}


def test_word_with_a_rare_character_is_set_in_one_face() -> None:
    content = document(Document(title="题", blocks=[Paragraph("王㐂、张三出席。")]))
    looks = {text: face for text, _, _, face, _ in pieces(content)}
    assert (looks["王㐂"], looks["、张三出席。"]) == ("Noto-Serif-SC", "FandolFang-R")


def test_typed_markup_stays_text_and_fetches_nothing() -> None:
    bad = '<img src="http://127.0.0.1/x"><script>1</script>&'
    parts = (Paragraph(bad), Heading(bad), Table((bad,), [(bad,)], (1,)), Squares([[True]], bad))
    html = page(Document(title=bad, blocks=parts, head=bad, number=bad, addressee=bad, organ=bad, notes=bad))
    assert re.findall(r"<(?:img|script)", html) == []
    assert html.count("&lt;img src=") >= 10


def test_signature_is_not_parted_from_its_date() -> None:
    """However long the text: organ, date and room for the seal lie on one page."""
    for rows in range(14, 24):
        doc = Document(
            title="题", blocks=[Paragraph("字" * 28, indent=False)] * rows, organ="甲局", on=date(2026, 1, 5)
        )
        content = document(doc)
        sheets = [re.sub(r"\s", "", sheet.extract_text()) for sheet in PdfReader(io.BytesIO(content)).pages]
        assert ["2026年1月5日" in sheet for sheet in sheets] == ["甲局" in sheet for sheet in sheets]
        assert ("甲局" in sheets[-1], "字" in sheets[-1]) == (True, True)
