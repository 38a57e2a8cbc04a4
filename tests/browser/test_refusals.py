"""What the product answers to a late, a foreign, a double and an interrupted hand; nothing typed is lost."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Welcome
from tests.browser.product import today
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

YEAR = today().year
TEXT = "廉政风险内容及表现形式"
AUTOSAVED = re.compile("已自动保存")


def take_up(visitor: Visitor, paper: str, *, tab: str = "待办") -> Visitor:
    """Open a paper of this year from a tab of the inbox."""
    return visitor.menu(tab).link(re.compile(rf"^(办理|查看)\s*：{re.escape(paper)} {YEAR}年度$"))


def cell(page: Page, row: int, column: str = TEXT) -> str:
    return page.get_by_label(f"第{row}行 {column}", exact=True).input_value()


def write(page: Page, row: int, text: str) -> None:
    page.get_by_label(f"第{row}行 {TEXT}", exact=True).fill(text)


def second_tab(visitor: Visitor) -> Page:
    page = visitor.context.new_page()
    page.goto(visitor.page.url)
    return page


def test_second_press_on_a_stale_tab_is_refused(welcome: Welcome) -> None:
    head = take_up(welcome("杜肇霖"), "投诉处理与代理监管岗（邵云岐） 附件1")
    stale = second_tab(head)
    head.press("审核通过", exact=True)
    assert head.text(".notice--success") == "已审核通过：投诉处理与代理监管岗（邵云岐）。"
    head.allowed.add(409)
    stale.get_by_label("意见", exact=True).fill("这段意见还在。")
    stale.get_by_role("button", name="审核通过", exact=True).click()
    alert = stale.get_by_role("alert")
    expect(alert).to_contain_text("您已办理过这一步，不必重复操作。")
    expect(alert).to_be_focused()


def test_paper_taken_back_meanwhile_is_refused_with_the_opinion_kept(welcome: Welcome) -> None:
    head = take_up(welcome("范琬柔"), "职称与培训岗（郝锦宁） 附件1")
    take_up(welcome("郝锦宁"), "职称与培训岗（郝锦宁） 附件1", tab="我发起的").press("撤回", exact=True)
    head.page.get_by_label("意见", exact=True).fill("巡查频次请写具体。")
    with head.refused(409):
        head.press("审核通过", exact=True)
    assert "已被他人处理，请按最新情况办理。" in head.page.get_by_role("alert").inner_text()


def test_head_cannot_review_the_own_form(welcome: Welcome) -> None:
    """No button is there, and whoever posts all the same is told why."""
    paper = "政策法规与执法股股长（聂长卿）"
    head = take_up(welcome("聂长卿"), f"{paper} 附件1")
    head.link("核对并提交", exact=True).press("提交", exact=True)
    address = head.page.url
    buttons = head.main.get_by_role("button").all_inner_texts()
    assert [name for name in buttons if name in ("审核通过", "退回修改", "撤回")] == ["撤回"]
    form = head.main.locator("form[action$='/step/']")
    fields = {name: form.locator(f"[name={name}]").input_value() for name in ("csrfmiddlewaretoken", "version")}
    head.allowed.add(409)
    sent = {**fields, "action": "pass"}
    answer = head.context.request.post(f"{address}step/", form=sent, headers={"Referer": address})
    assert answer.status == 409
    assert "这是您本人的表，按回避规定不能由本人审核，请由上一级办理。" in answer.text()
    assert head.open(address).text(".page-head").count("待股室审核") == 1
    take_up(welcome("沈月岚"), f"{paper} 附件1")


def test_same_row_in_two_tabs_keeps_both_texts(welcome: Welcome) -> None:
    holder = take_up(welcome("庞雨亭"), "会计岗（庞雨亭） 附件1")
    late = second_tab(holder)
    write(holder.page, 1, "先在这个窗口改。")
    expect(holder.page.locator("[data-save-summary]")).to_have_text(AUTOSAVED)
    holder.allowed.add(409)
    write(late, 1, "后在那个窗口改。")
    expect(late.locator("[data-save-summary]")).to_contain_text("别的窗口")
    assert cell(late, 1) == "后在那个窗口改。"
    late.once("dialog", lambda dialog: dialog.accept())
    late.reload()
    assert cell(late, 1) == "先在这个窗口改。"
    late.get_by_role("button", name="恢复暂存内容").click()
    assert cell(late, 1) == "后在那个窗口改。"
    expect(late.locator("[data-save-summary]")).to_have_text(AUTOSAVED)
    holder.page.reload()
    assert cell(holder.page, 1) == "后在那个窗口改。"


def test_same_row_in_two_tabs_without_script_shows_both_texts(welcome: Welcome) -> None:
    holder = take_up(welcome("孟庭鹤", script=False), "市政项目管理岗（孟庭鹤） 附件1")
    late = second_tab(holder)
    write(holder.page, 1, "先保存的内容。")
    holder.press("保存本行")
    assert holder.text(".notice--success") == "本行已保存。"
    holder.allowed.add(409)
    write(late, 1, "后保存的内容。")
    late.get_by_role("button", name="保存本行").first.click()
    assert cell(late, 1) == "后保存的内容。"
    row = late.locator("table.table--form > tbody > tr").first
    assert row.get_by_role("group").inner_text().startswith("现在保存着的内容\n\n先保存的内容。")


@pytest.mark.parametrize("row", [1, 2])
def test_session_that_ends_in_mid_form_loses_nothing_without_script(welcome: Welcome, row: int) -> None:
    holder = take_up(welcome("吕廷翰", script=False), "信息化管理岗（吕廷翰） 附件4")
    why = holder.page.get_by_role("region", name=f"第{row}行评分表").get_by_role("textbox").first
    text = f"第{row}次登录中断时正在填写的理由。"
    why.fill(text)
    holder.context.clear_cookies(name="sessionid")
    with holder.refused(401):
        holder.press(re.compile(rf"^保存评分\s*第{row}行$"))
    assert "您刚才填写的内容还在，登录后即可继续提交。" in holder.page.get_by_role("status").inner_text()
    holder.press(re.compile("·吕廷翰"))
    assert holder.text("h1") == "继续提交刚才的内容"
    assert text in holder.text()
    holder.press("继续", exact=True)
    assert holder.text(".notice--success").startswith("已评分：")
    assert why.input_value() == text


def test_session_that_ends_in_mid_form_keeps_the_row_on_the_machine(welcome: Welcome) -> None:
    """With the script the row waits in the browser and is saved after the sign-in."""
    holder = take_up(welcome("薛安翊"), "城乡规划建设股股长（薛安翊） 附件1", tab="退回")
    address = holder.page.url
    holder.context.clear_cookies(name="sessionid")
    holder.allowed.add(401)
    write(holder.page, 1, "登录过期后写下的内容。")
    expect(holder.page.locator("[data-save-summary]")).to_contain_text("暂存在本机")
    holder.enter("薛安翊").open(address)
    expect(holder.page.locator("[data-save-summary]")).to_have_text(AUTOSAVED)
    holder.page.reload()
    assert cell(holder.page, 1) == "登录过期后写下的内容。"


def test_fill_check_and_submit_work_without_script(welcome: Welcome) -> None:
    paper = "市政项目管理岗（孟庭鹤）"
    holder = take_up(welcome("孟庭鹤", script=False), f"{paper} 附件1")
    write(holder.page, 2, "")
    holder.go(holder.main.get_by_role("button", name="保存本行").nth(1))
    holder.link("核对并提交", exact=True)
    holder.link("第2行：请填写廉政风险内容及表现形式")
    field = holder.page.get_by_label(f"第2行 {TEXT}", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    write(holder.page, 2, "对投诉事项拖延不办，变相要求投诉人撤回。")
    holder.go(holder.main.get_by_role("button", name="保存本行").nth(1))
    holder.link("核对并提交", exact=True).press("提交", exact=True)
    assert holder.text(".notice--success") == f"已提交：{paper}。"
