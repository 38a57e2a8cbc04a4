"""廉政风险点台账 and 汇总统计表 of a round: every risk point once, where it was written, with the level it stands at.

Reads only; whoever asks has already been let in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from assessments.levels import VOCABULARIES
from assessments.models import Campaign, Dossier, Rating, State
from lianzheng import clock
from lianzheng.organisation.models import Rank
from lianzheng.sheets import Column, Grid, HeadField, Sheet, lay_out
from registers.models import RiskPoint, RiskTable, RiskType
from registers.sheets import MANIFESTATION, MEASURES, NAME, NUMBER, POWER, RESPONSIBLE, RISK_TYPE, SECTION

Kind = RiskTable.Kind
ORDER = {Kind.POST: 0, Kind.SECTION: 1, Kind.BUREAU: 2}
RANKS = tuple(Rank.values)
LINE = (HeadField("单位", "bureau_name"), HeadField("截至日期", "on"))

LEDGER = Sheet(
    code="",
    title="廉政风险点台账",
    head=(),
    columns=(
        NUMBER,
        SECTION.at(5),
        Column("post", "岗位", 5, merge=True),
        Column("post_level", "岗位（股室）等级", 4, merge=True, align="center"),
        POWER.at(5),
        RISK_TYPE,
        NAME.at(6),
        MANIFESTATION.at(11),
        Column("level", "风险点等级", 4, align="center"),
        MEASURES.at(12),
        RESPONSIBLE.at(4),
        Column("state", "办理情况", 4, align="center"),
    ),
    line=LINE,
)


def statistics_sheet(words: Mapping[int, str]) -> Sheet:
    """Sections × levels and types, the levels in the bureau's own words."""
    posts = tuple(Column(f"posts_{rank}", f"{words[rank]}岗位", 3, align="center") for rank in RANKS)
    points = tuple(Column(f"points_{rank}", f"{words[rank]}风险点", 4, align="center") for rank in RANKS)
    types = tuple(Column(kind.value, str(kind.label), 4, align="center") for kind in RiskType)
    return Sheet(
        code="",
        title="廉政风险等级汇总统计表",
        head=(),
        columns=(
            Column("section", "股室", 7),
            Column("level", "股室等级", 4, align="center"),
            Column("posts", "岗位数", 3, align="center"),
            *posts,
            Column("posts_open", "未定级岗位", 3, align="center"),
            Column("points", "风险点数", 3, align="center"),
            *points,
            Column("points_open", "未评定风险点", 4, align="center"),
            *types,
        ),
        line=LINE,
    )


