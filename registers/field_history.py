"""What each row of a table was before, from the versions that triggers keep of every change; reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registers.models import Measure, RiskPoint, RiskTable

FIELDS = ("order", "power", "risk_type", "name", "manifestation", "responsible", "ways", "leader")
MOST = 2000  # versions: more than a table of two hundred rows gets in a year


@dataclass(frozen=True)
class Change:
    """One cell at one moment; `old` is "" for a row that is new. `number` orders what one transaction changed."""

    at: datetime
    number: int
    row: str
    field: str
    old: str
    new: str
    person: str
    """Key of whoever sent it, as text; "" for what the product did by itself."""


def changes(table: RiskTable) -> list[Change]:
    """The changes of the table's rows and measures, the newest first."""
    found = [*_of_points(table), *_of_measures(table)]
    measure = _measure_label()  # numbered apart from the rows: within one act the row stands above its measures
    return sorted(found, key=lambda change: (change.at, change.field != measure, change.number), reverse=True)


def _of_points(table: RiskTable) -> Iterator[Change]:
    model: Any = RiskPoint
    versions = (
        model.pgh_event_model.objects.filter(table=table).order_by("pgh_obj_id", "pgh_id").select_related("pgh_context")
    )
    before: Any = None
    for version in versions[:MOST]:
        fresh = before is None or before.pgh_obj_id != version.pgh_obj_id
        yield from _between(None if fresh else before, version)
        before = version


def _between(before: Any, after: Any) -> Iterator[Change]:
    """Cells in which two versions of a row differ, and its removal or return."""
    row = after.name or "（未写风险点）"
    for name in FIELDS:
        old, new = _shown(before, name) if before else "", _shown(after, name)
        if old != new:
            yield Change(after.pgh_created_at, after.pgh_id, row, _label(name), old, new, _person(after))
    gone = [bool(version and version.removed_at) for version in (before, after)]
    if gone[0] != gone[1]:
        words = ["在表中", "已删除"]
        yield Change(after.pgh_created_at, after.pgh_id, row, "整行", words[gone[0]], words[gone[1]], _person(after))


def _of_measures(table: RiskTable) -> Iterator[Change]:
    """A measure is written anew when it changes: each text that came, beside the row it stands in."""
    model: Any = Measure
    names = dict(table.points.values_list("pk", "name"))
    versions = model.pgh_event_model.objects.filter(point__in=list(names), pgh_label="insert")
    for version in versions.order_by("-pgh_id").select_related("pgh_context")[:MOST]:
        row = names[version.point_id] or "（未写风险点）"
        yield Change(version.pgh_created_at, version.pgh_id, row, _measure_label(), "", version.text, _person(version))


def _person(version: Any) -> str:
    context = version.pgh_context
    return str(context.metadata.get("person", "")) if context else ""


def _measure_label() -> str:
    return str(Measure._meta.get_field("text").verbose_name)


def _label(name: str) -> str:
    field: Any = RiskPoint._meta.get_field(name)
    return str(field.verbose_name)


def _shown(version: Any, name: str) -> str:
    """The value as people read it: choices by their words."""
    value: Any = getattr(version, name)
    field: Any = RiskPoint._meta.get_field(name)
    words = dict(getattr(field, "base_field", field).choices or ())
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    return "、".join(str(words.get(one, one)) for one in values)
