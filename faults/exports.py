"""F15: killed while papers go out, one by the web and a package of them by the worker."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from faults.clients import Answer, get
from faults.files import kill_workers
from faults.house import ROOT, House
from faults.report import Outcome, Size, fault

ORDER = """
import django
django.setup()
from assessments.models import Campaign
from lianzheng.desk.actions import order_package
from lianzheng.organisation.models import UnitUserGrant
campaign = Campaign.unscoped.get()
grants = UnitUserGrant.objects.filter(permission__codename="run_office", content_object=campaign.bureau)
print(order_package(campaign, drafts=True, site="", by=grants.order_by("id")[0].user).pk)
"""
RESUME = """
import django
django.setup()
from lianzheng.desk.tasks import resume_packages
resume_packages(timestamp=0)
"""
WORKER = ("-m", "django", "procrastinate", "worker", "--one-shot", "--queues", "default")
MADE = "SELECT id, sha256, made_at FROM desk_packagefile WHERE package_id = %s AND made_at IS NOT NULL"
TORN = "SELECT count(*) FROM desk_packagefile WHERE package_id = %s AND encode(sha256(content), 'hex') <> sha256"
WHOLE = """
SELECT state = 'done' AND NOT EXISTS (
    SELECT FROM desk_packagefile file WHERE file.package_id = package.id AND file.made_at IS NULL
) AND 1 = (SELECT count(*) FROM audit_entry WHERE subject = package.id AND act = '生成备案材料包')
FROM desk_package package WHERE id = %s
"""
WAITING = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'desk.make_package' AND status = 'todo'"


def whole(answer: Answer) -> bool:
    """A PDF from its head to its end."""
    return answer.status == 200 and answer.body.startswith(b"%PDF") and answer.body.rstrip().endswith(b"%%EOF")


@fault("F15", "导出中强杀")
def killed_in_export(base: Path, folder: Path, size: Size) -> Outcome:
    """One paper arrives whole or not at all; a package goes on from what was made; nothing stays behind."""
    with House.furnished(base, folder / "f15") as house:
        single = _single(house, size)
        if not single.ran:
            return single
        package = _package(house, size)
        left = _left_behind(house.folder / "tmp")
    house.remove()
    tried, lost = single.tried + package.tried, single.lost + package.lost + len(left)
    note = f"{single.note}；{package.note}；临时文件残留 {len(left)} 个{'：' + '、'.join(left) if left else ''}"
    confirmed = single.acknowledged + package.acknowledged
    return Outcome(tried, confirmed, lost, control=single.control and package.control, note=note)


def _single(house: House, size: Size) -> Outcome:
    chance, served, wrong = random.Random(15), 0, 0
    house.open_web()
    path, cookie = f"/dossiers/{house.people[0]['dossier']}/annex-1.pdf", house.people[0]["holder"]
    first = get(house.port, path, cookie=cookie, timeout=120)
    if not whole(first):
        return Outcome.skipped(f"PDF 不可用：{first.status} {first.body[:80].decode(errors='replace')}")
    for _ in range(size.kills):
        answers: list[Answer] = []
        thread = threading.Thread(target=lambda: answers.append(get(house.port, path, cookie=cookie, timeout=120)))  # noqa: B023
        thread.start()
        time.sleep(chance.uniform(0.02, max(0.2, first.seconds)))
        kill_workers(house)
        thread.join()
        house.wait()
        served += whole(answers[0])
        wrong += answers[0].status == 200 and not whole(answers[0])
    wrong += not whole(get(house.port, path, cookie=cookie, timeout=120))
    house.close_web()
    half = _half_served()
    note = f"单份：{served} 次仍收到完整文件；对照（边写边发）{half} 份残缺文件被当成完整答复"
    return Outcome(size.kills, served, wrong, control=half > 0, note=note)


@dataclass
class Watched:
    """A package as it stands in the database, and what of it must not change any more."""

    house: House
    package: str

    def made(self) -> dict[object, tuple[object, ...]]:
        with self.house.connect() as link:
            return {row[0]: tuple(row[1:]) for row in link.execute(MADE, [self.package])}

    def ask(self, statement: str, *values: str) -> int:
        with self.house.connect() as link:
            return int(link.execute(statement, values).fetchone()[0])

    def whole(self) -> bool:
        return bool(self.ask(WHOLE, self.package))


def _package(house: House, size: Size) -> Outcome:
    """The worker is killed again and again as soon as something new is made, and each time the package is resumed."""
    chance = random.Random(16)
    watched = Watched(house, house.said(ORDER))
    kept: dict[object, tuple[object, ...]] = {}
    kills = changed = torn = 0
    control = False
    while kills < size.kills and not watched.whole():
        if not _worked_until_killed(watched, more_than=len(kept), after=chance.uniform(0, 0.4)):
            break
        kills += 1
        now = watched.made()
        changed += sum(now.get(file) != facts for file, facts in kept.items())
        torn += watched.ask(TORN, watched.package)
        kept = now
        # Left as it is, nobody would ever go on with it.
        control = control or (not watched.whole() and not watched.ask(WAITING))
        house.said(RESUME)
    _worker(house).wait(600)
    now = watched.made()
    changed += sum(now.get(file) != facts for file, facts in kept.items())
    lost = changed + torn + (not watched.whole())
    note = (
        f"材料包 {len(now)} 个文件，后台任务被杀 {kills} 次后做完，重做或残缺 {changed + torn} 个；对照（不续做）做不完"
    )
    return Outcome(kills, len(now), lost, control=control, note=note)


def _worker(house: House) -> subprocess.Popen[bytes]:
    log = (house.folder / "worker.log").open("ab")
    return subprocess.Popen([sys.executable, *WORKER], cwd=ROOT, env=house.variables(), stdout=log, stderr=log)


def _worked_until_killed(watched: Watched, *, more_than: int, after: float) -> bool:
    """Whether it could be killed before it was done."""
    child, deadline = _worker(watched.house), time.monotonic() + 120
    while child.poll() is None and time.monotonic() < deadline and len(watched.made()) <= more_than:
        time.sleep(0.02)
    time.sleep(after)
    killed = child.poll() is None
    child.kill()
    child.wait()
    return killed


def _left_behind(folder: Path, *, seconds: float = 20) -> list[str]:
    """What still lies there when everybody has had the time to clear up."""
    deadline = time.monotonic() + seconds
    while (left := [file.name for file in folder.iterdir()]) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


def _half_served() -> int:
    """The control: a server that sends while it writes, and dies. Its client takes the half for an answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            link, _ = listener.accept()
            link.recv(4096)
            link.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7 half of")
            link.close()

        threading.Thread(target=serve, daemon=True).start()
        answer = get(listener.getsockname()[1], "/")
    return int(answer.status == 200 and not whole(answer))
