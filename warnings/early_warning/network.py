"""预警信息员网络 as a tree: centre → reporting points → informants. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Exists, OuterRef

from early_warning.models import NetworkSeat, Tier
from lianzheng.organisation.models import GrantRequest, Unit, UnitUserGrant, User
from lianzheng.organisation.roles import INFORMANT, Right


@dataclass
class Point:
    """A reporting point with its informants."""

    keeper: NetworkSeat
    informants: list[NetworkSeat] = field(default_factory=list)


def point_of(unit: Unit, seats: Iterable[NetworkSeat]) -> NetworkSeat | None:
    """The nearest reporting point at or above the unit."""
    over = [seat for seat in seats if seat.tier == Tier.POINT and unit.path.startswith(seat.unit.path)]
    return max(over, key=lambda seat: len(seat.unit.path), default=None)


def reports(person: User, *, unit: Unit) -> bool:
    """Was the right to report granted for this very unit?"""
    rows = UnitUserGrant.objects.filter(content_object=unit, user=person)
    return bool(rows.filter(permission__codename=Right.REPORT_SIGNAL).exists())


def asked_for(person: User, *, unit: Unit) -> bool:
    """Does the same right wait for its confirmation already?"""
    return GrantRequest.objects.filter(unit=unit, person=person, role=INFORMANT.code, outcome="").exists()


def unconfirmed(bureau: Unit) -> set[UUID]:
    """Open seats whose right nobody has confirmed yet; one query."""
    given = UnitUserGrant.objects.filter(
        content_object=OuterRef("unit"), user=OuterRef("person"), permission__codename=Right.REPORT_SIGNAL
    )
    rows = NetworkSeat.objects.in_bureau(bureau).filter(~Exists(given), ended_at=None)
    return set(rows.values_list("pk", flat=True))


def centre(bureau: Unit) -> list[str]:
    """预警信息中心: who handles warnings of the bureau."""
    grants = UnitUserGrant.objects.filter(permission__codename=Right.HANDLE_WARNINGS, user__is_active=True)
    over = grants.filter(content_object__in=bureau.lineage())
    return list(over.order_by("user__name").values_list("user__name", flat=True).distinct())


def points(bureau: Unit) -> list[Point]:
    """The reporting points of the bureau, the highest first, each with those who report to it; one query."""
    rows = NetworkSeat.objects.in_bureau(bureau).filter(ended_at=None).select_related("unit", "person", "bureau")
    seats: Sequence[NetworkSeat] = list(rows.order_by("unit__path", "person__name"))
    found = {seat.pk: Point(seat) for seat in seats if seat.tier == Tier.POINT}
    for seat in seats:
        keeper = point_of(seat.unit, seats) if seat.tier == Tier.INFORMANT else None
        if keeper is not None:
            found[keeper.pk].informants.append(seat)
    return list(found.values())
