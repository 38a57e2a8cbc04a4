"""The content of a dossier that an opinion is given on: every row, grade and level, in one plain structure."""

from typing import Any

from assessments.models import Dossier, Raters


def content_of(dossier: Dossier) -> dict[str, Any]:
    """JSON of what the reviewer sees; its digest binds the opinion to it."""
    ratings = {rating.point_id: rating for rating in dossier.ratings.all()} if dossier.grades_points else {}
    others = _others(dossier)
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
            for point in dossier.table.rows()
        ],
    }


def _others(dossier: Dossier) -> dict[Any, dict[str, Any]]:
    """The grades of the other raters by row and seat, where the scheme has several."""
    found: dict[Any, dict[str, Any]] = {}
    if dossier.raters != Raters.SINGLE:
        for appraisal in dossier.appraisals.all():
            found.setdefault(appraisal.point_id, {})[appraisal.seat] = appraisal.grades
    return found
