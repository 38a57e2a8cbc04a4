"""The whole round of the county bureau in the coming year, at the pages, each step by the person whose turn it is."""

import io
import re
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.browser.company import (
    YEAR,
    Company,
    cell,
    day,
    done,
    grade,
    hand_in,
    naming,
    report,
    rows,
    saved,
    text_of,
    wrong,
)
from tests.browser.conftest import Welcome
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

BUREAU, SECTION, POST = "云溪县住房和城乡建设局", "建筑业管理股", "施工许可审批岗"
HOLDER, HEAD, VICE, LEADER = "罗明澈", "严仲恺", "方景珩", "陆承昭"
OFFICE, INSPECTOR = "陶睿琪", "顾砚秋"
COLLEAGUE, DEPUTY = "蔡书妍", "温伯言"
COUNTY_OFFICE, COUNTY_GROUP, FILING_BODY = "左清弦", "乔政塬", "萧临枫"
POST_PAPER = f"{POST}（{HOLDER}）"
TITLES = (POST_PAPER, SECTION, BUREAU)
ROUND = f"{BUREAU}{YEAR}年度廉政风险排查"
FIRST_TEXT = "对申请材料不齐的企业先行受理，事后补件，收取好处。"
OBJECTION = "第2行写的环节与该岗位实际分工不符。"
PEOPLE = (HOLDER, HEAD, VICE, LEADER, OFFICE, INSPECTOR, DEPUTY, COUNTY_OFFICE, COUNTY_GROUP, FILING_BODY)
FINISHED = tuple(f"：{title} 附件{code} {YEAR}年度" for title, code in zip(TITLES * 2, range(1, 7), strict=True))
HEADINGS = {
    "附件1": "岗位廉政风险点查找和防控措施表",
    "附件2": "股室廉政风险点查找和防控措施表",
    "附件3": "廉政风险点查找和防控措施表",
    "附件4": "岗位廉政风险点等级确定和防控措施审核备案表",
    "附件5": "股室廉政风险点等级确定和防控措施审核备案表",
    "附件6": "廉政风险点等级确定和防控措施审核备案表",
}
POST_DESKS = ((HEAD, "审核通过"), (OFFICE, "初审通过"), (INSPECTOR, "审核通过"))
SECTION_DESKS = ((VICE, "审核通过"), (OFFICE, "初审通过"), (INSPECTOR, "审核通过"))


def test_round_of_a_bureau_goes_from_the_task_to_force(welcome: Welcome, tmp_path: Path) -> None:
    bureau = Company(welcome, office=OFFICE, title=ROUND, folder=tmp_path)
    bureau.give_the_task()
    remind(bureau)
    fill_in_the_post(bureau)
    return_and_mend(bureau)
    for name, button in POST_DESKS:
        bureau.passes(name, f"{POST_PAPER} 附件1", button)
    roll_up_the_section(bureau)
    stand_in(bureau)
    for name, button in SECTION_DESKS[1:]:
        bureau.passes(name, f"{SECTION} 附件2", button)
    roll_up_the_bureau(bureau)
    bureau.draft_a_notice(*TITLES)
    title = bureau.put_up(hidden=(HOLDER,))
    receipt = object_to(bureau, title)
    end_only_after_the_answer(bureau, receipt)
    send(bureau, number=1, papers=1)
    accept(bureau, number=1, papers=1)
    start_rating(bureau)
    rate_the_post(bureau)
    rate_the_section(bureau)
    rate_the_bureau(bureau)
    decide_in_a_meeting(bureau)
    bureau.draft_a_notice(*TITLES)
    bureau.put_up(hidden=(HOLDER,))
    bureau[OFFICE].go(bureau.let_the_period_pass())
    assert done(bureau[OFFICE]) == "公示已结束，3 份表进入下一环节。"
    send(bureau, number=2, papers=3)
    send_back(bureau)
    send(bureau, number=3, papers=3)
    accept(bureau, number=3, papers=3)
    everything_is_in_force(bureau)


def remind(bureau: Company) -> None:
    """催办 from the board; the holder reads it on the workbench; once a day is enough."""
    for sentence in ("已催办 1 份，填报人在工作台上看到。", "已催办 0 份；其余的今天已催办过，或者已经交来。"):
        office = bureau.round()
        line = (
            office.page.get_by_role("region", name="还没有交的表的列表").get_by_role("row").filter(has_text=POST_PAPER)
        )
        line.get_by_role("checkbox").first.check()
        office.press("催办所选的表")
        assert sentence in office.text()
    holder = bureau[HOLDER].menu("工作台")
    assert f"附件1 {POST_PAPER}：请尽快提交（廉政办 {day(holder)} 催办）" in holder.text()


