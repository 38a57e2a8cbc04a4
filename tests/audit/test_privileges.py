"""What the roles of the database may do: the grants are those declared, and the web's role cannot touch the past."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import errors

from assessments.models import Dossier, State
from lianzheng.audit import privileges
from lianzheng.audit.actions import keep, record, verify
from lianzheng.audit.models import Entry, Seal, Snapshot
from lianzheng.audit.tasks import seal_all
from lianzheng.database_roles import ROLES
from registers.actions import save_point
from registers.models import RiskPoint
from tests.agreement import check_agreement
from tests.cast import Round, again
from tests.roles import as_role, connect, own_url


def test_grants_of_the_catalogue_are_those_declared(db: None) -> None:
    assert privileges.granted() == privileges.wanted()


def test_comparison_of_grants_finds_one_too_many_and_one_too_few(db: None) -> None:
    """The control."""
    runtime = ROLES["runtime"].name
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT DELETE ON audit_entry TO {runtime}")
        cursor.execute(f"REVOKE INSERT ON audit_seal FROM {runtime}")
    wrong = {key for key, may in privileges.granted().items() if may != privileges.wanted()[key]}
    assert wrong == {("audit_entry", runtime), ("audit_seal", runtime)}


def test_attributes_of_the_roles_are_those_declared(db: None) -> None:
    columns = "rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM pg_roles WHERE rolname LIKE 'lianzheng%%' ORDER BY 1")
        found = {name: flags for name, *flags in cursor.fetchall()}
        cursor.execute("SELECT count(*) FROM pg_auth_members WHERE member::regrole::text LIKE 'lianzheng%%'")
        assert cursor.fetchone() == (0,)
    none = [False] * 5
    assert found == {
        "lianzheng": [False, False, True, False, False, True],
        "lianzheng_auditor": [*none, True],
        "lianzheng_backup": [False, False, False, True, False, True],
        "lianzheng_runtime": [*none, True],
    }


def test_nobody_but_the_owner_makes_anything_in_the_schema(db: None) -> None:
    with connection.cursor() as cursor:
        for role in ("runtime", "auditor", "backup"):
            cursor.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [ROLES[role].name])
            assert cursor.fetchone() == (False,)


FIRST = [
    "SELECT 1",
    "SET pgtrigger.ignore = '{pgtrigger_entry_never_changed_65ea8}'",
    "GRANT ALL ON audit_entry, audit_seal, audit_snapshot TO lianzheng_runtime",  # a warning, and no grant
]
ATTACKS = [
    "UPDATE audit_entry SET act = '别的'",
    "UPDATE audit_entry SET transaction = 1",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry CASCADE",
    "UPDATE audit_seal SET value = 'x'",
    "DELETE FROM audit_seal",
    "TRUNCATE audit_seal",
    "UPDATE audit_snapshot SET content = '{}'",
    "DELETE FROM audit_snapshot",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_entry_stamped ON audit_entry",
    "DROP TABLE audit_entry",
    "SET session_replication_role = replica",
    "SET ROLE lianzheng",
    "SET SESSION AUTHORIZATION lianzheng",
    "CREATE OR REPLACE FUNCTION public.audit_stamp() RETURNS TRIGGER AS 'BEGIN RETURN NEW; END' LANGUAGE plpgsql",
    "INSERT INTO assessments_dossierevent SELECT * FROM assessments_dossierevent",
    "UPDATE assessments_dossierevent SET state = 'in_force'",
    "DELETE FROM assessments_dossiermove",
    "UPDATE assessments_dossiermove SET opinion = '同意'",
    "UPDATE django_migrations SET name = 'x'",
    "CREATE TABLE mine (n int)",
    "COPY audit_entry TO PROGRAM 'true'",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT setval('audit_entry_id_seq', 1)",
]


@pytest.fixture
def runtime(committed: Round) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    committed.bring(committed.own, State.SECTION)
    keep({"content": 1})
    seal_all(0)
    with connect("runtime") as found:
        yield found


def past() -> list[object]:
    return [list(model.objects.order_by("pk").values()) for model in (Entry, Seal, Snapshot)]


def test_web_cannot_change_cut_or_disarm_the_journal(runtime: psycopg.Connection[tuple[object, ...]]) -> None:
    before = past()
    refused = []
    for attack in ATTACKS:
        for first in FIRST:
            runtime.execute(first)
            try:
                runtime.execute(attack)
            except (errors.InsufficientPrivilege, errors.InvalidParameterValue):
                refused.append(attack)
    assert refused == [attack for attack in ATTACKS for _ in FIRST]
    assert past() == before


def test_same_attacks_of_the_owner_are_not_all_refused(committed: Round) -> None:
    """The control: with the owner's rights only the triggers stand in the way, and those can be switched off."""
    seal_all(0)
    with psycopg.connect(own_url()) as owner:
        owner.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        assert owner.execute("UPDATE audit_entry SET act = '别的'").rowcount > 0
        owner.rollback()


