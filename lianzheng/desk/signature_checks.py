"""Whether the key for 防篡改签名 can be used, asked when the product starts."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Advice

from lianzheng.render import signature


def usable_key(**_: Any) -> list[CheckMessage]:
    """An error for a key file that is named and cannot be used: the product does not start without what was asked
    for; a warning for a certificate whose time is over."""
    if not signature.configured():
        return []
    try:
        found = signature.key()
    except signature.BadKey as bad:
        return [Error(str(bad), hint="见 docs/operations.md。", id="lianzheng.E010")]
    old = signature.outdated(found)
    return [Advice(old, id="lianzheng.W010")] if old else []
