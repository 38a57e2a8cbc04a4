"""Grades, scores, the proposed and the reported level."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction

from assessments.levels import VOCABULARIES, Point, propose
from assessments.models import Dossier, Rating
from assessments.rules import gradable
from assessments.scoring import dimensions_of, rank, score
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.models import User
from registers.models import RiskPoint


def gradable_now(dossier: Dossier, *, by: User) -> Dossier:
    """The dossier, locked, if its grades are this person's to give now; else a sentence."""
    rows = Dossier.objects.across_bureaus().select_for_update(of=("self",)).filter(gradable(by), pk=dossier.pk)
    current: Dossier | None = rows.first()
    if current is None:
        raise Refused("本表已提交或不由您填写，不能再评分。")
    return current


@transaction.atomic
def save_rating(
    dossier: Dossier, *, point: RiskPoint, version: int, grades: Mapping[str, int], reasons: Mapping[str, str], by: User
) -> Rating:
    """Grade one risk point; missing dimensions leave it unfinished. `version` 0 means no rating was on the page yet."""
    current = gradable_now(dossier, by=by)
    dimensions = dimensions_of(current.dimensions)
    known = {item.code for item in dimensions}
    if not set(grades) <= known or point.table_id != current.table_id:
        raise Refused("评分项目与本表不符，请刷新页面。")
    try:
        total = score(dimensions, grades=grades)
    except ValueError as error:
        raise Refused(str(error)) from error
    rating: Rating
    rating, _ = Rating.unscoped.select_for_update().get_or_create(
        bureau_id=current.bureau_id, dossier=current, point=point, defaults={"version": 0}
    )
    kept = {code: text for code, text in reasons.items() if code in known and text}
    if (rating.grades, rating.reasons) != (dict(grades), kept):
        if rating.version != version:
            raise Stale("这一行的评分已在别的窗口改过，请对照后再保存。")
        rating.grades, rating.reasons = dict(grades), kept
        set_score(rating, total)
        rating.version = version + 1
        rating.save()
        refresh_proposal(current)
    return rating


def set_score(rating: Rating, total: Decimal | None) -> None:
    """A score and its level belong together; without the one there is not the other."""
    rating.score, rating.rank = total, None if total is None else rank(total)


def refresh_proposal(dossier: Dossier) -> None:
    """Propose the level anew from the ratings as they stand (就高不就低)."""
    table = dossier.table
    owner = table.post if table.post is not None else table.unit
    rated = [
        Point(name=rating.point.name, rank=rating.rank or 0)
        for rating in dossier.ratings.exclude(rank=None).filter(point__removed_at=None).select_related("point")
    ]
    words = VOCABULARIES[table.bureau.vocabulary]
    proposal = propose(rated, criteria_rank=owner.criteria_rank, criteria_basis=owner.criteria_basis, words=words)
    Dossier.objects.across_bureaus().filter(pk=dossier.pk).update(
        proposed_rank=proposal.rank if proposal else None,
        proposed_reason=proposal.reason[:500] if proposal else "",
    )


@transaction.atomic
def report_level(dossier: Dossier, *, rank: int, reason: str, by: User) -> None:
    """自报等级; a level below the proposal carries its reason."""
    current = gradable_now(dossier, by=by)
    Dossier.objects.across_bureaus().filter(pk=current.pk).update(reported_rank=rank, reported_reason=reason)
