"""The content of a dossier that an opinion is given on: every row, grade and level, in one plain structure."""

from collections.abc import Sequence
from typing import Any

from assessments.models import Appraisal, Dossier, Raters, Rating
from registers.models import RiskPoint


def content_of(dossier: Dossier) -> dict[str, Any]:
    """JSON of what the reviewer sees; its digest binds the opinion to it."""
    return contents_of([dossier])[0]


def contents_of(dossiers: Sequence[Dossier]) -> list[dict[str, Any]]:
    """The same for many, in order; as many queries as for one."""
    points: dict[Any, list[RiskPoint]] = {}
    tables = {dossier.table_id for dossier in dossiers}
    rows = RiskPoint.unscoped.filter(table__in=tables, removed_at=None).order_by("order", "id")
    for point in rows.prefetch_related("measures"):
        points.setdefault(point.table_id, []).append(point)
    ratings: dict[Any, dict[Any, Rating]] = {}
    graded = [dossier.pk for dossier in dossiers if dossier.grades_points]
    for rating in Rating.unscoped.filter(dossier__in=graded) if graded else ():
        ratings.setdefault(rating.dossier_id, {})[rating.point_id] = rating
    others = _others([dossier for dossier in dossiers if dossier.raters != Raters.SINGLE])
    return [
        _content(dossier, points.get(dossier.table_id, []), ratings.get(dossier.pk, {}), others.get(dossier.pk, {}))
        for dossier in dossiers
    ]


def _others(dossiers: Sequence[Dossier]) -> dict[Any, dict[Any, dict[str, Any]]]:
    """Dossier -> row -> seat -> the grades of the other raters, where the scheme has several."""
    found: dict[Any, dict[Any, dict[str, Any]]] = {}
    for given in Appraisal.unscoped.filter(dossier__in=dossiers) if dossiers else ():
        found.setdefault(given.dossier_id, {}).setdefault(given.point_id, {})[given.seat] = given.grades
    return found


def _content(
    dossier: Dossier, points: Sequence[RiskPoint], ratings: dict[Any, Rating], others: dict[Any, dict[str, Any]]
) -> dict[str, Any]:
    return {
        "title": dossier.title,
        "holder": str(dossier.holder_id or ""),
        "levels": [dossier.proposed_rank, dossier.reported_rank, dossier.reported_reason, dossier.reviewed_rank],
        "vetoes": list(dossier.vetoes),
        "rows": [
            {
                "id": str(point.pk),
                "power": point.power,
                "type": point.risk_type,
                "name": point.name,
                "manifestation": point.manifestation,
                "measures": point.measures_text,
                "responsible": point.responsible,
                "grades": ratings[point.pk].grades if point.pk in ratings else {},
                "reasons": ratings[point.pk].reasons if point.pk in ratings else {},
                "others": others.get(point.pk, {}),
                "score": str(ratings[point.pk].score) if point.pk in ratings else "",
                "reviewed": ratings[point.pk].reviewed_rank if point.pk in ratings else None,
            }
            for point in points
        ],
    }
