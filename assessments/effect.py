"""What a draft scheme would change: which points, and through them which posts and sections, get another level.

Set-based SQL over this year's ratings, so that 100,000 points answer at once; a test holds it equal to `scoring`.
PostgreSQL's round() of a numeric rounds half away from zero, which for scores is ROUND_HALF_UP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from assessments.models import Campaign
from assessments.scoring import FIRST_FROM, SECOND_FROM, Dimension


@dataclass(frozen=True)
class Moved:
    """A post or section whose proposed level would change."""

    dossier: Any
    title: str
    kind: str
    before: int
    after: int


@dataclass(frozen=True)
class Effect:
    """`points`: (level now, level then) -> number of points; `unfinished`: points that lack a dimension."""

    points: dict[tuple[int, int], int]
    unfinished: int
    moved: list[Moved]

    @property
    def changed_points(self) -> int:
        return sum(number for (before, after), number in self.points.items() if before != after)


def effect_of(dimensions: Sequence[Dimension], *, campaign: Campaign) -> Effect:
    """The effect on the campaign's rated points as they stand."""
    with connection.cursor() as cursor:
        cursor.execute(_over(dimensions, _POINTS), _values(dimensions, campaign))
        pairs = cursor.fetchall()
        cursor.execute(_over(dimensions, _DOSSIERS), _values(dimensions, campaign))
        moved = [Moved(*row) for row in cursor.fetchall()]
    points = {(before, after): number for before, after, number in pairs if before and after}
    return Effect(points, sum(number for _, after, number in pairs if after is None), moved)


def scores_of(dimensions: Sequence[Dimension], *, campaign: Campaign) -> list[tuple[Any, Any, int | None]]:
    """(rating, score, level) of every rated point under these dimensions; what the tests compare with `scoring`."""
    with connection.cursor() as cursor:
        cursor.execute(_over(dimensions, _EACH), _values(dimensions, campaign))
        return list(cursor.fetchall())


def _values(dimensions: Sequence[Dimension], campaign: Campaign) -> list[Any]:
    parts: list[Any] = []
    for item in dimensions:
        parts += [item.weight, item.code]
    return [*parts, campaign.pk, FIRST_FROM, SECOND_FROM]


def _over(dimensions: Sequence[Dimension], tail: sql.SQL) -> sql.Composed:
    """The scored ratings as `scored`, and the asked summary of them."""
    term = sql.SQL("%s::numeric * (rating.grades->>%s)::numeric / 5")
    total = sql.SQL(" + ").join([term] * len(dimensions)) if dimensions else sql.SQL("NULL::numeric")
    return sql.SQL(_SCORED).format(total=total) + tail


_SCORED = """
WITH raw AS (
    SELECT rating.id, rating.dossier_id, rating.rank, round({total}, 2) AS score
    FROM assessments_rating rating
    JOIN assessments_dossier dossier ON dossier.id = rating.dossier_id
    JOIN registers_riskpoint point ON point.id = rating.point_id AND point.removed_at IS NULL
    WHERE dossier.campaign_id = %s AND dossier.state <> 'void' AND rating.rank IS NOT NULL
), scored AS (
    SELECT *, CASE WHEN score >= %s THEN 1 WHEN score >= %s THEN 2 WHEN score IS NOT NULL THEN 3 END AS level FROM raw
)
"""
_EACH = sql.SQL("SELECT id, score, level FROM scored")
_POINTS = sql.SQL("SELECT rank, level, count(*) FROM scored GROUP BY rank, level ORDER BY rank, level")
_DOSSIERS = sql.SQL(
    """
, each AS (
    SELECT dossier_id, min(rank) AS before, min(level) AS after FROM scored GROUP BY dossier_id
), proposed AS (
    SELECT dossier.id, dossier.title, dossier.kind,
           least(each.before, COALESCE(post.criteria_rank, unit.criteria_rank)) AS before,
           least(each.after, COALESCE(post.criteria_rank, unit.criteria_rank)) AS after
    FROM each
    JOIN assessments_dossier dossier ON dossier.id = each.dossier_id
    JOIN registers_risktable book ON book.id = dossier.table_id
    LEFT JOIN organisation_post post ON post.id = book.post_id
    LEFT JOIN organisation_unit unit ON unit.id = book.unit_id AND book.post_id IS NULL
)
SELECT id, title, kind, before, after FROM proposed
WHERE before <> after AND after IS NOT NULL ORDER BY kind, title
"""
)
