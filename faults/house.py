"""A house to be hit: the product as it is served (gunicorn, the web's role) over a temporary cluster of its own.

What is furnished once is copied for every fault, since a cluster that stands still is only files.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from lianzheng.postgres import LocalPostgres, processes

ROOT = Path(__file__).resolve().parent.parent
FIXTURE = ROOT / "fixtures" / "demo" / "bureau.json"
ROW = {
    "power": "施工许可审批",
    "risk_type": "duty",
    "name": "审批把关不严",
    "manifestation": "对申报资料审查不严，为不符合条件的项目办理许可。",
    "measures": "实行双人审查，逐项核对清单并留痕。\n每季度抽查已办结事项。",
    "responsible": "岗位责任人",
}


class House:
    """One cluster in `folder`, and the product over it."""

    def __init__(self, folder: Path, *, settings: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.local = LocalPostgres(folder / "pg")
        self.people: list[dict[str, Any]] = []
        self._settings = settings or {}
        self.server: subprocess.Popen[bytes] | None = None
        self.port = 0

    @classmethod
    def furnished(cls, base: Path, folder: Path, *, settings: dict[str, str] | None = None) -> House:
        """A copy of the house that `furnish` made in `base`, with these settings of the server."""
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", f"{base}/.", str(folder)], check=True)
        (folder / "pg" / "cluster" / "postmaster.pid").unlink(missing_ok=True)
        house = cls(folder, settings=settings)
        house.people = json.loads((folder / "people.json").read_text())
        return house

    def __enter__(self) -> House:
        if self._settings:
            with (self.local.cluster / "postgresql.auto.conf").open("a") as conf:
                conf.writelines(f"{name} = '{value}'\n" for name, value in self._settings.items())
        self.local.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close_web()
        with contextlib.suppress(Exception):
            self.local.stop()

    def variables(self, role: str = "runtime") -> dict[str, str]:
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        return os.environ | {
            "DATABASE_URL": self.local.url(role),
            "LIANZHENG_OWNER_URL": self.local.url("owner"),
            "LIANZHENG_DEMO": "0",
            "LIANZHENG_HOSTS": "127.0.0.1",
            "DJANGO_SETTINGS_MODULE": "lianzheng.settings",
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(temporary),
        }

    def run(self, *command: str, role: str = "runtime", **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.variables(role),
            capture_output=True,
            text=True,
            check=False,
            **options,
        )

    def said(self, script: str) -> str:
        """What a script of the product printed."""
        done = self.run("-c", script)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout.strip()

    def open_web(self, *, workers: int = 2, threads: int = 4) -> str:
        """Serve; the address. The server inherits its listening socket, so that no port can be taken meanwhile."""
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
            self.port = listener.getsockname()[1]
            options = ["--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads)]
            place = ["--bind", f"fd://{listener.fileno()}", "--log-level", "critical", "--chdir", str(ROOT)]
            self.server = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "lianzheng.wsgi", *options, "--no-control-socket", *place],
                cwd=ROOT,
                env=self.variables(),
                stderr=(self.folder / "web.log").open("ab"),
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        self.wait()
        return f"http://127.0.0.1:{self.port}"

    def wait(self, *, seconds: float = 60) -> float:
        """Until a page that needs the database answers; how long it took."""
        from faults.clients import get

        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if get(self.port, "/sign-in/", timeout=5).status == 200:
                return time.monotonic() - began
            time.sleep(0.1)
        raise RuntimeError(f"the product did not come back within {seconds} s; see {self.folder / 'web.log'}")

    def close_web(self) -> None:
        if self.server is not None:
            self.server.terminate()
            try:
                self.server.wait(20)
            except subprocess.TimeoutExpired:
                self.server.kill()
            self.server = None

    def web_workers(self) -> list[int]:
        assert self.server is not None
        return children_of(self.server.pid)

    def connect(self, role: str = "runtime", **options: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(self.local.url(role), autocommit=True, **options)

    def postmaster(self) -> int:
        return int((self.local.cluster / "postmaster.pid").read_text().split()[0])

    def kill_postgres(self) -> None:
        """kill -9 for the server and every process of it, as numbered in its own pid file."""
        top = self.postmaster()
        for pid in (top, *children_of(top)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def children_of(parent: int) -> list[int]:
    """Numbers of the direct children."""
    found = []
    for pid, _ in processes():
        with contextlib.suppress(OSError, IndexError, ValueError):
            status = Path(f"/proc/{pid}/stat").read_text()
            if int(status.rpartition(")")[2].split()[1]) == parent:
                found.append(pid)
    return found


@contextlib.contextmanager
def base_house(folder: Path) -> Iterator[Path]:
    """The folder of a house with a bureau at work, standing still."""
    folder.mkdir(mode=0o755, parents=True)
    house = House(folder)
    with house:
        done = house.run("-c", "from faults.house import furnish; furnish()")
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
        (folder / "people.json").write_text(done.stdout.splitlines()[-1])
    yield folder


def furnish() -> None:
    """In a process of its own: schema, a bureau, its round, a filled form for everybody; prints who may write where."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from lianzheng.launch import migrate

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    migrate(os.environ["LIANZHENG_OWNER_URL"])
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("library", stdout=sys.stderr)
    print(json.dumps(_people()))


def _people() -> list[dict[str, Any]]:
    """Holders of a post that a section's head reviews: key of the person, cookie of a session, their dossier."""
    from datetime import timedelta

    from assessments import actions
    from assessments.rules import CHAINS  # noqa: F401  (the flow is registered by it)
    from lianzheng import clock
    from lianzheng.organisation.establish import establish, read
    from lianzheng.organisation.models import UnitUserGrant
    from registers.actions import add_points

    placed = establish(read(FIXTURE), by=None)
    office = (
        UnitUserGrant.objects.filter(permission__codename="run_office", content_object=placed.bureau)
        .order_by("id")[0]
        .user
    )
    today = clock.today()
    due = {"finding_due": today + timedelta(days=60), "rating_due": today + timedelta(days=90)}
    campaign = actions.open_campaign(placed.bureau, year=today.year, title="年度排查", by=office, **due)
    heads = {
        grant.content_object_id: grant.user
        for grant in UnitUserGrant.objects.filter(permission__codename="review_section").select_related("user")
    }
    found = []
    for dossier in campaign.dossiers.filter(kind="post").select_related("holder", "table", "unit").order_by("pk"):
        head = heads.get(dossier.unit_id)
        if dossier.holder is None or head is None or head == dossier.holder:
            continue
        add_points(dossier.table, rows=[ROW], by=dossier.holder)
        cookies = {}
        for name, person in (("holder", dossier.holder), ("head", head), ("office", office)):
            cookies[name] = _session(person)
        found.append({"dossier": str(dossier.pk), **cookies})
    return found


def _session(person: Any) -> str:
    """The key of a session as the door makes it, with both factors shown."""
    from django.http import HttpRequest

    from lianzheng.accounts import sessions

    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "127.0.0.1"
    request.session = sessions.SessionStore()
    sessions.begin(request, person, backend="django.contrib.auth.backends.ModelBackend", factor=True)
    request.session.save()
    return str(request.session.session_key)
