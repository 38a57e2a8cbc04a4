"""Every page that a role can reach by links: no fault, no sideways scrolling, usable by keyboard alone.

The README's picture is made here too.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Welcome
from tests.browser.product import ROOT
from tests.browser.visitor import LARGE, Visitor

pytestmark = pytest.mark.browser

COUNTY = (
    "填报人",
    "股室负责人",
    "分管领导",
    "主要负责人",
    "廉政办",
    "纪检组",
    "系统管理员",
    "安全管理员",
    "审计管理员",
)
ABOVE = ("县领导小组办公室", "县领导小组", "备案机关")
TOWN = ("填报人", "股室负责人", "主要负责人", "廉政办")
WALKED = ("填报人", "廉政办", "纪检组")
"""Roles whose pages are walked every time; the others' (most of them the same pages) with --soak."""
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
FILES = re.compile(r"\.(pdf|xlsx|docx|zip)$|/scans/")
"""Links that are downloads: forms, minutes, filing papers and their scans, notices and their package."""
REACHED = {
    "/deputies/",
    "/batch/",
    "/handover/",
    "/handover/*/",
    "/holidays/",
    "/objections/",
    "/settings/",
    "/criteria/",
}
REACHED |= {
    "/schemes/",
    "/schemes/*/",
    "/packages/",
    "/powers/",
    "/powers/new/",
    "/papers/",
    "/papers/*/",
    "/meetings/*/",
    "/campaigns/*/meeting/",
    "/campaigns/*/close/",
    "/notices/*/manage/",
}
REACHED |= {"/notices/*/correct/", "/filings/*/", "/campaigns/*/filing/paper/", "/dossiers/*/years/", "/v/"}
"""Kinds of pages that the office of a county bureau must come upon."""
OPEN = {"/sign-in/", "/notices/public/", "/notices/*/", "/objections/answer/", "/v/"}
"""Kinds of pages that anybody comes upon from the door."""
HREFS = "links => links.map(link => link.getAttribute('href').split('#')[0])"
FOCUS = """() => {
    const style = getComputedStyle(document.activeElement);
    const box = document.activeElement.getBoundingClientRect();
    return {
        name: document.activeElement.innerText || document.activeElement.getAttribute("aria-label") || "",
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 0,
    };
}"""


def town_name() -> str:
    data = json.loads((ROOT / "fixtures" / "demo" / "town.json").read_text(encoding="utf-8"))
    return str(data["town"]["name"])


def enter_as(visitor: Visitor, role: str, *, place: int) -> Visitor:
    """Through the demo's door as the first person of this role in the nth group that has one."""
    visitor.open("/sign-in/")
    return visitor.go(visitor.page.get_by_role("button", name=re.compile(f"^{role}·")).nth(place))


def kind_of(address: str) -> str:
    return ID.sub("*", address.split("?")[0])


def walk(visitor: Visitor, start: str = "/") -> Iterator[str]:
    """Addresses of all pages that links lead to; of many alike the first of each list."""
    queue = [("", start)]
    seen: set[object] = set()
    while queue:
        source, address = queue.pop(0)
        kind = kind_of(address)
        key = (source, kind) if kind == "/dossiers/*/" else kind
        if key in seen or not address.startswith("/") or FILES.search(address):
            continue
        seen.add(key)
        visitor.open(address)
        yield address
        queue += [(kind, href) for href in visitor.page.locator("a[href]").evaluate_all(HREFS)]


def every_page_fits(visitor: Visitor) -> list[str]:
    """Walk; then once more in large type. The addresses."""
    addresses = []
    for address in walk(visitor):
        addresses.append(address)
        visitor.fits()
        assert visitor.page.title().endswith(" - 廉政风险防控")
        assert visitor.page.get_by_role("heading", level=1).count() == 1
    visitor.open("/").go(visitor.page.get_by_role("button", name="大字版"))
    assert visitor.page.get_by_role("button", name="大字版").get_attribute("aria-pressed") == "true"
    for address in addresses:
        visitor.page.goto(address)
        assert (address, visitor.overflow(width=LARGE[0])) == (address, 0)
    visitor.open("/").go(visitor.page.get_by_role("button", name="大字版"))
    return addresses


@pytest.mark.parametrize(
    "role",
    [pytest.param(role, marks=[] if role in WALKED else [pytest.mark.soak]) for role in (*COUNTY, *ABOVE)],
)
def test_every_page_of_a_role_is_without_fault(welcome: Welcome, role: str) -> None:
    visitor = enter_as(welcome(), role, place=0)
    pages = every_page_fits(visitor)
    menu = visitor.page.get_by_role("navigation", name="主菜单").get_by_role("link").evaluate_all(HREFS)
    assert set(menu) <= set(pages)
    if role == "廉政办":
        assert REACHED - {kind_of(page) for page in pages} == set()


@pytest.mark.parametrize("role", [TOWN[0], *(pytest.param(role, marks=[pytest.mark.soak]) for role in TOWN[1:])])
def test_every_page_of_a_town_role_is_without_fault(welcome: Welcome, role: str) -> None:
    visitor = welcome().open("/sign-in/")
    town = visitor.page.locator(".role-group").filter(has=visitor.page.get_by_role("heading", name=town_name()))
    visitor.go(town.get_by_role("button", name=re.compile(f"^{role}·")).first)
    every_page_fits(visitor)


def test_pages_before_the_door_are_without_fault(welcome: Welcome) -> None:
    visitor = welcome()
    visitor.open("/sign-in/")
    visitor.fits()
    visitor.page.get_by_label("用户名").fill("nobody")
    visitor.page.get_by_label("密码").fill("wrong-password")
    with visitor.refused(422):
        visitor.press("登录", exact=True)
    assert visitor.page.get_by_role("alert").inner_text() == "错误：\n用户名或密码不正确，请重新输入。"
    visitor.enter("陶睿琪")
    with visitor.refused(404):
        visitor.open("/dossiers/00000000-0000-7000-8000-000000000000/")
    visitor.fits()


def test_pages_that_open_without_sign_in_are_without_fault(welcome: Welcome) -> None:
    visitor = welcome()
    pages = set()
    for address in walk(visitor, "/sign-in/"):
        visitor.fits()
        pages.add(kind_of(address))
    assert OPEN - pages == set()


def test_keyboard_alone_shows_where_it_is(welcome: Welcome) -> None:
    """The skip link comes first and works; every stop is in sight and has a ring."""
    visitor = welcome("杜肇霖")
    page = visitor.page
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS) == {"name": "跳到主要内容", "ring": True, "inside": True}
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.goto("/")
    stops = []
    for _ in range(page.locator("a[href], button, select, input:not([type=hidden])").count()):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUS))
        if page.evaluate("document.activeElement === document.body"):
            stops.pop()
            break
    assert [stop["name"] for stop in stops if not (stop["ring"] and stop["inside"])] == []
    assert len(stops) > 20


def test_section_heads_workbench_is_the_picture_of_the_readme(welcome: Welcome, images: Path) -> None:
    visitor = welcome("严仲恺")
    picture = visitor.page.screenshot()
    target = images / "workbench.png"
    if os.environ.get("LIANZHENG_SCREENSHOTS") == "1" or not target.exists():
        images.mkdir(parents=True, exist_ok=True)
        target.write_bytes(picture)
    width, height = (int.from_bytes(target.read_bytes()[at : at + 4]) for at in (16, 20))
    assert (width, height) == LARGE
