"""The roles made on a server that is not the embedded one: by a superuser, once or again, and by nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from lianzheng.bootstrap import ROOT
from lianzheng.database_roles import ROLES, making
from lianzheng.postgres import LocalPostgres


@pytest.fixture(scope="module")
def server() -> Iterator[LocalPostgres]:
    """A cluster whose superuser may come in, as that of somebody's own server may."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with LocalPostgres(Path(folder) / "pg", durable=False) as found:
            with (found.cluster / "pg_hba.conf").open("a") as doors:
                doors.write("local all postgres trust\n")
            found._run("pg_ctl", "-D", str(found.cluster), "reload")
            yield found


def run(url: str, **passwords: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "django", "database_roles"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "PYTHONPATH": str(ROOT)} | passwords,
        capture_output=True,
        text=True,
        check=False,
    )


def superuser(server: LocalPostgres) -> str:
    parts = urlsplit(server.url())
    return parts._replace(netloc="postgres@").geturl()


def given(word: str) -> dict[str, str]:
    return {f"LIANZHENG_{key.upper()}_PASSWORD": f"{word} '{key}'" for key in ROLES}


def test_roles_are_made_and_mended_with_the_passwords_given(server: LocalPostgres) -> None:
    for word in ("one", "two"):
        done = run(superuser(server), **given(word))
        assert (done.returncode, done.stderr) == (0, "")
        parts = urlsplit(server.url())
        facts = {"dbname": "lianzheng", "host": parts.query.split("=")[1].split("&")[0], "port": 5432}
        for key, role in ROLES.items():
            with psycopg.connect(user=role.name, password=f"{word} '{key}'", **facts) as found:
                assert found.execute("SELECT current_user").fetchone() == (role.name,)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(user=ROLES["owner"].name, password="three", **facts)


def test_roles_are_not_made_by_who_is_no_superuser_or_without_passwords(server: LocalPostgres) -> None:
    url = superuser(server)
    assert "LIANZHENG_BACKUP_PASSWORD_FILE" in run(url, **given("x") | {"LIANZHENG_BACKUP_PASSWORD": ""}).stderr
    run(url, **given("owner"))
    owner = urlsplit(server.url())._replace(netloc="lianzheng:owner%20'owner'@").geturl()
    done = run(owner, **given("y"))
    assert (done.returncode, "须以超级用户运行" in done.stderr) == (1, True)


@pytest.mark.parametrize("password", ["", "a\\b", "a\nb"])
def test_password_that_no_single_line_can_hold_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        making({"owner": password})
