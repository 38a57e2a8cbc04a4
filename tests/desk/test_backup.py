"""Backup and restore on real databases: whole or not there, proved or undone, never older than the anchors."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection

from lianzheng.audit import privileges
from lianzheng.audit.actions import record, verify
from lianzheng.audit.models import Entry, Seal
from lianzheng.audit.tasks import seal_all
from lianzheng.desk import anchors, backup, dump
from lianzheng.desk.anchors import Tip
from lianzheng.organisation.models import Unit, User
from lianzheng.postgres import LocalPostgres
from tests.cast import Cast, Round, assemble
from tests.roles import as_role, own_url
from tests.template import drop

ROOT = Path(__file__).resolve().parents[2]


def administer(*statements: str, gone: Sequence[str] = ()) -> None:
    """Outside of every transaction, in the database beside which the tests' own lies; first these databases go."""
    with psycopg.connect(own_url("postgres"), autocommit=True) as admin:
        for name in gone:
            drop(admin, name=name)
        for statement in statements:
            admin.execute(statement)


@contextmanager
def at(name: str) -> Iterator[None]:
    """Django's connection leads to this database meanwhile."""
    usual = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(usual)


@pytest.fixture
def house(django_db_setup: None, django_db_blocker: Any, tmp_path: Path, settings: Any) -> Iterator[str]:
    """A database of its own with the cast and a sealed journal; `<name>_new` is empty."""
    with django_db_blocker.unblock():
        own = connection.settings_dict["NAME"]
        assert own.startswith("test_")  # made when any test collected here asks for `db`
        name = f"{own}_house"
        connection.close()
        gone = [name, f"{name}_new"]
        made = (f'CREATE DATABASE "{name}" TEMPLATE "{own}"', f'CREATE DATABASE "{name}_new" TEMPLATE template0')
        administer(*made, gone=gone)
        settings.VAR_DIR = tmp_path
        with at(name):
            Round(assemble())
            seal_all(timestamp=0)
        try:
            yield name
        finally:
            connection.close()
            administer(gone=gone)


def back_up(name: str, target: Path) -> Path:
    with at(name):
        call_command("backup", to=target, stdout=StringIO())
    return target


def restore(name: str, file: Path, **options: Any) -> str:
    said = StringIO()
    with at(name):
        call_command("restore", file, stdout=said, **options)
    return said.getvalue()


def refused(name: str, file: Path, **options: Any) -> str:
    with pytest.raises(CommandError) as failure:
        restore(name, file, **options)
    return str(failure.value)


def rows_in(name: str) -> dict[str, int]:
    with at(name):
        return dump.tables()


def act_in(name: str, word: str = "补记") -> None:
    with at(name):
        record(word, bureau=Unit.objects.get(name="县住建局"), by=None)
        seal_all(timestamp=0)


def test_restored_database_is_the_one_that_was_backed_up(house: str, tmp_path: Path) -> None:
    file = back_up(house, tmp_path / "whole.dump")
    manifest = anchors.read(file)
    before = rows_in(house)
    said = restore(f"{house}_new", file)
    after = rows_in(f"{house}_new")
    # The only difference is the act of restoring itself.
    assert after == before | {"audit_entry": before["audit_entry"] + 1}
    assert before == manifest.tables
    assert "全部相符" in said
    assert "登录检查：通过（14 个启用的账号）" in said
    with at(f"{house}_new"):
        assert Entry.objects.order_by("-id")[0].detail["备份"] == manifest.sha256
        assert User.objects.get(name="张三").home.post.name == "施工许可岗"