def fill_in_the_post(bureau: Company) -> None:
    """Last year's rows are there; one is edited, one is taken from the library, one is left empty and mended."""
    holder = bureau.open(HOLDER, f"{POST_PAPER} 附件1")
    before = rows(holder).count()
    assert before >= 2
    expect(rows(holder).first.get_by_role("rowheader")).to_contain_text("与去年相同")
    cell(holder, 1, "廉政风险内容及表现形式").fill(FIRST_TEXT)
    saved(holder)
    holder.page.reload()
    expect(cell(holder, 1, "廉政风险内容及表现形式")).to_have_value(FIRST_TEXT)
    measures = take_from_the_library(holder)
    assert rows(holder).count() == before + 1
    expect(cell(holder, before + 1, "防控措施")).to_have_value(measures)
    holder.press("＋ 增加一行")
    mend_the_empty_row(holder, before + 2)
    hand_in(holder, POST_PAPER)
    holder.press("撤回", exact=True)
    assert done(holder) == f"已撤回：{POST_PAPER}。"
    hand_in(holder, POST_PAPER)
    assert not bureau.waits(HOLDER, f"{POST_PAPER} 附件1")


def take_from_the_library(visitor: Visitor) -> str:
    """Pick the first point that has measures; they come back one a line."""
    visitor.link("从风险点库选取")
    page = visitor.page
    page.get_by_label("关键词").fill("审批")
    visitor.press("查询")
    offer = page.locator("tbody tr").filter(has=page.locator("details")).first
    offer.locator("summary").click()
    measures = offer.locator("li").all_inner_texts()
    offer.get_by_role("checkbox").check()
    visitor.press("加入本表")
    assert done(visitor) == "已从库中加入 1 行，请结合本岗位修改。"
    return "\n".join(measures)


def mend_the_empty_row(visitor: Visitor, row: int) -> None:
    visitor.link("核对并提交", exact=True)
    page = visitor.page
    assert f"第{row}行：请填写风险点" in wrong(visitor)
    assert page.get_by_role("button", name="提交", exact=True).count() == 0
    visitor.link(f"第{row}行：请填写防控措施")
    expect(cell(visitor, row, "防控措施")).to_be_focused()
    expect(cell(visitor, row, "防控措施")).to_have_attribute("aria-invalid", "true")
    cell(visitor, row, "风险类别").select_option(label="业务流程风险")
    cell(visitor, row, "风险点").fill("超期办结")
    cell(visitor, row, "廉政风险内容及表现形式").fill("故意拖延办理，等申请人托人说情。")
    cell(visitor, row, "防控措施").fill("系统提前一日提醒，超期自动报分管领导。\n每月抽查办结时限并通报。")
    expect(rows(visitor).nth(row - 1).locator("[data-save-state]")).to_contain_text("已自动保存")
    expect(cell(visitor, row, "防控措施")).not_to_have_attribute("aria-invalid", "true")


def return_and_mend(bureau: Company) -> None:
    head = bureau.open(HEAD, f"{POST_PAPER} 附件1")
    page = head.page
    with head.refused(409):
        head.press("退回修改", exact=True)
    assert "请选择退回原因。" in wrong(head)
    due = day(head) + timedelta(days=20)
    page.get_by_label("意见", exact=True).fill("第1行请写明发生在受理还是审查环节。")
    page.get_by_label("退回原因").select_option(index=1)
    reason = page.get_by_label("退回原因").locator("option:checked").inner_text()
    page.get_by_label("完善期限").fill(due.isoformat())
    head.press("退回修改", exact=True)
    assert done(head) == f"已退回修改：{POST_PAPER}。"
    holder = bureau.open(HOLDER, f"{POST_PAPER} 附件1", tab="退回")
    note = holder.page.get_by_role("note").inner_text()
    assert f"{HEAD}·股室负责人" in note
    assert f"{reason}）：第1行请写明发生在受理还是审查环节。 请在 {due} 前修改后重新提交。" in note
    cell(holder, 1, "廉政风险内容及表现形式").fill("受理环节对材料不齐的企业先行受理，事后补件，收取好处。")
    hand_in(holder, POST_PAPER, "重新提交")  # at once: what was typed last is saved on the way
    assert "受理环节对材料不齐的企业先行受理" in holder.text()


