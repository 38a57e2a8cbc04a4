"""F1, F2, F3, F4: the database is killed, loses its power, has no room, is stormed. Each with a control."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from faults.clients import Log, check, get, wait_for, writers
from faults.house import House, children_of
from faults.report import Outcome, Size, fault

CARELESS = {"synchronous_commit": "off", "wal_writer_delay": "10000"}
ROUND_SECONDS = 40


def _kills(base: Path, folder: Path, *, rounds: int, settings: dict[str, str]) -> tuple[Log, int, int, float]:
    """Writers at work, the server killed in every round; the log, lost, half done, the slowest recovery."""
    worst = 0.0
    with House.furnished(base, folder, settings=settings) as house:
        house.open_web()
        with writers(house) as log:
            for _ in range(rounds):
                wait_for(log, more=20, seconds=ROUND_SECONDS)
                house.kill_postgres()
                began = time.monotonic()
                house.local.start()
                house.wait()
                worst = max(worst, time.monotonic() - began)
            wait_for(log, more=10, seconds=ROUND_SECONDS)
        lost, half = check(house, log.acknowledged)
    house.remove()
    return log, lost, half, worst


@fault("F1", "kill -9 数据库")
def killed(base: Path, folder: Path, size: Size) -> Outcome:
    """SIGKILL for PostgreSQL and all its processes while eight people hand in and take back."""
    log, lost, half, worst = _kills(base, folder / "f1", rounds=size.rounds, settings={})
    _, bad, _, _ = _kills(base, folder / "f1c", rounds=3, settings=CARELESS)
    return Outcome(
        tried=log.tried,
        acknowledged=len(log.acknowledged),
        lost=lost + half,
        control=bad > 0,
        note=f"{size.rounds} 次强杀，恢复最慢 {worst:.1f} 秒；对照 synchronous_commit=off 丢失 {bad}",
    )


@contextmanager
def _mounted(image: Path, place: Path) -> Iterator[None]:
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True)
    place.chmod(0o755)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def _power_cut(base: Path, folder: Path, *, settings: dict[str, str]) -> tuple[Log, int]:
    """The cluster lies on a file system in a file. What that file holds at one moment is what had reached the disk."""
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    disk, copy = folder / "disk", folder / "copy"
    megabytes = sum(file.lstat().st_size for file in base.rglob("*")) // 2**20 + 500
    with disk.open("wb") as file:
        file.truncate(megabytes * 2**20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(disk)], check=True)
    with _mounted(disk, folder / "on"), House.furnished(base, folder / "on" / "house", settings=settings) as house:
        os.sync()
        house.open_web()
        with writers(house, timeout=10) as log:
            wait_for(log, more=60, seconds=ROUND_SECONDS)
            stopped = [house.postmaster(), *children_of(house.postmaster())]
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            confirmed = set(log.acknowledged)
            subprocess.run(["cp", "--sparse=always", str(disk), str(copy)], check=True)
            for pid in stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    with _mounted(copy, folder / "again"):
        lost = _lost_after(folder / "again" / "house", confirmed)
    shutil.rmtree(folder, ignore_errors=True)
    log.acknowledged = confirmed
    return log, lost


def _lost_after(place: Path, confirmed: set[tuple[str, int]]) -> int:
    """All of it, where the cluster does not even start."""
    house = House(place)
    with contextlib.suppress(OSError):
        (place / "pg" / "cluster" / "postmaster.pid").unlink(missing_ok=True)
    try:
        with house:
            lost, half = check(house, confirmed)
            return lost + half
    except Exception:  # whatever it says, nothing of what was confirmed can be read
        return len(confirmed)


@fault("F2", "断电")
def power_cut(base: Path, folder: Path, size: Size) -> Outcome:
    """The image of the disk is taken while the server is stopped in the middle, and started elsewhere."""
    if os.geteuid() != 0:
        return Outcome.skipped("需要 root 才能挂载磁盘镜像")
    tried = acknowledged = lost = 0
    for number in range(size.cuts):
        log, gone = _power_cut(base, folder / f"f2-{number}", settings={})
        tried, acknowledged, lost = tried + log.tried, acknowledged + len(log.acknowledged), lost + gone
    _, bad = _power_cut(base, folder / "f2c", settings={"fsync": "off"})
    note = f"{size.cuts} 次断电；对照 fsync=off 丢失 {bad}"
    return Outcome(tried, acknowledged, lost, control=bad > 0, note=note)


@fault("F3", "磁盘写满")
def disk_full(base: Path, folder: Path, size: Size) -> Outcome:
    """A disk with little room is filled under the writers, then there is room again; nobody mends anything by hand."""
    if os.geteuid() != 0:
        return Outcome.skipped("需要 root 才能挂载小容量磁盘")
    place = folder / "f3"
    place.mkdir(parents=True)
    megabytes = sum(file.lstat().st_size for file in base.rglob("*")) // 2**20 + 60
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(place)], check=True)
    try:
        with House.furnished(base, place / "house") as house:
            house.open_web()
            with writers(house) as log:
                wait_for(log, more=30, seconds=ROUND_SECONDS)
                refused, bad = _fill(house, place / "ballast", log)
                house.wait()
                wait_for(log, more=30, seconds=ROUND_SECONDS)
            lost, half = check(house, log.acknowledged)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)
    note = f"写满期间 {refused} 次答复失败，腾出空间后自行恢复；对照“提交前即算成功”丢失 {bad}"
    return Outcome(log.tried, len(log.acknowledged), lost + half, control=bad > 0 and refused > 0, note=note)


def _fill(house: House, ballast: Path, log: Log) -> tuple[int, int]:
    """Leave no room for some seconds: how many answers were errors, and what a client lost that counts an act as
    done before the commit (the control)."""
    with house.connect("owner") as link:
        link.execute("CREATE TABLE control (n int, filler text)")
        before = _errors(log)
        with ballast.open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
                file.flush()
        counted = 0
        deadline = time.monotonic() + 15
        with contextlib.suppress(psycopg.Error):
            while time.monotonic() < deadline:
                with link.transaction():
                    for n in range(200):
                        counted += 1
                        link.execute("INSERT INTO control VALUES (%s, repeat(md5(random()::text), 200))", [n])
        time.sleep(max(0.0, deadline - time.monotonic()))
    with contextlib.suppress(OSError):
        ballast.unlink()
    house.local.start()
    house.wait()
    with house.connect("owner") as link:
        kept = link.execute("SELECT count(*) FROM control").fetchone()[0]
    return _errors(log) - before, counted - kept


def _errors(log: Log) -> int:
    return sum(count for status, count in log.answers.items() if status not in (302, 409))


def _storm(house: House, role: str) -> int:
    """Open connections of this role until one is refused; 1 when the backup's role still comes in meanwhile, else 0."""
    open_ones: list[psycopg.Connection[object]] = []
    with contextlib.suppress(psycopg.OperationalError):
        open_ones.extend(house.connect(role) for _ in range(150))
    try:
        house.connect("backup").close()
        return 1
    except psycopg.OperationalError:
        return 0
    finally:
        for link in open_ones:
            link.close()


