"""Backup: the database as one file with its manifest, whole or not there, and the newest seals anchored outside."""

from __future__ import annotations

import fcntl
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F, Max, Window
from django.utils import timezone

from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.audit.models import Seal
from lianzheng.audit.tasks import seal_all
from lianzheng.desk import anchors, dump
from lianzheng.desk.anchors import Manifest, Tip

BESIDES = (
    "密钥文件 var/secret_key（或 LIANZHENG_SECRET_KEY_FILE 所指文件）：没有它，已登录的会话和签名链接失效",
    "字段加密密钥文件（如已启用字段加密）：没有它，加密的字段永远无法读出",
    "锚点文件 {anchors}：没有它，无法判断备份是否比已封印的日志旧",
)
"""What a backup does not hold and a restore needs; it must never lie in the same place as the backup."""


class Busy(Exception):
    """Another backup is being written to the same folder."""


def folder() -> Path:
    return Path(settings.VAR_DIR) / "backups"


def anchor_file() -> Path:
    return Path(settings.VAR_DIR) / "anchors.jsonl"


def now() -> datetime:
    return timezone.now().astimezone(ZoneInfo(clock.ZONE))


def tips() -> list[Tip]:
    """The newest seal of each journal."""
    newest = Seal.objects.annotate(top=Window(Max("number"), partition_by="bureau")).filter(number=F("top"))
    return [Tip(str(seal.bureau_id or ""), seal.number, seal.value) for seal in newest.order_by("bureau", "number")]


def version() -> str:
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        found: str = tomllib.load(file)["project"]["version"]
    return found


def make(target: Path, *, anchored: Path | None) -> Manifest:
    """Write the backup under this name: seal, dump and count one snapshot, sync, rename, anchor.

    Nothing bears the final name before it is whole and on the disk; the manifest comes first, so that no dump is ever
    without one. `anchored` is None for the copy that is kept before a restore replaces everything.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(target.parent):
        if anchored:
            record("备份数据库", detail={"文件": target.name}, by=None)
            seal_all(timestamp=0)
        partial = target.with_name(".partial")
        manifest = _dump(partial)
        beside = anchors.manifest_of(partial)
        anchors.write(manifest, beside)
        beside.rename(anchors.manifest_of(target))
        partial.rename(target)
        _sync(target.parent)
        if anchored:
            anchors.append(anchored, manifest.tips, at=manifest.made_at, why=f"备份 {manifest.sha256}")
    return manifest


def _dump(partial: Path) -> Manifest:
    with _opened(partial) as file, dump.snapshot() as name:
        size, sha256 = dump.write(file, of=name)
        return Manifest(
            made_at=now().isoformat(timespec="seconds"),
            version=version(),
            server=connection.cursor().connection.info.server_version,
            migrations=sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations()),
            tables=dump.tables(),
            tips=tips(),
            size=size,
            sha256=sha256,
        )


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Readable by its owner alone (it holds everybody's data), and on the disk when we leave."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Busy(f"另一次备份正在写入 {place}，请等它结束。") from error
    finally:
        os.close(descriptor)


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
