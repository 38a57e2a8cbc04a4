"""The product as a real server process over a database of its own with the demo in it; knows no page."""

import fcntl
import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql

from lianzheng.bootstrap import VAR
from lianzheng.postgres import LocalPostgres
from tests import template

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("lianzheng", "registers", "assessments", "warnings", "fixtures")


@dataclass(frozen=True)
class Product:
    """A running server; `url` has no slash at its end, `log` is what the server wrote to its standard error."""

    url: str
    log: Path


def with_database(url: str, *, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def web_url(url: str) -> str:
    """The address by which the web goes in: our own server has a role for it that owns nothing."""
    own = LocalPostgres(VAR / "pg-test").url("runtime")
    return own if urlsplit(own).query == urlsplit(url).query else url


def variables(url: str) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": url,
        "LIANZHENG_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "lianzheng.settings",
    }


def today() -> date:
    """The day it is where the product runs, before anybody has moved the demo's date."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def fingerprint() -> str:
    """Changes with whatever the demo's database is made of: code, fixtures, the day it is played up to."""
    digest = hashlib.sha256(today().isoformat().encode())
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".json"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()


def manage(url: str, *arguments: str) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=variables(url), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def demo_template(url: str, *, folder: Path) -> str:
    """Name of a database with the demo; played once for each state of the code, the first worker makes it."""
    name = f"{urlsplit(url).path[1:]}_browser"
    wanted = fingerprint()
    with (folder / "browser.lock").open("w") as lock, psycopg.connect(url, autocommit=True) as admin:
        fcntl.flock(lock, fcntl.LOCK_EX)
        query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
        found = admin.execute(query, [name]).fetchone()
        if found is None or found[0] != wanted:
            recreate(admin, name=name, like=template.ensure())
            manage(with_database(url, name=name), "demo")
            comment = sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(wanted))
            admin.execute(comment)
        stamp = folder / "collected"
        if not stamp.exists():
            manage(url, "collectstatic", "--noinput", "-v0")
            stamp.touch()
    return name


def recreate(admin: psycopg.Connection[tuple[object, ...]], *, name: str, like: str) -> None:
    template.drop(admin, name=name)
    admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(like)))


@contextmanager
def serving(url: str, *, shared: Path, worker: str, log: Path) -> Iterator[Product]:
    """A server with a fresh copy of the demo, gone with its database at the end."""
    demo = demo_template(url, folder=shared)
    name = f"{demo}_{worker}"
    with psycopg.connect(url, autocommit=True) as admin:
        with (shared / "browser.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a template must not be in use while it is copied
            recreate(admin, name=name, like=demo)
        with _gunicorn(with_database(web_url(url), name=name), log=log) as address:
            yield Product(address, log)
        template.drop(admin, name=name)


@contextmanager
def _gunicorn(url: str, *, log: Path) -> Iterator[str]:
    """The server inherits a listening socket: no port can be lost, and a page asked for early simply waits."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        options = ["--worker-class", "gthread", "--workers", "1", "--threads", "4", "--no-control-socket"]
        bind = ["--bind", f"fd://{listener.fileno()}", "--log-level", "warning", "--chdir", str(ROOT)]
        with log.open("wb") as err:
            server = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "lianzheng.wsgi", *options, *bind],
                cwd=ROOT,
                env=variables(url),
                stderr=err,
                pass_fds=[listener.fileno()],
            )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)