@fault("F4", "连接风暴")
def stormed(base: Path, folder: Path, size: Size) -> Outcome:
    """Three hundred idle and half-sent requests at the door, every database session cut again and again, and the
    web's role at its limit; then everybody goes on."""
    with House.furnished(base, folder / "f4") as house:
        house.open_web()
        sockets = []
        with writers(house) as log:
            wait_for(log, more=10, seconds=ROUND_SECONDS)
            for n in range(300):
                link = socket.create_connection(("127.0.0.1", house.port), timeout=5)
                link.sendall(b"GET /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\n" if n % 2 else b"")
                sockets.append(link)
            for _ in range(size.rounds):
                wait_for(log, more=10, seconds=5)
                _cut_all(house)
            let_in = _storm(house, "runtime")
            for link in sockets:
                link.close()
            house.wait()
            wait_for(log, more=10, seconds=ROUND_SECONDS)
        after = get(house.port, "/sign-in/").seconds
        lost, half = check(house, log.acknowledged)
        shut_out = 1 - _storm(house, "owner")
    house.remove()
    note = (
        f"{size.rounds} 次切断全部会话，{_errors(log)} 次答复失败，最慢 {log.slowest:.1f} 秒，其后 {after:.2f} 秒；"
        f"风暴中备份{'仍可' if let_in else '不能'}连接；对照（不限连接数）备份{'被挤出' if shut_out else '仍可连接'}"
    )
    bad = lost + half + (1 - let_in)
    return Outcome(log.tried, len(log.acknowledged), bad, control=shut_out == 1, note=note)


def _cut_all(house: House) -> None:
    """Every session of the web ends, in whatever it was doing: its own role may do that to itself."""
    with house.connect() as link:
        link.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = current_user AND pid <> pg_backend_pid()"
        )
