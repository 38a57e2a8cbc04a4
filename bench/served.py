"""How the web server answers while the worker makes a package of very many forms: `manage.py bench --served`.

A house of its own (gunicorn and the worker as deployed, over a temporary cluster); the product's data is not touched.
"""

from __future__ import annotations

import itertools
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from faults.clients import get
from faults.house import ROOT, House, base_house
from lianzheng.launch import commands

FORMS = 250
QUIET_SECONDS = 20.0
PAUSE = 0.2
"""Seconds that somebody looks at a page before the next."""
ROUND = """
import django
django.setup()
from bench.forms import full_round
from lianzheng.organisation.models import Unit
bureau = Unit.objects.filter(kind=Unit.Kind.BUREAU)[0]
print(full_round(bureau, posts={forms}).pk)
"""
ORDER = """
import django
django.setup()
from assessments.models import Campaign
from bench.forms import office_of
from lianzheng.desk.actions import order_package
campaign = Campaign.unscoped.get(pk="{campaign}")
print(order_package(campaign, drafts=True, site="", by=office_of(campaign.bureau)).pk)
"""
LEFT = "SELECT count(*) FROM desk_packagefile WHERE package_id = %s AND made_at IS NULL"
STATE = "SELECT state FROM desk_package WHERE id = %s"


@dataclass
class Answers:
    """Milliseconds of each answer, and how many were none."""

    times: list[float] = field(default_factory=list)
    failed: int = 0

    def line(self) -> str:
        parts, count = statistics.quantiles(self.times, n=100), len(self.times)
        shares = f"中位 {parts[49]:.0f}，95% {parts[94]:.0f}，99% {parts[98]:.0f}，最慢 {max(self.times):.0f} 毫秒"
        return f"{shares}（{count} 次，失败 {self.failed} 次）"


def look(house: House, paths: Sequence[tuple[str, str]], *, into: Answers, until: threading.Event) -> None:
    """One person who opens these pages in turn."""
    for path, cookie in itertools.cycle(paths):
        if until.wait(PAUSE):
            return
        answer = get(house.port, path, cookie=cookie, timeout=60)
        into.times.append(answer.seconds * 1000)
        into.failed += answer.status != 200


@contextmanager
def readers(house: House, *, number: int = 3) -> Iterator[Answers]:
    """So many people at their pages until we leave."""
    found, until = Answers(), threading.Event()
    threads = []
    for person in house.people[:number]:
        form = f"/dossiers/{person['dossier']}/"
        paths = [
            ("/", person["office"]),
            ("/inbox/todo/", person["head"]),
            (form, person["holder"]),
            (form, person["head"]),
        ]
        threads.append(threading.Thread(target=look, args=(house, paths), kwargs={"into": found, "until": until}))
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        until.set()
        for thread in threads:
            thread.join()


@contextmanager
def at_work(house: House) -> Iterator[None]:
    """The worker as `up` starts it."""
    log = (house.folder / "worker.log").open("ab")
    command = commands(host="127.0.0.1", port=0)["后台任务"]
    worker = subprocess.Popen(command, cwd=ROOT, env=house.variables(), stdout=log, stderr=log, start_new_session=True)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(60)


def asked(house: House, statement: str, value: str) -> object:
    with house.connect() as link:
        row = link.execute(statement, [value]).fetchone()
        return row[0] if row else None


def measure(house: House, *, forms: int) -> Iterator[str]:
    """Two lines: people at their pages alone, then with the worker at the package until it is made."""
    campaign = house.said(ROUND.format(forms=forms))
    house.open_web()
    with readers(house):
        time.sleep(5)
    with readers(house) as before:
        time.sleep(QUIET_SECONDS)
    yield f"没有生成材料包时：{before.line()}"
    package = house.said(ORDER.format(campaign=campaign))
    files = asked(house, LEFT, package)
    began = time.monotonic()
    with at_work(house), readers(house) as during:
        while asked(house, STATE, package) == "running":
            time.sleep(0.2)
        took = time.monotonic() - began
    yield f"正在生成材料包（{files} 个文件，{took:.0f} 秒，{asked(house, STATE, package)}）时：{during.line()}"


def lines(*, forms: int = FORMS) -> Iterator[str]:
    """What was measured, as it comes."""
    folder = Path(tempfile.mkdtemp(prefix="lianzheng-served-"))
    folder.chmod(0o755)
    try:
        with base_house(folder / "base") as base, House.furnished(base, folder / "house") as house:
            yield from measure(house, forms=forms)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
