"""One person at a browser of their own, who notices whatever is wrong with a page; knows no journey."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response
from playwright.sync_api import TimeoutError as TooLate

from tests.browser.product import ROOT, Product

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (tags) => (await axe.run(document, {runOnly: tags, resultTypes: ["violations"]})).violations.map(
    (found) => found.id + " (" + found.nodes.length + "): " + found.nodes[0].html.slice(0, 160))"""
PLACES = """() => {
    const unheard = /^(href|src|value|action|content|datetime|data-.*|nonce|integrity|name|selected|checked)$/;
    const alike = (text) => text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\\d+/g, "*").replace(/[^ -~]+/g, "…");
    const found = new Set(), outline = [], ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
    const visit = (node, above) => {
        const words = [...node.childNodes].some((part) => part.nodeType === 3 && part.data.trim());
        const heard = [...node.attributes].map(
            ({name, value}) => unheard.test(name) ? name + !value : name + "=" + alike(value)).sort();
        const place = `${above}>${node.tagName}.${alike(node.className.toString())}`;
        found.add(`${place} ${heard} ${words}`);
        if (/^(H\\d|MAIN|NAV|HEADER|FOOTER|ASIDE)$/.test(node.tagName)) outline.push(node.tagName);
        [...node.children].forEach((child) => visit(child, place));
    };
    visit(document.documentElement, "");
    const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
    const levels = outline.filter((name, place) => name !== outline[place - 1]);
    return [...found, levels.join(), ...twice];
}"""
"""What stands where on a page, each kind once, without the words; the order of its headings; ids that stand twice."""
HEIGHT = "() => document.documentElement.scrollHeight"
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")
LARGE, LAPTOP, ZOOMED = (1366, 768), (1024, 768), (683, 768)
FITTING = dict.fromkeys((LARGE[0], LAPTOP[0], ZOOMED[0]), 0)


def usernames() -> dict[str, str]:
    """Name -> user name of everybody in the demo's bureau, in its town, and above them."""
    files = [ROOT / "fixtures" / "demo" / name for name in ("bureau.json", "town.json")]
    read = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    units = [unit for data in read for unit in (*data["sections"], *data["authorities"])]
    return {post["holder"]["name"]: post["holder"]["username"] for unit in units for post in unit["posts"]}


faultless: set[str] = set()
"""What stood on pages in which axe has found nothing; it need not be asked about a page that has nothing else."""


class Visitor:
    """A browser context of one person. Everything that must not happen on a page gathers in `problems`."""

    def __init__(self, browser: Browser, *, product: Product, script: bool = True) -> None:
        self.product = product
        self.script = script
        self.problems: list[str] = []
        self.allowed: set[int] = set()
        self.context = browser.new_context(
            base_url=product.url,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport={"width": LARGE[0], "height": LARGE[1]},
            java_script_enabled=script,
        )
        self.context.set_default_timeout(10_000)
        self.context.on("request", self._on_request)
        self.context.on("response", self._on_response)
        self.context.on("console", self._on_console)
        self.context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        self.page: Page = self.context.new_page()

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.product.url, "data:", "blob:")):
            self.problems.append(f"left the product: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status} {response.url}\n{self.product.log.read_text()[-3000:]}")
        elif response.status >= 400 and response.status not in self.allowed:
            self.problems.append(f"{response.status} {response.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not ANSWERED.match(message.text):  # a status is judged at its response
            self.problems.append(f"console: {message.text} ({self.page.url})")

    @contextmanager
    def refused(self, status: int) -> Iterator[None]:
        """Inside, the product is to answer with this status."""
        self.allowed.add(status)
        with self.page.expect_response(lambda response: response.status == status):
            yield
        self.allowed.discard(status)

    def enter(self, name: str) -> "Visitor":
        """Sign in through the demo's door, whether or not the page offers the person."""
        self.open("/sign-in/")
        offered = self.page.get_by_role("button", name=re.compile(f"·{name}"))
        if offered.count():
            return self.go(offered.first)
        token = self.page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
        answer = self.context.request.post(
            "/demo/sign-in/", form={"csrfmiddlewaretoken": token, "username": usernames()[name]}
        )
        assert answer.ok
        return self.open("/")

    def open(self, address: str) -> "Visitor":
        self.page.goto(address)
        return self.look()

    def go(self, target: Locator) -> "Visitor":
        """Click what leads to another page, and look at it."""
        try:
            with self.page.expect_navigation(wait_until="load"):
                target.click()
        except TooLate as error:
            raise AssertionError(f"{target}\n{self.page.url}\n{self.text('body')}") from error
        return self.look()

    @property
    def main(self) -> Locator:
        """What is the page's own: not the bar, the menu, the foot."""
        return self.page.get_by_role("main")

    def link(self, name: str | re.Pattern[str], *, exact: bool = False) -> "Visitor":
        return self.go(self.main.get_by_role("link", name=name, exact=exact).first)

    def press(self, name: str | re.Pattern[str], *, exact: bool = False) -> "Visitor":
        return self.go(self.main.get_by_role("button", name=name, exact=exact).first)

    def menu(self, name: str) -> "Visitor":
        return self.go(self.page.get_by_role("navigation", name="主菜单").get_by_role("link", name=name).first)

    def look(self) -> "Visitor":
        """The page has a title and no accessibility fault, and nothing bad has happened so far."""
        assert self.page.title().strip(), self.page.url
        if self.script:
            self.problems += [f"axe: {found} on {self.page.url}" for found in self._faults()]
        self.unharmed()
        return self

    def _faults(self) -> list[str]:
        """What axe finds with the whole page in the window, so that the bar that sticks to its foot hides nothing."""
        places = set(self.page.evaluate(PLACES))
        if places <= faultless:
            return []
        self.page.evaluate(AXE.read_text())
        self.page.set_viewport_size({"width": LARGE[0], "height": max(LARGE[1], self.page.evaluate(HEIGHT))})
        found: list[str] = self.page.evaluate(RUN_AXE, TAGS)
        self.page.set_viewport_size({"width": LARGE[0], "height": LARGE[1]})
        if not found:
            faultless.update(places)
        return found

    def overflow(self, *, width: int) -> int:
        """By how many pixels the page is wider than a window of this width."""
        self.page.set_viewport_size({"width": width, "height": LARGE[1]})
        wider: int = self.page.evaluate(OVERFLOW)
        return wider

    def widths(self) -> dict[int, int]:
        """Window width -> by how much the page is wider."""
        over = {width: self.overflow(width=width) for width, _ in (LARGE, LAPTOP, ZOOMED)}
        self.page.set_viewport_size({"width": LARGE[0], "height": LARGE[1]})
        return over

    def fits(self) -> "Visitor":
        """No window makes the page scroll sideways."""
        assert (self.page.url, self.widths()) == (self.page.url, FITTING)
        return self

    def text(self, selector: str = "main") -> str:
        return self.page.locator(selector).inner_text()

    def fetch(self, name: str) -> bytes:
        """The file behind a link with this name."""
        address = self.page.get_by_role("link", name=name, exact=True).get_attribute("href")
        assert address
        answer: Any = self.context.request.get(address)
        assert answer.status == 200
        body: bytes = answer.body()
        return body

    def unharmed(self) -> None:
        """Nothing bad has happened so far."""
        found, self.problems = self.problems, []
        assert not found, "\n".join([*found, *self.page.get_by_role("alert").all_inner_texts()])

    def close(self) -> None:
        self.unharmed()
        self.context.close()
