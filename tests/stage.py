"""Where most tests begin: a cast, or its year, put up once for all tests in a row that want the same. Each test plays
in a savepoint and leaves no trace; the transaction around them ends when another beginning is wanted."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from lianzheng.organisation.models import Unit
from tests.cast import Round, assemble

BEGINNINGS: dict[str, Callable[[], Any]] = {
    "year": lambda: Round(assemble()),
    "cast": assemble,
    "town": lambda: assemble(Unit.Workflow.TOWNSHIP),
}
"""Fixture -> what it gives; the first of them that a test asks for, `year` having a cast of its own."""
ELSEWHERE = {"django_db_setup", "django_db_blocker"}
"""Who asks for these and not for `db` has transactions of its own."""


class Stage:
    """What stands in this process's open transaction; `name` is "" where there is none."""

    def __init__(self) -> None:
        self.name = ""
        self.made = b""
        self.around: Any = None
        self.blocker: Any = None
        """pytest-django's guard against tests that did not say they want a database."""

    def put_up(self, name: str) -> Any:
        """What the beginning gives, as if just made; None for an empty database."""
        if name != self.name or connection.closed_in_transaction:
            self.strike()
        if not name:
            return None
        if not self.name:
            self.around = nested()
            self.around.__enter__()
            self.made = pickle.dumps(BEGINNINGS[name]())
            self.name = name
        return pickle.loads(self.made)

    def strike(self) -> None:
        """The database is as before."""
        if self.around is not None:
            around, self.around, self.name = self.around, None, ""
            transaction.set_rollback(True)
            with self.blocker.unblock():
                around.__exit__(None, None, None)


def nested() -> Any:
    """A transaction in which the product's own may be the outermost, as under Django's TestCase."""
    found: Any = transaction.atomic()
    found._from_testcase = True
    return found


@contextmanager
def played(stage: Stage, name: str) -> Iterator[Any]:
    """One test; what it left to be checked at its commit is checked, and then undone."""
    given = stage.put_up(name)
    with nested():
        yield given
        if not connection.needs_rollback and connection.is_usable():
            connection.check_constraints()
        transaction.set_rollback(True)


def wanted(names: list[str]) -> str:
    return next((name for name in BEGINNINGS if name in names), "")
