"""The export centre: what a package holds, whose it is, and that a killed worker loses nothing that was made."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from assessments.ledger import Ledger
from assessments.models import Dossier, State
from lianzheng.audit.models import Entry
from lianzheng.desk import actions
from lianzheng.desk.models import Package, PackageFile
from lianzheng.desk.tasks import resume_packages
from lianzheng.flow import Refused
from lianzheng.organisation.models import UnitUserGrant
from registers.models import Measure
from tests.cast import Cast, Round, again, client_of, row
from tests.roles import own_url

ROOT = Path(__file__).resolve().parents[2]
SITE = "http://lianzheng.test"


def order(year: Round, *, drafts: bool = False, by: str = "王五") -> Package:
    return actions.order_package(year.campaign, drafts=drafts, site=SITE, by=again(year.cast[by]))


def finish(package: Package) -> Package:
    """All of its slices."""
    while actions.make_some(package.pk, seconds=600):
        continue
    package.refresh_from_db()
    return package


def names(package: Package) -> list[str]:
    return list(package.files.order_by("order").values_list("name", flat=True))


def made(package: Package) -> dict[str, Any]:
    """Name -> (digest, time) of what is made."""
    rows = package.files.exclude(made_at=None).values_list("name", "sha256", "made_at")
    return {name: (digest, at) for name, digest, at in rows}


def contents(package: Package, *, by: str, cast: Cast) -> dict[str, bytes]:
    response: Any = client_of(cast[by]).get(reverse("package_file", args=[package.pk]))
    assert response.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def filed(year: Round, moving_clock: None) -> Round:
    """One rating all the way to its filing; the other forms are still being written."""
    year.file([year.bring(year.rating("施工许可岗"), State.FILING)])
    return year


def test_package_is_planned_with_every_paper_of_the_round(filed: Round) -> None:
    found = names(order(filed))
    assert found == [
        "附件1/001 建筑业股 施工许可岗.xlsx",
        "附件1/001 建筑业股 施工许可岗.pdf",
        "附件4/001 建筑业股 施工许可岗.xlsx",
        "附件4/001 建筑业股 施工许可岗.pdf",
        "公示/01 县住建局公示〔2026〕1号.pdf",
        "公示/01 县住建局公示〔2026〕1号.xlsx",
        "会议纪要/01 〔2026〕1号.pdf",
        "会议纪要/01 〔2026〕1号 会议决定一览表.xlsx",
        "备案报告/01 廉〔2026〕1号.pdf",
        "排查情况报告.pdf",
        "排查情况报告.docx",
        "台账.xlsx",
        "汇总统计表.xlsx",
        "汇总统计表.pdf",
        "清单.txt",
    ]


def test_package_is_made_listed_and_fetched_with_the_digests_it_states(filed: Round) -> None:
    package = finish(order(filed))
    assert package.state == Package.State.DONE
    files = contents(package, by="王五", cast=filed.cast)
    assert list(files) == names(package)
    listed = files.pop("清单.txt").decode().splitlines()
    assert [line for line in listed if not line.startswith("#")] == [
        f"{sha256(content).hexdigest()}  {name}" for name, content in files.items()
    ]
    assert "# 未收入 附件2 办公室（填写中）" in listed
    assert {content[:4] for name, content in files.items() if name.endswith(".pdf")} == {b"%PDF"}
    ledger = load_workbook(io.BytesIO(files["台账.xlsx"])).worksheets[0]
    assert [cell.value for cell in ledger[5]][:4] == [1, "建筑业股", "施工许可岗", "二级"]
    acts = Entry.objects.filter(subject=package.pk).order_by("id").values_list("act", "by__name")
    assert list(acts) == [
        ("申请备案材料包", "王五"),
        ("生成备案材料包", "王五"),
        ("下载备案材料包", "王五"),
    ]


def test_package_with_drafts_holds_all_and_omits_none(year: Round) -> None:
    package = order(year, drafts=True)
    sheets = package.files.filter(source=PackageFile.Source.SHEET, form="pdf")
    assert sheets.count() == year.campaign.dossiers.count()
    assert package.omitted == []
    assert [name for name in names(package) if "张三" in name] == []


def test_package_of_a_round_in_which_nothing_is_handed_in_is_refused_in_words(year: Round) -> None:
    response = client_of(year.cast["王五"]).post(reverse("packages"), {"campaign": year.campaign.pk, "drafts": "no"})
    assert response.status_code == 422
    assert "全部还在填写中" in response.content.decode()


def test_package_asked_for_twice_is_one_package(filed: Round) -> None:
    assert order(filed) == order(filed)
    assert order(filed, by="赵六") != order(filed)


def test_package_is_there_for_nobody_but_who_asked(filed: Round) -> None:
    package = finish(order(filed))
    for name in ("赵六", "孙八", "外人", "张三"):
        for address in ("package", "package_file"):
            assert client_of(filed.cast[name]).get(reverse(address, args=[package.pk])).status_code == 404
    assert client_of(filed.cast["王五"]).get(reverse("package", args=[package.pk])).status_code == 200


def test_package_is_not_there_any_more_for_who_lost_the_right(filed: Round) -> None:
    package = finish(order(filed))
    UnitUserGrant.objects.filter(user=filed.cast["王五"]).delete()
    assert client_of(again(filed.cast["王五"])).get(reverse("package_file", args=[package.pk])).status_code == 404


def test_making_stops_where_the_person_loses_the_right(filed: Round) -> None:
    package = order(filed)
    assert actions.make_some(package.pk, seconds=0.001)
    UnitUserGrant.objects.filter(user=filed.cast["王五"]).delete()
    assert (finish(package).state, package.files.count()) == (Package.State.STOPPED, 0)
    assert package.reason == actions.NO_RIGHT


def test_progress_counts_what_is_made(filed: Round) -> None:
    package = order(filed)
    page = reverse("package", args=[package.pk])
    client = client_of(filed.cast["王五"])
    assert "0 / 15 个文件（0%）" in client.get(page).content.decode()
    assert actions.make_some(package.pk, seconds=0.001)
    shown = client.get(page).content.decode()
    assert f"{actions.AT_ONCE} / 15 个文件" in shown
    assert f'<progress max="15" value="{actions.AT_ONCE}"' in shown
    file = f'href="{reverse("package_file", args=[package.pk])}"'
    assert (file in shown, file in client.get(reverse("packages")).content.decode()) == (False, False)
    finish(package)
    whole = client.get(page).content.decode()
    assert ("15 / 15 个文件（100%）" in whole, file in whole) == (True, True)
    assert file in client.get(reverse("packages")).content.decode()


def test_cancelled_package_is_emptied_and_made_no_further(filed: Round) -> None:
    package = order(filed)
    actions.make_some(package.pk, seconds=0.001)
    client = client_of(filed.cast["王五"])
    client.post(reverse("package_cancel", args=[package.pk]))
    assert actions.make_some(package.pk, seconds=600) is False
    package.refresh_from_db()
    assert (package.state, package.files.count()) == (Package.State.CANCELLED, 0)
    assert client.get(reverse("package_file", args=[package.pk])).status_code == 404
    with pytest.raises(Refused):
        actions.cancel_package(package, by=filed.cast["王五"])


def test_file_that_cannot_be_made_is_named_and_made_when_tried_again(filed: Round) -> None:
    long = filed.fill(filed.dossier("质量监督岗"), [row(measures="\n".join("措" * 1000 for _ in range(40)))])[0]
    package = finish(order(filed, drafts=True))
    failed = dict(package.files.exclude(failure="").values_list("name", "failure"))
    assert failed == {"附件1/005 建筑业股 质量监督岗.xlsx": actions.FAULT, "台账.xlsx": actions.FAULT}
    assert package.state == Package.State.PARTLY
    assert "# 未生成 台账.xlsx" in contents(package, by="王五", cast=filed.cast)["清单.txt"].decode()
    before = made(package)
    Measure.unscoped.filter(point=long).exclude(order=1).delete()
    actions.retry_package(package, by=filed.cast["王五"])
    assert finish(package).state == Package.State.DONE
    after = made(package)
    assert set(after) - set(before) == set(failed)
    assert {name: after[name] for name in before if name != "清单.txt"} == {
        name: fact for name, fact in before.items() if name != "清单.txt"
    }


def test_paper_that_did_not_change_is_typeset_once(filed: Round) -> None:
    first = finish(order(filed))
    second = finish(order(filed))
    assert digests(second) == digests(first)
    assert recipes(second) == recipes(first)


def digests(package: Package) -> dict[str, str]:
    return {name: digest for name, (digest, _) in made(package).items() if name.endswith(".pdf")}


def recipes(package: Package) -> set[str]:
    sheets = package.files.filter(source=PackageFile.Source.SHEET, form="pdf")
    found = set(sheets.values_list("recipe", flat=True))
    assert "" not in found
    return found


def test_package_is_cleared_after_its_week_and_not_before(filed: Round) -> None:
    package = finish(order(filed))
    filed.pass_days(actions.KEPT_DAYS)
    assert actions.clear_old() == 0
    filed.pass_days(1)
    assert actions.clear_old() == 1
    package.refresh_from_db()
    assert (package.state, package.files.count()) == (Package.State.EXPIRED, 0)
    assert Entry.objects.filter(subject=package.pk, act="清除过期备案材料包").count() == 1


def test_list_of_packages_asks_as_much_for_three_as_for_one(filed: Round) -> None:
    counts = []
    for number in (1, 3):
        while Package.unscoped.count() < number:
            actions.cancel_package(order(filed), by=filed.cast["王五"])
        client = client_of(filed.cast["王五"])
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("packages")).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= 21


# --- a worker that is killed ---


@pytest.fixture
def crowd(committed: Round) -> Iterator[Round]:
    """A round that the worker sees as well, with rows to set; no job of it is left behind."""
    for dossier in committed.campaign.dossiers.filter(kind="post"):
        committed.fill(committed.dossier(dossier.title), [row(name=f"{dossier.title}的风险")])
    yield committed
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name LIKE 'desk.%%'")


def spawn(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": own_url(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


WORKER = ("-m", "django", "procrastinate", "worker", "--one-shot", "--queues", "default")


def kill(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert child.returncode == -signal.SIGKILL


def check_kept(package: Package) -> None:
    """Something was made before the kill, and not all."""
    count = package.files.exclude(made_at=None).count()
    assert 0 < count < package.files.count()


def test_worker_killed_in_mid_package_is_taken_up_without_making_anything_twice(crowd: Round) -> None:
    package = order(crowd, drafts=True)
    child = spawn(*WORKER)
    deadline = time.monotonic() + 90
    while not made(package) and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    kill(child)
    check_kept(package)
    before = made(package)
    package.refresh_from_db()
    assert package.state == Package.State.RUNNING
    assert resume_packages(timestamp=0) == 1
    whole = spawn(*WORKER)
    said = whole.communicate(timeout=120)[0].decode()
    package.refresh_from_db()
    assert (whole.returncode, package.state) == (0, Package.State.DONE), said
    after = made(package)
    assert {name: after[name] for name in before} == before
    assert set(after) == set(names(package))
    assert Entry.objects.filter(subject=package.pk, act="生成备案材料包").count() == 1


IN_ONE_GO = """
import sys, django
django.setup()
from uuid import UUID
from django.db import transaction
from lianzheng.desk.actions import make_some
with transaction.atomic():
    while make_some(UUID(sys.argv[1]), seconds=0.001):
        print("some", flush=True)
