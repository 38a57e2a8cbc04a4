"""Scoring schemes: drafted, saved, put in use; which one governs a bureau's year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max, OuterRef, Subquery
from django.db.models.functions import Length, Now

from assessments.actions.ratings import refresh_proposal, weigh
from assessments.models import Campaign, Dossier, Raters, Scheme, State
from assessments.routes import way
from assessments.schemes import SIX, SIX_NAME
from assessments.scoring import dimensions_of
from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.models import Unit, User

CONTENT = ("name", "year", "dimensions", "raters", "vetoes")
"""What a draft's page edits."""


def governing(bureau: Unit, *, year: int) -> Scheme | None:
    """The scheme in use for a bureau's year: its own, else that of the county above it; of one owner, the newest."""
    in_use = Scheme.objects.across_bureaus().filter(
        bureau__in=bureau.lineage(), state=Scheme.State.ACTIVE, year__lte=year
    )
    nearest: Scheme | None = in_use.order_by(Length("bureau__path").desc(), "-year").select_related("bureau").first()
    return nearest


def scheme_for(bureau: Unit, *, year: int) -> Scheme:
    """The governing scheme; the shipped one, as the bureau's own, where there is none yet."""
    shipped = {"name": SIX_NAME, "year": year, "dimensions": list(SIX)}
    return governing(bureau, year=year) or _next_scheme(bureau, content=shipped, state=Scheme.State.ACTIVE)


def _next_scheme(bureau: Unit, *, content: Mapping[str, Any], state: str) -> Scheme:
    """A scheme under its owner's next number."""
    last = Scheme.objects.in_bureau(bureau).aggregate(last=Max("number"))["last"] or 0
    scheme: Scheme = Scheme.objects.create(bureau=bureau, number=last + 1, state=state, **content)
    return scheme


@transaction.atomic
def draft_scheme(bureau: Unit, *, content: Mapping[str, Any], by: User) -> Scheme:
    """A new draft with these contents (`CONTENT`; the year from which it holds may be left out); nothing is scored by
    it yet."""
    whole = {"year": clock.today().year} | dict(content)
    scheme = _next_scheme(bureau, content=whole, state=Scheme.State.DRAFT)
    record("拟定评分方案", subject=scheme, bureau=bureau, by=by)
    return scheme


@transaction.atomic
def save_scheme(scheme: Scheme, *, version: int, content: Mapping[str, Any], by: User) -> Scheme:
    """Save a draft under the version its page showed; what is in use is never edited."""
    changed = Scheme.objects.in_bureau(scheme.bureau).filter(pk=scheme.pk, state=Scheme.State.DRAFT, version=version)
    if not changed.update(**content, version=version + 1):
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
    """Put a draft in use: the former one of the same year retires, open forms of the rounds it governs are scored
    anew, nothing handed in changes. The number of forms scored anew."""
    Unit.objects.select_for_update().get(pk=scheme.bureau_id)
    current: Scheme = Scheme.objects.in_bureau(scheme.bureau).get(pk=scheme.pk)
    if current.state != Scheme.State.DRAFT or current.version != version:
        raise Stale("方案已被他人修改或已启用，请按最新内容办理。")
    try:
        dimensions_of(current.dimensions)
    except ValueError as error:
        raise Refused(str(error)) from error
    of_owner = Scheme.objects.in_bureau(scheme.bureau)
    of_owner.filter(state=Scheme.State.ACTIVE, year=current.year).update(state=Scheme.State.RETIRED)
    of_owner.filter(pk=scheme.pk).update(state=Scheme.State.ACTIVE, activated_by=by, activated_at=Now())
    scheme.refresh_from_db()
    rounds = [campaign for campaign in newest_rounds(scheme) if _governs(scheme, campaign)]
    scored = sum(_score_anew(campaign, scheme) for campaign in rounds)
    record("启用评分方案", subject=scheme, bureau=scheme.bureau, detail={"重新评分": scored}, by=by)
    return scored


def newest_rounds(scheme: Scheme) -> list[Campaign]:
    """The newest round of every bureau under the scheme's owner that has no scheme of its own nearer by."""
    newest = Campaign.objects.across_bureaus().filter(bureau=OuterRef("bureau")).order_by("-year").values("pk")[:1]
    rounds = Campaign.objects.across_bureaus().filter(pk=Subquery(newest), bureau__path__startswith=scheme.bureau.path)
    found = rounds.select_related("bureau", "scheme__bureau").order_by("bureau__path")
    return [campaign for campaign in found if not _own_nearer(scheme, campaign)]


def _own_nearer(scheme: Scheme, campaign: Campaign) -> bool:
    """Has the round's bureau a scheme in use whose owner is nearer than this one's?"""
    now = governing(campaign.bureau, year=campaign.year)
    return now is not None and len(now.bureau.path) > len(scheme.bureau.path)


def _governs(scheme: Scheme, campaign: Campaign) -> bool:
    return governing(campaign.bureau, year=campaign.year) == scheme


def _score_anew(campaign: Campaign, scheme: Scheme) -> int:
    """Open rating dossiers of the round take the new scheme; grades of dimensions it shares stay."""
    Campaign.objects.in_bureau(campaign.bureau).filter(pk=campaign.pk).update(scheme=scheme)
    rated = campaign.dossiers.filter(state__in=(State.DRAFT, State.RETURNED)).exclude(stage=Dossier.Stage.FINDING)
    related = ("table__post__criterion", "table__unit__criterion", "table__bureau", "bureau")
    open_ones = list(rated.select_related(*related).prefetch_related("ratings"))
    for dossier in open_ones:
        values = rated_by(scheme, dossier=dossier)
        Dossier.objects.in_bureau(campaign.bureau).filter(pk=dossier.pk).update(**values)
        for name, value in values.items():
            setattr(dossier, name, value)
        for rating in dossier.ratings.all():
            weigh(rating, dossier)
            rating.save(update_fields=["summed", "divisor", "score", "rank"])
        refresh_proposal(dossier)
    return len(open_ones)


def rated_by(scheme: Scheme, *, dossier: Dossier) -> dict[str, Any]:
    """What a form keeps of the scheme it is rated by: a snapshot, and the way that its raters' desks ask for. The
    bureau's own form is the office's: nobody else grades it."""
    raters = Raters.SINGLE if dossier.kind == "bureau" else scheme.raters
    codes = {item["code"] for item in scheme.vetoes}
    return {
        "dimensions": scheme.dimensions,
        "raters": raters,
        "veto_rules": scheme.vetoes,
        "vetoes": sorted(codes & set(dossier.vetoes)),
        "route": way(dossier, several=raters != Raters.SINGLE),
    }
