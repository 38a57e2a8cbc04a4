"""One database with the whole schema, made when the migrations change, that every process of the tests is copied from.

Django renders the state of each model again at each of some hundred steps: half a minute, in each process.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from tests.roles import own_url

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "var" / "run" / "template.lock"
PREFIX = "template_lianzheng_"


def key() -> str:
    """Of all that decides what a migrated database looks like."""
    files = sorted(path for path in ROOT.glob("*/**/migrations/*.py") if ".venv" not in path.parts)
    names = [
        "requirements.txt",
        "lianzheng/settings.py",
        "lianzheng/database_roles.py",
        "lianzheng/audit/privileges.py",
    ]
    parts = [path.read_bytes() for path in [*map(ROOT.joinpath, names), *files]]
    return sha256(b"".join(parts)).hexdigest()[:16]


def ensure() -> str:
    """The template's name; made under a lock, and given its name only when it is whole."""
    name = PREFIX + key()
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("w") as lock, psycopg.connect(own_url("postgres"), autocommit=True) as admin:
        fcntl.flock(lock, fcntl.LOCK_EX)
        rows = admin.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]).fetchall()
        if (name,) in rows:
            return name
        for (old,) in rows:
            drop(admin, name=old)
        half = f"{PREFIX}half"
        admin.execute(SQL("CREATE DATABASE {} TEMPLATE template0").format(Identifier(half)))
        _migrate(half)
        admin.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(half), Identifier(name)))
    return name


def _migrate(name: str) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input", "-v", "0", "--skip-checks"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"DATABASE_URL": own_url(name)}, check=True)


def drop(admin: psycopg.Connection[Any], *, name: str) -> None:
    """The database is no more. Autovacuum may be at work in it, which the owner cannot send away: it ends by itself."""
    for _ in range(100):
        try:
            admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"somebody is still at work in {name}")
