"""The round of the town in the coming year: rows and grades in one form, decided by the joint meeting, an objection
found true, and the receipt on paper."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.company import YEAR, Company, cell, day, done, grade, hand_in, naming, report, saved, text_of
from tests.browser.conftest import Welcome
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

TOWN, STATION = "青石镇", "财政所"
BOOKKEEPER, CASHIER, HEAD, LEADER, OFFICE = "倪雅琴", "郭澄安", "尚玉琛", "高秉文", "傅百禾"
BOOKS, CASH = f"财务室会计（{BOOKKEEPER}）", f"出纳岗（{CASHIER}）"
ROUND = f"{TOWN}{YEAR}年度廉政风险排查"
OBJECTION = "出纳岗现金盘点一行没有写明谁来监盘。"
MENDED = "月末盘点现金时一人经手，账实不符不报告，由镇纪委派人监盘。"
NUMBER = f"云纪备纸〔{YEAR}〕7号"


def test_round_of_a_town_goes_from_the_task_to_force(welcome: Welcome, tmp_path: Path) -> None:
    town = Company(welcome, office=OFFICE, title=ROUND, folder=tmp_path)
    town.give_the_task()
    for name, paper in ((BOOKKEEPER, BOOKS), (CASHIER, CASH)):
        fill_in_and_rate(town, name, paper)
        town.passes(HEAD, f"{paper} 附件1、4", "会议研究并通过")
    meet(town, papers=2)
    title = put_up_for_everybody(town, BOOKS, CASH)
    receipt = object_without_sign_in(town, title)
    send_back_what_the_objection_says(town)
    corrected_notice_stands(town, title, receipt)
    mend(town)
    town.passes(HEAD, f"{CASH} 附件1、4", "会议研究并通过")
    meet(town, papers=1)
    put_up_for_everybody(town, CASH)
    end_both_notices(town)
    file_on_paper(town)
    both_are_in_force(town)


def fill_in_and_rate(town: Company, name: str, paper: str) -> None:
    """附件1 and 附件4 are one form: rows first, grades below them, one hand-in."""
    holder = town.open(name, f"{paper} 附件1、4")
    holder.press("＋ 增加一行")
    cell(holder, 1, "风险类别").select_option(label="岗位职责风险")
    cell(holder, 1, "风险点").fill("现金管理不严")
    cell(holder, 1, "廉政风险内容及表现形式").fill("坐支现金、白条抵库，收入不及时入账。")
    cell(holder, 1, "防控措施").fill("收付款凭证双人复核。\n每月由所长抽查一次并签字。")
    saved(holder)
    holder.page.reload()
    grade(holder, level=4)
    report(holder, word="高级")
    hand_in(holder, paper)


def meet(town: Company, *, papers: int) -> None:
    office = town.round().link("登记会议决定")
    page = office.page
    assert page.get_by_label("会议名称").input_value() == "镇党政联席会议"
    assert page.get_by_label("主持人").input_value() == LEADER
    page.get_by_label("地点").fill("镇政府三楼会议室")
    office.press("登记决定")
    assert re.fullmatch(rf"已登记镇党政联席会议.*，决定 {papers} 项。", done(office))
    minutes = office.fetch("会议纪要（PDF）")
    (town.folder / f"minutes-{papers}.pdf").write_bytes(minutes)
    assert "高级" in text_of(minutes)


def put_up_for_everybody(town: Company, *papers: str) -> str:
    """Level one goes to the public where the office ticks it."""
    office = town.draft_a_notice(*papers)
    office.page.get_by_label("范围").select_option(label="社会公开")
    with office.refused(422):
        office.press("预览")
    assert "最多在" in office.page.get_by_role("alert").inner_text()
    office.page.get_by_label("一级风险向社会公开").check()
    return town.put_up(hidden=(BOOKKEEPER, CASHIER))


def object_without_sign_in(town: Company, title: str) -> str:
    stranger = town[""].open("/notices/public/").link(title, exact=True)
    assert "出纳岗" in stranger.text()
    return town.object("", OBJECTION)


def send_back_what_the_objection_says(town: Company) -> None:
    """属实: the form goes back, the other one stays up on a corrected notice."""
    town.answer(OBJECTION, found="属实")
    office = town.round().link("公示", exact=True).link(re.compile("^管理"))
    page = office.page
    page.get_by_label("退回哪份表").select_option(label=f"附件1、4 {CASH}")
    office.fits()
    page.get_by_label("退回原因").select_option(label="措施不具体")
    page.get_by_label("怎样修改").fill("请写明监盘人。")
    page.get_by_label("完善期限").fill((day(office) + timedelta(days=10)).isoformat())
    office.press("退回修改", exact=True)
    assert done(office) == f"已退回修改：{CASH}；其余内容以更正后的公示继续。"


def corrected_notice_stands(town: Company, title: str, receipt: str) -> None:
    """The old version says that it was replaced and leads to the new one, from which the post is gone."""
    stranger = town[""]
    assert "属实" in town.told(receipt)
    stranger.open("/notices/public/")
    versions = stranger.main.get_by_role("row").filter(has_text=title)
    old = versions.filter(has_text="已更正")
    stranger.go(old.get_by_role("link").first)
    assert "本公示已更正" in stranger.page.get_by_role("note").inner_text()
    stranger.fits()
    stranger.link("新的公示")
    notice = stranger.page.get_by_role("article").inner_text()
    assert "财务室会计" in notice
    assert "出纳岗" not in notice


def mend(town: Company) -> None:
    cashier = town.open(CASHIER, f"{CASH} 附件1、4", tab="退回")
    assert "请写明监盘人。" in cashier.page.get_by_role("note").first.inner_text()
    cell(cashier, 1, "廉政风险内容及表现形式").fill(MENDED)
    saved(cashier)
    hand_in(cashier, CASH, "重新提交")


def end_both_notices(town: Company) -> None:
    office = town[OFFICE]
    ended = town.let_the_period_pass(notices=2)
    for left in (1, 0):
        office.go(ended.first)
        assert done(office) == "公示已结束，1 份表进入下一环节。"
        assert ended.count() == left


def scan() -> bytes:
    """A page as a scanner gives it."""
    file = io.BytesIO()
    Image.new("RGB", (620, 877), "white").save(file, "PNG")
    return file.getvalue()


def file_on_paper(town: Company) -> None:
    """The receipt came on paper and is entered with its scan; a file that is no scan is refused, the rest is kept."""
    office = town.round().link("备案", exact=True).link("登记纸面备案回执")
    page = office.page
    page.get_by_label("备案编号").fill(NUMBER)
    page.get_by_label("回执扫描件").set_input_files(
        {"name": "回执.pdf", "mimeType": "application/pdf", "buffer": b"MZ not a scan"}
    )
    with office.refused(422):
        office.press("登记回执")
    assert page.get_by_label("备案编号").input_value() == NUMBER
    office.fits()
    page.get_by_label("回执扫描件").set_input_files({"name": "回执.png", "mimeType": "image/png", "buffer": scan()})
    office.press("登记回执")
    assert done(office) == f"已备案 2 份，编号 {NUMBER}，自 {day(office)} 起执行。"
    name = office.page.get_by_role("link", name=re.compile("^下载")).inner_text()
    assert office.fetch(name).startswith(b"\x89PNG")


def both_are_in_force(town: Company) -> None:
    for paper in (BOOKS, CASH):
        office = town.round().link(naming("查看", f"{paper} 附件1、4"))
        expect(office.page.locator(".page-head")).to_contain_text("执行中")
    assert steps(office) == [
        ("登记备案回执", OFFICE),
        ("公示期满", OFFICE),
        ("发布公示", OFFICE),
        ("会议决定", OFFICE),
        ("会议研究并通过", HEAD),
        ("重新提交", CASHIER),
        ("异议成立，退回修改", OFFICE),
        ("发布公示", OFFICE),
        ("会议决定", OFFICE),
        ("会议研究并通过", HEAD),
        ("提交", CASHIER),
    ]
    assert MENDED in office.text()


def steps(desk: Visitor) -> list[tuple[str, str]]:
    """The timeline, the newest first: what was done and by whom."""
    found = desk.page.locator(".timeline li").all_inner_texts()
    names = (OFFICE, HEAD, CASHIER)
    return [(step.splitlines()[0], next(name for name in names if name in step)) for step in found]
