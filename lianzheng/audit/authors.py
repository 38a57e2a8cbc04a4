"""Whose act a change of a row is, for the versions that triggers keep of it."""

from contextlib import AbstractContextManager
from typing import Any

import pghistory

from lianzheng.organisation.models import User


def written_by(person: User) -> AbstractContextManager[Any]:
    """Inside, every kept version names this person (by key)."""
    found: AbstractContextManager[Any] = pghistory.context(person=str(person.pk))
    return found
