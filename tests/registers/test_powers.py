"""职权目录: kept line by line or by a workbook, and printed in the head of 附件1."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.papers import owner_of
from lianzheng.audit.models import Entry
from lianzheng.flow import Refused, Stale
from lianzheng.intake import workbook
from lianzheng.intake.template import SHEET
from registers.actions.powers import retire_power, save_power, take_in_powers
from registers.models import Power, PowerKind
from registers.powers import powers_of, texts
from tests.cast import Cast, Round, again, client_of

LINE = {
    "section": "建筑业股",
    "name": "施工许可",
    "power_kind": "license",
    "basis": "建筑法第七条",
    "posts": "施工许可岗\n质量监督岗",
}


def add(cast: Cast, **changes: str) -> Power:
    values = LINE | changes
    return save_power(cast.bureau, power=None, version=0, values=values, by=again(cast["王五"]))


def listed(cast: Cast) -> list[dict[str, str]]:
    return [texts(power) for power in powers_of(cast.bureau)]


SHOWN = LINE | {"power_kind": "行政许可"}


def text_of(page: Any) -> str:
    return unescape(page.content.decode())


def test_power_is_added_and_changed_on_its_page_and_in_the_journal(cast: Cast) -> None:
    browser = client_of(cast["王五"])
    assert browser.post(reverse("power_new"), LINE | {"version": 0}).status_code == 302
    [power] = powers_of(cast.bureau)
    assert texts(power) == SHOWN
    browser.post(reverse("power", args=[power.pk]), LINE | {"version": 1, "name": "施工许可核发", "posts": ""})
    assert listed(cast) == [SHOWN | {"name": "施工许可核发", "posts": ""}]
    acts = Entry.objects.filter(subject=power.pk).order_by("id").values_list("act", "by__name")
    assert list(acts) == [("新增职权", "王五"), ("修改职权", "王五")]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"section": "没有的股室"}, "本单位没有股室“没有的股室”"),
        ({"section": "水政股"}, "本单位没有股室“水政股”"),
        ({"posts": "施工许可岗\n局长"}, "“建筑业股”没有岗位：局长"),
        ({"power_kind": "any"}, "选择一个有效的选项"),
        ({"name": ""}, "这个字段是必填项"),
        ({"name": "\u202e许可"}, "含有看不见的控制字符"),
    ],
)
def test_wrong_line_is_refused_at_its_field(cast: Cast, changes: dict[str, str], sentence: str) -> None:
    page = client_of(cast["王五"]).post(reverse("power_new"), LINE | changes)
    assert (page.status_code, sentence in text_of(page)) == (422, True)
    assert listed(cast) == []


def test_same_power_twice_in_a_section_is_refused(cast: Cast) -> None:
    add(cast)
    with pytest.raises(Refused):
        add(cast)
    add(cast, section="办公室", posts="")


def test_power_changed_meanwhile_is_not_overwritten(cast: Cast) -> None:
    power = add(cast)
    save_power(cast.bureau, power=power, version=1, values=LINE | {"basis": "新的依据"}, by=again(cast["王五"]))
    with pytest.raises(Stale):
        save_power(cast.bureau, power=power, version=1, values=LINE, by=again(cast["王五"]))
    page = client_of(cast["王五"]).post(reverse("power", args=[power.pk]), LINE | {"version": 1})
    assert page.status_code == 409
    assert listed(cast)[0]["basis"] == "新的依据"


def test_retired_power_is_gone_from_the_list_and_its_name_is_free(cast: Cast) -> None:
    retire_power(add(cast), by=cast["王五"])
    assert listed(cast) == []
    add(cast)


def test_head_of_the_form_prints_the_powers_listed_for_the_post(year: Round) -> None:
    assert owner_of(year.own)["powers"] == "施工许可岗的职权。"
    add(year.cast)
    add(year.cast, name="信用评价", power_kind="other", posts="质量监督岗")
    assert owner_of(year.own)["powers"] == "施工许可"
    assert owner_of(year.dossier("质量监督岗"))["powers"] == "施工许可；信用评价"


def test_list_asks_as_much_for_three_as_for_one(cast: Cast) -> None:
    browser, counts = client_of(cast["王五"]), []
    for number in (1, 3):
        while Power.unscoped.count() < number:
            add(cast, name=f"职权{Power.unscoped.count()}")
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(reverse("powers")).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= 21


# --- by Excel ---


def template(cast: Cast) -> bytes:
    response = client_of(cast["王五"]).get(reverse("powers_template"))
    assert response.status_code == 200
    return bytes(response.content)


def edited(content: bytes, changes: dict[str, str]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for place, text in changes.items():
        book[SHEET][place].value = text
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(cast: Cast, content: bytes) -> Any:
    return client_of(cast["王五"]).post(reverse("powers_intake"), {"file": SimpleUploadedFile("表.xlsx", content)})


def send(cast: Cast, page: Any, do: str = "all") -> Any:
    found = re.search(r'name="lines" value="([^"]*)"', text_of(page))
    assert found is not None
    return client_of(cast["王五"]).post(reverse("powers_take"), {"lines": found[1], "do": do})


def counts_of(page: Any) -> list[int]:
    """新增, 修改, 不变, 错误."""
    return [int(n) for n in re.findall(r"<dd>(\d+) 行</dd>", text_of(page))]


NEW = {"B5": "办公室", "C5": "印章管理", "D5": "内部管理", "E5": "印章管理办法", "F5": "办公室主任"}


def test_template_offers_sections_kinds_and_posts(cast: Cast) -> None:
    book = openpyxl.load_workbook(io.BytesIO(template(cast)))
    columns = {
        column[0].value: [cell.value for cell in column if cell.value] for column in book[workbook.WORDS].columns
    }
    assert columns == {
        "局领导": ["局领导", "建筑业股", "办公室"],
        "行政许可": PowerKind.labels,
        "副局长": ["副局长", "局长", "纪检组长", "施工许可岗", "质量监督岗", "股长", "办公室主任"],
    }
    offers = {offer.formula1: str(offer.sqref) for offer in book[SHEET].data_validations.dataValidation}
    assert offers == {"=section_words": "B4:B53", "=power_kind_words": "D4:D53", "=posts_words": "F4:F53"}


def test_list_comes_back_unchanged_by_excel(cast: Cast) -> None:
    add(cast)
    assert counts_of(upload(cast, template(cast))) == [0, 0, 1, 0]


def test_new_and_changed_lines_are_shown_and_taken_over_and_the_same_file_again_changes_nothing(cast: Cast) -> None:
    add(cast)
    content = edited(template(cast), NEW | {"E4": "新的依据"})
    page = upload(cast, content)
    assert counts_of(page) == [1, 1, 0, 0]
    assert "建筑法第七条" in text_of(page)
    assert len(listed(cast)) == 1
    assert send(cast, page).status_code == 302
    after = [SHOWN | {"basis": "新的依据"}, dict(zip(LINE, NEW.values(), strict=True))]
    assert sorted(listed(cast), key=lambda line: line["section"], reverse=True) == after
    assert counts_of(upload(cast, content)) == [0, 0, 2, 0]
    assert Entry.objects.get(act="从 Excel 导入职权目录").detail == {"新增": 1, "修改": 1}


def test_each_wrong_cell_is_named_and_marked_in_the_workbook_to_mend(cast: Cast) -> None:
    add(cast)
    content = edited(template(cast), NEW | {"B5": "没有的股室", "D4": "许可"} | {"F4": "局长"})
    page = upload(cast, content)
    cells = re.findall(r'<th scope="row" class="nowrap">(\w+)</th><td>(.*?)</td>', text_of(page))
    assert dict(cells)["B5"] == "本单位没有股室“没有的股室”"
    assert {cell for cell, _ in cells} == {"D4", "F4", "B5"}
    assert send(cast, page).status_code == 409
    mended = openpyxl.load_workbook(io.BytesIO(send(cast, page, "mend").content))[SHEET]
    red = [cell.coordinate for line in mended.iter_rows() for cell in line if cell.fill.fgColor.rgb == "00FFC7CE"]
    assert red == ["D4", "F4", "B5"]
    assert listed(cast) == [SHOWN]


def test_line_changed_after_the_download_shows_both(cast: Cast) -> None:
    power = add(cast)
    old = edited(template(cast), {"E4": "文件里的依据"})
    save_power(cast.bureau, power=power, version=1, values=LINE | {"basis": "网页上的依据"}, by=again(cast["王五"]))
    page = upload(cast, old)
    assert "第 4 行在您下载后被改过" in text_of(page)
    assert "网页上的依据" in text_of(page)
    assert counts_of(page) == [0, 0, 0, 1]


def test_template_of_another_bureau_or_form_is_refused(cast: Cast, year: Round) -> None:
    other = bytes(client_of(cast["外人"]).get(reverse("powers_template")).content)
    assert workbook.OTHER_TABLE in text_of(upload(cast, other))
    risks = client_of(cast["张三"]).get(reverse("intake_template", args=[year.own.pk])).content
    assert "这是附件1的模板，本页导入的是职权目录。" in text_of(upload(cast, bytes(risks)))


def test_all_or_none_of_a_workbook_is_written(cast: Cast) -> None:
    add(cast)
    rows = [LINE | {"name": "甲"}, LINE]
    with pytest.raises(Refused):
        take_in_powers(cast.bureau, rows=rows, by=again(cast["王五"]))
    assert listed(cast) == [SHOWN]