def roll_up_the_section(bureau: Company) -> None:
    """附件2: the approved post's rows come in, each with the post it concerns."""
    head = bureau.open(HEAD, f"{SECTION} 附件2")
    before = rows(head).count()
    head.link("归类汇总")
    picked = head.page.get_by_role("checkbox", name=re.compile(f"^选取：{POST}"))
    assert picked.count() >= 3
    picked.nth(0).check()
    picked.nth(1).check()
    head.press("各成一行")
    assert done(head) == "已汇总 2 行为 2 行，请在表中补充业务环节和责任人。"
    for row in (before + 1, before + 2):
        cell(head, row, "业务环节／职权事项").fill("施工许可受理")
        cell(head, row, "责任人").fill(HOLDER)
    saved(head)
    head.link("核对并提交", exact=True)
    assert head.page.get_by_role("cell", name=POST, exact=True).count() >= 2
    head.press("提交", exact=True)


def stand_in(bureau: Company) -> None:
    """The vice leader is away: the deputy passes the section's form, and the form says for whom."""
    vice = bureau[VICE].menu("代理")
    page = vice.page
    page.get_by_label("代理谁的哪项职责").select_option(label=f"{VICE}：分管领导（{SECTION}）")
    page.get_by_role("combobox", name="代理人").select_option(label=f"{DEPUTY}（局领导班子）")
    page.get_by_label("结束日期").fill((day(vice) - timedelta(days=1)).isoformat())
    page.get_by_label("事由").fill("外出学习")
    with vice.refused(422):
        vice.press("登记代理")
    assert "结束日期不能早于开始日期。" in vice.text()
    until = day(vice) + timedelta(days=5)
    page.get_by_label("结束日期").fill(until.isoformat())
    vice.press("登记代理")
    assert done(vice) == f"已登记：{DEPUTY}代{VICE}（分管领导），到 {until} 自动终止。"
    vice.fits()
    bureau.passes(DEPUTY, f"{SECTION} 附件2")
    deputy = bureau[DEPUTY].menu("已办").link(re.compile(f"{SECTION} 附件2 {YEAR}年度"))
    assert f"分管领导（代{VICE}）" in deputy.page.locator(".timeline li").first.inner_text()
    assert f"{DEPUTY}（代{VICE}）" in text_of(deputy.fetch("附件2 打印预览"))
    bureau[VICE].menu("代理").press(re.compile("^终止"))
    assert done(bureau[VICE]) == "已终止代理。"


def roll_up_the_bureau(bureau: Company) -> None:
    """附件3: two rows of the section become one; the leader signs."""
    office = bureau.open(OFFICE, f"{BUREAU} 附件3")
    before = rows(office).count()
    office.link("归类汇总")
    picked = office.page.get_by_role("checkbox", name=re.compile(f"^选取：{SECTION}"))
    picked.nth(0).check()
    picked.nth(1).check()
    office.press("合并成一行")
    assert done(office) == "已汇总 2 行为 1 行，请在表中补充业务环节和责任人。"
    assert rows(office).count() == before + 1
    hand_in(office, BUREAU)
    bureau.passes(LEADER, f"{BUREAU} 附件3", "签署同意")


def object_to(bureau: Company, title: str) -> str:
    """A colleague who reads the notice objects; whoever is not signed in does not even see it."""
    bureau[COLLEAGUE].menu("公示").link(title, exact=True)
    receipt = bureau.object(COLLEAGUE, OBJECTION)
    assert title not in bureau[""].open("/notices/public/").text()
    assert "还没有答复，请过几天再来查看。" in bureau.told(receipt)
    return receipt


def end_only_after_the_answer(bureau: Company, receipt: str) -> None:
    """The period is over, but the notice ends only when the objection is answered; the answer is read by its number."""
    office = bureau[OFFICE]
    office.go(bureau.let_the_period_pass())
    assert "还有 1 条异议没有办结，办结后才能进入下一环节。" in office.text(".notice--error")
    bureau.answer(OBJECTION, found="不属实")
    ended = bureau.round().link("公示", exact=True).page.get_by_role("button", name="期满无异议，进入下一环节")
    office.go(ended)
    assert done(office) == "公示已结束，3 份表进入下一环节。"
    told = bureau.told(receipt)
    assert [words for words in ("不属实", "已核实，情况如上。") if words not in told] == []
    assert OBJECTION not in told


