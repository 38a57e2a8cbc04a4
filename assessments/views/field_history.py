"""修改记录: what stood in each cell of a form before, for whoever may read the form."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assessments.views import reach
from lianzheng import clock
from lianzheng.organisation.access import SignedIn, signed_in
from lianzheng.organisation.models import User
from registers.field_history import Change, changes

MOST_LINES = 500


@signed_in
@require_safe
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """The newest changes first."""
    found = reach.dossier(request, pk)
    lines = changes(found.table)
    names = _names(lines[:MOST_LINES])
    context = {
        "dossier": found,
        "lines": [_line(change) | {"by": names.get(change.person, "系统")} for change in lines[:MOST_LINES]],
        "more": max(0, len(lines) - MOST_LINES),
    }
    return render(request, "assessments/field_history.html", context)


def _names(lines: list[Change]) -> dict[str, str]:
    people = User.objects.filter(pk__in={line.person for line in lines if line.person})
    return {str(pk): name for pk, name in people.values_list("pk", "name")}


def _line(change: Change) -> dict[str, Any]:
    at = change.at.astimezone(ZoneInfo(clock.ZONE))
    return {"at": f"{at:%Y-%m-%d %H:%M:%S}", **{name: getattr(change, name) for name in ("row", "field", "old", "new")}}
