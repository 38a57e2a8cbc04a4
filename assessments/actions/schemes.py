"""Scoring schemes: drafted, saved, put in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from assessments.actions.ratings import refresh_proposal, set_score
from assessments.models import Campaign, Dossier, Scheme, State
from assessments.schemes import SIX, SIX_NAME
from assessments.scoring import dimensions_of, score
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.models import Unit, User

Stage = Dossier.Stage


def scheme_for(bureau: Unit) -> Scheme:
    """The bureau's scheme in use; the shipped one at its first round."""
    in_use: Scheme | None = Scheme.objects.in_bureau(bureau).filter(state=Scheme.State.ACTIVE).first()
    return in_use or _next_scheme(bureau, name=SIX_NAME, dimensions=SIX, state=Scheme.State.ACTIVE)


def _next_scheme(bureau: Unit, *, name: str, dimensions: Sequence[Mapping[str, Any]], state: str) -> Scheme:
    """A scheme under the bureau's next number."""
    last = Scheme.objects.in_bureau(bureau).aggregate(last=Max("number"))["last"] or 0
    scheme: Scheme = Scheme.objects.create(
        bureau=bureau, name=name, number=last + 1, dimensions=list(dimensions), state=state
    )
    return scheme


@transaction.atomic
def draft_scheme(bureau: Unit, *, name: str, dimensions: Sequence[Mapping[str, Any]], by: User) -> Scheme:
    """A new draft, from the scheme in use or a shipped one; nothing is scored by it yet."""
    scheme = _next_scheme(bureau, name=name, dimensions=dimensions, state=Scheme.State.DRAFT)
    record("拟定评分方案", subject=scheme, bureau=bureau, by=by)
    return scheme


@transaction.atomic
def save_scheme(
    scheme: Scheme, *, version: int, name: str, dimensions: Sequence[Mapping[str, Any]], by: User
) -> Scheme:
    """Save a draft under the version its page showed; what is in use is never edited."""
    changed = Scheme.objects.in_bureau(scheme.bureau).filter(pk=scheme.pk, state=Scheme.State.DRAFT, version=version)
    if not changed.update(name=name, dimensions=list(dimensions), version=version + 1):
        raise Stale("方案已被他人修改或已启用，请按最新内容修改。")
    scheme.refresh_from_db()
    return scheme


@transaction.atomic
def discard_scheme(scheme: Scheme, *, by: User) -> None:
    """Throw a draft away; a scheme that was ever in use stays for ever."""
    removed, _ = Scheme.objects.in_bureau(scheme.bureau).filter(pk=scheme.pk, state=Scheme.State.DRAFT).delete()
    if not removed:
        raise Refused("已启用或用过的方案不能删除。")
    record("删除评分方案草案", bureau=scheme.bureau, detail={"版本": scheme.number}, by=by)


@transaction.atomic
def activate_scheme(scheme: Scheme, *, version: int, by: User) -> int:
    """Put a draft in use: the former one retires, open forms are scored anew, nothing handed in changes.

    The number of forms scored anew.
    """
    Unit.objects.select_for_update().get(pk=scheme.bureau_id)
    current: Scheme = Scheme.objects.in_bureau(scheme.bureau).get(pk=scheme.pk)
    if current.state != Scheme.State.DRAFT or current.version != version:
        raise Stale("方案已被他人修改或已启用，请按最新内容办理。")
    try:
        dimensions_of(current.dimensions)
    except ValueError as error:
        raise Refused(str(error)) from error
    of_bureau = Scheme.objects.in_bureau(scheme.bureau)
    of_bureau.filter(state=Scheme.State.ACTIVE).update(state=Scheme.State.RETIRED)
    of_bureau.filter(pk=scheme.pk).update(state=Scheme.State.ACTIVE, activated_by=by, activated_at=Now())
    scheme.refresh_from_db()
    newest = Campaign.objects.in_bureau(scheme.bureau).order_by("-year").first()
    scored = _score_anew(newest, scheme) if newest else 0
    record("启用评分方案", subject=scheme, bureau=scheme.bureau, detail={"重新评分": scored}, by=by)
    return scored


def _score_anew(campaign: Campaign, scheme: Scheme) -> int:
    """Open rating dossiers of the round take the new scheme; grades of dimensions it shares stay."""
    Campaign.objects.in_bureau(campaign.bureau).filter(pk=campaign.pk).update(scheme=scheme)
    dimensions = dimensions_of(scheme.dimensions)
    rated = campaign.dossiers.filter(state__in=(State.DRAFT, State.RETURNED)).exclude(stage=Stage.FINDING)
    open_ones = list(rated.select_related("table__post", "table__unit", "table__bureau").prefetch_related("ratings"))
    for dossier in open_ones:
        Dossier.objects.in_bureau(campaign.bureau).filter(pk=dossier.pk).update(dimensions=scheme.dimensions)
        for rating in dossier.ratings.all():
            set_score(rating, score(dimensions, grades=rating.grades))
            rating.save(update_fields=["score", "rank"])
        refresh_proposal(dossier)
    return len(open_ones)
