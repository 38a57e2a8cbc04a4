"""What a draft scheme would change: which points, and through them which posts and sections, get another level.

Set-based SQL over the rated points of the rounds concerned, read once, so that 100,000 points answer at once; a test
holds it equal to `scoring`. PostgreSQL's round() of a numeric rounds half away from zero, which for scores is
ROUND_HALF_UP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from assessments.levels import VETO_RANK
from assessments.models import Campaign
from assessments.scoring import FIRST_FROM, SECOND_FROM, Dimension

MOST_POINTS = 200
"""Points that are listed by name; all are counted."""


@dataclass(frozen=True)
class Moved:
    """A post, section or bureau (the id of its paper) whose proposed level would change, or one of its points."""

    dossier: str
    title: str
    kind: str
    before: int
    after: int
    point: str = ""


@dataclass(frozen=True)
class Effect:
    """`points`: (level now, level then) -> number of points; `unfinished`: points that lack a dimension; `moved`:
    posts, sections and bureaus; `named`: the first of the points that change, heaviest first."""

    points: dict[tuple[int, int], int]
    unfinished: int
    moved: list[Moved]
    named: list[Moved]

    @property
    def changed_points(self) -> int:
        return sum(number for (before, after), number in self.points.items() if before != after)

    def moved_of(self, kind: str) -> int:
        """How many posts (sections, bureaus) would get another level."""
        return sum(item.kind == kind for item in self.moved)


def effect_of(dimensions: Sequence[Dimension], *, campaigns: Sequence[Campaign], vetoes: Sequence[str] = ()) -> Effect:
    """The effect on the rounds' rated points as they stand; `vetoes` are codes of what alone makes level one."""
    with connection.cursor() as cursor:
        cursor.execute(_over(dimensions, _SUMMARY), [*_values(dimensions, campaigns), list(vetoes)])
        pairs, moved, named = cursor.fetchone() or ([], [], [])
    points = {(before, after): number for before, after, number in pairs if after}
    unfinished = sum(number for _, after, number in pairs if after is None)
    return Effect(points, unfinished, [Moved(*row) for row in moved], [Moved(*row) for row in named])


def scores_of(dimensions: Sequence[Dimension], *, campaign: Campaign) -> list[tuple[Any, Any, int | None]]:
    """(rating, score, level) of every rated point under these dimensions; what the tests compare with `scoring`."""
    with connection.cursor() as cursor:
        cursor.execute(_over(dimensions, _EACH), _values(dimensions, [campaign]))
        return list(cursor.fetchall())


def _values(dimensions: Sequence[Dimension], campaigns: Sequence[Campaign]) -> list[Any]:
    parts: list[Any] = []
    for item in dimensions:
        parts += [item.weight, item.code]
    return [*parts, [campaign.pk for campaign in campaigns], FIRST_FROM, SECOND_FROM]


def _over(dimensions: Sequence[Dimension], tail: sql.Composable) -> str:
    """The scored ratings as `scored`, and the asked summary of them; text, as the field history reads along."""
    total = sql.SQL(" + ").join(_TERMS[item.reverse] for item in dimensions) or sql.SQL("NULL::numeric")
    return (sql.SQL(_SCORED).format(total=total) + tail).as_string()


_TERMS = {
    False: sql.SQL("%s::numeric * (rating.summed->>%s)::numeric"),
    True: sql.SQL("%s::numeric * (6 * rating.divisor - (rating.summed->>%s)::numeric)"),
}
_SCORED = """
WITH raw AS (
    SELECT rating.id, rating.dossier_id, rating.point_id, rating.rank,
           round(({total}) / (5 * rating.divisor), 2) AS score
    FROM assessments_rating rating
    JOIN assessments_dossier dossier ON dossier.id = rating.dossier_id
    JOIN registers_riskpoint point ON point.id = rating.point_id AND point.removed_at IS NULL
    WHERE dossier.campaign_id = ANY(%s) AND dossier.state NOT IN ('void', 'superseded') AND rating.rank IS NOT NULL
), scored AS MATERIALIZED (
    SELECT *, CASE WHEN score >= %s THEN 1 WHEN score >= %s THEN 2 WHEN score IS NOT NULL THEN 3 END AS level FROM raw
)
"""
_EACH = sql.SQL("SELECT id, score, level FROM scored")
_SUMMARY = sql.SQL(
    """
, pairs AS (
    SELECT rank, level, count(*) AS number FROM scored GROUP BY rank, level
), each AS (
    SELECT dossier_id, min(rank) AS before, min(level) AS after FROM scored GROUP BY dossier_id
), proposed AS (
    SELECT dossier.id, dossier.title, dossier.kind,
           least(each.before, criterion.rank, CASE WHEN dossier.vetoes <> '{{}}' THEN {veto} END) AS before,
           least(each.after, criterion.rank, CASE WHEN dossier.vetoes && %s::varchar[] THEN {veto} END) AS after
    FROM each
    JOIN assessments_dossier dossier ON dossier.id = each.dossier_id
    JOIN registers_risktable book ON book.id = dossier.table_id
    LEFT JOIN organisation_post post ON post.id = book.post_id
    LEFT JOIN organisation_unit unit ON unit.id = book.unit_id AND book.post_id IS NULL
    LEFT JOIN organisation_criterion criterion ON criterion.id = COALESCE(post.criterion_id, unit.criterion_id)
), moved AS (
    SELECT * FROM proposed WHERE before <> after ORDER BY kind, title
), named AS (
    SELECT scored.dossier_id, dossier.title, dossier.kind, scored.rank, scored.level, point.name
    FROM scored
    JOIN assessments_dossier dossier ON dossier.id = scored.dossier_id
    JOIN registers_riskpoint point ON point.id = scored.point_id
    WHERE scored.rank <> scored.level ORDER BY scored.level, dossier.title, point.order LIMIT {most}
)
SELECT (SELECT COALESCE(json_agg(json_build_array(rank, level, number)), '[]') FROM pairs),
       (SELECT COALESCE(json_agg(json_build_array(id, title, kind, before, after)), '[]') FROM moved),
       (SELECT COALESCE(json_agg(json_build_array(dossier_id, title, kind, rank, level, name)), '[]') FROM named)
"""
).format(veto=sql.Literal(VETO_RANK), most=sql.Literal(MOST_POINTS))
