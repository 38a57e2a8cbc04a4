"""The whole round of the county bureau in the coming year, at the pages, each step by the person whose turn it is."""

import io
import re
from datetime import timedelta
from pathlib import Path

import openpyxl
import pypdf
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Welcome
from tests.browser.product import today
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

YEAR = today().year + 1
BUREAU, SECTION, POST = "云溪县住房和城乡建设局", "建筑业管理股", "施工许可审批岗"
HOLDER, HEAD, VICE, LEADER = "罗明澈", "严仲恺", "方景珩", "陆承昭"
OFFICE, INSPECTOR = "陶睿琪", "顾砚秋"
COUNTY_OFFICE, COUNTY_GROUP, FILING_BODY = "左清弦", "乔政塬", "萧临枫"
POST_PAPER = f"{POST}（{HOLDER}）"
ROUND = f"{BUREAU}{YEAR}年度廉政风险排查"
FIRST_TEXT = "对申请材料不齐的企业先行受理，事后补件，收取好处。"
PEOPLE = (HOLDER, HEAD, VICE, LEADER, OFFICE, INSPECTOR, COUNTY_OFFICE, COUNTY_GROUP, FILING_BODY)
FINISHED = tuple(
    f"：{title} 附件{code} {YEAR}年度"
    for title, code in zip((POST_PAPER, SECTION, BUREAU) * 2, range(1, 7), strict=True)
)
TITLES = {
    "附件1": "岗位廉政风险点查找和防控措施表",
    "附件2": "股室廉政风险点查找和防控措施表",
    "附件3": "廉政风险点查找和防控措施表",
    "附件4": "岗位廉政风险点等级确定和防控措施审核备案表",
    "附件5": "股室廉政风险点等级确定和防控措施审核备案表",
    "附件6": "廉政风险点等级确定和防控措施审核备案表",
}


class Bureau:
    """Everybody of the round, each signed in once and staying at the desk."""

    def __init__(self, welcome: Welcome, *, folder: Path) -> None:
        self.welcome = welcome
        self.folder = folder
        self.seats: dict[str, Visitor] = {}

    def __getitem__(self, name: str) -> Visitor:
        if name not in self.seats:
            self.seats[name] = self.welcome(name)
        return self.seats[name]

    def open(self, name: str, paper: str) -> Visitor:
        """The person takes the paper up from the inbox."""
        return self[name].menu("待办").link(naming("办理", f"{paper} {YEAR}年度"))

    def waits(self, name: str, paper: str) -> bool:
        return self[name].menu("待办").page.get_by_role("link", name=naming("办理", f"{paper} {YEAR}年度")).count() > 0

    def passes(self, name: str, paper: str, button: str = "审核通过") -> None:
        """The person passes the paper, which then waits for somebody else."""
        desk = self.open(name, paper)
        desk.page.get_by_label("意见", exact=True).fill("情况属实，同意。")
        desk.press(button, exact=True)
        assert done(desk) == f"已{button}：{paper.rpartition(' ')[0]}。"
        assert not self.waits(name, paper)

    def download(self, name: str, *codes: str) -> None:
        """Both files of a form, from the page that is open."""
        for code in codes:
            workbook = openpyxl.load_workbook(io.BytesIO(self[name].fetch(f"{code} 导出 Excel")))
            assert any(TITLES[code] in str(cell.value) for row in workbook.worksheets[0].rows for cell in row)
            paper = self[name].fetch(f"{code} 打印预览")
            assert paper.startswith(b"%PDF")
            text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper)).pages)
            assert TITLES[code] in re.sub(r"\s", "", text)
            (self.folder / f"{code}.pdf").write_bytes(paper)


def naming(verb: str, subject: str) -> re.Pattern[str]:
    """A link's words with the hidden ones that say of what."""
    return re.compile(rf"^{verb}\s*：{re.escape(subject)}$")


def done(visitor: Visitor) -> str:
    """The sentence that says what has just happened."""
    return visitor.page.locator("main .notice--success").inner_text()


def wrong(visitor: Visitor) -> str:
    """What the box at the top of the page says is wrong; it has the focus."""
    box = visitor.page.get_by_role("alert")
    expect(box).to_be_focused()
    return box.inner_text()


def saved(visitor: Visitor) -> None:
    expect(visitor.page.locator("[data-save-summary]")).to_contain_text("已自动保存")


def cell(visitor: Visitor, row: int, column: str) -> Locator:
    return visitor.page.get_by_label(f"第{row}行 {column}", exact=True)


def rows(visitor: Visitor) -> Locator:
    return visitor.page.locator("table.table--form > tbody > tr")


def hand_in(visitor: Visitor, paper: str, button: str = "提交") -> None:
    visitor.link("核对并提交", exact=True).press(button, exact=True)
    assert done(visitor) == f"已{button}：{paper}。"


