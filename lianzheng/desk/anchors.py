"""What a backup says of itself (its manifest), and the anchors: the newest seals, kept where no database can undo them.

Files only; whoever restores asks here whether a backup is whole and whether it is older than what was anchored.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CHUNK = 1 << 20


class Broken(Exception):
    """The backup is not what its manifest says; the message is a sentence for the person at the terminal."""


@dataclass(frozen=True)
class Tip:
    """The newest seal of one journal; `bureau` is "" for that of the whole county."""

    bureau: str
    number: int
    value: str


@dataclass(frozen=True)
class Manifest:
    """What is in the dump: rows of each table, the newest seals, the schema it needs."""

    made_at: str
    version: str
    server: int
    migrations: list[str]
    tables: dict[str, int]
    tips: list[Tip]
    size: int
    sha256: str


def manifest_of(dump: Path) -> Path:
    return dump.with_name(f"{dump.name}.json")


def write(manifest: Manifest, path: Path) -> None:
    """Spelled with a digest of its own, so that a changed figure shows as well as a changed dump."""
    content = asdict(manifest)
    text = json.dumps(content | {"digest": _digest(content)}, ensure_ascii=False, indent=1)
    with path.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(dump: Path) -> Manifest:
    """The manifest of this dump. Raises `Broken`, also where the dump itself is not the one described."""
    try:
        content: dict[str, Any] = json.loads(manifest_of(dump).read_text(encoding="utf-8"))
        claimed = content.pop("digest")
        tips = [Tip(**tip) for tip in content["tips"]]
        found = Manifest(**content | {"tips": tips})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Broken(f"读不到备份说明文件 {manifest_of(dump)}，或其内容已损坏。") from error
    if claimed != _digest(content):
        raise Broken(f"备份说明文件 {manifest_of(dump)} 被改动过，不能用来恢复。")
    _check(dump, found)
    return found


def _check(dump: Path, manifest: Manifest) -> None:
    if not dump.is_file():
        raise Broken(f"没有找到备份文件 {dump}。")
    if dump.stat().st_size != manifest.size:
        raise Broken(f"备份文件不完整：应有 {manifest.size} 字节，实有 {dump.stat().st_size} 字节。")
    if sha256_of(dump) != manifest.sha256:
        raise Broken("备份文件与说明文件中的 SHA-256 不符，文件已损坏或被改动。")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(content: Mapping[str, Any]) -> str:
    spelled = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).hexdigest()


def append(path: Path, tips: Iterable[Tip], *, at: str, why: str) -> None:
    """Add the newest seals to the anchors; what stands there is never rewritten."""
    lines = [json.dumps({"at": at, "why": why, **asdict(tip)}, ensure_ascii=False) for tip in tips]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def last(path: Path) -> list[Tip]:
    """The last anchor of each journal; none where nothing was anchored yet. Raises `Broken`."""
    found: dict[str, Tip] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            row = json.loads(line)
            found[row["bureau"]] = Tip(row["bureau"], row["number"], row["value"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Broken(f"锚点文件 {path} 已损坏，不能据以核对。请找回未损坏的一份。") from error
    return list(found.values())


def behind(tips: Iterable[Tip], anchors: Iterable[Tip]) -> list[str]:
    """A sentence for each journal whose newest seal is older than its anchor, or another seal of the same number."""
    newest = {tip.bureau: tip for tip in tips}
    sentences = []
    for anchor in anchors:
        tip = newest.get(anchor.bureau, Tip(anchor.bureau, 0, ""))
        if tip.number < anchor.number:
            sentences.append(f"日志封印只到第{tip.number}封，而锚点已记到第{anchor.number}封（{anchor.value[:12]}）")
        elif tip.number == anchor.number and tip.value != anchor.value:
            sentences.append(f"第{tip.number}封与锚点不符（{tip.value[:12]}，锚点 {anchor.value[:12]}）")
    return sentences
