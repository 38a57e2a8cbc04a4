"""The product starts only on a database that keeps what was confirmed, and says when it may do too much there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from lianzheng.desk import database_checks
from lianzheng.postgres import LocalPostgres
from lianzheng.settings import database
from tests.roles import as_role


@pytest.fixture(scope="module")
def local(django_db_blocker: Any) -> Iterator[LocalPostgres]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with LocalPostgres(Path(folder) / "pg") as found, django_db_blocker.unblock():
            yield found


@contextmanager
def served(local: LocalPostgres) -> Iterator[None]:
    """Django's connection is that of the web to this server."""
    usual = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(database(local.url("runtime")))
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(usual)


def asked() -> str:
    said = StringIO()
    call_command("check", databases=["default"], fail_level="ERROR", stdout=said, stderr=said)
    return said.getvalue()


def set_to(local: LocalPostgres, name: str, value: str) -> None:
    with (local.cluster / "lianzheng.conf").open("a") as conf:
        conf.write(f"{name} = {value}\n")
    local._run("pg_ctl", "-D", str(local.cluster), "-l", str(local.log), "-w", "restart")


def test_embedded_server_keeps_what_was_confirmed(local: LocalPostgres) -> None:
    with served(local):
        assert "no issues" in asked()


@pytest.mark.parametrize(
    ("name", "value"), [("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")]
)
def test_server_that_may_forget_is_refused(local: LocalPostgres, name: str, value: str) -> None:
    set_to(local, name, value)
    try:
        with served(local), pytest.raises(SystemCheckError, match=f"数据库设置 {name} 为 {value}"):
            asked()
    finally:
        set_to(local, name, "on")


def test_server_without_page_checksums_is_refused(local: LocalPostgres) -> None:
    local._end()
    local._run("pg_checksums", "--disable", "-D", str(local.cluster))
    local.start()
    try:
        with served(local), pytest.raises(SystemCheckError, match="data_checksums 为 off"):
            asked()
    finally:
        local._end()
        local._run("pg_checksums", "--enable", "-D", str(local.cluster))
        local.start()


def test_one_role_for_all_is_said_and_the_web_role_is_not(db: None) -> None:
    said = [message.id for message in database_checks.restrained(databases=["default"])]
    assert said == ["lianzheng.W001", "lianzheng.W002", "lianzheng.W002", "lianzheng.W002"]


def test_web_role_is_not_warned_of(committed: object) -> None:
    with as_role("runtime"):
        assert database_checks.restrained(databases=["default"]) == []


def test_check_without_a_database_asks_none() -> None:
    assert database_checks.durable(databases=None) == database_checks.restrained(databases=None) == []