def test_round_of_a_bureau_goes_from_the_task_to_force(welcome: Welcome, tmp_path: Path) -> None:
    bureau = Bureau(welcome, folder=tmp_path)
    give_the_task(bureau)
    fill_in_the_post(bureau)
    return_and_mend(bureau)
    for name, button in ((HEAD, "审核通过"), (OFFICE, "初审通过"), (INSPECTOR, "审核通过")):
        bureau.passes(name, f"{POST_PAPER} 附件1", button)
    roll_up_the_section(bureau)
    roll_up_the_bureau(bureau)
    put_up(bureau, titles=(POST_PAPER, SECTION, BUREAU))
    let_the_period_pass(bureau)
    file(bureau, number=1, papers=1)
    start_rating(bureau)
    rate_the_post(bureau)
    rate_the_section(bureau)
    rate_the_bureau(bureau)
    decide_in_a_meeting(bureau)
    put_up(bureau, titles=(POST_PAPER, SECTION, BUREAU))
    let_the_period_pass(bureau)
    file(bureau, number=2, papers=3)
    everything_is_in_force(bureau)


def give_the_task(bureau: Bureau) -> None:
    office = bureau[OFFICE].menu("年度排查").link("下达排查任务")
    form = office.page.get_by_role("main")
    form.get_by_label("年度").fill(str(YEAR))
    form.get_by_label("名称").fill(ROUND)
    form.get_by_label("查找上报期限").fill(f"{YEAR}-02-15")
    form.get_by_label("等级上报期限").fill(f"{YEAR}-02-25")
    form.get_by_label("公示工作日").fill("5")
    office.press("下达", exact=True)
    assert re.fullmatch(rf"已下达“{ROUND}”，\d+ 份表已发到填报人。", done(office))


def fill_in_the_post(bureau: Bureau) -> None:
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


def return_and_mend(bureau: Bureau) -> None:
    head = bureau.open(HEAD, f"{POST_PAPER} 附件1")
    page = head.page
    with head.refused(409):
        head.press("退回修改", exact=True)
    assert "请选择退回原因。" in wrong(head)
    due = today() + timedelta(days=20)
    page.get_by_label("意见", exact=True).fill("第1行请写明发生在受理还是审查环节。")
    page.get_by_label("退回原因").select_option(index=1)
    reason = page.get_by_label("退回原因").locator("option:checked").inner_text()
    page.get_by_label("完善期限").fill(due.isoformat())
    head.press("退回修改", exact=True)
    assert done(head) == f"已退回修改：{POST_PAPER}。"
    holder = bureau[HOLDER].menu("退回").link(naming("办理", f"{POST_PAPER} 附件1 {YEAR}年度"))
    note = holder.page.get_by_role("note").inner_text()
    assert f"{HEAD}·股室负责人" in note
    assert f"{reason}）：第1行请写明发生在受理还是审查环节。 请在 {due} 前修改后重新提交。" in note
    cell(holder, 1, "廉政风险内容及表现形式").fill("受理环节对材料不齐的企业先行受理，事后补件，收取好处。")
    hand_in(holder, POST_PAPER, "重新提交")  # at once: what was typed last is saved on the way
    assert "受理环节对材料不齐的企业先行受理" in holder.text()


def roll_up_the_section(bureau: Bureau) -> None:
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
    for name, button in ((VICE, "审核通过"), (OFFICE, "初审通过"), (INSPECTOR, "审核通过")):
        bureau.passes(name, f"{SECTION} 附件2", button)


def roll_up_the_bureau(bureau: Bureau) -> None:
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


def put_up(bureau: Bureau, *, titles: tuple[str, ...]) -> None:
    """Preview, then publish; the preview is what stands there afterwards."""
    office = to_the_round(bureau).link("公示", exact=True).link(re.compile("拟定公示"))
    page = office.page
    offered = page.get_by_role("region", name="待公示的表").get_by_role("rowheader").all_inner_texts()
    assert sorted(offered) == sorted(titles)
    page.get_by_label("监督电话").fill("见本单位公开栏")
    office.press("预览")
    preview = page.get_by_role("article").inner_text()
    assert "共5个工作日" in preview
    assert HOLDER not in preview
    office.press("发布公示")
    assert re.fullmatch(r"已发布公示，到 \d{4}-\d\d-\d\d 为止。", done(office))
    assert page.get_by_role("article").inner_text() == preview


def to_the_round(bureau: Bureau) -> Visitor:
    return bureau[OFFICE].menu("年度排查").link(naming("查看进度", ROUND))


def let_the_period_pass(bureau: Bureau) -> None:
    office = to_the_round(bureau).link("公示", exact=True)
    ended = office.page.get_by_role("button", name="期满无异议，进入下一环节")
    assert ended.count() == 0
    for _ in range(6):  # a week is enough where no holiday lies in it
        office.menu("演示日期").press("前移 7 天")
        assert done(office).startswith("演示日期已前移 7 天")
        to_the_round(bureau).link("公示", exact=True)
        if ended.count():
            break
    office.go(ended)
    assert done(office) == "公示已结束，3 份表进入下一环节。"


