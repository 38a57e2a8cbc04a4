"""The content of a dossier that an opinion is given on: every row, grade and level, in one plain structure."""

from typing import Any

from assessments.models import Dossier


def content_of(dossier: Dossier) -> dict[str, Any]:
    """JSON of what the reviewer sees; its digest binds the opinion to it."""
    ratings = {rating.point_id: rating for rating in dossier.ratings.all()} if dossier.grades_points else {}
    return {
        "title": dossier.title,
        "holder": str(dossier.holder_id or ""),
        "levels": [dossier.proposed_rank, dossier.reported_rank, dossier.reported_reason, dossier.reviewed_rank],
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
                "score": str(ratings[point.pk].score) if point.pk in ratings else "",
            }
            for point in dossier.table.rows()
        ],
    }
