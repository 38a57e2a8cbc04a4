"""A dossier as the rows, head and opinions that its official sheet prints; reads only."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.utils.timezone import localtime

from assessments.levels import VOCABULARIES
from assessments.models import Dossier, DossierMove, Rating, State
from assessments.sheets import ANNEX_4, ANNEX_5, ANNEX_6
from lianzheng.organisation.models import Tenure, UnitUserGrant, User
from lianzheng.organisation.roles import Right
from lianzheng.sheets import Grid, Opinion, Sheet, lay_out
from registers.models import RiskPoint, RiskTable
from registers.powers import listed_for
from registers.sheets import ANNEX_1, ANNEX_2, ANNEX_3

Stage = Dossier.Stage
FINDING: Mapping[str, Sheet] = {"post": ANNEX_1, "section": ANNEX_2, "bureau": ANNEX_3}
RATING: Mapping[str, Sheet] = {"post": ANNEX_4, "section": ANNEX_5, "bureau": ANNEX_6}
_PRINTED = ("submit", "pass", "decide", "file", "file_paper")
"""Steps whose words stand on the paper."""
# Whose cell an opinion goes into, by the state it was given in and, where they differ, by kind or stage.
_CELLS = {
    State.SECTION: "section",
    State.VICE: "vice",
    State.OFFICE: "office",
    State.INSPECTOR: "discipline",
    State.MEETING: "meeting",
    State.LEADER: "leader",
    State.COUNTY_OFFICE: "county_office",
    State.COUNTY_GROUP: "county_group",
}


def sheets_of(dossier: Dossier) -> list[Sheet]:
    """The official sheets of this dossier; the township's one round has both."""
    kinds = [FINDING] if dossier.stage != Stage.RATING else []
    kinds += [RATING] if dossier.stage != Stage.FINDING else []
    return [kind[dossier.kind] for kind in kinds]


def grid_of(dossier: Dossier, sheet: Sheet) -> Grid:
    """The sheet laid out for this dossier."""
    return lay_out(
        sheet,
        owner=owner_of(dossier),
        rows=rows_of(dossier),
        opinions=opinions_of(dossier),
        can=("see_score",),
    )


def read_ahead(dossiers: Sequence[Dossier]) -> None:
    """Read for all of them together what each sheet would ask for by itself; what follows asks no more."""
    moves = DossierMove.unscoped.select_related("by", "on_behalf").prefetch_related("notes__point").order_by("seq")
    points = _with_lineage(RiskPoint.unscoped.filter(removed_at=None).order_by("order", "id")).prefetch_related(
        "measures"
    )
    prefetch_related_objects(
        list(dossiers),
        "ratings",
        Prefetch("moves", queryset=moves),
        Prefetch("table__points", queryset=points, to_attr="standing"),
        "table__post__powers_listed",
    )
    for dossier in dossiers:
        dossier.timeline = list(dossier.moves.all())


def words_of(dossier: Dossier) -> Mapping[int, str]:
    return VOCABULARIES[dossier.bureau.vocabulary]


def rows_of(dossier: Dossier) -> list[dict[str, Any]]:
    """Row mappings with the keys that columns name."""
    points = list(_points(dossier))
    ratings = {rating.point_id: rating for rating in dossier.ratings.all()} if dossier.grades_points else {}
    leaders = {} if dossier.kind == RiskTable.Kind.POST else leaders_of(dossier) | {None: chief_of(dossier)}
    return [_row(dossier, point, ratings.get(point.pk), leaders) for point in points]


def _points(dossier: Dossier) -> Iterable[RiskPoint]:
    read: Iterable[RiskPoint] | None = getattr(dossier.table, "standing", None)
    return _with_lineage(dossier.table.rows()) if read is None else read


def _with_lineage(points: QuerySet[RiskPoint]) -> QuerySet[RiskPoint]:
    lineage = ("sources__table__post", "sources__sources__table__post")
    return points.select_related("section").prefetch_related(*lineage)


def _row(dossier: Dossier, point: RiskPoint, rating: Rating | None, leaders: Mapping[Any, str]) -> dict[str, Any]:
    word = words_of(dossier).get(rating.rank, "") if rating and rating.rank else ""
    section = point.section or (dossier.unit if dossier.kind == RiskTable.Kind.SECTION else None)
    return {
        "power": point.power,
        "risk_type": point.get_risk_type_display(),
        "name": point.name,
        "manifestation": point.manifestation,
        "measures": point.measures_text,
        "responsible": point.responsible,
        "section": section.name if section else "",
        "posts": "、".join(posts_of(point)),
        "responsible_section": section.name if section else "",
        "responsible_leader": point.leader or leaders.get(section.pk if section else None, leaders.get(None, "")),
        "score": rating.score if rating else None,
        "reported_level": word,
        "reviewed_level": _reviewed_word(dossier, rating),
        "level": word,
    }


