"""The database into a file and back by PostgreSQL's own programs; one snapshot out, one transaction in.

Addresses and passwords go to the programs in their environment: arguments can be read by everybody on the machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.db import connection, transaction

from lianzheng.desk.anchors import CHUNK
from lianzheng.postgres import find_software

EMPTIED = ("accounts_session", "django_session")
"""A restored session would sign in somebody who has signed out since. The second is where older backups had theirs."""
BURN = 200_000
MOST_BURNT = 1_000_000_000  # half of what a transaction counter may run ahead before rows must be frozen


class Failed(Exception):
    """A program of PostgreSQL refused; the message is what it said."""


def environment() -> dict[str, str]:
    """libpq's variables for the database of this process."""
    found = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    given = {variable: str(found[name]) for variable, name in names.items() if found[name]}
    return {"PATH": os.defpath, "LC_ALL": "C", **given}


@contextlib.contextmanager
def snapshot() -> Iterator[str]:
    """What is asked inside and what is dumped by this name are of one moment."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def write(target: IO[bytes], *, of: str) -> tuple[int, str]:
    """Dump that snapshot; size and SHA-256. Through a pipe: when we are killed, pg_dump ends as well."""
    options = ["--format=custom", "--no-owner", "--no-privileges"]
    options += [f"--exclude-table-data={table}" for table in EMPTIED]
    command = [str(find_software() / "pg_dump"), *options, f"--snapshot={of}"]
    size, digest = 0, hashlib.sha256()
    with subprocess.Popen(
        command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        while chunk := child.stdout.read(CHUNK):
            target.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        error = child.stderr.read().decode(errors="replace").strip()
    if child.returncode != 0:
        raise Failed(error)
    return size, digest.hexdigest()


def load(dump: Path | None) -> None:
    """Put what the dump holds (nothing for None) in the place of all that is there, in one transaction."""
    connection.close()  # what it has prepared refers to tables that will be others
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    with subprocess.Popen(
        [str(find_software() / "psql"), *options],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdin is not None
        assert child.stderr is not None
        error = _feed(child.stdin, dump)
        if error:
            child.kill()  # the end of its input would commit what came so far
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
        said = child.stderr.read().decode(errors="replace").strip()
    if child.returncode != 0:
        raise Failed(said or error)


def _feed(script: IO[bytes], dump: Path | None) -> str:
    """Write what empties the database and what fills it; what pg_restore had to complain of."""
    script.write(b"SET client_min_messages = warning;\nDROP OWNED BY CURRENT_USER CASCADE;\n")
    script.write(b"CREATE SCHEMA IF NOT EXISTS public;\n")
    script.flush()
    if dump is None:
        return ""
    command = [str(find_software() / "pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dump)]
    done = subprocess.run(
        command, env=environment(), stdin=subprocess.DEVNULL, stdout=script, stderr=subprocess.PIPE, check=False
    )
    return done.stderr.decode(errors="replace").strip() if done.returncode else ""


def tables() -> dict[str, int]:
    """Rows of each table, as a restored database must have them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        names = [name for (name,) in cursor.fetchall() if name not in EMPTIED]
        counts = {}
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")
            counts[name] = cursor.fetchone()[0]
    return counts


def others() -> int:
    """Other clients at work on this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            # what a session of another role is, is hidden from us; that it belongs to a role, is not
            " AND usesysid IS NOT NULL AND leader_pid IS NULL AND pid <> pg_backend_pid()"
        )
        count: int = cursor.fetchone()[0]
    return count


def catch_up() -> None:
    """Let the counter of transactions go on from where the journal's rows left it.

    A seal closes transactions by their number. In a new cluster the numbers begin anew: what is written now would
    seem to belong to blocks closed long ago, and `verify` would rightly refuse them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT GREATEST((SELECT max(transaction) FROM audit_entry), (SELECT max(until) FROM audit_seal), 0)"
            " - pg_current_xact_id()::text::bigint"
        )
        missing: int = cursor.fetchone()[0]
        if missing > MOST_BURNT:
            raise Failed(f"这个数据库集群的事务号比日志落后 {missing}，请恢复到原来的集群。")
        cursor.execute("SET synchronous_commit = off")
        while missing >= 0:
            step = min(missing + 1, BURN)
            cursor.execute(
                f"DO $$ BEGIN FOR n IN 1..{step} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
            )
            missing -= step
        cursor.execute("RESET synchronous_commit")