class Ledger:
    """The forms of a round with their points and levels, read once in six queries."""

    def __init__(self, campaign: Campaign, *, dossiers: Iterable[Dossier] | None = None) -> None:
        """`dossiers`: only what stands in these forms; everything that is not void by default."""
        self.campaign = campaign
        self.bureau = campaign.bureau
        self.words: Mapping[int, str] = VOCABULARIES[self.bureau.vocabulary]
        self.dossiers = list(_all(campaign) if dossiers is None else dossiers)
        self.tables = _newest({dossier.table_id: dossier.table for dossier in self.dossiers}.values())
        self.points = list(_points(self.tables))
        self.ranks = _ranks(self.dossiers)
        self.forms: dict[UUID, list[Dossier]] = {}
        for dossier in self.dossiers:
            self.forms.setdefault(dossier.table_id, []).append(dossier)

    def level_of(self, table: RiskTable) -> int | None:
        """The level of the post, section or bureau itself: decided, else reviewed; None while there is none."""
        own = self.forms[table.pk]
        return next((rank for dossier in own if (rank := dossier.decided_rank or dossier.reviewed_rank)), None)

    def state_of(self, table: RiskTable) -> str:
        """Where the form lies; of two, the rating's."""
        return min(self.forms[table.pk], key=lambda dossier: dossier.stage == Dossier.Stage.FINDING).state_word

    def rows(self) -> list[dict[str, Any]]:
        """The points as the ledger prints them."""
        return [self._row(point) for point in self.points]

    def _row(self, point: RiskPoint) -> dict[str, Any]:
        table, rank, own = point.table, self.ranks.get(point.pk), self.level_of(point.table)
        return {
            "section": table.unit.name,
            "post": table.post.name if table.post else f"（{table.get_kind_display()}表）",
            "post_level": self.words[own] if own else "",
            "power": point.power,
            "risk_type": point.get_risk_type_display(),
            "name": point.name,
            "manifestation": point.manifestation,
            "level": self.words[rank] if rank else "",
            "measures": point.measures_text,
            "responsible": point.responsible,
            "state": self.state_of(table),
        }

    def statistics(self) -> list[dict[str, Any]]:
        """A line for each section in the order of the house, and the sum."""
        units = {table.unit_id: table.unit for table in self.tables}
        order = sorted(units.values(), key=lambda unit: (unit.path.count("/"), unit.order, unit.name))
        lines = [self._line(unit.name, unit.pk) for unit in order if self._counts(unit.pk)]
        figures = [key for key in (lines[0] if lines else {}) if key not in ("section", "level")]
        total = {key: sum(line[key] for line in lines) for key in figures}
        return [*lines, {"section": "合计", "level": "", **total}] if lines else []

    def _counts(self, unit: UUID) -> bool:
        """Posts or points stand in the section."""
        return any(table.unit_id == unit and table.kind == Kind.POST for table in self.tables) or any(
            point.table.unit_id == unit for point in self.points
        )

    def _line(self, name: str, unit: UUID) -> dict[str, Any]:
        here = [table for table in self.tables if table.unit_id == unit]
        levels = Counter(self.level_of(table) for table in here if table.kind == Kind.POST)
        own = next((self.level_of(table) for table in here if table.kind != Kind.POST), None)
        points = [point for point in self.points if point.table.unit_id == unit]
        ranks = Counter(self.ranks.get(point.pk) for point in points)
        types = Counter(point.risk_type for point in points)
        return {
            "section": name,
            "level": self.words[own] if own else "",
            "posts": levels.total(),
            **{f"posts_{rank}": levels[rank] for rank in RANKS},
            "posts_open": levels[None],
            "points": len(points),
            **{f"points_{rank}": ranks[rank] for rank in RANKS},
            "points_open": ranks[None],
            **{kind.value: types[kind.value] for kind in RiskType},
        }


def _all(campaign: Campaign) -> Iterable[Dossier]:
    related = ("table__unit", "table__post", "unit", "bureau", "campaign")
    rows = campaign.dossiers.exclude(state=State.VOID).select_related(*related)
    return rows.order_by("unit__path", "kind", "title", "stage")


def _newest(tables: Iterable[RiskTable]) -> list[RiskTable]:
    """Of several editions in the year the last: the earlier ones are what it was copied from."""
    found: dict[tuple[Any, ...], RiskTable] = {}
    for table in tables:
        key = (table.kind, table.unit_id, table.post_id, table.holder_id if table.post_id else None)
        if key not in found or found[key].edition < table.edition:
            found[key] = table
    return list(found.values())


def _points(tables: Sequence[RiskTable]) -> Iterable[RiskPoint]:
    """Points at their root: what a section or the bureau rolled up from below stands in the ledger once, below."""
    by_id = {table.pk: table for table in tables}
    rows = RiskPoint.objects.across_bureaus().filter(table__in=by_id, removed_at=None, sources=None)
    found = list(rows.prefetch_related("measures").order_by("order", "id"))
    for point in found:
        point.table = by_id[point.table_id]
    return sorted(found, key=_place)


def _place(point: RiskPoint) -> tuple[Any, ...]:
    table = point.table
    post = (table.post.order, table.post.name) if table.post else (0, "")
    return (table.unit.path.count("/"), table.unit.order, table.unit.name, ORDER[Kind(table.kind)], post, point.order)


def _ranks(dossiers: Iterable[Dossier]) -> dict[UUID, int]:
    """Point -> its level: as reviewed, else as scored."""
    rated = Rating.objects.across_bureaus().filter(dossier__in=[dossier.pk for dossier in dossiers])
    rows = rated.exclude(rank=None).values_list("point", "reviewed_rank", "rank")
    return {point: reviewed or rank for point, reviewed, rank in rows}


def _owner(ledger: Ledger) -> dict[str, Any]:
    return {"bureau_name": ledger.bureau.name, "on": clock.today()}


def ledger_grid(ledger: Ledger) -> Grid:
    """台账, for a workbook or paper."""
    return lay_out(LEDGER, owner=_owner(ledger), rows=ledger.rows())


def statistics_grid(ledger: Ledger) -> Grid:
    """汇总统计表, for a workbook or paper."""
    return lay_out(statistics_sheet(ledger.words), owner=_owner(ledger), rows=ledger.statistics())
