"""Every page that a role can reach by links: no fault, no sideways scrolling. The office has a file of its own, so that
two processes share the walks."""

import json
import re

import pytest

from tests.browser.conftest import Welcome
from tests.browser.product import ROOT
from tests.browser.walk import enter_as, every_page_fits, menu_of

pytestmark = pytest.mark.browser

COUNTY = (
    "填报人",
    "股室负责人",
    "分管领导",
    "主要负责人",
    "纪检组",
    "系统管理员",
    "安全管理员",
    "审计管理员",
)
ABOVE = ("县领导小组办公室", "县领导小组", "备案机关")
TOWN = ("填报人", "股室负责人", "主要负责人", "廉政办")
WALKED = ("填报人", "纪检组")
"""Roles whose pages are walked every time; the others' (most of them the same pages) with --soak."""


def town_name() -> str:
    data = json.loads((ROOT / "fixtures" / "demo" / "town.json").read_text(encoding="utf-8"))
    return str(data["town"]["name"])


@pytest.mark.parametrize(
    "role",
    [pytest.param(role, marks=[] if role in WALKED else [pytest.mark.soak]) for role in (*COUNTY, *ABOVE)],
)
def test_every_page_of_a_role_is_without_fault(welcome: Welcome, role: str) -> None:
    visitor = enter_as(welcome(), role, place=0)
    pages = every_page_fits(visitor)
    assert set(menu_of(visitor)) <= set(pages)


@pytest.mark.parametrize("role", [TOWN[0], *(pytest.param(role, marks=[pytest.mark.soak]) for role in TOWN[1:])])
def test_every_page_of_a_town_role_is_without_fault(welcome: Welcome, role: str) -> None:
    visitor = welcome().open("/sign-in/")
    town = visitor.page.locator(".role-group").filter(has=visitor.page.get_by_role("heading", name=town_name()))
    visitor.go(town.get_by_role("button", name=re.compile(f"^{role}·")).first)
    every_page_fits(visitor)
