"""The people of a round, each at a desk of their own, and what all of them do at the pages; knows no journey."""

import io
import re
from datetime import date
from pathlib import Path

import pypdf
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Welcome
from tests.browser.product import today
from tests.browser.visitor import Visitor

YEAR = today().year + 1
"""The coming year: no round of the demo lies in it."""


class Company:
    """Everybody of a round, signed in once and staying at the desk; the office is who organises it."""

    def __init__(self, welcome: Welcome, *, office: str, title: str, folder: Path) -> None:
        self.welcome = welcome
        self.office = office
        self.title = title
        self.folder = folder
        self.seats: dict[str, Visitor] = {}

    def __getitem__(self, name: str) -> Visitor:
        if name not in self.seats:
            self.seats[name] = self.welcome(name)
        return self.seats[name]

    def open(self, name: str, paper: str, *, year: int = YEAR, tab: str = "待办") -> Visitor:
        """The person takes the paper up from the inbox."""
        return self[name].menu(tab).link(naming("办理", f"{paper} {year}年度"))

    def waits(self, name: str, paper: str) -> bool:
        return self[name].menu("待办").page.get_by_role("link", name=naming("办理", f"{paper} {YEAR}年度")).count() > 0

    def passes(self, name: str, paper: str, button: str = "审核通过", *, year: int = YEAR) -> None:
        """The person passes the paper, which then waits for somebody else."""
        desk = self.open(name, paper, year=year)
        desk.page.get_by_label("意见", exact=True).fill("情况属实，同意。")
        desk.press(button, exact=True)
        assert done(desk) == f"已{button}：{paper.rpartition(' ')[0]}。"
        assert not self.waits(name, paper)

    def round(self) -> Visitor:
        """The office at the page of the round."""
        return self[self.office].menu("年度排查").link(naming("查看进度", self.title))

    def give_the_task(self) -> None:
        office = self[self.office].menu("年度排查").link("下达排查任务")
        form = office.main
        form.get_by_label("年度").fill(str(YEAR))
        form.get_by_label("名称").fill(self.title)
        form.get_by_label("查找上报期限").fill(f"{YEAR}-02-15")
        form.get_by_label("等级上报期限").fill(f"{YEAR}-02-25")
        form.get_by_label("公示工作日").fill("5")
        office.press("下达", exact=True)
        assert re.fullmatch(rf"已下达“{self.title}”，\d+ 份表已发到填报人。", done(office))

    def draft_a_notice(self, *titles: str) -> Visitor:
        """The page on which a notice of these papers is drafted."""
        office = self.round().link("公示", exact=True).link(re.compile("拟定公示"))
        offered = office.page.get_by_role("region", name="待公示的表").get_by_role("rowheader").all_inner_texts()
        assert sorted(offered) == sorted(titles)
        office.page.get_by_label("监督电话").fill("见本单位公开栏")
        return office

    def put_up(self, *, hidden: tuple[str, ...]) -> str:
        """Preview, then publish: the preview is what stands there afterwards. The notice's title."""
        office = self[self.office]
        title = office.page.get_by_label("标题").input_value()
        office.press("预览")
        preview = office.page.get_by_role("article").inner_text()
        assert "共5个工作日" in preview
        assert [word for word in hidden if word in preview] == []
        office.press("发布公示")
        assert re.fullmatch(r"已发布公示，到 \d{4}-\d\d-\d\d 为止。", done(office))
        assert office.page.get_by_role("article").inner_text() == preview
        return title

    def let_the_period_pass(self, *, notices: int = 1) -> Locator:
        """Move the demo's date until the notices can be ended; the buttons that end them."""
        office = self.round().link("公示", exact=True)
        ended = office.page.get_by_role("button", name="期满无异议，进入下一环节")
        assert ended.count() == 0
        for _ in range(6):  # a week is enough where no holiday lies in it
            office.menu("演示日期").press("前移 7 天")
            assert done(office).startswith("演示日期已前移 7 天")
            self.round().link("公示", exact=True)
            if ended.count() == notices:
                break
        return ended

    def object(self, name: str, text: str) -> str:
        """Whoever reads the notice that is open objects to it; an empty one is refused. The receipt."""
        reader = self[name]
        with reader.refused(422):
            reader.press("提交异议")
        assert "异议内容" in wrong(reader)
        reader.page.get_by_label("异议内容").fill(text)
        reader.press("提交异议")
        receipt = reader.page.get_by_role("region", name="您的回执号").locator(".num").inner_text()
        reader.fits()
        assert re.fullmatch(r"([0-9A-Z]{5}-){3}[0-9A-Z]{5}", receipt)
        return receipt

    def answer(self, text: str, *, found: str) -> None:
        """The office verifies the newest objection, whose words it reads, and answers."""
        office = self[self.office].menu("公示异议").link(re.compile("^核实答复"))
        assert text in office.text()
        office.fits()
        office.page.get_by_label("核实结果").select_option(label=found)
        office.page.get_by_role("textbox", name="答复").fill("已核实，情况如上。")
        office.press("答复", exact=True)
        assert done(office) == f"已答复：{found}。"

    def told(self, receipt: str) -> str:
        """What anybody with the receipt reads, without sign-in."""
        stranger = self[""].open("/objections/answer/")
        stranger.page.get_by_label("回执号").fill(receipt)
        stranger.press("查询", exact=True)
        return stranger.page.get_by_role("region", name="答复").inner_text()


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


def day(visitor: Visitor) -> date:
    """The day it is for the product, which the demo's people may have moved."""
    found = re.search(r"演示日期 (\d{4}-\d\d-\d\d)", visitor.text(".demo-strip"))
    assert found
    return date.fromisoformat(found[1])


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


def text_of(pdf: bytes) -> str:
    """The words of a PDF without the spaces that its lines put between them."""
    assert pdf.startswith(b"%PDF")
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))
