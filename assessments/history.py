"""A post, section or bureau over the years: its rated papers side by side, each risk point followed by its lineage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from assessments.models import Dossier, Rating
from registers.models import RiskPoint

MOST_PAPERS = 12


@dataclass
class Line:
    """One risk point through its papers: name as it stands last, and what it was in each paper (by the paper's id)."""

    name: str
    cells: dict[Any, "Cell"] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """A risk point in one paper; `change` is new, same, changed, or removed in the paper that no longer has it."""

    change: str
    score: Any = None
    rank: int | None = None


def papers(dossier: Dossier, *, seen: QuerySet[Dossier]) -> list[Dossier]:
    """Rated papers of the same post, section or bureau among those the person may see, the oldest first."""
    same = seen.filter(bureau=dossier.bureau_id, kind=dossier.kind, unit=dossier.unit_id)
    if dossier.table.post_id:
        same = same.filter(table__post=dossier.table.post_id)
    rated = same.exclude(stage=Dossier.Stage.FINDING).exclude(state="void")
    newest = rated.select_related("campaign", "table", "bureau").order_by("-campaign__year", "-table__edition")
    return list(newest[:MOST_PAPERS])[::-1]


def lines(found: Sequence[Dossier]) -> list[Line]:
    """The risk points of these papers by lineage, in the order in which they first appeared."""
    points = _points(found)
    ratings = _ratings(found)
    by_point: dict[Any, Line] = {}
    told: list[Line] = []
    before: set[Any] = set()
    for paper in found:
        here = points.get(paper.table_id, [])
        for point in here:
            line = by_point.get(point.last_year_id)
            if line is None:
                line = Line(point.name)
                told.append(line)
            by_point[point.pk] = line
            line.name = point.name or line.name
            rating = ratings.get((paper.pk, point.pk))
            change = point.change if point.last_year_id in by_point else RiskPoint.Change.NEW
            line.cells[paper.pk] = Cell(change, rating.score if rating else None, _rank(rating))
        for gone in before - {point.last_year_id for point in here}:
            by_point[gone].cells.setdefault(paper.pk, Cell("removed"))
        before = {point.pk for point in here}
    return told


def _rank(rating: Rating | None) -> int | None:
    return (rating.reviewed_rank or rating.rank) if rating else None


def _points(found: Iterable[Dossier]) -> Mapping[Any, list[RiskPoint]]:
    """Rows by table; one query."""
    rows: dict[Any, list[RiskPoint]] = {}
    tables = [paper.table_id for paper in found]
    for point in RiskPoint.unscoped.filter(table__in=tables, removed_at=None).order_by("order", "id"):
        rows.setdefault(point.table_id, []).append(point)
    return rows


def _ratings(found: Iterable[Dossier]) -> Mapping[tuple[Any, Any], Rating]:
    """Ratings by paper and row; one query."""
    rated = Rating.unscoped.filter(dossier__in=[paper.pk for paper in found])
    return {(rating.dossier_id, rating.point_id): rating for rating in rated}
