"""Fetch, check and journal in one: a look at a signal or a warning is an act, recorded in the same request."""

from typing import Any
from uuid import UUID

from django.http import Http404

from early_warning.models import RectificationItem, Signal, WarningNotice
from early_warning.rules import discipline, visible
from lianzheng.audit.actions import record
from lianzheng.organisation.access import SignedIn
from registers.models import RiskPoint

RELATED = ("bureau", "unit", "post__unit", "answerer", "holder", "issued_by", "signal")
MOST_POINTS = 200


def warnings(request: SignedIn) -> Any:
    return WarningNotice.objects.within(visible(request.user)).select_related(*RELATED)


def warning(request: SignedIn, pk: UUID, *, look: str = "") -> WarningNotice:
    """A warning that the person may open; `look` is what the journal calls this."""
    found: WarningNotice | None = warnings(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    if look:
        record(look, subject=found, bureau=found.bureau, by=request.user)
    return found


def signal(request: SignedIn, pk: UUID, *, look: str = "") -> Signal:
    rows = Signal.objects.within(discipline(request.user)).filter(pk=pk)
    found: Signal | None = rows.select_related("bureau", "unit", "post__unit", "answerer", "judged_by").first()
    if found is None:
        raise Http404
    if look:
        record(look, subject=found, bureau=found.bureau, by=request.user)
    return found


def item(found: WarningNotice, pk: UUID) -> RectificationItem:
    row: RectificationItem | None = found.items.filter(pk=pk).first()
    if row is None:
        raise Http404
    row.warning = found
    return row


def points_about(about: Signal | WarningNotice) -> list[tuple[str, str]]:
    """Choices of risk points: those of the subject's post or section, newest year first."""
    rows = RiskPoint.objects.in_bureau(about.bureau).filter(removed_at=None).exclude(name="")
    rows = rows.filter(table__post=about.post) if about.post_id else rows.filter(table__unit=about.unit)
    listed = rows.select_related("table").order_by("-table__year", "order")[:MOST_POINTS]
    return [(str(point.pk), f"{point.table.year}年度 {point.name}") for point in listed]


def points(keys: list[str]) -> list[RiskPoint]:
    """The chosen points; the keys are those that were offered."""
    return list(RiskPoint.objects.across_bureaus().filter(pk__in=keys)) if keys else []
