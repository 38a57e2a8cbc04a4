"""花名册: units, posts and people by one workbook, kept by the system administrator."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lianzheng import clock
from lianzheng.audit.models import Entry
from lianzheng.flow import Refused
from lianzheng.intake import workbook
from lianzheng.intake.comparison import NEWER
from lianzheng.organisation.actions import create_post, deactivate, grant, start_tenure
from lianzheng.organisation.actions.staff import pass_post, save_post, save_unit, take_in_staff
from lianzheng.organisation.models import GrantRequest, Post, Tenure, Unit, UnitUserGrant, User
from lianzheng.organisation.roles import role
from tests.cast import SINCE, Cast, Round, again, client_of
from tests.intake.excel import (
    Excel,
    cells_of,
    counts_of,
    edited,
    forged,
    opened,
    red_cells,
    refusals_of,
    saved,
    text_of,
    token_of,
)


def excel(cast: Cast, person: str = "管理员", unit: str = "县住建局") -> Excel:
    args = [cast.units[unit].pk]
    urls = (reverse(name, args=args) for name in ("staff_template", "staff", "staff_take"))
    return Excel(client_of(cast[person]), *urls)


def rows_of(content: bytes, page: str) -> list[list[str]]:
    """The filled lines without their keys."""
    lines = opened(content)[page].iter_rows(min_row=4, min_col=2, values_only=True)
    return [[str(text or "") for text in line] for line in lines if any(line)]


def place_of(content: bytes, page: str, *words: str) -> int:
    """The number of the line that says these words."""
    book = opened(content)[page]
    return next(row[0].row for row in book.iter_rows(min_row=4) if set(words) <= {cell.value for cell in row})


def held(cast: Cast) -> set[tuple[str, str, str]]:
    rows = Tenure.objects.in_bureau(cast.bureau).filter(until=None).select_related("post__unit", "person", "bureau")
    return {(row.post.unit.name, row.post.name, row.person.name) for row in rows}


HELD = {
    ("建筑业股", "施工许可岗", "张三"),
    ("建筑业股", "质量监督岗", "陈九"),
    ("建筑业股", "股长", "李四"),
    ("办公室", "办公室主任", "王五"),
    ("局领导", "副局长", "钱七"),
    ("局领导", "局长", "孙八"),
    ("局领导", "纪检组长", "赵六"),
}
NEW_UNIT = {"B7": "质量安全站", "C7": "站所", "E7": "负责质量安全。"}
NEW_POST = {"B11": "质量安全站", "C11": "站长", "D11": "全面负责。"}
NEW_HOLDER = {"B11": "质量安全站", "C11": "站长", "D11": "冯二", "E11": "fenger", "F11": "群众", "G11": "2026/3/1"}
GROWN: dict[str, Any] = {"机构": NEW_UNIT, "岗位": NEW_POST, "人员": NEW_HOLDER}


def test_template_has_three_sheets_with_what_is_there(cast: Cast) -> None:
    content = excel(cast).template()
    book = opened(content)
    assert book.sheetnames == ["机构", "岗位", "人员", workbook.WORDS, workbook.META]
    assert rows_of(content, "机构")[1] == ["建筑业股", "股室", "", "负责建筑市场监管。"]
    assert rows_of(content, "岗位")[0] == ["局领导", "副局长", "副局长的职责。", "副局长的职权。"]
    assert rows_of(content, "人员")[3] == ["建筑业股", "施工许可岗", "张三", "user01", "中共党员", "2022-03-01"]
    assert {tuple(row[:3]) for row in rows_of(content, "人员")} == HELD
    kinds = {offer.formula1: offer.showErrorMessage for offer in book["机构"].data_validations.dataValidation}
    places = {offer.formula1: offer.showErrorMessage for offer in book["人员"].data_validations.dataValidation}
    assert (kinds, places["=section_words"]) == ({"=kind_words": True}, False)


def test_list_comes_back_unchanged(cast: Cast) -> None:
    desk = excel(cast)
    page = desk.upload(desk.template())
    assert (page.status_code, counts_of(page)) == (200, [0, 0, 3 + 7 + 7, 0])
    assert desk.send(page).status_code == 302
    assert not Entry.objects.filter(act="从 Excel 导入花名册").exists()


def test_new_section_post_and_person_come_in_together_and_the_same_file_again_changes_nothing(cast: Cast) -> None:
    desk = excel(cast)
    content = edited(desk.template(), **GROWN)
    page = desk.upload(content)
    assert (counts_of(page), held(cast)) == ([3, 0, 17, 0], HELD)
    assert desk.send(page).status_code == 302
    assert held(cast) == HELD | {("质量安全站", "站长", "冯二")}
    unit, person = Unit.objects.get(name="质量安全站"), User.objects.get(username="fenger")
    assert (unit.parent, unit.bureau, unit.kind, unit.order) == (cast.bureau, cast.bureau, "station", 4)
    assert (person.political, person.has_usable_password(), person.home.since) == ("群众", False, date(2026, 3, 1))
    assert counts_of(desk.upload(content)) == [0, 0, 20, 0]
    assert desk.send(page).status_code == 302
    assert Entry.objects.get(act="从 Excel 导入花名册").detail == {"新增": 3, "修改": 0, "账号": 1}
    acts = ("新建机构", "新建岗位", "新建账号", "任职")
    made = Entry.objects.filter(by=cast["管理员"], act__in=acts).order_by("id").values_list("act", flat=True)
    assert tuple(made) == acts


def test_nobody_is_given_a_role_or_a_password(cast: Cast) -> None:
    before = (UnitUserGrant.objects.count(), GrantRequest.objects.count())
    desk = excel(cast)
    desk.send(desk.upload(edited(desk.template(), **GROWN)))
    assert (UnitUserGrant.objects.count(), GrantRequest.objects.count()) == before
    assert User.objects.exclude(password_at=None).count() == 0
    assert "password" not in str(opened(desk.template())["人员"]["A3"].value)


def test_renamed_section_and_post_go_by_either_name_in_the_same_file(cast: Cast) -> None:
    desk = excel(cast)
    content = desk.template()
    unit, post = place_of(content, "机构", "建筑业股"), place_of(content, "岗位", "施工许可岗")
    new = {"B11": "工程股", "C11": "许可岗", "D11": "冯二", "E11": "fenger", "G11": "2026-03-01"}
    changed = edited(content, 机构={f"B{unit}": "工程股"}, 岗位={f"C{post}": "许可岗"}, 人员=new)
    page = desk.upload(changed)
    assert (counts_of(page), cells_of(page, 3)) == ([1, 2, 15, 0], [])
    assert '原为：</span>建筑业股</del> → <ins><span class="vh">改为：</span>工程股' in text_of(page)
    assert desk.send(page).status_code == 302
    assert {row for row in held(cast) if row[0] == "工程股"} == {
        ("工程股", "许可岗", "张三"), ("工程股", "许可岗", "冯二"),
        ("工程股", "质量监督岗", "陈九"), ("工程股", "股长", "李四"),
    }  # fmt: skip
    detail = Entry.objects.get(act="修改机构").detail
    assert detail == {"栏目": "名称", "原名称": "建筑业股", "名称": "工程股"}


def test_post_moves_to_another_section(cast: Cast) -> None:
    desk = excel(cast)
    content = desk.template()
    desk.send(desk.upload(edited(content, 岗位={f"B{place_of(content, '岗位', '质量监督岗')}": "办公室"})))
    assert ("办公室", "质量监督岗", "陈九") in held(cast)
    entry = Entry.objects.get(act="修改岗位")
    assert entry.detail == {"栏目": "股室", "股室": str(cast.units["办公室"].pk)}


def successor(content: bytes, **changes: str) -> bytes:
    """冯二 takes over from 陈九."""
    number = place_of(content, "人员", "陈九")
    cells = {"D": "冯二", "E": "fenger", "F": "群众", "G": clock.today().isoformat()} | changes
    return edited(content, 人员={f"{column}{number}": text for column, text in cells.items()})


def test_post_passes_to_a_new_holder_and_the_one_before_ends_the_day_before(cast: Cast) -> None:
    desk = excel(cast)
    page = desk.upload(successor(desk.template()))
    assert counts_of(page) == [0, 1, 16, 0]
    desk.send(page)
    post = cast.posts["建筑业股/质量监督岗"]
    rows = Tenure.objects.in_bureau(cast.bureau).filter(post=post).order_by("since")
    today = clock.today()
    assert [(row.person.name, row.since, row.until) for row in rows] == [
        ("陈九", SINCE, today - timedelta(days=1)),
        ("冯二", today, None),
    ]
    assert again(cast["陈九"]).is_active


def test_person_passes_to_another_post(cast: Cast) -> None:
    desk = excel(cast)
    content = desk.template()
    number = place_of(content, "人员", "陈九")
    cells = {f"B{number}": "办公室", f"C{number}": "办公室主任", f"G{number}": clock.today().isoformat()}
    desk.send(desk.upload(edited(content, 人员=cells)))
    assert held(cast) == HELD - {("建筑业股", "质量监督岗", "陈九")} | {("办公室", "办公室主任", "陈九")}


def test_somebody_of_the_house_takes_a_second_post(cast: Cast) -> None:
    desk = excel(cast)
    line = {"B11": "办公室", "C11": "办公室主任", "D11": "张三", "E11": "user01", "F11": "群众", "G11": "2026.3.1"}
    page = desk.upload(edited(desk.template(), 人员=line))
    assert counts_of(page) == [1, 0, 17, 0]
    desk.send(page)
    assert held(cast) == HELD | {("办公室", "办公室主任", "张三")}
    assert (again(cast["张三"]).political, User.objects.filter(name="张三").count()) == ("群众", 1)
    twice = desk.upload(desk.template())
    assert counts_of(twice) == [0, 0, 18, 0]


def test_somebody_new_takes_two_posts_in_one_file(cast: Cast) -> None:
    desk = excel(cast)
    one = {"B11": "办公室", "C11": "办公室主任", "D11": "冯二", "E11": "fenger", "G11": "2026-03-01"}
    two = {"B12": "局领导", "C12": "副局长", "D12": "冯二", "E12": "fenger", "G12": "2026-03-01"}
    desk.send(desk.upload(edited(desk.template(), 人员=one | two)))
    assert held(cast) == HELD | {("办公室", "办公室主任", "冯二"), ("局领导", "副局长", "冯二")}
    assert Entry.objects.get(act="从 Excel 导入花名册").detail == {"新增": 2, "修改": 0, "账号": 1}


def test_holder_with_a_form_to_fill_in_is_handed_over_on_its_page(year: Round) -> None:
    desk = excel(year.cast)
    page = desk.upload(successor(desk.template()))
    number = place_of(desk.template(), "人员", "陈九")
    assert cells_of(page, 3) == [
        (f"E{number}", "陈九在这个岗位上还有没交的表", "请由廉政办在“离岗交接”中办理，任职随之更换")
    ]
    content = edited(desk.template(), 岗位={f"B{place_of(desk.template(), '岗位', '质量监督岗')}": "办公室"})
    assert cells_of(desk.upload(content), 2)[0][1] == "这个岗位还有没办完的表，现在不能调整股室"


def test_political_status_and_beginning_are_put_right(cast: Cast) -> None:
    desk = excel(cast)
    content = desk.template()
    number = place_of(content, "人员", "陈九")
    desk.send(desk.upload(edited(content, 人员={f"F{number}": "群众", f"G{number}": "2022年4月1日"})))
    person = again(cast["陈九"])
    assert (person.political, person.home.since) == ("群众", date(2022, 4, 1))
    acts = Entry.objects.filter(by=cast["管理员"]).values_list("act", flat=True)
    assert {"修改人员信息", "更正任职起始"} <= set(acts)


def test_line_without_a_key_is_known_by_its_names(cast: Cast) -> None:
    """A site's own list, pasted into the template: nobody is made twice."""
    desk = excel(cast)
    content = desk.template()
    number = place_of(content, "人员", "张三")
    page = desk.upload(edited(content, 人员={f"A{number}": None, f"F{number}": "群众"}))
    assert counts_of(page) == [0, 1, 16, 0]
    desk.send(page)
    assert (again(cast["张三"]).political, held(cast)) == ("群众", HELD)


