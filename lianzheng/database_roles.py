"""Who may do what in PostgreSQL, declared once: four roles, what they are, and what each may do to each kind of table.

Standard library only: the embedded server, the containers and the tests read the same lines. Which kind a table is, and
the grants themselves, are `lianzheng.audit.privileges`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Role(NamedTuple):
    """A role of the database: its name there, its attributes, and settings of its sessions."""

    name: str
    attributes: str
    settings: Mapping[str, str]


_PLAIN = "LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS"
LIMITS = {
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    "client_connection_check_interval": "10s",
}
"""What a session that serves people may take: a stuck one must not hold others up (ASVS 13.1.2)."""
ROLES: Mapping[str, Role] = {
    # Owns every table; CREATEDB for the tests' databases, no superuser.
    "owner": Role("lianzheng", f"{_PLAIN} NOREPLICATION CREATEDB", {}),
    # The web and the workers. Fewer connections than the server's hundred, so that a storm leaves the others theirs.
    "runtime": Role("lianzheng_runtime", f"{_PLAIN} NOREPLICATION NOCREATEDB CONNECTION LIMIT 80", LIMITS),
    # Reads the journal and what explains it.
    "auditor": Role("lianzheng_auditor", f"{_PLAIN} NOREPLICATION NOCREATEDB", {"default_transaction_read_only": "on"}),
    # Reads everything, and writes its own act and the seals into the journal. REPLICATION: pg_basebackup and WAL.
    "backup": Role("lianzheng_backup", f"{_PLAIN} REPLICATION NOCREATEDB", {}),
}

READ = frozenset({"SELECT"})
APPEND = READ | {"INSERT"}
CHANGE = APPEND | {"UPDATE"}
REMOVE = CHANGE | {"DELETE"}
NONE: frozenset[str] = frozenset()

# Kind of table -> role -> what it may. The owner may everything: it is not listed.
KINDS: Mapping[str, Mapping[str, frozenset[str]]] = {
    # The journal: a trigger sees that a row bears its true time and a seal follows the one before it.
    "journal": {"runtime": APPEND, "auditor": READ, "backup": APPEND},
    # Field history: written by triggers in the owner's name, by nobody else.
    "history": {"runtime": READ, "auditor": READ, "backup": READ},
    # Written once.
    "for ever": {"runtime": APPEND, "auditor": NONE, "backup": READ},
    # What the journal's numbers mean: units, people, papers with their seals.
    "named": {"runtime": CHANGE, "auditor": READ, "backup": READ},
    # Filled by the migrations alone.
    "given": {"runtime": READ, "auditor": READ, "backup": READ},
    "ordinary": {"runtime": CHANGE, "auditor": NONE, "backup": READ},
    # Rows that the product really takes away: drafts, grants, sessions, jobs done.
    "removable": {"runtime": REMOVE, "auditor": NONE, "backup": READ},
}


def making(passwords: Mapping[str, str]) -> list[str]:
    """Statements of one line for a superuser, which make the roles or mend them; `passwords` by the keys of ROLES."""
    lines = []
    for key, password in passwords.items():
        role = ROLES[key]
        exists = f"EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role.name}')"
        lines.append(f"DO $$ BEGIN IF NOT {exists} THEN CREATE ROLE {role.name}; END IF; END $$")
        lines.append(f"ALTER ROLE {role.name} {role.attributes} PASSWORD {_quoted(password)}")
        lines += [f"ALTER ROLE {role.name} SET {name} = '{value}'" for name, value in role.settings.items()]
    return lines


def _quoted(text: str) -> str:
    if "\\" in text or "\n" in text or not text:
        raise ValueError("a password of a database role is one line without backslash")
    return "'" + text.replace("'", "''") + "'"
