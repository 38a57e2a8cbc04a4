"""Every page that the office of a county bureau can reach by links: without fault, and the kinds it must come upon."""

import pytest

from tests.browser.conftest import Welcome
from tests.browser.walk import enter_as, every_page_fits, kind_of, menu_of

pytestmark = pytest.mark.browser

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


def test_every_page_of_the_office_is_without_fault(welcome: Welcome) -> None:
    visitor = enter_as(welcome(), "廉政办", place=0)
    pages = every_page_fits(visitor)
    assert set(menu_of(visitor)) <= set(pages)
    assert REACHED - {kind_of(page) for page in pages} == set()