def test_person_missing_in_the_file_is_shown_and_stays(cast: Cast) -> None:
    desk = excel(cast)
    content = desk.template()
    number = place_of(content, "人员", "陈九")
    page = desk.upload(edited(content, 人员={f"{column}{number}": None for column in "ABCDEFG"}))
    assert "人员：不在文件中的 1 行（不会删除）" in text_of(page)
    assert "<li>建筑业股 质量监督岗 user02</li>" in text_of(page)
    desk.send(page)
    assert held(cast) == HELD


WRONG: dict[str, tuple[str, dict[str, str], tuple[str, str, str]]] = {
    "kind": ("机构", {"C5": "领导班子"}, ("C5", "已有机构的类别不能修改", "请恢复为“股室”")),
    "unknown kind": ("机构", {"B7": "新股", "C7": "部门"}, ("C7", "“部门”不在下拉项内", "请选：股室、站所、领导班子")),
    "unit twice": ("机构", {"B7": "办公室", "C7": "股室"}, ("B7", "与第 6 行重复", "请合并或删除其中一行")),
    "name of another unit": (
        "机构", {"B4": "建筑业股", "B5": "工程股"},
        ("B4", "这个名称现在是另一行的", "请换一个名称；对调名称的请分两次导入"),
    ),
    "name that becomes free": (
        "机构", {"B5": "工程股", "B7": "建筑业股", "C7": "股室"},
        ("B7", "这个名称现在是另一行的", "请换一个名称；对调名称的请分两次导入"),
    ),
    "unit like the bureau": (
        "机构", {"B7": "县住建局", "C7": "股室"}, ("B7", "这个名称已用于本单位或已撤销的机构", "请换一个名称")
    ),
    "no such section": (
        "岗位", {"B11": "水政股", "C11": "岗"}, ("B11", "本单位没有股室“水政股”", "请填“机构”表中的名称")
    ),
    "post without a name": ("岗位", {"B11": "办公室"}, ("C11", "这个字段是必填项", "请修改后再上传")),
    "no such post": (
        "人员", NEW_HOLDER | {"B11": "办公室"}, ("C11", "“办公室”没有岗位“站长”", "请填“岗位”表中的名称")
    ),
    "user name": (
        "人员", NEW_HOLDER | {"B11": "办公室", "C11": "办公室主任", "E11": "冯二"},
        ("E11", "用小写字母开头，只用小写字母和数字，至少 3 位", "请修改后再上传"),
    ),
    "somebody else's user name": (
        "人员", NEW_HOLDER | {"B11": "办公室", "C11": "办公室主任", "E11": "user10"},
        ("E11", "这个用户名已经有了", "请换一个用户名"),
    ),
    "another name": (
        "人员", {"D7": "张叁"},
        ("D7", "用户名“user01”是张三的，姓名不能从这里改", "换人的，用户名也要换成接任人的"),
    ),
    "year": ("人员", {"G7": "1922-03-01"}, ("G7", "请核对年份", "请修改后再上传")),
    "no date": ("人员", {"G7": "去年"}, ("G7", "输入一个有效的日期", "请修改后再上传")),
    "too early": (
        "人员", {"D7": "冯二", "E7": "fenger"},
        ("G7", "到任日期应晚于原任职起始 2022-03-01，且不晚于今天", "请填到任日期"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_cell_is_named_with_what_is_wrong_and_how_to_mend_it(cast: Cast, kind: str) -> None:
    sheet, cells, fault = WRONG[kind]
    desk = excel(cast)
    page = desk.upload(edited(desk.template(), **{sheet: cells}))
    place = ("机构", "岗位", "人员").index(sheet) + 1
    assert cells_of(page, place) == [fault]
    assert desk.send(page).status_code == 409
    mended = desk.send(page, "mend").content
    assert red_cells(mended, sheet) == [fault[0]]
    assert opened(mended)[sheet][fault[0]].comment.text == f"{fault[1]}。\n{fault[2]}。"
    assert held(cast) == HELD


def test_new_user_name_has_one_name(cast: Cast) -> None:
    desk = excel(cast)
    first = {"B11": "办公室", "C11": "办公室主任", "D11": "冯二", "E11": "fenger", "G11": "2026-03-01"}
    second = {"B12": "局领导", "C12": "局长", "D12": "冯三", "E12": "fenger", "G12": "2026-03-01"}
    page = desk.upload(edited(desk.template(), 人员=first | second))
    assert cells_of(page, 3)[0][:2] == ("D12", "用户名“fenger”是冯二的，姓名不能从这里改")


def test_closed_account_takes_no_post(cast: Cast) -> None:
    deactivate(cast["陈九"], bureau=cast.bureau, by=cast["管理员"])
    desk = excel(cast)
    line = {"B11": "办公室", "C11": "办公室主任", "D11": "陈九", "E11": "user02", "G11": "2026-03-01"}
    page = desk.upload(edited(desk.template(), 人员=line))
    assert cells_of(page, 3) == [("E11", "陈九的账号已停用", "请先在“账号管理”中启用")]


def test_right_lines_alone_leave_out_what_rests_on_a_wrong_one(cast: Cast) -> None:
    desk = excel(cast)
    page = desk.upload(edited(desk.template(), **GROWN | {"机构": NEW_UNIT | {"C7": "部门"}}))
    assert counts_of(page) == [0, 0, 17, 3]
    assert [cells_of(page, place)[0][0] for place in (1, 2, 3)] == ["C7", "B11", "B11"]


def test_line_changed_after_the_download_shows_both_and_is_not_overwritten(cast: Cast) -> None:
    desk = excel(cast)
    content = desk.template()
    unit = cast.units["建筑业股"]
    save_unit(unit, name=unit.name, short_name="", duties="网页上改的", by=cast["管理员"])
    number = place_of(content, "机构", "建筑业股")
    page = desk.upload(edited(content, 机构={f"E{number}": "文件中改的"}))
    assert cells_of(page) == [(f"B{number}", NEWER, "请对照后在修改表中确定内容，再上传")]
    assert [word in text_of(page) for word in ("网页上改的", "文件中改的")] == [True, True]
    assert desk.send(page).status_code == 409
    untouched = desk.upload(content)
    assert (counts_of(untouched), "本行在您下载后被改过" in text_of(untouched)) == ([0, 0, 17, 0], True)
    mended = desk.upload(desk.send(page, "mend").content)
    assert counts_of(mended) == [0, 1, 16, 0]
    desk.send(mended)
    assert Unit.objects.get(pk=unit.pk).duties == "文件中改的"


def test_confirmation_sent_twice_is_taken_once(cast: Cast) -> None:
    desk = excel(cast)
    page = desk.upload(edited(desk.template(), **GROWN))
    assert [desk.send(page).status_code, desk.send(page).status_code] == [302, 302]
    assert Entry.objects.filter(act="从 Excel 导入花名册").count() == 1


def test_all_or_none_of_a_list_is_written(cast: Cast) -> None:
    posts = [{"section": "办公室", "name": name, "duties": "", "powers": ""} for name in ("甲岗", "办公室主任")]
    with pytest.raises(IntegrityError, match="post_name_once_in_section"), transaction.atomic():
        take_in_staff(cast.bureau, units=[], posts=posts, holders=[], by=cast["管理员"])
    assert not Post.unscoped.filter(name="甲岗").exists()


def test_name_taken_by_a_row_that_is_not_in_the_file_is_told(cast: Cast) -> None:
    desk = excel(cast)
    gone = {f"{column}5": None for column in "ABCDE"}
    page = desk.upload(edited(desk.template(), 机构=gone | {"B6": "建筑业股"}))
    assert cells_of(page)[0][:2] == ("B6", "这个名称现在是另一行的")


def test_user_name_taken_elsewhere_after_the_comparison_is_told(cast: Cast) -> None:
    desk = excel(cast)
    page = desk.upload(edited(desk.template(), **GROWN))
    User.objects.create_user("fenger", name="别人")
    refused = desk.send(page)
    assert (refused.status_code, cells_of(refused, 3)[0][1]) == (409, "这个用户名已经有了")
    assert not Unit.objects.filter(name="质量安全站").exists()


TAMPERED = {
    "table": ({"table": "01a20464-4794-70d4-bf42-670a7aa629b2"}, workbook.CHANGED_META),
    "form": ({"form": "职权目录"}, workbook.CHANGED_META),
    "seal": ({"seal": "x"}, workbook.CHANGED_META),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_tampered_template_is_refused(cast: Cast, kind: str) -> None:
    values, sentence = TAMPERED[kind]
    desk = excel(cast)
    page = desk.upload(forged(desk.template(), **values))
    assert (page.status_code, refusals_of(page)) == (422, [sentence])


def test_template_of_another_form_or_without_a_sheet_is_refused(cast: Cast) -> None:
    desk = excel(cast)
    powers = client_of(cast["王五"]).get(reverse("powers_template")).content
    assert refusals_of(desk.upload(powers)) == ["这是职权目录的模板，本页导入的是花名册。请从本页下载模板。"]
    book = opened(desk.template())
    del book["岗位"]
    assert refusals_of(desk.upload(saved(book))) == [workbook.FOREIGN]


def test_key_of_another_bureau_is_not_known(cast: Cast) -> None:
    foreign = Tenure.objects.in_bureau(cast.other).get()
    desk = excel(cast)
    key = f"{foreign.pk}:0:{'0' * 16}"
    page = desk.upload(edited(desk.template(), 人员={"A7": key, "F7": "群众"}))
    assert cells_of(page, 3)[0][:2] == ("B7", "本表现在没有这一行（已被删除，或行标识被改动）")


@pytest.mark.parametrize("person", ["王五", "孙八", "安全员", "审计员", "外人"])
def test_list_is_the_system_administrators_alone(cast: Cast, person: str) -> None:
    desk, mine = excel(cast, person), excel(cast)
    page = mine.upload(mine.template())
    answers = [desk.browser.get(desk.template_url), desk.browser.get(desk.upload_url), desk.upload(b"x")]
    answers.append(desk.browser.post(desk.take_url, {"lines": token_of(page), "do": "all"}))
    assert {answer.status_code for answer in answers} == {404}
    assert excel(cast, unit="县水利局").browser.get(excel(cast, unit="县水利局").upload_url).status_code == 404


def test_body_whose_posts_stand_on_itself_has_a_list(cast: Cast) -> None:
    grant(role("administrator"), unit=cast.units["县纪委监委"], to=cast["管理员"], by=None)
    desk = excel(cast, unit="县纪委监委")
    content = desk.template()
    assert (rows_of(content, "机构"), counts_of(desk.upload(content))) == ([], [0, 0, 2, 0])
    new = {"B5": "县纪委监委", "C5": "文书", "D5": ""}
    holder = {"B5": "县纪委监委", "C5": "文书", "D5": "冯二", "E5": "fenger", "G5": "2026-03-01"}
    page = desk.upload(edited(content, 岗位=new, 人员=holder))
    assert (counts_of(page), desk.send(page).status_code) == ([2, 0, 2, 0], 302)
    assert User.objects.get(username="fenger").home.post.unit == cast.units["县纪委监委"]


def test_queries_do_not_grow_with_the_list(cast: Cast) -> None:
    desk, counts = excel(cast), []
    for number in (1, 3):
        for n in range(number):
            post = create_post(cast.units["办公室"], name=f"岗{number}{n}", by=None)
            start_tenure(User.objects.create_user(f"more{number}{n}", name=f"人{n}"), post=post, since=SINCE, by=None)
        content = desk.template()
        with CaptureQueriesContext(connection) as captured:
            assert desk.upload(content).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= 34


def test_page_of_the_accounts_leads_to_the_list(cast: Cast) -> None:
    page = text_of(client_of(cast["管理员"]).get(reverse("people")))
    args = [cast.bureau.pk]
    assert [f'"{reverse(name, args=args)}"' in page for name in ("staff", "staff_template", "staff_slips")] == [
        True
    ] * 3
    other = text_of(client_of(cast["安全员"]).get(reverse("people")))
    assert f'"{reverse("staff", args=args)}"' not in other


# --- first passwords ---


def test_slips_give_each_person_without_one_a_first_password_once(cast: Cast) -> None:
    browser, url = client_of(cast["管理员"]), reverse("staff_slips", args=[cast.bureau.pk])
    page = text_of(browser.post(url))
    given = dict(re.findall(r"<td>(user\d+)</td><td><strong><code>(\w{14})</code>", page))
    mine = set(User.objects.exclude(password_at=None).values_list("username", flat=True))
    assert (set(given), len(given)) == (mine, 9)
    assert cast["管理员"].username not in given
    person = again(cast["张三"])
    assert (person.check_password(given["user01"]), person.first_until is not None) == (True, True)
    assert browser.post(url).status_code == 302
    assert again(cast["张三"]).check_password(given["user01"])
    told = str(list(Entry.objects.values_list("detail", flat=True)))
    assert [word for word in given.values() if word in told] == []


def test_slips_come_a_few_at_a_time(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lianzheng.desk.staff.SLIPS", 4)
    browser, url = client_of(cast["管理员"]), reverse("staff_slips", args=[cast.bureau.pk])
    assert "继续发后面 5 人" in text_of(browser.post(url))
    assert "继续发后面 1 人" in text_of(browser.post(url))
    assert "继续发" not in text_of(browser.post(url))


# --- writers ---


def test_writers_change_nothing_where_nothing_differs(cast: Cast) -> None:
    unit, post, by = cast.units["建筑业股"], cast.posts["建筑业股/股长"], cast["管理员"]
    before = Entry.objects.count()
    unchanged = save_post(post, unit=unit, name=post.name, duties=post.duties, powers=post.powers, by=by)
    assert not unchanged
    assert not save_unit(unit, name=unit.name, short_name="", duties=unit.duties, by=by)
    assert Entry.objects.count() == before


def test_post_passes_on_no_day_before_it_was_taken(cast: Cast) -> None:
    tenure, to = cast["陈九"].tenures.get(), cast["李四"]
    for since in (SINCE, clock.today() + timedelta(days=1)):
        with pytest.raises(Refused, match="到任日期应晚于原任职起始"):
            pass_post(tenure, to=to, post=tenure.post, since=since, by=cast["管理员"])
