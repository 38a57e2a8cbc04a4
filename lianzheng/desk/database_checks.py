"""Whether the database can keep what was confirmed, and whether the product may do no more there than it needs.

Asked when the product starts (`manage.py check --database default`): on an error it does not start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Advice
from django.db import connection

MUST_BE = {
    "fsync": ("on",),
    # `remote_*` waits for a standby as well; `local` and `on` for this server's disk.
    "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
    "full_page_writes": ("on",),
    "data_checksums": ("on",),
    "standard_conforming_strings": ("on",),
}
"""A transaction reported as committed survives a crash only so (PostgreSQL manual, "Reliability and the WAL")."""
LIMITED = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
OWNS = """
SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('public.audit_entry')
"""


def durable(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Errors for each setting that would let a confirmed act be lost, or a rotten page be read."""
    if not databases:
        return []
    found = {name: _setting(name) for name in MUST_BE}
    return [
        Error(
            f"数据库设置 {name} 为 {found[name]}，断电时会丢失已确认的办理。请改为 {values[0]}。", id="lianzheng.E001"
        )
        for name, values in MUST_BE.items()
        if found[name] not in values
    ]


def restrained(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Warnings where the product works as the owner of the tables, or may wait for ever."""
    if not databases:
        return []
    advice: list[CheckMessage] = [
        Advice(f"数据库会话没有限时（{name} = 0），一个卡住的会话会拖住其他人。", id="lianzheng.W002")
        for name in LIMITED
        if _setting(name) == "0"
    ]
    if _owns():
        text = "网页和后台任务正以表的所有者身份使用数据库，日志只靠触发器保护。"
        advice.insert(0, Advice(text, hint="请分设角色，见 docs/operations.md。", id="lianzheng.W001"))
    return advice


def _setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        value: str = cursor.fetchone()[0]
    return value


def _owns() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(OWNS)
        row = cursor.fetchone()
    return bool(row and row[0])