def test_backup_can_be_read_by_its_owner_alone_and_holds_no_session(house: str, tmp_path: Path) -> None:
    with at(house), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_session (session_key, session_data, expire_date, agent) "
            "VALUES ('key', 'of somebody', now(), '')"
        )
    file = back_up(house, tmp_path / "whole.dump")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restore(f"{house}_new", file)
    with at(f"{house}_new"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_session")
        assert cursor.fetchone() == (0,)


def test_journal_goes_on_after_a_restore_into_a_new_cluster(house: str, tmp_path: Path) -> None:
    """There the numbers of transactions begin anew, below those that were sealed."""
    file = back_up(house, tmp_path / "whole.dump")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        other = LocalPostgres(Path(folder) / "pg", durable=False)
        with other:
            usual = dict(connection.settings_dict)
            try:
                call_command("restore", file, into=other.url(), stdout=StringIO())
                seal_all(timestamp=0)
                bureau = Unit.objects.get(name="县住建局")
                record("新的", bureau=bureau, by=None)
                before = Seal.objects.filter(bureau=bureau).count()
                seal_all(timestamp=0)
                assert Seal.objects.filter(bureau=bureau).count() == before + 1
                assert [verify(unit) for unit in (None, bureau)] == [[], []]
            finally:
                connection.close()
                connection.settings_dict.update(usual)


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def raise_count(file: Path) -> None:
    path = anchors.manifest_of(file)
    content = json.loads(path.read_text())
    content["tables"]["audit_entry"] += 1
    path.write_text(json.dumps(content))


def take_manifest(file: Path) -> None:
    anchors.manifest_of(file).unlink()


@pytest.mark.parametrize(
    ("spoil", "word"),
    [(cut, "备份文件不完整"), (flip, "SHA-256"), (raise_count, "被改动过"), (take_manifest, "读不到备份说明文件")],
)
def test_spoilt_backup_is_refused_before_anything_is_touched(
    house: str, tmp_path: Path, spoil: Callable[[Path], None], word: str
) -> None:
    file = back_up(house, tmp_path / "whole.dump")
    spoil(file)
    assert word in refused(f"{house}_new", file)
    assert rows_in(f"{house}_new") == {}


def test_dump_that_breaks_off_leaves_the_database_as_it_was(house: str, tmp_path: Path) -> None:
    """Even where its manifest was written for it: nothing of a half load is committed."""
    file = back_up(house, tmp_path / "whole.dump")
    os.truncate(file, file.stat().st_size * 3 // 4)
    with at(f"{house}_new"), pytest.raises(dump.Failed):
        dump.load(file)
    assert rows_in(f"{house}_new") == {}


def test_database_with_tables_is_replaced_only_on_demand_and_kept(house: str, tmp_path: Path) -> None:
    file = back_up(house, tmp_path / "whole.dump")
    before = rows_in(house)
    assert "不是空的" in refused(house, file)
    with at(house), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE stray AS SELECT 1 AS n")
    assert "现有数据已另存" in restore(house, file, replace=True)
    assert rows_in(house) == before | {"audit_entry": before["audit_entry"] + 1}
    (copy,) = (tmp_path / "backups").glob("*.dump")
    assert anchors.read(copy).tables == before | {"stray": 1}


def test_backup_older_than_the_anchor_is_refused_and_accepted_with_a_reason(house: str, tmp_path: Path) -> None:
    old = back_up(house, tmp_path / "old.dump")
    act_in(house)
    back_up(house, tmp_path / "new.dump")
    assert "备份比锚点旧" in refused(f"{house}_new", old)
    assert rows_in(f"{house}_new") == {}
    restore(f"{house}_new", old, accept_older="新备份的磁盘损坏")
    with at(f"{house}_new"):
        assert Entry.objects.order_by("-id")[0].detail["接受旧备份的原因"] == "新备份的磁盘损坏"
    lines = (tmp_path / "anchors.jsonl").read_text().splitlines()
    assert "新备份的磁盘损坏" in lines[-1]
    # From then on the accepted state is the anchor, so that the next restore of it needs no excuse.
    assert anchors.behind(anchors.read(old).tips, anchors.last(tmp_path / "anchors.jsonl")) == []


def test_backup_of_another_journal_with_as_many_seals_is_refused(house: str, tmp_path: Path) -> None:
    file = back_up(house, tmp_path / "whole.dump")
    tips = anchors.read(file).tips
    forged = [Tip(tip.bureau, tip.number, "0" * 64) for tip in tips]
    anchors.append(tmp_path / "anchors.jsonl", forged, at="", why="")
    assert "与锚点不符" in refused(f"{house}_new", file)


def test_journal_that_was_changed_is_found_by_its_seals_and_undone(house: str, tmp_path: Path) -> None:
    with at(house), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_entry SET act = '别的' WHERE id = (SELECT min(id) FROM audit_entry)")
    file = back_up(house, tmp_path / "whole.dump")
    assert "数据库保持为空" in refused(f"{house}_new", file)
    assert rows_in(f"{house}_new") == {}


def test_restore_waits_for_nobody_who_still_works(house: str, tmp_path: Path) -> None:
    file = back_up(house, tmp_path / "whole.dump")
    with psycopg.connect(own_url(f"{house}_new")):
        assert "还有 1 个连接" in refused(f"{house}_new", file)


def test_backup_from_a_newer_program_is_refused(house: str, tmp_path: Path) -> None:
    with at(house), connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('audit', '9999_new', now())")
    file = back_up(house, tmp_path / "whole.dump")
    assert "audit.9999_new" in refused(f"{house}_new", file)


def test_backup_overwrites_no_other(house: str, tmp_path: Path) -> None:
    file = back_up(house, tmp_path / "whole.dump")
    with pytest.raises(CommandError, match="已经存在"):
        back_up(house, file)


def spawn(name: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "django", *arguments],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": own_url(name), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_backup_killed_in_the_middle_leaves_no_file_under_its_name(house: str, tmp_path: Path) -> None:
    target, anchored = tmp_path / "killed.dump", tmp_path / "anchors.jsonl"
    arguments = ["backup", "--to", str(target), "--anchors", str(anchored)]
    with psycopg.connect(own_url(house)) as blocker:
        blocker.execute("LOCK TABLE registers_measure IN ACCESS EXCLUSIVE MODE")  # pg_dump waits for it
        child = spawn(house, *arguments)
        deadline = time.monotonic() + 60
        while not (tmp_path / ".partial").exists() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert (tmp_path / ".partial").exists()
        child.send_signal(signal.SIGKILL)
        child.communicate()
    assert (target.exists(), anchors.manifest_of(target).exists(), anchored.exists()) == (False, False, False)
    whole = spawn(house, *arguments)
    said = whole.communicate()[0].decode()
    assert (whole.returncode, "密钥文件" in said, (tmp_path / ".partial").exists()) == (0, True, False)
    assert anchors.read(target).tables["registers_measure"] == rows_in(house)["registers_measure"]


def test_tips_are_the_newest_seal_of_each_journal(cast: Cast) -> None:
    values = {"since": 0, "until": 1, "count": 1, "root": "r"}
    for bureau, number in ((None, 1), (cast.bureau, 1), (cast.bureau, 2), (None, 2), (cast.bureau, 3)):
        Seal.objects.create(bureau=bureau, number=number, value=f"{bureau} {number}", **values)
    expected = {Tip("", 2, "None 2"), Tip(str(cast.bureau.pk), 3, "县住建局 3")}
    assert set(backup.tips()) == expected


def test_backup_is_made_by_its_own_role_which_can_change_nothing(house: str, tmp_path: Path) -> None:
    with at(house), as_role("backup"):
        call_command("backup", to=tmp_path / "own.dump", stdout=StringIO())
        with pytest.raises(ProgrammingError, match="permission denied"):
            User.objects.update(name="x")
    assert anchors.read(tmp_path / "own.dump").tables == rows_in(house)
    restore(f"{house}_new", tmp_path / "own.dump")


def test_restored_database_is_open_to_the_roles_again(house: str, tmp_path: Path) -> None:
    file = back_up(house, tmp_path / "whole.dump")
    restore(house, file, replace=True)
    with at(house):
        assert privileges.granted() == privileges.wanted()
    with at(house), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_entry SET act = '别的' WHERE id = (SELECT min(id) FROM audit_entry)")
    bad = back_up(house, tmp_path / "bad.dump")
    assert "已恢复原有数据" in refused(house, bad, replace=True)
    with at(house):
        assert privileges.granted() == privileges.wanted()
