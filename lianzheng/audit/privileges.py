"""The grants of `lianzheng.database_roles`, brought into this database after every migration by whoever owns it."""

from __future__ import annotations

from collections.abc import Iterator

import pghistory.models
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

from lianzheng.database_roles import KINDS, ROLES

OURS = ("lianzheng.", "registers.", "assessments.", "early_warning.")
NAMED = {"organisation_unit", "organisation_user", "assessments_issuedpaper"}
GIVEN = {"django_migrations", "django_content_type", "auth_permission"}
REMOVED_FROM = {
    "accounts_session",
    "accounts_authenticator",
    "accounts_recoverycode",
    "desk_packagefile",
    "organisation_holiday",
    "organisation_demoshift",
    "organisation_unitusergrant",
    "organisation_unitgroupgrant",
    "registers_measure",
    "assessments_scheme",
    "early_warning_rectificationitem",
}
"""Tables of ours from which the product deletes; every other one only grows or changes."""
PATH = "pg_catalog, public, pg_temp"
KEEP_HISTORY = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN AS $$
BEGIN
    -- Only who owns the tables may set triggers aside; session_user, since history is written in the owner's name.
    IF session_user NOT IN (SELECT pg_catalog.pg_get_userbyid(relowner) FROM pg_catalog.pg_class
                            WHERE oid = 'public.audit_entry'::pg_catalog.regclass) THEN
        RETURN FALSE;
    END IF;
    RETURN COALESCE(
        trigger_name::text = ANY(NULLIF(pg_catalog.current_setting('pgtrigger.ignore', TRUE), '')::text[]), FALSE);
END;
$$ LANGUAGE plpgsql
"""
WRITES_HISTORY = """
SELECT DISTINCT function.oid::regprocedure::text
FROM pg_trigger JOIN pg_proc AS function ON function.oid = tgfoid
WHERE NOT tgisinternal AND function.prosrc LIKE '%INSERT INTO %pgh_label%'
"""
RELATIONS = """
SELECT relname, relkind FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S') ORDER BY relname
"""


def kinds() -> dict[str, str]:
    """Kind of each table that a model describes."""
    return {model._meta.db_table: _kind(model) for model in apps.get_models(include_auto_created=True)}


def _kind(model: type[Model]) -> str:
    table = model._meta.db_table
    if model._meta.app_label == "audit":
        return "journal"
    if model._meta.app_label == "pghistory" or issubclass(model, pghistory.models.Event):
        return "history"
    if table in NAMED:
        return "named"
    if table in GIVEN:
        return "given"
    if any(trigger.name.endswith("_never_changed") for trigger in getattr(model._meta, "triggers", ())):
        return "for ever"
    foreign = not model.__module__.startswith(OURS) or model._meta.auto_created
    return "removable" if foreign or table in REMOVED_FROM else "ordinary"


def wanted() -> dict[tuple[str, str], set[str]]:
    """(table or sequence, role) -> what the role may: what the catalogue has to say when `apply` has run."""
    of_table = kinds()
    found: dict[tuple[str, str], set[str]] = {}
    for relation, relkind in _rows(RELATIONS):
        for key, role in ROLES.items():
            if key == "owner":
                continue
            if relkind == "S":
                may = {"runtime": {"USAGE", "SELECT"}, "backup": {"SELECT"}}.get(key, set())
            else:
                kind = "given" if relation in GIVEN else of_table.get(relation, "removable")
                may = set(KINDS[kind][key])
            found[relation, role.name] = may
    return found


@transaction.atomic
def apply() -> list[str]:
    """Grant what is wanted and take away all else; the roles that exist. None: everybody works as the owner."""
    present = {name for (name,) in _rows("SELECT rolname FROM pg_roles")}
    names = [role.name for key, role in ROLES.items() if key != "owner" and role.name in present]
    with connection.cursor() as cursor:
        cursor.execute(KEEP_HISTORY)
        for (function,) in _rows(WRITES_HISTORY):
            cursor.execute(f"ALTER FUNCTION {function} SECURITY DEFINER SET search_path = {PATH}")
        if names:
            cursor.execute(";\n".join(_grants(names)))
    return names


def _grants(names: list[str]) -> Iterator[str]:
    everybody = ", ".join(names)
    database = connection.ops.quote_name(connection.settings_dict["NAME"])
    yield f"REVOKE ALL ON DATABASE {database} FROM PUBLIC"
    yield f"GRANT CONNECT ON DATABASE {database} TO {everybody}"
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    yield f"REVOKE ALL ON SCHEMA public FROM {everybody}"
    yield f"GRANT USAGE ON SCHEMA public TO {everybody}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {everybody}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {everybody}"
    sequences = {relation for relation, kind in _rows(RELATIONS) if kind == "S"}
    for (relation, role), may in wanted().items():
        if may and role in names:
            word = "SEQUENCE" if relation in sequences else "TABLE"
            yield f"GRANT {', '.join(sorted(may))} ON {word} {connection.ops.quote_name(relation)} TO {role}"


def granted() -> dict[tuple[str, str], set[str]]:
    """What the catalogue says, in the shape of `wanted`."""
    found: dict[tuple[str, str], set[str]] = {key: set() for key in wanted()}
    statement = """
        SELECT relname, grantee::regrole::text, privilege_type FROM pg_class, aclexplode(relacl)
        WHERE relnamespace = 'public'::regnamespace AND grantee <> relowner
    """
    for relation, role, privilege in _rows(statement):
        found.setdefault((relation, role), set()).add(privilege)
    return found


def _rows(statement: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
