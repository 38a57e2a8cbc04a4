"""Restore: refuse what is broken, foreign or older than the anchors; load in one transaction; prove; or put back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, get_user, login
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest

from lianzheng.accounts.sessions import SessionStore
from lianzheng.audit import privileges
from lianzheng.audit.actions import record
from lianzheng.audit.models import Seal
from lianzheng.desk import anchors, backup, dump, proof
from lianzheng.desk.anchors import Manifest, Tip
from lianzheng.organisation.models import User


class Refused(Exception):
    """The restore was not begun, or was undone; the message says why."""


@dataclass(frozen=True)
class Wish:
    """What the person at the terminal asked for."""

    file: Path
    replace: bool
    accept_older: str
    anchored: Path
    say: Callable[[str], object]


def restore(wish: Wish) -> None:
    """The whole way. Raises `Refused` with the database as it was before."""
    manifest, known = _admitted(wish)
    copy = _kept(wish) if dump.tables() else None
    try:
        dump.load(wish.file)
        _prove(manifest, wish, known)
    except Exception as failure:  # whatever it was: nobody is left with data that were not proved
        dump.load(copy)
        if copy:
            privileges.apply()  # a dump holds none
        state = "已恢复原有数据" if copy else "数据库保持为空"
        raise Refused(f"恢复没有完成，{state}：{failure}") from failure


def _admitted(wish: Wish) -> tuple[Manifest, list[Tip]]:
    """The manifest and the anchors, or the reason why nothing is touched."""
    try:
        manifest, known = anchors.read(wish.file), anchors.last(wish.anchored)
    except anchors.Broken as broken:
        raise Refused(str(broken)) from broken
    strange = set(manifest.migrations) - _migrations()
    if strange:
        raise Refused(f"备份来自更新的程序版本（{manifest.version}），请先升级程序：{'、'.join(sorted(strange)[:5])}")
    if old := anchors.behind(manifest.tips, known):
        if not wish.accept_older:
            raise Refused(
                "备份比锚点旧，恢复它会丢失已封印的日志：" + "；".join(old) + "。确需恢复请加 --accept-older 原因"
            )
        wish.say("备份比锚点旧，按所述原因继续：" + "；".join(old))
    if not known:
        wish.say(f"没有找到锚点（{wish.anchored}），无法核对备份是否过旧。")
    if dump.tables() and not wish.replace:
        raise Refused("目标数据库不是空的。确要替换其中全部数据请加 --replace（现有数据先另存一份）。")
    if count := dump.others():
        raise Refused(f"还有 {count} 个连接正在使用目标数据库，请先停止服务。")
    return manifest, known


def _migrations() -> set[str]:
    """Every step of the schema that this program knows, those included that were joined into one."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    joined = {key for migration in known.values() for key in migration.replaces}
    return {".".join(key) for key in (*known, *joined)}


def _kept(wish: Wish) -> Path:
    """A copy of what will be replaced; without it nothing is."""
    copy = backup.folder() / f"before-restore-{backup.now():%Y%m%d-%H%M%S}.dump"
    try:
        backup.make(copy, anchored=None)
    except (dump.Failed, backup.Busy, OSError) as error:
        raise Refused(f"现有数据没有能另存，未作任何改动：{error}") from error
    wish.say(f"现有数据已另存：{copy}")
    return copy


def _prove(manifest: Manifest, wish: Wish, known: list[Tip]) -> None:
    """Counts, schema, seals, anchors, sign-in; then the act itself is journalled and anchored."""
    _same_counts(manifest)
    wish.say(f"逐表核对：{len(manifest.tables)} 张表、{sum(manifest.tables.values())} 行，与备份说明一致。")
    dump.catch_up()
    call_command("migrate", interactive=False, verbosity=0)
    if problems := list(proof.problems(known if not wish.accept_older else [])):
        raise Refused("；".join(problems))
    wish.say(f"日志封印：{Seal.objects.count()} 个，全部相符。")
    wish.say(f"登录检查：{_signs_in()}")
    detail = {"备份": manifest.sha256, "备份时间": manifest.made_at}
    record(
        "恢复数据库", detail=detail | ({"接受旧备份的原因": wish.accept_older} if wish.accept_older else {}), by=None
    )
    why = f"恢复 {manifest.sha256}" + (f"，接受旧备份：{wish.accept_older}" if wish.accept_older else "")
    anchors.append(wish.anchored, backup.tips(), at=backup.now().isoformat(timespec="seconds"), why=why)


def _same_counts(manifest: Manifest) -> None:
    found = dump.tables()
    names = sorted(found.keys() | manifest.tables.keys())
    wrong = [name for name in names if found.get(name) != manifest.tables.get(name)]
    if wrong:
        lines = [f"{name} 应有 {manifest.tables.get(name)} 行，实有 {found.get(name)} 行" for name in wrong]
        raise Refused("；".join(lines))


def _signs_in() -> str:
    """A session of a real account, made, read back and taken away again: accounts, sessions and key work together."""
    user = User.objects.filter(is_active=True).order_by("username").first()
    if user is None:
        return "库中没有启用的账号，跳过。"
    with transaction.atomic():
        request, again = HttpRequest(), HttpRequest()
        request.session = SessionStore()
        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[1])
        request.session.save()
        again.session = SessionStore(request.session.session_key)
        found, backend = get_user(again), again.session.get(BACKEND_SESSION_KEY)
        transaction.set_rollback(True)
    connection.close()
    if found != user or backend not in settings.AUTHENTICATION_BACKENDS:
        raise Refused("登录检查没有通过：会话不能读回账号。")
    return f"通过（{User.objects.filter(is_active=True).count()} 个启用的账号）。"
