"""The demo's units, posts, people and roles, from the JSON in fixtures/demo; every name there is invented."""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings

from lianzheng.organisation.actions import create_post, create_unit, grant, start_tenure
from lianzheng.organisation.models import Post, Unit, User
from lianzheng.organisation.roles import role

FOLDER = settings.BASE_DIR / "fixtures" / "demo"
_UNIT_VALUES = ("duties", "criteria_rank", "criteria_basis", "short_name", "workflow", "vocabulary", "meeting_name")


@dataclass
class Placed:
    """What was made: the bureau, its people by user name, and the written rows by post and by section."""

    bureau: Unit
    people: dict[str, User] = field(default_factory=dict)
    post_rows: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)
    section_rows: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return content


def region(data: dict[str, Any]) -> Unit:
    """The county above all: made once, however many files name it."""
    name = data["region"]["name"]
    found = Unit.objects.filter(kind=Unit.Kind.REGION, name=name).first()
    return found or create_unit(name, kind=Unit.Kind.REGION, by=None)


def place(data: dict[str, Any], *, key: str, kind: str) -> Placed:
    """A bureau (or town) with everything below it, the authorities beside it, and who wears which hat."""
    county = region(data)
    described = data[key]
    bureau = create_unit(
        described["name"],
        kind=kind,
        parent=county,
        by=None,
        filing_body=described.get("filing_body", ""),
        order=1 if kind == Unit.Kind.BUREAU else 2,
        **{name: described[name] for name in _UNIT_VALUES if name in described},
    )
    placed = Placed(bureau)
    units = {county.name: county, bureau.name: bureau}
    for item in data.get("authorities", ()):
        authority = create_unit(
            item["name"], kind=Unit.Kind.AUTHORITY, parent=county, by=None, duties=item.get("duties", "")
        )
        units[authority.name] = authority
        _posts(placed, authority, item["posts"])
    for order, item in enumerate(data["sections"], start=1):
        section = _section(placed, bureau, item, order=order)
        units[section.name] = section
    for item in data["grants"]:
        person = placed.people.get(item["username"]) or User.objects.get(username=item["username"])
        grant(role(item["role"]), unit=units[item["unit"]], to=person, by=None)
    return placed


def _section(placed: Placed, bureau: Unit, item: dict[str, Any], *, order: int) -> Unit:
    values = {name: item[name] for name in _UNIT_VALUES if name in item}
    section = create_unit(
        item["name"], kind=item.get("kind", Unit.Kind.SECTION), parent=bureau, by=None, order=order, **values
    )
    _posts(placed, section, item["posts"])
    placed.section_rows[section.pk] = item.get("rows", [])
    return section


def _posts(placed: Placed, unit: Unit, items: list[dict[str, Any]]) -> None:
    for order, item in enumerate(items, start=1):
        names = ("duties", "powers", "criteria_rank", "criteria_basis")
        values = {name: item[name] for name in names if item.get(name)}
        post: Post = create_post(unit, name=item["name"], order=order, by=None, **values)
        holder = item["holder"]
        person = _person(holder)
        placed.people[person.username] = person
        start_tenure(person, post=post, since=date.fromisoformat(holder["since"]), by=None)
        placed.post_rows[post.pk] = item.get("rows", [])


def _person(holder: dict[str, str]) -> User:
    """Nobody of the demo has a password: its people sign in by the demo's own door."""
    return User.objects.create_user(holder["username"], name=holder["name"], political=holder.get("political", ""))