def test_row_of_the_web_bears_the_true_time_and_transaction(runtime: psycopg.Connection[tuple[object, ...]]) -> None:
    columns = "act, hat, subject_kind, source, target, digest, detail"
    values = "'补记', '', '', '', '', '', '{}'"
    statement = f"INSERT INTO audit_entry ({columns}, at, transaction) VALUES ({values}, '2020-01-01', 1)"
    runtime.execute(statement)
    row = Entry.objects.order_by("-id")[0]
    assert (row.act, row.at.year > 2020, row.transaction > 1) == ("补记", True, True)
    with pytest.raises(errors.RaiseException, match="number of a journal row"):
        runtime.execute(f"INSERT INTO audit_entry ({columns}, id) VALUES ({values}, 1000000000)")
    seal_all(0)
    assert verify(None) == []


def forged(runtime: psycopg.Connection[tuple[object, ...]], **changes: object) -> None:
    """A seal over nothing after the newest one, with these differences."""
    last = Seal.objects.filter(bureau=None).order_by("-number").first()
    number, previous, since = (last.number + 1, last.value, last.until) if last else (1, "", 0)
    facts = {"number": number, "previous": previous, "since": since, "until": since + 1, "count": 0, "root": "r"}
    facts |= changes
    spelled = f"{facts['number']}||{facts['root']}|{facts['previous']}"
    facts = {"value": hashlib.sha256(spelled.encode()).hexdigest()} | facts
    columns, marks = ", ".join(facts), ", ".join(["%s"] * len(facts))
    statement = f"INSERT INTO audit_seal ({columns}, sm3) VALUES ({marks}, '')"
    runtime.execute(statement, list(facts.values()))


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 1, "previous": ""},
        {"number": 99},
        {"previous": "0" * 64},
        {"since": 0},
        {"until": 2**60},
        {"count": 7},
        {"value": "0" * 64},
    ],
)
def test_seal_of_the_web_follows_the_one_before_it_or_is_refused(
    runtime: psycopg.Connection[tuple[object, ...]], changes: dict[str, object]
) -> None:
    record("先有一封", by=None)
    seal_all(0)
    assert Seal.objects.filter(bureau=None).exists()
    before = past()
    with pytest.raises(errors.RaiseException, match="does not follow"):
        forged(runtime, **changes)
    assert past() == before


def test_product_works_as_the_web_role_and_its_history_is_written(committed: Round) -> None:
    """A row saved, handed in, reviewed, sealed and verified, all without the owner's rights."""
    dossier = committed.own
    with as_role("runtime"):
        (point,) = committed.fill(dossier)
        save_point(point, version=point.version, values={"name": "换过的名称"}, by=again(committed.cast["张三"]))
        committed.bring(dossier, State.OFFICE)
        seal_all(0)
        names = list(_events(RiskPoint).filter(pgh_obj_id=point.pk).order_by("pgh_id").values_list("name", flat=True))
        states = list(_events(Dossier).filter(pgh_obj_id=dossier.pk).order_by("pgh_id").values_list("state", flat=True))
        assert verify(committed.cast.bureau) == []
    assert (names[0], names[-1]) == ("审批把关不严", "换过的名称")
    assert states[-2:] == [State.SECTION, State.OFFICE]
    check_agreement(dossier)


def test_history_is_written_even_where_the_web_role_asks_for_silence(
    runtime: psycopg.Connection[tuple[object, ...]],
) -> None:
    names = [row[0] for row in runtime.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger%'")]
    before = _events(RiskPoint).count()
    runtime.execute("SELECT set_config('pgtrigger.ignore', %s, false)", ["{" + ",".join(map(str, names)) + "}"])
    changed = runtime.execute("UPDATE registers_riskpoint SET name = '悄悄改' WHERE name = '审批把关不严'").rowcount
    assert (changed > 0, _events(RiskPoint).count()) == (True, before + changed)


def _events(model: Any) -> Any:
    return model.pgh_event_model.objects


def test_auditor_reads_the_journal_and_nothing_of_its_subjects(committed: Round) -> None:
    seal_all(0)
    with as_role("auditor"):
        call_command("verify", verbosity=0)
    with connect("auditor") as auditor:
        for table in ("registers_riskpoint", "assessments_dossier", "early_warning_warningnotice", "django_session"):
            with pytest.raises(errors.InsufficientPrivilege):
                auditor.execute(f"SELECT * FROM {table}")
        with pytest.raises((errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)):
            auditor.execute("INSERT INTO audit_snapshot (digest, content) VALUES ('x', '{}')")


def test_backup_reads_everything_and_writes_into_the_journal_alone(committed: Round) -> None:
    with connect("backup") as backup:
        tables = [row[0] for row in backup.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        for table in tables:
            backup.execute(f'SELECT 1 FROM "{table}" LIMIT 1')
        with pytest.raises(errors.InsufficientPrivilege):
            backup.execute("UPDATE organisation_user SET name = 'x'")
    with as_role("backup"):
        record("备份数据库", by=None)
        seal_all(0)
        assert verify(None) == []


def test_sessions_of_the_web_are_limited(committed: Round) -> None:
    with connect("runtime") as runtime:
        for name, value in ROLES["runtime"].settings.items():
            assert runtime.execute(f"SHOW {name}").fetchone() == (value,)
