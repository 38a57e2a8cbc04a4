"""Measures the pages and papers of the demo and prints one table: `python3 manage.py bench`.

No test: figures differ by machine.
CPU is that of this process (the web server's share; PostgreSQL runs in its own), median of several rounds.
"""

import statistics
import time
from collections.abc import Callable
from itertools import chain

from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from assessments.effect import effect_of
from assessments.flow import DOSSIERS
from assessments.models import Dossier, State
from assessments.papers import RATING, grid_of
from assessments.schemes import SIX
from assessments.scoring import dimensions_of
from bench import papers, uploads
from bench.crowd import crowd
from bench.uploads import client_of
from lianzheng.organisation.models import User
from lianzheng.render import pdf, xlsx

ROUNDS = 15
FOUR_OF_SIX = [item | {"weight": "25" if n < 4 else "0"} for n, item in enumerate(SIX)]


def measure(work: Callable[[], object], *, rounds: int = ROUNDS) -> tuple[float, float]:
    """(CPU ms, wall ms), medians, after one warming call."""
    work()
    cpu, wall = [], []
    for _ in range(rounds):
        started, at = time.process_time(), time.perf_counter()
        work()
        cpu.append((time.process_time() - started) * 1000)
        wall.append((time.perf_counter() - at) * 1000)
    return statistics.median(cpu), statistics.median(wall)


def queries(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        work()
    return len(captured)


def one(state: str, *, stage: str, kind: str = "post") -> Dossier:
    found = DOSSIERS.rows().filter(state=state, stage=stage, kind=kind).order_by("-campaign__year", "id")
    dossier: Dossier = found.select_related("holder", "unit", "bureau", "table", "campaign")[0]
    return dossier


def office() -> User:
    return User.objects.filter(unitusergrant__permission__codename="run_office").order_by("username")[0]


def pages() -> list[tuple[str, Callable[[], object], str]]:
    """(name, work, budget) of the pages of the round."""
    draft, graded = one(State.DRAFT, stage="finding"), one(State.DRAFT, stage="rating")
    review = one(State.OFFICE, stage="rating")
    vet, writer = client_of(office()), client_of(draft.holder)
    grader = client_of(graded.holder)
    campaign = review.campaign_id
    return [
        ("工作台", lambda: vet.get("/"), "60 ms"),
        ("待办", lambda: vet.get("/inbox/todo/"), "60 ms"),
        ("附件1 填写", lambda: writer.get(f"/dossiers/{draft.pk}/"), "60 ms"),
        ("附件1 核对", lambda: writer.get(f"/dossiers/{draft.pk}/check/"), ""),
        ("附件4 评分", lambda: grader.get(f"/dossiers/{graded.pk}/"), ""),
        ("附件4 审核", lambda: vet.get(f"/dossiers/{review.pk}/"), ""),
        ("年度进度", lambda: vet.get(f"/campaigns/{campaign}/"), ""),
        ("登记会议", lambda: vet.get(f"/campaigns/{campaign}/meeting/"), ""),
    ]


def run() -> None:
    """Print the table."""
    settings.ALLOWED_HOSTS = ["*"]
    print(f"{'工作':<14}{'CPU ms':>9}{'总计 ms':>9}{'查询':>6}  预算")
    for name, work, budget in pages():
        cpu, wall = measure(work)
        print(f"{name:<14}{cpu:>9.1f}{wall:>9.1f}{queries(work):>6}  {budget}")
    filed = one(State.IN_FORCE, stage="rating")
    grid = grid_of(filed, RATING["post"])
    cpu, wall = measure(lambda: xlsx.workbook([grid]))
    print(f"{'附件4 Excel':<14}{cpu:>9.1f}{wall:>9.1f}{'':>6}  100 ms")
    cpu, wall = measure(lambda: pdf.document([grid]), rounds=5)
    print(f"{'附件4 PDF':<14}{cpu:>9.1f}{wall:>9.1f}{'':>6}  1500 ms")
    _effect()
    for line in chain(uploads.lines(), papers.lines()):
        print(line, flush=True)


def _effect() -> None:
    """The preview of a draft scheme over a hundred thousand rated points, in a form that is not kept."""
    dossier = one(State.DRAFT, stage="rating")
    with transaction.atomic():
        crowd(dossier, number=100_000)
        dimensions = dimensions_of(FOUR_OF_SIX)
        cpu, wall = measure(lambda: effect_of(dimensions, campaigns=[dossier.campaign]), rounds=5)
        transaction.set_rollback(True)
    print(f"{'方案影响预览':<14}{cpu:>9.1f}{wall:>9.1f}{'':>6}  2000 ms（100,000 个风险点）")


run()
