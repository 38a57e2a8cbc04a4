"""Texts that a copy of the database must not give away: AES-256-GCM, the key in a file beside it.

A sealed value names its key (`k1:…`), so that keys can be changed while both are in use, and is bound to its table,
row and column: moved to another row it no longer opens («信息安全技术 网络安全等级保护基本要求» 8.1.4.8 b).
"""

import base64
import hmac
import os
import secrets
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

NONCE = 12
KEY = 32


class Unreadable(Exception):
    """A sealed value that no key at hand opens, or that was moved from where it was written."""


class Secret(property):
    """An attribute of a model whose text is kept sealed in `column`; it can be given to the model's constructor."""

    def __init__(self, column: str) -> None:
        def read(record: models.Model) -> str:
            return opened(getattr(record, column), place=_place(record, column))

        def write(record: models.Model, text: str) -> None:
            setattr(record, column, sealed(text, place=_place(record, column)))

        super().__init__(read, write)
        self.column = column


class Indexed(Secret):
    """A Secret that can be looked for as a whole: beside the sealed text stands a keyed digest, in `digest`."""

    def __init__(self, column: str, *, digest: str) -> None:
        super().__init__(column)
        seal = self.fset
        assert seal is not None

        def write(record: models.Model, text: str) -> None:
            seal(record, text)
            setattr(record, digest, index_of(text, place=_kind(record, column)))

        property.__init__(self, self.fget, write)
        self.digest = digest

    def found_by(self, model: type[models.Model], text: str) -> models.Q:
        """Rows whose text is this one, under whichever key they are."""
        place = f"{model._meta.db_table}:{self.column}"
        return models.Q(**{f"{self.digest}__in": [index_of(text, place=place, key=name) for name in keys()]})


def index_of(text: str, *, place: str, key: str = "") -> str:
    """The keyed digest of a text; nothing stays nothing. Who has only the database cannot try texts out."""
    if not text:
        return ""
    name = key or newest()[0]
    derived = hmac.digest(keys()[name], b"index", "sha256")
    return f"{name}:{hmac.digest(derived, f'{place}:{text}'.encode(), 'sha256').hex()}"


def sealed_field(name: str) -> Any:
    """The column of a Secret."""
    return models.TextField(name, blank=True, default="", editable=False)


def secrets_of(model: type[models.Model]) -> list[Secret]:
    """The secrets of a model."""
    found = {name: item for kind in reversed(model.__mro__) for name, item in vars(kind).items()}
    return [item for item in found.values() if isinstance(item, Secret)]


def columns(model: type[models.Model]) -> list[str]:
    """The sealed columns of a model."""
    return sorted(item.column for item in secrets_of(model))


def digests(model: type[models.Model]) -> list[str]:
    """The columns by which sealed ones are looked for."""
    return sorted(item.digest for item in secrets_of(model) if isinstance(item, Indexed))


def sealed(text: str, *, place: str) -> str:
    """The text as it is stored; nothing stays nothing."""
    if not text:
        return ""
    name, key = newest()
    nonce = secrets.token_bytes(NONCE)
    box = nonce + AESGCM(key).encrypt(nonce, text.encode(), place.encode())
    return f"{name}:{base64.b64encode(box).decode()}"


def opened(value: str, *, place: str) -> str:
    """The text that was sealed for this place; raises Unreadable, which never carries the text or the key."""
    if not value:
        return ""
    name, _, box = value.partition(":")
    key = keys().get(name)
    if key is None:
        raise Unreadable(f"密钥 {name[:12]} 不在密钥文件中。")
    raw = base64.b64decode(box)
    try:
        return AESGCM(key).decrypt(raw[:NONCE], raw[NONCE:], place.encode()).decode()
    except InvalidTag:
        raise Unreadable("加密内容与所在位置不符，或已损坏。") from None


def reseal(record: models.Model, column: str) -> bool:
    """Put the value under the newest key, in memory; False where it is already."""
    value: str = getattr(record, column)
    name, _ = newest()
    if not value or value.startswith(f"{name}:"):
        return False
    secret = next(item for item in secrets_of(type(record)) if item.column == column)
    assert secret.fset is not None
    secret.fset(record, opened(value, place=_place(record, column)))
    return True


def _place(record: models.Model, column: str) -> str:
    return f"{record._meta.db_table}:{record.pk}:{column}"


def _kind(record: models.Model, column: str) -> str:
    return f"{record._meta.db_table}:{column}"


def keys() -> dict[str, bytes]:
    """Name -> key, the newest last; read again whenever the file has changed."""
    path = Path(settings.FIELD_KEYS_FILE)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise ImproperlyConfigured(
            "没有字段密钥文件：请设置 LIANZHENG_FIELD_KEYS_FILE，或先运行 manage.py up"
        ) from None


def newest() -> tuple[str, bytes]:
    """The key that seals."""
    return list(keys().items())[-1]


@lru_cache(maxsize=2)
def _read(path: Path, changed: int) -> dict[str, bytes]:
    found = dict(_lines(path.read_text(encoding="ascii")))
    if not found:
        raise ImproperlyConfigured("字段密钥文件是空的。")
    return found


def _lines(text: str) -> Iterator[tuple[str, bytes]]:
    for line in text.split("\n"):
        if line.strip():
            name, _, key = line.strip().partition(" ")
            yield name, base64.b64decode(key)


def write_keys(known: dict[str, bytes]) -> None:
    """The file as a whole, closed to others, in one move: a process that reads meanwhile sees the old or the new."""
    path = Path(settings.FIELD_KEYS_FILE)
    draft = path.with_name(f"{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name} {base64.b64encode(key).decode()}\n" for name, key in known.items())
    draft.replace(path)


def add_key() -> str:
    """A new key behind the others; its name."""
    known = keys()
    name = f"k{max(int(known_name[1:]) for known_name in known) + 1}"
    write_keys(known | {name: secrets.token_bytes(KEY)})
    return name
