"""From a released schema with data to the one of today: what was there is there, the journal holds, people sign in.

`tests/releases/` keeps a backup of each release, made by its own program; the people in it are the cast.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from assessments.models import Dossier, State
from lianzheng.audit import privileges
from lianzheng.desk import anchors, dump, proof
from tests.desk.test_backup import administer, at

RELEASES = sorted((Path(__file__).parent / "releases").glob("*.dump.xz"))


@contextmanager
def empty_database(blocker: Any) -> Iterator[str]:
    with blocker.unblock():
        name = f"{connection.settings_dict['NAME']}_upgrade"
        connection.close()
        administer(f'CREATE DATABASE "{name}" TEMPLATE template0', gone=[name])
        try:
            yield name
        finally:
            connection.close()
            administer(gone=[name])


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_release_with_data_is_brought_up_to_today(
    release: Path, django_db_setup: None, django_db_blocker: Any, tmp_path: Path, settings: Any
) -> None:
    settings.VAR_DIR = tmp_path
    file = tmp_path / release.stem
    file.write_bytes(lzma.decompress(release.read_bytes()))
    anchors.manifest_of(file).write_bytes(release.with_name(f"{release.stem}.json").read_bytes())
    manifest = anchors.read(file)
    with empty_database(django_db_blocker) as name, at(name):
        said = StringIO()
        call_command("restore", file, stdout=said)
        applied = {".".join(key) for key in MigrationRecorder(connection).applied_migrations()}
        counts = dump.tables()
        kept = {table: rows for table, rows in manifest.tables.items() if table in counts and table not in GROWING}
        assert {table: counts[table] for table in kept} == kept
        assert counts["audit_entry"] == manifest.tables["audit_entry"] + 1  # the act of restoring itself
        assert set(manifest.migrations) < applied
        assert list(proof.problems(manifest.tips)) == []
        assert privileges.granted() == privileges.wanted()
        assert Dossier.unscoped.filter(state=State.IN_FORCE).count() == 1
        assert "登录检查：通过（12 个启用的账号）" in said.getvalue()


GROWING = {"audit_entry", "django_migrations", "django_content_type", "auth_permission"}
"""What a later schema itself adds to."""


def test_there_is_a_release_to_come_from() -> None:
    assert RELEASES != []