def _reviewed_word(dossier: Dossier, rating: Rating | None) -> str:
    """审核等级 of a row: as a reviewer put it, else as scored; empty before anybody reviewed."""
    if rating is None or dossier.state in (State.DRAFT, State.RETURNED):
        return ""
    unseen = not any(move.action == "pass" for move in _since_hand_in(dossier))
    rank = rating.reviewed_rank or (None if unseen else rating.rank)
    return words_of(dossier).get(rank, "") if rank else ""


def posts_of(point: RiskPoint) -> list[str]:
    """涉及岗位: posts at the root of the row's lineage, each once, in order."""
    found: dict[str, None] = {}
    for source in point.sources.all():
        roots = [source] if source.table.post else list(source.sources.all())
        found |= dict.fromkeys(root.table.post.name for root in roots if root.table.post)
    return list(found)


def leaders_of(dossier: Dossier) -> dict[Any, str]:
    """Section -> name of the leader in charge of it."""
    grants = UnitUserGrant.objects.filter(
        content_object__bureau=dossier.bureau_id, permission__codename=Right.LEAD_SECTIONS, user__is_active=True
    )
    return dict(grants.values_list("content_object", "user__name"))


def chief_of(dossier: Dossier) -> str:
    """主要负责人, who answers for what no vice leader is in charge of."""
    return next(iter(_holding(Right.HEAD_BUREAU, on=dossier.bureau_id)), "")


def _holding(right: Right, *, on: Any) -> list[str]:
    """Names of those to whom the right was granted on exactly this unit."""
    people = User.objects.filter(
        unitusergrant__content_object=on, unitusergrant__permission__codename=right, is_active=True
    )
    return list(people.order_by("name").values_list("name", flat=True))


def owner_of(dossier: Dossier) -> dict[str, Any]:
    """Head-block values."""
    table, rank = dossier.table, dossier.decided_rank
    post, holder = table.post, dossier.holder or table.holder  # a form keeps the name of who handed it in
    submitted = _since_hand_in(dossier)
    values: dict[str, Any] = {
        "bureau_name": dossier.bureau.name,
        "unit_name": dossier.bureau.name if dossier.kind == RiskTable.Kind.BUREAU else dossier.unit.name,
        "filled_on": localtime(submitted[0].at).date() if submitted else None,
        "section": dossier.unit.name,
        "unit_duties": dossier.unit.duties,
        "level": words_of(dossier)[rank] if rank else "",
        "year": f"{table.year}年",
        "basis": f"建议{words_of(dossier)[dossier.proposed_rank]}：{dossier.proposed_reason}"
        if dossier.proposed_rank
        else "",
    }
    if post and holder:
        values |= {"person": holder.name, "political": holder.political, "post": post.name}
        return values | {"duties": post.duties, "powers": listed_for(post)}
    return values | _unit_head(dossier)


def _unit_head(dossier: Dossier) -> dict[str, Any]:
    """Who heads the section (or bureau), how many work there, and how the levels count."""
    right = Right.HEAD_BUREAU if dossier.kind == RiskTable.Kind.BUREAU else Right.REVIEW_SECTION
    names = "、".join(_holding(right, on=dossier.unit_id))
    held = Tenure.objects.in_bureau(dossier.bureau).filter(until=None, post__unit=dossier.unit_id)
    counts = {"count_1": 0, "count_2": 0, "count_3": 0}
    if dossier.grades_points:
        for rank in dossier.ratings.exclude(rank=None).values_list("rank", flat=True):
            counts[f"count_{rank}"] += 1
    return {"head": names, "chief": names, "headcount": held.values("person").distinct().count()} | counts


def _since_hand_in(dossier: Dossier) -> Sequence[DossierMove]:
    """Moves from the last hand-in on; earlier opinions were on a content that has since changed."""
    moves = dossier.timeline
    starts = [n for n, move in enumerate(moves) if move.action == "submit"]
    return moves[starts[-1] :] if starts else []


def opinions_of(dossier: Dossier) -> dict[str, list[Opinion]]:
    """Opinions by approval cell, with name and date."""
    cells: dict[str, list[Opinion]] = {}
    for move in _since_hand_in(dossier):
        if move.action not in _PRINTED:
            continue
        opinion = Opinion(
            text=move.opinion or _usual(move), name=move.signed, on=localtime(move.at).date(), hat=move.desk
        )
        cells.setdefault(_cell(dossier, move), []).append(opinion)
    return cells


def _cell(dossier: Dossier, move: DossierMove) -> str:
    kind, finding = dossier.kind, dossier.stage == Stage.FINDING
    if move.action == "submit":
        return {"post": "self", "section": "section", "bureau": "office" if finding else "group"}[kind]
    if move.action in ("file", "file_paper"):
        return "filing" if kind == "post" else "county"
    return _CELLS[State(move.source)]


def _usual(move: DossierMove) -> str:
    return "以上内容属实，请予审核。" if move.action == "submit" else "同意。"
