"""What a site may set about its door stands in docs/operations.md."""

from __future__ import annotations

import re

from lianzheng.bootstrap import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DOOR = re.compile("LIANZHENG_(?:SIGN_IN|LOCK|PROXIES|PASSWORD_POLICY|PARALLEL|SESSION|SECOND|OIDC_ISSUER)[A-Z_]*")


def test_page_of_operations_names_every_setting_of_the_door() -> None:
    names = set(DOOR.findall((ROOT / "lianzheng" / "settings.py").read_text(encoding="utf-8")))
    assert len(names) == 9
    assert {name for name in names if f"`{name}`" not in PAGE} == set()


def test_page_of_operations_says_which_words_a_password_is_not_made_of() -> None:
    assert [word for word in ("姓名", "用户名", "手机号", "单位名称", "年份", "本系统名称") if word not in PAGE] == []
