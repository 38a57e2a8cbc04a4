"""Pages before the door, the keyboard alone, and the picture of the README."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Welcome
from tests.browser.visitor import LARGE
from tests.browser.walk import kind_of, walk

pytestmark = pytest.mark.browser

OPEN = {"/sign-in/", "/notices/public/", "/notices/*/", "/objections/answer/", "/v/"}
"""Kinds of pages that anybody comes upon from the door."""
FOCUS = """() => {
    const style = getComputedStyle(document.activeElement);
    const box = document.activeElement.getBoundingClientRect();
    return {
        name: document.activeElement.innerText || document.activeElement.getAttribute("aria-label") || "",
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 0,
    };
}"""


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


def test_fault_on_a_page_that_was_faultless_is_found(welcome: Welcome) -> None:
    """The control of every look: axe is not asked again about what it has seen, and is about what it has not."""
    visitor = welcome().open("/sign-in/").look()
    visitor.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    with pytest.raises(AssertionError, match="axe: button-name"):
        visitor.look()
    visitor.page.reload()
    visitor.page.evaluate("document.querySelector('h1').outerHTML = '<h4>登录</h4>'")
    with pytest.raises(AssertionError, match=r"axe: heading-order|axe: page-has-heading-one"):
        visitor.look()


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
