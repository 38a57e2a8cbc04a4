"""The fill-in table of a dossier as the template prints it: cells from the sheet's editable columns."""

from collections.abc import Mapping
from typing import Any

from assessments.forms import edit_fields
from assessments.models import Dossier
from assessments.papers import FINDING
from assessments.readiness import filled
from assessments.views import present
from assessments.views.notes import at_rows
from lianzheng.organisation.access import SignedIn
from lianzheng.sheets import Column, Sheet
from registers.completeness import problems
from registers.models import RiskPoint, RiskTable, RiskType

# How a column is typed; everything else is a text area.
_SELECTS: Mapping[str, list[tuple[str, str]]] = {"risk_type": [("", "请选择"), *RiskType.choices]}
_SHORT = ("responsible",)
# 岗位 offers the personal types first, 股室 and 单位 those of process and system (风险点分单位、个人两类).
_UNIT_FIRST = ("process", "system", "duty", "moral", "environment")


def sheet_of(dossier: Dossier) -> Sheet:
    """The sheet whose editable columns the table of this dossier offers."""
    return FINDING[dossier.kind]


def undo_key(found: Dossier) -> str:
    """Where the session remembers the rows that an import added last."""
    return f"imported:{found.table_id}"


def context(request: SignedIn, found: Dossier, *, typed: Mapping[Any, Any]) -> dict[str, Any]:
    """Rows with their cells; `typed` holds the forms of rows that were refused."""
    points = list(found.table.rows())
    before = present.last_year(points)
    marks = _marks(points) if "mark" in request.GET else {}
    columns = [column for column in sheet_of(found).columns if column.edit]
    notes = at_rows(found)
    return {
        "columns": [{"header": column.header, "size": _size(column)} for column in columns],
        "rows": [
            _row(found, number, point, columns, typed.get(point.pk), marks.get(str(point.pk), {}), before)
            | {"note": notes.get(point.pk, "")}
            for number, point in enumerate(points, start=1)
        ],
        "removed": _removed(request, found),
        "can_roll_up": found.kind != RiskTable.Kind.POST,
        "imported": len(request.session.get(undo_key(found), ())),
        "last_year_left": _left_of_last_year(found, points),
    }


def _size(column: Column) -> str:
    """CSS class of a column's head, by the width the paper gives it."""
    return "w-s" if column.width <= 5 else "w-m" if column.width <= 8 else "min-l"


def _marks(points: list[RiskPoint]) -> dict[str, dict[str, str]]:
    marks: dict[str, dict[str, str]] = {}
    for problem in problems(filled(points)):
        marks.setdefault(problem.row, {})[problem.field] = problem.text
    return marks


def _row(
    found: Dossier,
    number: int,
    point: RiskPoint,
    columns: list[Column],
    form: Any,
    marks: Mapping[str, str],
    before: Mapping[Any, dict[str, str]],
) -> dict[str, Any]:
    texts = present.row_texts(point)
    errors = {name: " ".join(map(str, items)) for name, items in form.errors.items()} if form else dict(marks)
    values = {name: form.data.get(name, "") for name in texts} if form else texts
    cells = [
        _cell(found, number, point, column, values[column.source], errors.get(column.source, "")) for column in columns
    ]
    return {
        "id": str(point.pk),
        "no": number,
        "version": form.data.get("version", point.version) if form else point.version,
        "cells": cells,
        "change": point.get_change_display(),
        "bad": bool(errors),
        "stored": texts if form else None,
        "conflict": errors.get("__all__", ""),
        "last_year": bool(point.last_year_id and point.last_year_id in before),
    }


def _cell(found: Dossier, number: int, point: RiskPoint, column: Column, value: str, error: str) -> dict[str, Any]:
    name = column.source
    kind = "select" if name in _SELECTS else "input" if name in _SHORT else "area"
    return {
        "name": name,
        "id": f"row-{point.pk}-{name}",
        "label": f"第{number}行 {column.header}",
        "value": value,
        "kind": kind,
        "error": error,
        "choices": _choices(found, name) if kind == "select" else (),
    }


def _choices(found: Dossier, name: str) -> list[tuple[str, str]]:
    offered = _SELECTS[name]
    if found.kind == RiskTable.Kind.POST:
        return offered
    return sorted(offered, key=lambda choice: (choice[0] != "", _UNIT_FIRST.index(choice[0]) if choice[0] else 0))


def _removed(request: SignedIn, found: Dossier) -> dict[str, str] | None:
    """The row just taken out, so that it can be put back."""
    gone = request.session.pop("removed_point", None)
    row = found.table.points.filter(pk=gone).exclude(removed_at=None).first() if gone else None
    return {"id": str(row.pk), "name": str(row)} if row else None


def _left_of_last_year(found: Dossier, points: list[RiskPoint]) -> int:
    """How many rows of last year are not in the table."""
    if found.table.previous is None:
        return 0
    carried = {point.last_year_id for point in points}
    ids = found.table.previous.points.filter(removed_at=None).values_list("pk", flat=True)
    return sum(pk not in carried for pk in ids)


def default_responsible(found: Dossier) -> str:
    """责任人 of a new row: the holder of the post, else the section's name is left to be typed."""
    return found.holder.name if found.holder and found.kind == RiskTable.Kind.POST else ""


def form_fields(found: Dossier) -> list[str]:
    return edit_fields(sheet_of(found))
