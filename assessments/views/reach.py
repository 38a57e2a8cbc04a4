"""Fetch and check in one: a view cannot hold a record that its person may not see. Out of scope is 404."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404

from assessments.models import Campaign, Dossier
from assessments.rules import visible
from lianzheng.organisation.access import SignedIn
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.rights import bodies, within
from lianzheng.organisation.roles import Right
from registers.models import RiskPoint

RELATED = (
    "bureau",
    "campaign__scheme",
    "table__post__unit",
    "table__unit",
    "table__previous",
    "unit",
    "holder",
    "meeting",
    "notice",
    "filing",
)


def dossier(request: SignedIn, pk: UUID) -> Dossier:
    """A dossier that the person may open."""
    found: Dossier | None = Dossier.objects.within(visible(request.user)).filter(pk=pk).select_related(*RELATED).first()
    if found is None:
        raise Http404
    found.table.bureau = found.bureau
    return found


def point(found: Dossier, pk: UUID) -> RiskPoint:
    """A row of this dossier's table."""
    row: RiskPoint = get_object_or_404(found.table.points.select_related("table"), pk=pk)
    return row


def campaigns(user: User, *rights: str) -> Any:
    """Campaigns of the bureaus where the person holds one of the rights on the bureau itself."""
    scope = within(user, rights[0], unit="bureau")
    for right in rights[1:]:
        scope |= within(user, right, unit="bureau")
    return Campaign.objects.within(scope).select_related("bureau", "scheme")


def run_by(user: User) -> list[Unit]:
    """Bureaus and towns for which this person runs the office."""
    return bodies(user, Right.RUN_OFFICE)


def campaign(request: SignedIn, pk: UUID, *rights: str) -> Campaign:
    found: Campaign = get_object_or_404(campaigns(request.user, *(rights or (Right.RUN_OFFICE,))), pk=pk)
    return found


def bureau_ids(user: User) -> set[UUID]:
    """Bureaus the person works in."""
    return {tenure.bureau_id for tenure in user.tenures.filter(until=None)}
