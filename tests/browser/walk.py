"""The walk through every page that links lead to; knows no role."""

import re
from collections.abc import Iterator

from tests.browser.visitor import LARGE, Visitor

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
FILES = re.compile(r"\.(pdf|xlsx|docx|zip)$|/scans/")
"""Links that are downloads: forms, minutes, filing papers and their scans, notices and their package."""
HREFS = "links => links.map(link => link.getAttribute('href').split('#')[0])"


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


def enlarged(visitor: Visitor) -> int:
    """By how much the page is wider than the window in 大字版, which is this attribute (templates/base.html)."""
    visitor.page.evaluate("document.documentElement.dataset.size = 'large'")
    wider = visitor.overflow(width=LARGE[0])
    visitor.page.evaluate("delete document.documentElement.dataset.size")
    return wider


def every_page_fits(visitor: Visitor) -> list[str]:
    """Walk, each page in both sizes of type. The addresses."""
    addresses = []
    for address in walk(visitor):
        addresses.append(address)
        visitor.fits()
        assert (address, enlarged(visitor)) == (address, 0)
        assert visitor.page.title().endswith(" - 廉政风险防控")
        assert visitor.page.get_by_role("heading", level=1).count() == 1
    visitor.open("/").go(visitor.page.get_by_role("button", name="大字版"))
    assert visitor.page.get_by_role("button", name="大字版").get_attribute("aria-pressed") == "true"
    assert (visitor.page.locator("html").get_attribute("data-size"), visitor.overflow(width=LARGE[0])) == ("large", 0)
    visitor.open("/").go(visitor.page.get_by_role("button", name="大字版"))
    return addresses


def menu_of(visitor: Visitor) -> list[str]:
    """Addresses of the main menu."""
    links = visitor.page.get_by_role("navigation", name="主菜单").get_by_role("link")
    found: list[str] = links.evaluate_all(HREFS)
    return found
