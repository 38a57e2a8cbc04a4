"""Template, fill in, upload, dry run, workbook to mend, confirm: 花名册, 评分表 and 预警信息 at the pages."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Welcome
from tests.browser.visitor import Visitor
from tests.browser.walk import enter_as
from tests.intake.excel import edited, opened

pytestmark = pytest.mark.browser


WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def upload(visitor: Visitor, content: bytes) -> str:
    """The dry run of this file, in words; the page has no fault and fits."""
    file: Any = {"name": "表.xlsx", "mimeType": WORKBOOK, "buffer": content}
    visitor.page.get_by_label("填好的文件").set_input_files(file)
    visitor.press("上传核对").fits()
    assert "现在还没有导入任何内容" in visitor.text()
    return visitor.text()


def to_mend(visitor: Visitor) -> bytes:
    """The workbook with the wrong cells marked."""
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="下载修改表").click()
    return download.value.path().read_bytes()


def free(content: bytes, page: str) -> int:
    """The first blank line."""
    rows = opened(content)[page].iter_rows(min_row=4, min_col=2)
    return next(int(row[0].row) for row in rows if not any(cell.value for cell in row))


def line(number: int, texts: str) -> dict[str, str | None]:
    return {f"{column}{number}": text for column, text in zip("BCDEFG", texts.split(), strict=False)}


def test_staff_list_comes_in_and_slips_are_given(welcome: Welcome) -> None:
    visitor = enter_as(welcome(), "系统管理员", place=0).menu("账号管理").fits()
    content = visitor.fetch("下载花名册")
    visitor.link("用 Excel 导入花名册").fits()
    places = {page: free(content, page) for page in ("机构", "岗位", "人员")}
    grown = {
        "机构": line(places["机构"], "消防验收站 站所"),
        "岗位": line(places["岗位"], "消防验收站 站长 全面负责。"),
        "人员": line(places["人员"], "消防验收站 站长 冯二 冯二 群众 2026/3/1"),
    }
    told = upload(visitor, edited(content, **grown))
    assert "用小写字母开头，只用小写字母和数字，至少 3 位" in told
    assert "人员：错误" in told
    mended = edited(to_mend(visitor), 人员={f"E{places['人员']}": "fengerceshi"})
    assert "错误\n0 行" in upload(visitor, mended)
    visitor.press("确认导入")
    assert "新增 3 行，修改 0 行，新建账号 1 个" in visitor.page.get_by_role("status").first.inner_text()
    expect(visitor.page.get_by_role("row").filter(has_text="fengerceshi")).to_contain_text("消防验收站 站长")
    visitor.press(re.compile("给没有密码的 .* 人发初始密码")).fits()
    assert visitor.page.get_by_role("region", name="初始密码条").get_by_role("row").count() == 21


def test_grades_come_in(welcome: Welcome) -> None:
    """石平海's rating form of the demo, which lies open."""
    visitor = welcome("石平海").menu("待办").link(re.compile("办理.*附件4"))
    content = visitor.fetch("下载评分 Excel 模板")
    visitor.link("上传评分 Excel").fits()
    told = upload(visitor, edited(content, {"E4": "6", "G4": "5"}))
    assert "“6”不在下拉项内" in told
    told = upload(visitor, edited(to_mend(visitor), {"E4": "4"}))
    assert "评为 5 档，请写一句理由" in visitor.page.locator("details").all_text_contents()[-1]
    visitor.press("确认导入")
    assert "已从 Excel 导入 1 个风险点的评分。" in visitor.page.get_by_role("status").first.inner_text()


def test_signals_come_in(welcome: Welcome) -> None:
    visitor = enter_as(welcome(), "廉政办", place=0).menu("报送预警信息").fits()
    content = visitor.fetch("下载 Excel 模板")
    visitor.link("用 Excel 批量登记").fits()
    told = upload(visitor, edited(content, line(4, "办公室 听说 信〔2026〕9号 久拖不决。")))
    assert "“听说”不在下拉项内" in told
    upload(visitor, edited(to_mend(visitor), {"C4": "审计"}))
    visitor.press("确认导入")
    assert "已登记 1 条预警信息，由纪检组研判。" in visitor.page.get_by_role("status").first.inner_text()
