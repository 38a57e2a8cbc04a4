"""A bureau of very many posts, for as long as it is measured; and how a package of their forms is made.

Inside a transaction that the caller rolls back.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path

from assessments.actions import open_campaign
from assessments.models import Campaign
from faults.house import children_of
from lianzheng import clock
from lianzheng.desk.actions import make_some, order_package
from lianzheng.desk.models import Package, PackageFile
from lianzheng.desk.packing import Page, Painter
from lianzheng.organisation.actions import create_post, start_tenure
from lianzheng.organisation.models import Unit, User
from lianzheng.render import fonts, pdf
from registers.actions import add_points
from registers.models import RiskPoint

ROWS = 3
NAIVE = """
import sys, time
from weasyprint import HTML
pages = sys.stdin.read().split("\\x00")
began = time.perf_counter()
for page in pages:
    HTML(string=page).write_pdf()
print(time.perf_counter() - began, time.process_time())
"""


def office_of(bureau: Unit) -> User:
    found = User.objects.filter(unitusergrant__permission__codename="run_office")
    return found.filter(unitusergrant__content_object=bureau)[0]


def full_round(bureau: Unit, *, posts: int) -> Campaign:
    """A round of so many posts, each with rows of its own; their texts are those of the demo."""
    office, today = office_of(bureau), clock.today()
    section = Unit.objects.filter(bureau=bureau, kind=Unit.Kind.SECTION)[0]
    people = cycle(User.objects.filter(tenures__bureau=bureau, tenures__until=None).distinct().order_by("username"))
    for number, person in enumerate(islice(people, posts), start=1):
        duties = f"负责第{number}片区的日常审批、现场踏勘和资料归档。"
        start_tenure(
            person, post=create_post(section, name=f"片区{number}岗", duties=duties, by=None), since=today, by=None
        )
    due = {"finding_due": today + timedelta(days=30), "rating_due": today + timedelta(days=60)}
    campaign = open_campaign(bureau, year=today.year + 50, title="量一量", by=office, **due)
    texts = cycle(_texts(bureau))
    for dossier in campaign.dossiers.filter(title__startswith="片区").select_related("table", "holder"):
        rows = [row | {"name": f"{row['name']}（{dossier.title}）"} for row in islice(texts, ROWS)]
        add_points(dossier.table, rows=rows, by=dossier.holder)
    return campaign


def _texts(bureau: Unit) -> list[dict[str, str]]:
    names = ("power", "risk_type", "name", "manifestation", "responsible")
    points = RiskPoint.objects.in_bureau(bureau).filter(table__post__isnull=False, removed_at=None).exclude(name="")
    return [{name: getattr(point, name) for name in names} | {"measures": point.measures_text} for point in points[:97]]


def package_of_forms(campaign: Campaign) -> Package:
    """A package as it is ordered, less all that is not the PDF of a post's form."""
    package = order_package(campaign, drafts=True, site="", by=office_of(campaign.bureau))
    posts = campaign.dossiers.filter(title__startswith="片区").values("pk")
    package.files.exclude(source=PackageFile.Source.LIST).exclude(subject__in=posts).delete()
    package.files.filter(form="xlsx").delete()
    return package


@dataclass(frozen=True)
class Took:
    """Seconds on the clock, and seconds of processors, which tell more where the machine is busy with other things."""

    clock: float
    processors: float


def warm_up() -> None:
    """Let the presses run: they wait ten minutes for the next paper, and a loop's imports are not counted either."""
    pdf.close()
    with ThreadPoolExecutor(pdf.PRESSES) as pool:
        list(pool.map(pdf.typeset, ["<html><body>一</body></html>"] * 2 * pdf.PRESSES))


def made_in(package: Package) -> Took:
    """Until the worker would say that it is made."""
    began, spent = time.perf_counter(), _spent()
    while make_some(package.pk, seconds=600):
        continue
    took = Took(time.perf_counter() - began, _spent() - spent)
    package.refresh_from_db()
    assert package.state == Package.State.DONE
    return took


def _spent() -> float:
    """Of this process and of the presses, those at work and those that were renewed."""
    ended = os.times()
    live = sum(map(_spent_by, children_of(os.getpid())))
    return time.process_time() + ended.children_user + ended.children_system + live


def _spent_by(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def pages_of(package: Package) -> list[str]:
    painter = Painter(package)
    pages = [painter.make(file) for file in package.files.exclude(source=PackageFile.Source.LIST)]
    return [page.html for page in pages if isinstance(page, Page)]


def naive(pages: Sequence[str]) -> Took:
    """A loop of WeasyPrint over the same pages and faces in one process, nothing kept from one to the next."""
    rules = [f'@font-face{{font-family:"{face.family}";src:url({face.path.as_uri()})}}' for face in fonts.faces()]
    styled = [page.replace("<style>", f"<style>{''.join(rules)}{pdf.stylesheet()}", 1) for page in pages]
    environment = {**os.environ, "FONTCONFIG_FILE": str(fonts.write_conf())}
    loop = [sys.executable, "-W", "ignore", "-c", NAIVE]
    done = subprocess.run(loop, input="\x00".join(styled), capture_output=True, check=True, text=True, env=environment)
    clock, processors = map(float, done.stdout.split())
    return Took(clock, processors)


@contextmanager
def peaks() -> Iterator[dict[int, int]]:
    """Megabytes at most of each child process; asked while this lasts, since a press is ended after some papers."""
    found: dict[int, int] = {}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            found.update({pid: most for pid in children_of(os.getpid()) if (most := peak(pid))})

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def peak(pid: int) -> int:
    """Megabytes at most since it began its program; what getrusage tells begins with what its parent had."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) // 1024 if lines else 0