def file(bureau: Bureau, *, number: int, papers: int) -> None:
    """The office sends, the discipline office gives its receipt."""
    office = to_the_round(bureau).link("备案", exact=True)
    assert office.page.get_by_role("checkbox", name=re.compile("^选择 ")).count() == papers
    office.press("报送备案")
    assert re.fullmatch(rf"已向云溪县纪委监委报送 {papers} 份，文号 .*〔{YEAR}〕{number}号。", done(office))
    assert office.fetch("备案报告（PDF）").startswith(b"%PDF")
    body = bureau[FILING_BODY].menu("备案").link(naming("办理", ROUND)).link(re.compile("^办理"))
    body.page.get_by_label("备案编号").fill(f"云纪备〔{YEAR}〕{number}号")
    body.press("同意备案")
    assert done(body) == f"已备案 {papers} 份，编号 云纪备〔{YEAR}〕{number}号，即日起执行。"
    assert body.fetch("备案回执（PDF）").startswith(b"%PDF")


def start_rating(bureau: Bureau) -> None:
    office = to_the_round(bureau).press("启动等级确定")
    assert done(office) == "等级确定已启动，新建 3 份表；其余在查找表公示期满后自动发出。"


def grade(visitor: Visitor, *, level: int) -> None:
    """Every point the same grade in each of the six dimensions."""
    selects = visitor.page.get_by_role("region", name=re.compile("评分表")).get_by_role("combobox")
    assert selects.count() % 6 == 0
    for select in selects.all():
        select.select_option(index=level)
    for state in visitor.page.locator("[data-row] [data-save-state]").all():
        expect(state).to_contain_text("已自动保存")


def report(visitor: Visitor, *, word: str, reason: str = "") -> None:
    visitor.page.get_by_role("radio", name=word).check()
    visitor.page.get_by_label("说明").fill(reason)
    visitor.press("保存自报等级")


def rate_the_post(bureau: Bureau) -> None:
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
    for name, button in ((HEAD, "审核通过"), (OFFICE, "初审通过"), (INSPECTOR, "审核通过")):
        bureau.passes(name, f"{POST_PAPER} 附件4", button)


def rate_the_section(bureau: Bureau) -> None:
    head = bureau.open(HEAD, f"{SECTION} 附件5")
    grade(head, level=4)
    report(head, word="一级")
    hand_in(head, SECTION)
    for name, button in ((VICE, "审核通过"), (OFFICE, "初审通过"), (INSPECTOR, "审核通过")):
        bureau.passes(name, f"{SECTION} 附件5", button)


def rate_the_bureau(bureau: Bureau) -> None:
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


def decide_in_a_meeting(bureau: Bureau) -> None:
    """The section one level below the proposal: refused without a reason, taken with it."""
    office = to_the_round(bureau).link("登记会议决定")
    page = office.page
    assert page.get_by_label("主持人").input_value() == LEADER
    page.get_by_label("地点").fill("二楼会议室")
    page.get_by_label("第2行 参会情况").select_option(label="缺席")
    page.get_by_label("第2行 缺席原因").fill("外出学习")
    office.press("保存草稿")
    assert done(office) == "已保存草稿，可以以后接着填写。"
    assert page.get_by_label("第2行 缺席原因").input_value() == "外出学习"
    page.get_by_label(f"{SECTION} 会议决定").select_option(label="二级")
    with office.refused(422):
        office.press("登记决定")
    assert "决定等级低于建议等级，请写明理由。" in wrong(office)
    page.get_by_label(f"{SECTION} 理由").fill("近三年无信访反映，制度健全。")
    office.press("登记决定")
    assert re.fullmatch(r"已登记.*，决定 2 项。", done(office))
    text = office.text()
    assert [words for words in ("外出学习", "近三年无信访反映，制度健全。") if words not in text] == []
    minutes = pypdf.PdfReader(io.BytesIO(office.fetch("会议纪要（PDF）")))
    assert "近三年无信访反映" in "".join(sheet.extract_text() for sheet in minutes.pages)
    assert office.fetch("决定一览表（Excel）").startswith(b"PK")


def everything_is_in_force(bureau: Bureau) -> None:
    """状态, timeline with names, six forms as files, empty inboxes."""
    office = bureau[OFFICE]
    for title, code in ((POST_PAPER, 4), (SECTION, 5), (BUREAU, 6)):
        to_the_round(bureau).link(naming("查看", f"{title} 附件{code}"))
        expect(office.page.locator(".page-head")).to_contain_text("执行中")
        bureau.download(OFFICE, f"附件{code}")
        to_the_round(bureau).link(naming("查看", f"{title} 附件{code - 3}"))
        bureau.download(OFFICE, f"附件{code - 3}")
    to_the_round(bureau).link(naming("查看", f"{POST_PAPER} 附件4"))
    steps = office.page.locator(".timeline li").all_inner_texts()
    told = [(step.splitlines()[0], next(name for name in PEOPLE if name in step)) for step in steps]
    assert told == [
        ("备案", FILING_BODY),
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
