"""批量审核 at the pages, with a colleague at the same desk."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.company import Company
from tests.browser.conftest import Welcome
from tests.browser.product import today

pytestmark = pytest.mark.browser

OFFICE, COLLEAGUE, INSPECTOR = "陶睿琪", "白星玙", "顾砚秋"


def test_office_passes_several_forms_together(welcome: Welcome, tmp_path: Path) -> None:
    """This year's forms at the desk: level one has no box, one is passed by the colleague meanwhile, two go through."""
    office = Company(welcome, office=OFFICE, title="", folder=tmp_path)
    desk = office[OFFICE].menu("待办").link("批量审核", exact=True)
    line = desk.page.get_by_role("row").filter(has_text="物业管理股股长（彭弈舟）")
    expect(line).to_contain_text("一级的表须逐件审核")
    expect(line.get_by_role("checkbox")).to_have_count(0)
    for paper in ("干部人事档案岗（宋怡禾） 附件1", "开评标监督岗（金岳弦） 附件1", "城乡规划建设股 附件2"):
        desk.page.get_by_label(f"选择 {paper}").check()
    expect(desk.page.locator("[data-count-of=pick]")).to_have_text("3")
    desk.press("核对所选的表")
    assert "将审核通过 3 件；不在此次办理 0 件。" in desk.text()
    desk.fits()
    office.passes(COLLEAGUE, "城乡规划建设股 附件2", "初审通过", year=today().year)
    desk.page.get_by_role("textbox", name="意见").fill("查找准确，同意。")
    desk.press("确认通过 3 件")
    assert "办理成功 2 件，没有办理 1 件。" in desk.page.get_by_role("status").inner_text()
    left = desk.page.get_by_role("region", name="没有办理", exact=True).inner_text()
    assert "城乡规划建设股" in left
    assert "已被他人处理，请按最新情况办理。" in left
    desk.fits()
    passed = desk.page.get_by_role("region", name="办理成功的表")
    assert passed.get_by_role("rowheader").all_inner_texts() == ["干部人事档案岗（宋怡禾）", "开评标监督岗（金岳弦）"]
    inspector = office.open(INSPECTOR, "开评标监督岗（金岳弦） 附件1", year=today().year)
    assert "查找准确，同意。" in inspector.page.locator(".timeline li").first.inner_text()
