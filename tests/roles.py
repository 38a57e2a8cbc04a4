"""The roles of the database as the product uses them: a connection of each to the database of the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from django.db import connection

from lianzheng import bootstrap
from lianzheng.postgres import LocalPostgres


def own_url(name: str = "") -> str:
    """Address of the test's database (or of this one) as Django reaches it; for another process or connection."""
    found = connection.settings_dict
    person = f"{quote(found['USER'])}:{quote(found['PASSWORD'])}"
    return f"postgresql://{person}@/{name or found['NAME']}?host={quote(str(found['HOST']))}&port={found['PORT']}"


def url_of(role: str, *, name: str = "") -> str:
    """Address of the test's database (or of this one) for a role; only our own server has them."""
    url = LocalPostgres(bootstrap.VAR / "pg-test").url(role)
    found = connection.settings_dict
    if str(found["HOST"]) not in url:
        pytest.skip("roles are made in the embedded server; DATABASE_URL names another")
    return urlsplit(url)._replace(path=f"/{name or found['NAME']}").geturl()


@contextmanager
def as_role(role: str) -> Iterator[None]:
    """Django's connection is this role's meanwhile."""
    usual = dict(connection.settings_dict)
    parts = urlsplit(url_of(role))
    connection.close()
    connection.settings_dict.update(USER=parts.username, PASSWORD=parts.password)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(usual)


def connect(role: str) -> psycopg.Connection[tuple[object, ...]]:
    """Beside Django's connection; every statement for itself."""
    return psycopg.connect(url_of(role), autocommit=True)
