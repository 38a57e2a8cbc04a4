"""F8, F9: killed while a workbook comes in; and everything lost but the backup."""

from __future__ import annotations

import io
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl

from faults.clients import TOKEN, Answer, check, get, post, wait_for, writers
from faults.house import ROOT, House
from faults.report import Outcome, Size, fault

ROWS = 120
SHEET, FIRST = "填写", 4  # lianzheng.intake.workbook


def filled(content: bytes) -> bytes:
    """The template with its one row repeated under other names."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book[SHEET]
    row = [cell.value for cell in sheet[FIRST]]
    for n in range(1, ROWS + 1):
        for column, value in enumerate(row[1:], start=2):
            text = f"{value}{n}" if isinstance(value, str) and "把关" in value else value
            sheet.cell(FIRST + n, column).value = text
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(house: House, path: str, content: bytes, *, cookie: str) -> str:
    """The signed lines that the dry run gives back."""
    import http.client

    edge = "edge"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
    link = http.client.HTTPConnection("127.0.0.1", house.port, timeout=120)
    headers = {"Cookie": f"csrftoken={TOKEN}; sessionid={cookie}", "X-CSRFToken": TOKEN}
    link.request("POST", path, body=body, headers=headers | {"Content-Type": f"multipart/form-data; boundary={edge}"})
    text = unescape(link.getresponse().read().decode())
    link.close()
    found = re.search(r'name="lines" value="([^"]*)"', text)
    if found is None:
        raise RuntimeError(f"the dry run did not end as expected: {text[:400]}")
    return found[1]


def kill_workers(house: House) -> None:
    for pid in house.web_workers():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def rows_of(house: House, dossier: str) -> int:
    statement = (
        "SELECT count(*) FROM registers_riskpoint WHERE removed_at IS NULL"
        " AND table_id = (SELECT table_id FROM assessments_dossier WHERE id = %s)"
    )
    with house.connect() as link:
        return int(link.execute(statement, [dossier]).fetchone()[0])


def _import(house: House, person: dict[str, Any], lines: str, *, after: float) -> tuple[Answer, int]:
    """Take the workbook over, with the web's processes killed so many seconds later; answer and rows."""
    path, answers = f"/dossiers/{person['dossier']}/intake/take/", []
    thread = threading.Thread(
        target=lambda: answers.append(
            post(house.port, path, {"lines": lines, "do": "all"}, cookie=person["holder"], timeout=60)
        )
    )
    thread.start()
    time.sleep(after)
    kill_workers(house)
    thread.join()
    house.wait()
    time.sleep(0.5)  # the database notices that its client is gone
    return answers[0], rows_of(house, person["dossier"])


@fault("F8", "导入中强杀")
def killed_in_import(base: Path, folder: Path, size: Size) -> Outcome:
    """A workbook comes in all or not at all, whenever the process dies; sent again it comes in once."""
    chance, acknowledged, wrong, untouched, people = random.Random(8), 0, 0, 0, 0
    with House.furnished(base, folder / "f8") as house:
        house.open_web()
        tried, person, lines, took = 0, None, "", 1.0
        while tried < size.kills:
            if person is None:
                person = house.people[people]
                people += 1
                path = f"/dossiers/{person['dossier']}/intake/"
                template = get(house.port, f"{path}template.xlsx", cookie=person["holder"], timeout=120)
                lines = upload(house, path, filled(template.body), cookie=person["holder"])
            tried += 1
            answer, rows = _import(house, person, lines, after=chance.uniform(0.05, took))
            acknowledged += answer.status == 302
            untouched += rows == 1
            wrong += rows not in (1, 1 + ROWS) or (answer.status == 302 and rows != 1 + ROWS)
            if rows != 1:
                person = None
        partial = _row_by_row(house, house.people[-1]["dossier"])
    house.remove()
    note = f"其中 {untouched} 次一行未写，{tried - untouched} 次 {ROWS} 行全写；对照（逐行提交）停在第 {partial} 行"
    return Outcome(tried, acknowledged, wrong, control=0 < partial < ROWS, note=note)


BY_ROW = """
import sys, django
django.setup()
from assessments.models import Dossier
from faults.house import ROW
from registers.actions import add_points
dossier = Dossier.unscoped.select_related("table", "holder").get(pk=sys.argv[1])
print("ready", flush=True)
for n in range(int(sys.argv[2])):
    add_points(dossier.table, rows=[ROW], by=dossier.holder)
"""


