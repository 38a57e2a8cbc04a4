"""Hidden identity and telephone numbers are found; what an office really writes is let through."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianzheng.scanner import ID_CARD, LANDLINE, MOBILE, scan

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def with_check(body: str) -> str:
    """The 18th character of an identity number (GB 11643)."""
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, WEIGHTS, strict=True)) % 11]


def kinds(text: str) -> list[str]:
    return [found.kind for found in scan(text)]


HIDDEN = [
    ("联系人 13800138000。", MOBILE),
    ("138-0013-8000", MOBILE),
    ("138 0013 8000", MOBILE),
    ("１３８００１３８０００", MOBILE),
    ("①③⑧⓪⓪①③⑧⓪⓪⓪", MOBILE),
    ("❶❸❽⓿⓿❶❸❽⓿⓿⓿", MOBILE),
    ("一三八〇〇一三八〇〇〇一律", MOBILE),
    ("壹叁捌零零壹叁捌零零零", MOBILE),
    ("幺三八洞洞幺三八洞洞洞", MOBILE),
    ("1三8零零1③捌０00", MOBILE),
    ("138\u200b0013\u200d8\u00ad000", MOBILE),
    ("138\n0013\r\n8000", MOBILE),
    ("(138)0013·8000", MOBILE),
    ("138/0013/8000", MOBILE),
    ("【138】0013—8000", MOBILE),
    ("138,0013,8000", MOBILE),
    ("1、3、8、0、0、1、3、8、0、0、0", MOBILE),
    ("+86 138 0013 8000", MOBILE),
    ("008613800138000", MOBILE),
    ("电话1:13800138000", MOBILE),
    ("0751-8831234", LANDLINE),
    ("（０７５１）８８３１２３４", LANDLINE),
    ("010 8888 6666", LANDLINE),
    ("办公电话：8831234", LANDLINE),
    ("11010519491231002X", ID_CARD),
    ("１１０１０５１９４９１２３１００２Ｘ", ID_CARD),
    ("110105 1949 1231 002x", ID_CARD),
    ("一一零一零五一九四九一二三一零零二X", ID_CARD),
    ("编号5511010519491231002X", ID_CARD),
    ("110105491231002", ID_CARD),
]


@pytest.mark.parametrize(("text", "kind"), HIDDEN)
def test_number_in_disguise_is_found(text: str, kind: str) -> None:
    assert kinds(text) == [kind]


def test_place_of_a_number_is_where_it_stands_in_the_text() -> None:
    text = "请拨打\u200b１38 0013 8000转办公室"
    found = scan(text)[0]
    assert (text[found.start : found.end], found.text) == ("１38 0013 8000", "１38 0013 8000")


CLEAN = [
    "建〔2026〕12号",
    "粤府办〔2026〕128号、东住建〔2025〕3号",
    "2026年11月22日至2026年12月1日",
    "2026-11-23至2026-11-27",
    "2026.11.23-2026.11.27",
    "2026-11-22 15:30-17:00",
    "二〇二六年十一月二十二日",
    "《中华人民共和国公务员法》第七十六条第一款第（三）项",
    "GB/T 9704-2012、GB 11643-1999",
    "V1.13.800 版",
    "总投资1,380,013.80元，财政资金15000000000元",
    "138.00万元、1500万元、2000万元、300万元",
    "1500、2000、300",
    "1、2、3、4、5、6、7、8、9、10、11、12、13、14、15、16",
    "一、二、三、四、五、六、七、八、九、十、十一、十二",
    "一岗双责、三重一大、五不直接分管、八项规定、四风",
    "举报电话 12388，市民热线 12345",
    "13%—15%，权重 0.35、0.40、0.25",
    "110105194912310021",
    "面积 1300 平方米，工期 180 天",
    "项目代码 2603-441625-04-01-123456",
]


@pytest.mark.parametrize("text", CLEAN)
def test_what_an_office_writes_is_no_number_of_a_person(text: str) -> None:
    assert scan(text) == ()


FORMS = ["0123456789", "０１２３４５６７８９", "〇一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖", "⓪①②③④⑤⑥⑦⑧⑨"]
GAPS = ["", "", " ", "-", ".", "·", "/", "（", "）", "\u200b", "\u00ad", "\n", "—", "　", "\ufeff"]
MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
LANDLINES = st.from_regex(r"0(10|2[0-9]|[3-9][0-9]{2})[2-9][0-9]{6}", fullmatch=True)
BODIES = st.builds(
    lambda area, day, order: f"{area}{day:%Y%m%d}{order:03}",
    st.sampled_from(["110105", "441625", "513401", "650102"]),
    st.dates(min_value=date(1930, 1, 1), max_value=date(2010, 12, 31)),
    st.integers(0, 999),
)


@st.composite
def disguised(draw: st.DrawFn, numbers: st.SearchStrategy[str]) -> str:
    """A number whose digits are of any script, with anything between them that does not end a word."""
    signs = []
    for char in draw(numbers):
        sign = draw(st.sampled_from(FORMS))[int(char)] if char.isdigit() else draw(st.sampled_from("XxＸ"))
        signs.append(sign + draw(st.sampled_from(GAPS)))
    return f"联系{''.join(signs)}办理"


@settings(max_examples=300, deadline=None)
@given(text=disguised(MOBILES))
def test_no_disguise_hides_a_mobile_number(text: str) -> None:
    assert MOBILE in kinds(text) or ID_CARD in kinds(text)


@settings(max_examples=300, deadline=None)
@given(text=disguised(LANDLINES))
def test_no_disguise_hides_a_landline(text: str) -> None:
    assert kinds(text) != []


@settings(max_examples=300, deadline=None)
@given(text=disguised(BODIES.map(with_check)))
def test_no_disguise_hides_an_identity_number(text: str) -> None:
    assert ID_CARD in kinds(text)


@settings(max_examples=200, deadline=None)
@given(
    year=st.integers(1990, 2035), number=st.integers(1, 999), day=st.dates(), amount=st.integers(0, 10**9),
    article=st.integers(1, 200),
)  # fmt: skip
def test_ordinary_sentence_with_random_figures_is_clean(
    year: int, number: int, day: object, amount: int, article: int
) -> None:
    text = f"根据东住建〔{year}〕{number}号第{article}条，{day}前完成，涉及资金{amount}元、{amount:,}元。"
    assert scan(text) == ()


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_is_scanned_and_places_are_right(text: str) -> None:
    for found in scan(text):
        assert text[found.start : found.end] == found.text
