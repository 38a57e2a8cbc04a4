"""Picking several dossiers on one page, each with the version that was shown."""

from uuid import UUID

from django.http import HttpRequest

from assessments.flow import DOSSIERS
from assessments.models import Campaign, Dossier
from assessments.views.reach import RELATED
from lianzheng.organisation.models import User


def open_for(campaign: Campaign, *, action: str, user: User) -> list[Dossier]:
    """Dossiers of the campaign on which this person may take this step now, by the steps' own guard."""
    here = DOSSIERS.open_for(user, wanted=lambda step: step.action == action)
    found = here.filter(campaign=campaign).select_related(*RELATED)
    return list(found.order_by("unit__path", "kind", "title"))


def picked(request: HttpRequest, offered: list[Dossier]) -> list[tuple[Dossier, int]]:
    """The offered dossiers that were ticked, with the versions the page showed; anything else sent is ignored."""
    ticked = set(request.POST.getlist("pick"))
    return [(dossier, version_of(request, dossier)) for dossier in offered if str(dossier.pk) in ticked]


def version_of(request: HttpRequest, dossier: Dossier) -> int:
    """The version sent for this dossier."""
    return version_in(request, f"version-{dossier.pk}")


def version_in(request: HttpRequest, field: str = "version") -> int:
    """The version in a field of the form; 0, which is never right, when it is missing or no number."""
    text = request.POST.get(field, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