def _row_by_row(house: House, dossier: str) -> int:
    """The control: each row a transaction of its own, killed in the middle."""
    child = subprocess.Popen(
        [sys.executable, "-c", BY_ROW, dossier, str(ROWS)], cwd=ROOT, env=house.variables(), stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline()
    while child.poll() is None and rows_of(house, dossier) < 10:
        time.sleep(0.01)
    child.kill()
    child.wait()
    return rows_of(house, dossier) - 1


ARCHIVING = {"archive_mode": "on", "wal_level": "replica"}
DIGEST = "SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY id)) FROM {} AS t"
TABLES = ("audit_entry", "assessments_dossiermove", "assessments_dossier", "registers_riskpoint")


def digests(house: House) -> list[Any]:
    with house.connect("owner") as link:
        return [link.execute(DIGEST.format(table)).fetchone() for table in TABLES]


@fault("F9", "恢复演练")
def restored(base: Path, folder: Path, size: Size) -> Outcome:
    """A base backup and the WAL archive; work goes on; everything is deleted and the server killed; brought back to the
    moment before, and from the dump of `manage.py backup` as well. Counts, digests, seals and sign-in are compared."""
    archive = folder / "f9-archive"
    archive.mkdir(mode=0o777)
    archive.chmod(0o777)
    settings = ARCHIVING | {"archive_command": f"cp %p {archive}/%f"}
    with House.furnished(base, folder / "f9", settings=settings) as house:
        house.open_web()
        copy = folder / "f9-base"
        _base_backup(house, copy)
        with writers(house) as log:
            wait_for(log, more=30 * size.rounds, seconds=60)
        house.close_web()
        dump = folder / "f9.dump"
        backed = house.run(
            "manage.py", "backup", "--to", str(dump), "--anchors", str(folder / "f9.jsonl"), role="backup"
        )
        before, moment = digests(house), _now(house)
        _disaster(house)
        house.kill_postgres()
    lost, half, same = _point_in_time(folder / "f9-pitr", copy, archive, log.acknowledged, (before, moment))
    control = _without_archive(folder / "f9-control", copy, log.acknowledged)
    flipped = _flipped_is_found(house, copy)
    loaded = _from_dump(base, folder, dump, before) if backed.returncode == 0 else backed.stderr
    for name in ("f9", "f9-base", "f9-pitr", "f9-control", "f9-dump"):
        shutil.rmtree(folder / name, ignore_errors=True)
    by_dump = f"失败：{loaded[-300:]}" if loaded else "逐行一致"
    note = (
        f"按时间点恢复{'逐行一致' if same else '不一致'}，逻辑备份恢复{by_dump}；"
        f"对照（没有归档）丢失 {control}，翻转一位{'被发现' if flipped else '没有被发现'}"
    )
    bad = lost + half + (not same) + bool(loaded)
    return Outcome(log.tried, len(log.acknowledged), bad, control=control > 0 and flipped, note=note)


def _base_backup(house: House, copy: Path) -> None:
    copy.mkdir(mode=0o755)
    house.local._give(copy)
    (copy / "pg").mkdir(mode=0o700)
    house.local._give(copy / "pg")
    url = house.local.url("backup").replace("/lianzheng?", "/?")
    done = house.local._run(
        "pg_basebackup", "-d", url, "-D", str(copy / "pg" / "cluster"), "--checkpoint=fast", "--wal-method=stream"
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    shutil.copytree(house.folder / "pg" / "roles", copy / "pg" / "roles")


def _now(house: House) -> str:
    """The moment to come back to, with all of the WAL up to it in the archive."""
    with house.connect("owner") as link:
        moment = str(link.execute("SELECT clock_timestamp()").fetchone()[0])
        link.execute("CREATE TABLE IF NOT EXISTS after_moment (n int)")
    time.sleep(0.2)
    return moment


def _disaster(house: House) -> None:
    with house.connect("owner") as link:
        link.execute("ALTER TABLE assessments_dossiermove DISABLE TRIGGER USER")
        link.execute("DELETE FROM assessments_dossiermove")
        link.execute("UPDATE registers_riskpoint SET name = ''")
        link.execute("INSERT INTO after_moment SELECT generate_series(1, 10)")
    time.sleep(0.5)


def _point_in_time(
    place: Path, copy: Path, archive: Path, confirmed: set[tuple[str, int]], wanted: tuple[list[Any], str]
) -> tuple[int, int, bool]:
    subprocess.run(["cp", "-a", str(copy), str(place)], check=True)
    _last_segments(place.parent / "f9", archive)
    house = House(place, settings={
        "restore_command": f"cp {archive}/%f %p", "recovery_target_time": wanted[1],
        "recovery_target_action": "promote", "archive_mode": "off",
    })  # fmt: skip
    signal_file = place / "pg" / "cluster" / "recovery.signal"
    signal_file.touch()
    house.local._give(signal_file)
    with house:
        _promoted(house)
        lost, half = check(house, confirmed)
        return lost, half, digests(house) == wanted[0]


def _last_segments(killed: Path, archive: Path) -> None:
    """The WAL that the killed server had not handed over yet: its disk is still there (the manual's step 2)."""
    for file in sorted((killed / "pg" / "cluster" / "pg_wal").iterdir()):
        if re.fullmatch(r"[0-9A-F]{24}", file.name) and not (archive / file.name).exists():
            shutil.copy(file, archive / file.name)
            (archive / file.name).chmod(0o644)


def _promoted(house: House) -> None:
    deadline = time.monotonic() + 60
    with house.connect("owner") as link:
        while link.execute("SELECT pg_is_in_recovery()").fetchone() == (True,) and time.monotonic() < deadline:
            time.sleep(0.1)


def _without_archive(place: Path, copy: Path, confirmed: set[tuple[str, int]]) -> int:
    """The control: only the base backup."""
    subprocess.run(["cp", "-a", str(copy), str(place)], check=True)
    with House(place, settings={"archive_mode": "off"}) as house:
        return check(house, confirmed)[0]


def _flipped_is_found(house: House, copy: Path) -> bool:
    """One bit of the base backup."""
    verify = ("pg_verifybackup", "-n", str(copy / "pg" / "cluster"))
    if house.local._run(*verify).returncode != 0:
        return False
    victim = max((copy / "pg" / "cluster" / "base").rglob("*"), key=lambda file: file.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    return house.local._run(*verify).returncode != 0


def _from_dump(base: Path, folder: Path, dump: Path, before: list[Any]) -> str:
    """Into a house with an empty database; what went wrong, "" when every row is there again and the seals hold."""
    with House.furnished(base, folder / "f9-dump") as house:
        done = house.run(
            "manage.py", "restore", str(dump), "--replace", "--anchors", str(folder / "f9.jsonl"), role="owner"
        )
        if done.returncode != 0:
            return done.stdout + done.stderr
        found = digests(house)
        # `backup` and `restore` journal themselves; every other table is the same to the row
        return "" if found[1:] == before[1:] and found[0][0] == before[0][0] + 1 else f"{found} != {before}"
