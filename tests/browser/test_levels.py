"""The scheme's editor with its effect, a row's level reviewed, and a level rated anew, at the pages."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Welcome
from tests.browser.product import today
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

OFFICE, HOLDER = "陶睿琪", "董芷瑶"
LATER = str(today().year + 20)
"""A year far off: the scheme made here must not score the rounds of the other journeys."""


def weigh(desk: Visitor, **weights: str) -> None:
    """Type weights into the dimensions of these names."""
    for name, weight in weights.items():
        group = desk.main.get_by_role("group", name=name)
        group.get_by_label("权重").fill(weight)


def error_of(desk: Visitor) -> str:
    return desk.page.get_by_role("alert").inner_text()


def test_scheme_is_drafted_shows_its_effect_and_is_put_in_use(welcome: Welcome) -> None:
    desk = welcome(OFFICE).menu("评分方案").press("以现行方案为底稿")
    desk.page.get_by_label("方案名称").fill("加重危害")
    desk.page.get_by_label("起用年度").fill(LATER)
    weigh(desk, 危害损失大小="1e400")
    with desk.refused(422):
        desk.press("保存草案")
    assert "权重请填 0 至 100 的数字，最多两位小数。" in error_of(desk)
    assert desk.page.get_by_label("方案名称").input_value() == "加重危害"
    weigh(desk, 危害损失大小="49.99", 权力重要程度="5", 自由裁量空间="5")
    desk.press("保存草案")
    assert "权重合计必须正好是 100，现在是 99.99。" in desk.text()
    expect(desk.main.get_by_role("button", name="启用这个方案")).to_have_count(0)
    weigh(desk, 危害损失大小="50")
    desk.press("保存草案")
    told = desk.text()
    assert re.search(r"[1-9]\d* 个风险点的等级会变；建议等级会变的有：岗位 \d+ 个、股室 \d+ 个、单位 \d+ 个", told)
    assert "起用年度在后：下面按最近一次排查的评分推算" in told
    desk.main.get_by_text("会变的风险点（最多列 200 个）").click()
    expect(desk.main.get_by_role("region", name="会变的风险点")).to_be_visible()
    desk.press("启用这个方案")
    line = desk.main.get_by_role("row", name=re.compile(f"加重危害.*{LATER}"))
    expect(line).to_contain_text("现行")
    desk.close()


def test_row_is_reviewed_higher_and_lifts_the_whole(welcome: Welcome) -> None:
    desk = welcome(OFFICE).menu("待办").link(re.compile(r"^办理\s*：物业管理股股长（.*附件4"))
    desk.page.get_by_label("第2行审核等级").select_option("一级")
    with desk.refused(422):
        desk.press(re.compile(r"^记下\s*第2行审核等级$"))
    assert "调整一行的等级须写明理由。" in error_of(desk)
    expect(desk.page.get_by_label("第2行审核等级")).to_have_value("1")
    desk.page.get_by_label("第2行调整理由").fill("涉及接待费用审批")
    desk.press(re.compile(r"^记下\s*第2行审核等级$"))
    expect(desk.page.get_by_label("第2行调整理由")).to_have_value("涉及接待费用审批")
    desk.close()


def test_level_in_force_is_rated_anew_out_of_turn(welcome: Welcome) -> None:
    holder = welcome(HOLDER)
    holder.menu("我发起的").link(re.compile("出纳岗.*附件4"))
    holder.link("历年对比")
    assert "决定等级" in holder.text()
    holder.go(holder.page.get_by_role("link", name=re.compile("^出纳岗")).first).link("重新评定", exact=True)
    holder.page.get_by_label("原因").select_option("出现新的风险点")
    with holder.refused(422):
        holder.press("启动重新评定")
    holder.page.get_by_label("说明").fill("新增专项资金拨付。")
    holder.press("启动重新评定")
    assert "已启动重新评定，现行等级在新等级备案前继续执行。" in holder.text()
    expect(holder.main.get_by_text("评定原因")).to_be_visible()
    holder.close()
