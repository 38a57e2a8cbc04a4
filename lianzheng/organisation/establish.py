"""Brings a whole bureau or town in from one JSON file: units, posts, people, roles (fixtures/demo shows the shape).

How a site is set up for the first time; the demo is set up in the same way.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from django.db import transaction

from lianzheng.organisation.actions import (
    adopt_criteria,
    apply_criterion,
    create_post,
    create_unit,
    grant,
    start_tenure,
)
from lianzheng.organisation.models import Criterion, Post, Unit, User
from lianzheng.organisation.roles import role

_UNIT_VALUES = ("duties", "short_name", "workflow", "vocabulary", "meeting_name")


@dataclass
class Placed:
    """What was made: the bureau, its people by user name, and the written rows by post and by section."""

    bureau: Unit
    people: dict[str, User] = field(default_factory=dict)
    post_rows: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)
    section_rows: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)


# No letter or digit that is mistaken for another on a printed slip.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 14


def first_password() -> str:
    """A password to print on a slip: 69 bits by chance."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


KINDS = {"bureau": Unit.Kind.BUREAU, "town": Unit.Kind.TOWN}


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def region(data: dict[str, Any], *, by: User | None) -> Unit:
    """The county above all: made once, however many files name it."""
    name = data["region"]["name"]
    found = Unit.objects.filter(kind=Unit.Kind.REGION, name=name).first()
    return found or create_unit(name, kind=Unit.Kind.REGION, by=by)


@transaction.atomic
def establish(data: dict[str, Any], *, by: User | None) -> Placed:
    """A bureau (or town) with everything below it, the authorities beside it, and who wears which hat; or nothing."""
    county = region(data, by=by)
    key = next(name for name in KINDS if name in data)
    described, kind = data[key], KINDS[key]
    bureau = create_unit(
        described["name"],
        kind=kind,
        parent=county,
        by=by,
        filing_body=described.get("filing_body", ""),
        order=1 if kind == Unit.Kind.BUREAU else 2,
        **{name: described[name] for name in _UNIT_VALUES if name in described},
    )
    adopt_criteria(bureau, profile=bureau.workflow, by=by)
    placed = Placed(bureau)
    units = {county.name: county, bureau.name: bureau}
    for item in data.get("authorities", ()):
        authority = create_unit(
            item["name"], kind=Unit.Kind.AUTHORITY, parent=county, by=by, duties=item.get("duties", "")
        )
        units[authority.name] = authority
        _posts(placed, authority, item["posts"], by=by)
    for order, item in enumerate(data["sections"], start=1):
        section = _section(placed, bureau, item, order=order, by=by)
        units[section.name] = section
    for item in data["grants"]:
        person = placed.people.get(item["username"]) or User.objects.get(username=item["username"])
        grant(role(item["role"]), unit=units[item["unit"]], to=person, by=by)
    return placed


def _section(placed: Placed, bureau: Unit, item: dict[str, Any], *, order: int, by: User | None) -> Unit:
    values = {name: item[name] for name in _UNIT_VALUES if name in item}
    section = create_unit(
        item["name"], kind=item.get("kind", Unit.Kind.SECTION), parent=bureau, by=by, order=order, **values
    )
    _apply(section, item, by=by)
    _posts(placed, section, item["posts"], by=by)
    placed.section_rows[section.pk] = item.get("rows", [])
    return section


def _posts(placed: Placed, unit: Unit, items: list[dict[str, Any]], *, by: User | None) -> None:
    for order, item in enumerate(items, start=1):
        names = ("duties", "powers")
        values = {name: item[name] for name in names if item.get(name)}
        post: Post = create_post(unit, name=item["name"], order=order, by=by, **values)
        _apply(post, item, by=by)
        holder = item["holder"]
        person = _person(holder)
        placed.people[person.username] = person
        start_tenure(person, post=post, since=date.fromisoformat(holder["since"]), by=by)
        placed.post_rows[post.pk] = item.get("rows", [])


def _apply(owner: Post | Unit, item: dict[str, Any], *, by: User | None) -> None:
    """The line of this rank in the most similar words; the file's own words stay as the note."""
    if not item.get("criteria_rank"):
        return
    assert owner.bureau is not None
    kind = Criterion.Kind.POST if isinstance(owner, Post) else Criterion.Kind.SECTION
    basis = item.get("criteria_basis", "")
    lines = Criterion.objects.in_bureau(owner.bureau).filter(kind=kind, rank=item["criteria_rank"], active=True)
    nearest = max(lines, key=lambda line: SequenceMatcher(None, line.text, basis).ratio(), default=None)
    apply_criterion(owner, line=nearest, note=basis, by=by)


def _person(holder: dict[str, str]) -> User:
    """Without a password nobody can sign in but by the demo's own door; `set_password` gives the first one."""
    return User.objects.create_user(holder["username"], name=holder["name"], political=holder.get("political", ""))