def send(bureau: Company, *, number: int, papers: int) -> None:
    """The office sends everything that waits, with its report."""
    office = bureau.round().link("备案", exact=True)
    assert office.page.get_by_role("checkbox", name=re.compile("^选择 ")).count() == papers
    office.press("报送备案")
    assert re.fullmatch(rf"已向云溪县纪委监委报送 {papers} 份，文号 .*〔{YEAR}〕{number}号。", done(office))
    assert f"〔{YEAR}〕{number}号" in text_of(office.fetch("备案报告（PDF）"))


def received(bureau: Company) -> Visitor:
    return bureau[FILING_BODY].menu("备案").link(naming("办理", ROUND)).link(re.compile("^办理"))


def send_back(bureau: Company) -> None:
    """The discipline office wants more: nothing is ticked, so that all of it waits to be sent again."""
    body = received(bureau)
    with body.refused(422):
        body.press("退回", exact=True)
    assert "退回意见" in wrong(body)
    body.page.get_by_label("退回意见").fill("请补充股室等级低于建议等级的依据。")
    body.press("退回", exact=True)
    assert done(body) == f"已退回{BUREAU}，其中退回修改 0 份。"
    body.fits()


def accept(bureau: Company, *, number: int, papers: int) -> None:
    """The discipline office gives its receipt."""
    body = received(bureau)
    body.page.get_by_label("备案编号").fill(f"云纪备〔{YEAR}〕{number}号")
    body.press("同意备案")
    assert done(body) == f"已备案 {papers} 份，编号 云纪备〔{YEAR}〕{number}号，自 {day(body)} 起执行。"
    assert f"云纪备〔{YEAR}〕{number}号" in text_of(body.fetch("备案回执（PDF）"))


def start_rating(bureau: Company) -> None:
    office = bureau.round().press("启动等级确定")
    assert done(office) == "等级确定已启动，新建 3 份表；其余在查找表公示期满后自动发出。"


def rate_the_post(bureau: Company) -> None:
    """Six grades a point; the score and the proposed level show at once; a 5 and a low level need their reasons."""
    holder = bureau.open(HOLDER, f"{POST_PAPER} 附件4")
    page = holder.page
    grade(holder, level=3)
    expect(page.locator("[id^=result-]").first).to_have_text("60.00 分，二级")
    expect(page.locator("#proposed")).to_have_text(re.compile("^一级：.*标准"))
    first = page.get_by_role("region", name="第1行评分表").get_by_role("combobox").first
    first.select_option(index=5)
    expect(page.locator("[id^=result-]").first).not_to_have_text("60.00 分，二级")
    report(holder, word="二级")
    holder.link("核对并提交", exact=True)
    sentences = wrong(holder)
    assert "请写一句理由" in sentences
    assert "自报等级低于建议等级，请写明理由" in sentences
    holder.link("自报等级低于建议等级")
    page.get_by_role("region", name="第1行评分表").get_by_role("textbox").first.fill("直接决定许可与否。")
    saved(holder)
    report(holder, word="一级")
    hand_in(holder, POST_PAPER)
    for name, button in POST_DESKS:
        bureau.passes(name, f"{POST_PAPER} 附件4", button)


def rate_the_section(bureau: Company) -> None:
    head = bureau.open(HEAD, f"{SECTION} 附件5")
    grade(head, level=4)
    report(head, word="一级")
    hand_in(head, SECTION)
    for name, button in SECTION_DESKS:
        bureau.passes(name, f"{SECTION} 附件5", button)


def rate_the_bureau(bureau: Company) -> None:
    """附件6: the leader signs, the county office proposes, the county group decides."""
    office = bureau.open(OFFICE, f"{BUREAU} 附件6")
    grade(office, level=4)
    report(office, word="一级")
    hand_in(office, BUREAU)
    bureau.passes(LEADER, f"{BUREAU} 附件6", "签署同意")
    bureau.passes(COUNTY_OFFICE, f"{BUREAU} 附件6", "提出核定意见")
    group = bureau.open(COUNTY_GROUP, f"{BUREAU} 附件6")
    group.page.get_by_label("审核等级").select_option(label="一级")
    group.press("审核确定", exact=True)
    assert done(group) == f"已审核确定：{BUREAU}。"


