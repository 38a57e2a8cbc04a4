"""The only writers of the informants' network («预警防控暂行办法» 第十四条)."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from early_warning.models import NetworkSeat, Tier
from early_warning.network import asked_for, point_of, reports
from lianzheng.audit.actions import record
from lianzheng.flow import Refused
from lianzheng.organisation.actions import request_grant, revoke, withdraw_requests
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.roles import INFORMANT


@transaction.atomic
def appoint_seat(person: User, *, unit: Unit, tier: str, by: User) -> NetworkSeat:
    """聘任. One keeper a reporting point; an informant needs a reporting point at or above the unit. The right to
    report is asked for with it and stands once the security administrator has confirmed it. Raises Refused."""
    seats = _open_seats(unit.bureau)
    if any(seat.unit_id == unit.pk and seat.person_id == person.pk and seat.tier == tier for seat in seats):
        raise Refused(f"{person.name}已经是{unit.name}的{Tier(tier).label}。")
    if tier == Tier.POINT and any(seat.tier == Tier.POINT and seat.unit_id == unit.pk for seat in seats):
        raise Refused(f"{unit.name}已设报送点，请先解聘原联系人。")
    if tier == Tier.INFORMANT and point_of(unit, seats) is None:
        raise Refused(f"{unit.name}及其上级还没有报送点，请先设报送点。")
    seat: NetworkSeat = NetworkSeat.objects.create(
        bureau=unit.bureau, unit=unit, person=person, tier=tier, appointed_by=by
    )
    if not reports(person, unit=unit) and not asked_for(person, unit=unit):
        reason = f"聘任为{seat.get_tier_display()}"
        request_grant(INFORMANT, unit=unit, person=person, takes=False, reason=reason, by=by)
    _journal("聘任", seat, by=by)
    return seat


@transaction.atomic
def end_seat(seat: NetworkSeat, *, by: User) -> None:
    """解聘; refused where informants would be left without a reporting point. The right goes with the last seat."""
    seats = _open_seats(seat.bureau)
    left = [other for other in seats if other.pk != seat.pk]
    if len(left) == len(seats):
        raise Refused("这一聘任已经结束。")
    orphans = [other for other in left if other.tier == Tier.INFORMANT and point_of(other.unit, left) is None]
    if orphans:
        names = "、".join(sorted({other.unit.name for other in orphans}))
        raise Refused(f"{names}还有预警信息员由本报送点联系，请先解聘他们或另设报送点。")
    NetworkSeat.objects.in_bureau(seat.bureau).filter(pk=seat.pk).update(ended_at=Now())
    if not any(other.unit_id == seat.unit_id and other.person_id == seat.person_id for other in left):
        withdraw_requests(INFORMANT, unit=seat.unit, person=seat.person, by=by)
        revoke(INFORMANT, unit=seat.unit, to=seat.person, by=by)
    _journal("解聘", seat, by=by)


def _open_seats(bureau: Unit | None) -> list[NetworkSeat]:
    """The bureau's open seats; the bureau is locked, so that two clerks cannot both be the first."""
    assert bureau is not None
    Unit.objects.select_for_update(no_key=True).get(pk=bureau.pk)
    return list(NetworkSeat.objects.in_bureau(bureau).filter(ended_at=None).select_related("unit"))


def _journal(act: str, seat: NetworkSeat, *, by: User) -> None:
    detail = {"机构": seat.unit.name, "人员": str(seat.person_id)}
    record(f"{act}{seat.get_tier_display()}", subject=seat, bureau=seat.bureau, detail=detail, by=by)
