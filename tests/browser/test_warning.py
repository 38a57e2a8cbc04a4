"""The whole way of a warning at the pages: yellow, failed twice, raised to orange by a person, closed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Welcome
from tests.browser.product import today
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

DISCIPLINE, LEADER, OFFICE, SUBJECT, COLLEAGUE = "顾砚秋", "陆承昭", "陶睿琪", "雷启昶", "康茗钰"
SUMMARY = "巡查记录三次出现同一时间在两处签到，疑似事后补记。"
LATER = (today() + timedelta(days=5)).isoformat()


def report(desk: Visitor) -> None:
    desk.menu("报送预警信息")
    with desk.refused(422):
        desk.press("报送")
    desk.page.get_by_label("反映的对象").select_option(label=f"{SUBJECT}（燃气热力管理股安全巡查与供热岗）")
    desk.page.get_by_label("信息来源").select_option("检查")
    desk.page.get_by_label("信息摘要").fill(SUMMARY)
    desk.page.get_by_label("信息提供人").fill("某某来信人")
    desk.press("报送")


def judge(desk: Visitor) -> None:
    desk.menu("预警信息").link(re.compile(f"研判.*{SUBJECT}"))
    assert "某某来信人" not in desk.text()
    desk.page.get_by_label("研判结果").select_option("预警")
    desk.page.get_by_label("研判理由").fill("情况属实，属苗头性问题。")
    desk.press("研判", exact=True)


def draft(desk: Visitor) -> None:
    assert "黄色" in desk.text()
    desk.page.get_by_label("整改要求").fill("核对巡查记录，执行双人巡查。")
    desk.page.get_by_label("联系电话").fill("0000")
    with desk.refused(422):
        desk.press("保存")
    desk.page.get_by_label("定色理由").fill("首次发生。")
    desk.press("保存")
    desk.press("报请签发")
    assert "待签发" in desk.text()


def mine(desk: Visitor) -> Visitor:
    """The warning in the person's own inbox."""
    return desk.menu("待办").link(re.compile(f"^办理\\s*：关于.*{SUBJECT}"))


def answer(person: Visitor) -> None:
    mine(person).press("签收")
    person.page.get_by_role("textbox", name="成因剖析").fill("图省事，事后补记。")
    person.press("保存成因剖析")
    person.page.get_by_label("整改措施").last.fill("双人巡查，当场签到。")
    person.page.get_by_label("责任人").last.fill(SUBJECT)
    person.page.get_by_label("完成时限").last.fill(today().isoformat())
    person.press("新增措施")
    person.press("提交书面回告")


def finish(person: Visitor, text: str) -> None:
    """Say what was done, and report."""
    mine(person)
    person.main.get_by_text("修改第 1 条、上传佐证").click()
    person.page.get_by_label("完成情况").first.fill(text)
    person.press("保存第 1 条")
    person.press("报告整改完成")


def review(first: Visitor, second: Visitor, *, passed: bool) -> None:
    mine(first).page.get_by_label("合格", exact=True).set_checked(passed)
    if not passed:
        first.page.get_by_label("不合格", exact=True).check()
    first.page.get_by_label("意见、理由").fill("已现场核对。")
    first.press("复核", exact=True)
    mine(second).page.get_by_label("意见、理由").fill("同意第一复核人的意见。")
    if not passed:
        second.page.get_by_label("重新整改期限").fill(LATER)
    second.press("合格，销号" if passed else "不合格，退回整改", exact=True)


def test_yellow_that_fails_twice_becomes_orange_and_is_closed(welcome: Welcome) -> None:
    desk, leader, office, person = (welcome(name) for name in (DISCIPLINE, LEADER, OFFICE, SUBJECT))
    report(desk)
    judge(desk)
    draft(desk)
    assert "预警台账" not in person.open("/").text("body")
    mine(leader).press("签发", exact=True)
    assert re.search(r"廉预〔\d{4}〕\d+号", leader.text())
    answer(person)
    assert "首次发生。" not in person.text()
    for text in ("已改", "再次整改"):
        finish(person, text)
        review(desk, office, passed=False)
    mine(desk)
    assert "复核两次不合格，建议提高一级预警" in desk.text()
    desk.page.get_by_label("意见、理由").fill("两次整改均不到位。")
    desk.press("确认提级")
    expect(desk.main.get_by_text("橙色 预警")).to_be_visible()
    finish(person, "双人巡查已执行一周")
    review(desk, office, passed=True)
    assert "已销号" in person.open(person.page.url).text()
    for visitor in (desk, leader, office, person):
        visitor.close()


def test_warning_pages_fit_every_window_and_are_not_there_for_a_colleague(welcome: Welcome) -> None:
    desk = welcome(DISCIPLINE)
    for name in ("预警信息", "报送预警信息", "预警台账"):
        desk.menu(name).fits()
    desk.menu("预警台账").link(re.compile("^查看")).fits()
    address = desk.page.url
    colleague = welcome(COLLEAGUE)
    answered = colleague.context.request.get(address)
    assert answered.status == 404
    desk.close()
    colleague.close()