def decide_in_a_meeting(bureau: Company) -> None:
    """One is away, one steps aside for the post; impossible votes and a level lowered without a reason are refused."""
    office = bureau.round().link("登记会议决定")
    page = office.page
    assert page.get_by_label("主持人").input_value() == LEADER
    page.get_by_label("地点").fill("二楼会议室")
    page.get_by_label("第2行 参会情况").select_option(label="缺席")
    page.get_by_label("第2行 缺席原因").fill("外出学习")
    office.press("保存草稿")
    assert done(office) == "已保存草稿，可以以后接着填写。"
    assert page.get_by_label("第2行 缺席原因").input_value() == "外出学习"
    item = page.locator("tbody").filter(has_text=POST_PAPER)
    item.locator("summary").click()
    item.get_by_label("其他回避人员").fill(f"{VICE}：曾任该岗")
    item.get_by_label("讨论要点").fill("许可环节集中，须加强抽查。")
    item.get_by_label("同意票数").fill("5")
    page.get_by_label(f"{SECTION} 会议决定").select_option(label="二级")
    with office.refused(422):
        office.press("登记决定")
    sentences = wrong(office)
    assert "决定等级低于建议等级，请写明理由。" in sentences
    assert "表决票数合计 5，与有表决权的实到人数 4（实到人数减回避人数）不符。" in sentences
    office.fits()
    page.get_by_label(f"{SECTION} 理由").fill("近三年无信访反映，制度健全。")
    item.get_by_label("同意票数").fill("3")
    item.get_by_label("弃权票数").fill("1")
    office.press("登记决定")
    assert re.fullmatch(r"已登记.*，决定 2 项。", done(office))
    read_the_minutes(bureau)


def read_the_minutes(bureau: Company) -> None:
    """On the page and in the document: who was away, who stepped aside, the votes, the reason."""
    office = bureau[OFFICE]
    paper = office.fetch("会议纪要（PDF）")
    (bureau.folder / "minutes.pdf").write_bytes(paper)
    for text in (re.sub(r"\s", "", office.text()), text_of(paper)):
        wanted = ("外出学习", f"{VICE}", "曾任该岗", "同意3票", "弃权1票", "近三年无信访反映，制度健全。", "须加强抽查")
        assert [words for words in wanted if words not in text] == []
    assert office.fetch("决定一览表（Excel）").startswith(b"PK")
    office.fits()


def download(bureau: Company, *codes: str) -> None:
    """Both files of a form, from the page that is open at the office."""
    for code in codes:
        workbook = openpyxl.load_workbook(io.BytesIO(bureau[OFFICE].fetch(f"{code} 导出 Excel")))
        assert any(HEADINGS[code] in str(cell.value) for row in workbook.worksheets[0].rows for cell in row)
        paper = bureau[OFFICE].fetch(f"{code} 打印预览")
        assert HEADINGS[code] in text_of(paper)
        (bureau.folder / f"{code}.pdf").write_bytes(paper)


def everything_is_in_force(bureau: Company) -> None:
    """状态, timeline with names, six forms as files, empty inboxes."""
    office = bureau[OFFICE]
    for title, code in ((POST_PAPER, 4), (SECTION, 5), (BUREAU, 6)):
        bureau.round().link(naming("查看", f"{title} 附件{code}"))
        expect(office.page.locator(".page-head")).to_contain_text("执行中")
        download(bureau, f"附件{code}")
        bureau.round().link(naming("查看", f"{title} 附件{code - 3}"))
        download(bureau, f"附件{code - 3}")
    bureau.round().link(naming("查看", f"{POST_PAPER} 附件4"))
    steps = office.page.locator(".timeline li").all_inner_texts()
    told = [(step.splitlines()[0], next(name for name in PEOPLE if name in step)) for step in steps]
    assert told == [
        ("备案", FILING_BODY),
        ("报送备案", OFFICE),
        ("退回重报", FILING_BODY),
        ("报送备案", OFFICE),
        ("公示期满", OFFICE),
        ("发布公示", OFFICE),
        ("会议决定", OFFICE),
        ("审核通过", INSPECTOR),
        ("初审通过", OFFICE),
        ("审核通过", HEAD),
        ("提交", HOLDER),
    ]
    for name in PEOPLE:
        waiting = bureau[name].menu("待办").page.get_by_role("link", name=re.compile("^办理")).all_inner_texts()
        assert [text for text in waiting if text.endswith(FINISHED)] == []