"""


def test_package_made_in_one_transaction_fails_the_same_check(crowd: Round) -> None:
    """The control: it keeps nothing before everything is made."""
    package = order(crowd, drafts=True)
    child = spawn("-c", IN_ONE_GO, str(package.pk))
    assert child.stdout is not None
    assert child.stdout.readline() == b"some\n"
    kill(child)
    with pytest.raises(AssertionError):
        check_kept(package)


@pytest.mark.soak
def test_two_workers_at_one_package_make_each_file_once(crowd: Round) -> None:
    package = order(crowd, drafts=True)
    script = IN_ONE_GO.replace("transaction.atomic()", "open('/dev/null')")
    children = [spawn("-c", script, str(package.pk)) for _ in range(2)]
    outcomes = [child.communicate(timeout=120)[0].decode().count("some") for child in children]
    package.refresh_from_db()
    assert package.state == Package.State.DONE
    batches = -(-(package.files.count() - 1) // actions.AT_ONCE)
    assert sum(outcomes) <= batches
    assert Entry.objects.filter(subject=package.pk, act="生成备案材料包").count() == 1


def test_statistics_add_up_by_section(filed: Round) -> None:
    lines = Ledger(filed.campaign).statistics()
    section = next(line for line in lines if line["section"] == "建筑业股")
    assert (section["posts"], section["posts_2"], section["posts_open"]) == (3, 1, 2)
    assert (section["points"], section["points_2"], section["duty"]) == (1, 1, 1)
    total = lines[-1]
    assert (total["section"], total["points"]) == ("合计", sum(line["points"] for line in lines[:-1]))
    assert Dossier.unscoped.filter(campaign=filed.campaign, decided_rank=2).count() == 1


def test_week_is_counted_from_the_day_it_was_made(filed: Round) -> None:
    package = order(filed)
    planned = package.keep_until
    filed.pass_days(2)
    assert finish(package).keep_until == planned + timedelta(days=2)
