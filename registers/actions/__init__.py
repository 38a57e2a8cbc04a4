"""The only writers of tables, risk points and measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Now

from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.models import Post, Unit, User
from registers.models import KnownColumn, LibraryPoint, Measure, RiskPoint, RiskTable
from registers.rollup import Row, merged
from registers.rules import writable

FIELDS = ("power", "risk_type", "name", "manifestation", "responsible")
MOST_ROWS = 200


@transaction.atomic
def create_table(
    kind: str, *, year: int, unit: Unit, post: Post | None = None, holder: User | None = None, by: User
) -> RiskTable:
    """The year's table of a post, section or bureau, with last year's rows copied in as its draft."""
    assert unit.bureau_id is not None
    before = _last_year(kind, year=year, unit=unit, post=post)
    table: RiskTable = RiskTable.objects.create(
        bureau_id=unit.bureau_id, kind=kind, year=year, unit=unit, post=post, holder=holder, previous=before
    )
    if before:
        _carry_lineage(_copy(before.rows(), into=table), year=year)
    return table


@transaction.atomic
def create_edition(table: RiskTable, *, year: int, holder: User | None, by: User) -> RiskTable:
    """A further table of the same post, section or bureau, its rows copied in as the draft: the year's next edition."""
    same = RiskTable.objects.in_bureau(table.bureau).filter(kind=table.kind, year=year)
    same = same.filter(post=table.post) if table.post_id else same.filter(unit=table.unit)
    last = same.aggregate(last=Max("edition"))["last"] or 0
    fresh: RiskTable = RiskTable.objects.create(
        bureau_id=table.bureau_id,
        kind=table.kind,
        year=year,
        unit_id=table.unit_id,
        post_id=table.post_id,
        holder=holder,
        previous=table,
        edition=last + 1,
    )
    _carry_sources(_copy(table.rows(), into=fresh))
    return fresh


def _carry_sources(copies: Sequence[RiskPoint]) -> None:
    """A further edition in the year keeps the sources of the rows it was copied from."""
    link = RiskPoint.sources.through
    old = {copy.last_year_id: copy for copy in copies}
    kept = link.objects.filter(from_riskpoint__in=old).values_list("from_riskpoint", "to_riskpoint")
    link.objects.bulk_create(link(from_riskpoint=old[row], to_riskpoint_id=source) for row, source in kept)


def _last_year(kind: str, *, year: int, unit: Unit, post: Post | None) -> RiskTable | None:
    """The latest earlier table of the same post (whoever held it), section or bureau."""
    earlier = RiskTable.objects.across_bureaus().filter(bureau=unit.bureau_id, kind=kind, year__lt=year)
    same = earlier.filter(post=post) if post else earlier.filter(unit=unit)
    found: RiskTable | None = same.exclude(sealed_at=None).order_by("-year", "-edition").first()
    return found


def _copy(rows: Iterable[RiskPoint], *, into: RiskTable) -> list[RiskPoint]:
    """Rows of last year as this year's draft, each marked as unchanged until somebody edits it."""
    copies, measures = [], []
    for order, row in enumerate(rows, start=1):
        values = {name: getattr(row, name) for name in (*FIELDS, "ways", "section", "leader")}
        copy = RiskPoint(
            bureau_id=into.bureau_id, table=into, order=order, change=RiskPoint.Change.SAME, last_year=row, **values
        )
        copies.append(copy)
        measures += [
            Measure(bureau_id=into.bureau_id, point=copy, order=old.order, text=old.text, origin_id=old.origin_id)
            for old in row.measures.all()
        ]
    RiskPoint.objects.bulk_create(copies)
    Measure.objects.bulk_create(measures)
    return copies


def _carry_lineage(copies: Sequence[RiskPoint], *, year: int) -> None:
    """A copied row comes from this year's copies of the rows that last year's came from: 涉及岗位 stays filled."""
    link = RiskPoint.sources.through
    old = {copy.last_year_id: copy for copy in copies}
    before = link.objects.filter(from_riskpoint__in=old).values_list("from_riskpoint", "to_riskpoint")
    came_from = {source for _, source in before}
    now = RiskPoint.unscoped.filter(last_year__in=came_from, table__year=year, removed_at=None)
    heirs = {heir.last_year_id: heir for heir in now}
    link.objects.bulk_create(
        link(from_riskpoint=old[row], to_riskpoint=heirs[source]) for row, source in before if source in heirs
    )


def open_for_writing(table: RiskTable, *, by: User) -> RiskTable:
    """The table, locked until the transaction ends, if this person may write it now; else a sentence."""
    current = RiskTable.objects.across_bureaus().select_for_update().filter(writable(by), pk=table.pk).first()
    if current is None:
        raise Refused("本表已提交或不由您填写，不能修改。如需修改，请先撤回或由审核人退回。")
    found: RiskTable = current
    return found


@transaction.atomic
def add_points(table: RiskTable, *, rows: Sequence[Mapping[str, Any]] = ({},), by: User) -> list[RiskPoint]:
    """Append rows; keys are `FIELDS`, `measures` (lines), `ways`, `section`, `leader`, `sources`, `origins`."""
    current = open_for_writing(table, by=by)
    last = current.points.aggregate(last=Max("order"))["last"] or 0
    if current.rows().count() + len(rows) > MOST_ROWS:
        raise Refused(f"一张表最多 {MOST_ROWS} 行，请归并后再添加。")
    return [_append(current, values, order=last + n) for n, values in enumerate(rows, start=1)]


def _append(table: RiskTable, values: Mapping[str, Any], *, order: int) -> RiskPoint:
    plain = {name: values[name] for name in (*FIELDS, "ways", "section", "leader") if name in values}
    point: RiskPoint = RiskPoint.objects.create(bureau_id=table.bureau_id, table=table, order=order, **plain)
    _write_measures(point, lines(values.get("measures", "")), origins=values.get("origins", {}))
    if sources := values.get("sources"):
        point.sources.set(sources)
    return point


def lines(text: str) -> list[str]:
    """One measure a line; empty lines do not count."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _write_measures(point: RiskPoint, texts: Sequence[str], *, origins: Mapping[str, Any] | None = None) -> None:
    """Make the point's measures exactly these, keeping the library link of a text that stays as it was."""
    known = {measure.text: measure.origin_id for measure in point.measures.all()} | dict(origins or {})
    point.measures.all().delete()
    Measure.objects.bulk_create(
        Measure(bureau_id=point.bureau_id, point=point, order=n, text=text, origin_id=known.get(text))
        for n, text in enumerate(texts, start=1)
    )


@transaction.atomic
def save_point(point: RiskPoint, *, version: int, values: Mapping[str, Any], by: User) -> int:
    """Save one row if it is still as the page showed it; the new version. Saving the same again changes nothing."""
    open_for_writing(point.table, by=by)
    current: RiskPoint = RiskPoint.objects.across_bureaus().select_for_update().get(pk=point.pk)
    if current.removed_at is not None:
        raise Stale("这一行已被删除；您填写的内容仍在本页，可复制后另加一行。")
    texts = lines(values["measures"]) if "measures" in values else None
    plain = {name: values[name] for name in values if name != "measures"}
    same = all(getattr(current, name) == value for name, value in plain.items())
    if same and texts in (None, lines(current.measures_text)):
        return current.version
    if current.version != version:
        raise Stale("这一行已在别的窗口改过，您的内容没有覆盖它。请对照后再保存。")
    change = RiskPoint.Change.CHANGED if current.last_year_id else RiskPoint.Change.NEW
    RiskPoint.objects.across_bureaus().filter(pk=point.pk, version=version).update(
        **plain, change=change, version=F("version") + 1, saved_at=Now()
    )
    if texts is not None:
        _write_measures(current, texts)
    return version + 1


@transaction.atomic
def take_in(table: RiskTable, *, rows: Sequence[Mapping[str, Any]], by: User) -> tuple[int, int]:
    """Rows of a workbook, all or none; how many were added and how many changed. Nothing new: nothing is written.

    Keys are those of `FIELDS` that the sheet has, and `measures` (lines); a row with `id` and `version` changes that
    row, one without is appended. Raises Stale when a row is no longer as the workbook knew it.
    """
    current = open_for_writing(table, by=by)
    locked = current.points.filter(removed_at=None).select_for_update().prefetch_related("measures")
    points = {str(point.pk): point for point in locked}
    new = [values for values in rows if not values.get("id")]
    if len(points) + len(new) > MOST_ROWS:
        raise Refused(f"一张表最多 {MOST_ROWS} 行，请归并后再添加。")
    changed = [values for values in rows if values.get("id") and _differs(points.get(values["id"]), values)]
    _change(points, changed)
    _append_all(current, new)
    if new or changed:
        detail = {"新增": len(new), "修改": len(changed)}
        record("从 Excel 导入", subject=current, bureau=table.bureau, detail=detail, by=by)
    return len(new), len(changed)


@transaction.atomic
def take_out(table: RiskTable, *, rows: Iterable[str], by: User) -> int:
    """Undo an import: remove these rows where they still are as they were added; how many. They can be put back."""
    current = open_for_writing(table, by=by)
    added = current.points.filter(pk__in=list(rows), removed_at=None, version=1)
    count = added.update(removed_at=Now(), version=F("version") + 1)
    if count:
        record("撤销导入", subject=current, bureau=table.bureau, detail={"行": count}, by=by)
    return count


@transaction.atomic
def remember_columns(bureau: Unit, *, chosen: Mapping[str, str], by: User) -> int:
    """Head words of a foreign table and the sources they were taken for ("" for none); how many are new or other."""
    known = known_columns(bureau)
    other = {word: source for word, source in chosen.items() if known.get(word) != source}
    for word, source in other.items():
        KnownColumn.objects.across_bureaus().update_or_create(bureau=bureau, word=word, defaults={"source": source})
    if other:
        record("登记列对应", subject=None, bureau=bureau, detail=other, by=by)
    return len(other)


def known_columns(bureau: Unit) -> dict[str, str]:
    return dict(KnownColumn.objects.in_bureau(bureau).values_list("word", "source"))


def _differs(point: RiskPoint | None, values: Mapping[str, Any]) -> bool:
    """Would these values change the row? Only a row that is still as the workbook knew it may change."""
    if point is None:
        raise Stale("有一行已被删除，没有导入任何内容。请重新上传核对。")
    same = all(getattr(point, name) == values[name] for name in FIELDS if name in values)
    if same and lines(values["measures"]) == lines(point.measures_text):
        return False
    if point.version != values["version"]:
        raise Stale("有一行已在别处改过，没有导入任何内容。请重新上传核对。")
    return True


def _change(points: Mapping[str, RiskPoint], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the values into rows that are locked."""
    changed, measures = [points[values["id"]] for values in rows], []
    for point, values in zip(changed, rows, strict=True):
        for name in FIELDS:
            setattr(point, name, values.get(name, getattr(point, name)))
        point.change = RiskPoint.Change.CHANGED if point.last_year_id else RiskPoint.Change.NEW
        point.version += 1
        point.saved_at = Now()
        measures += _measures(point, values, known={m.text: m.origin_id for m in point.measures.all()})
    RiskPoint.objects.across_bureaus().bulk_update(changed, [*FIELDS, "change", "version", "saved_at"])
    Measure.objects.across_bureaus().filter(point__in=changed).delete()
    Measure.objects.bulk_create(measures)


def _append_all(table: RiskTable, rows: Sequence[Mapping[str, Any]]) -> None:
    last = table.points.aggregate(last=Max("order"))["last"] or 0
    points, measures = [], []
    for order, values in enumerate(rows, start=last + 1):
        plain = {name: values[name] for name in FIELDS if name in values}
        point = RiskPoint(bureau_id=table.bureau_id, table=table, order=order, **plain)
        points.append(point)
        measures += _measures(point, values, known={})
    RiskPoint.objects.bulk_create(points)
    Measure.objects.bulk_create(measures)


def _measures(point: RiskPoint, values: Mapping[str, Any], *, known: Mapping[str, Any]) -> list[Measure]:
    """The measures of a row, not yet saved; one that stays as it was keeps its library link."""
    return [
        Measure(bureau_id=point.bureau_id, point=point, order=n, text=text, origin_id=known.get(text))
        for n, text in enumerate(lines(values["measures"]), start=1)
    ]


@transaction.atomic
def remove_point(point: RiskPoint, *, by: User) -> None:
    """Take a row out of the table; it can be put back."""
    open_for_writing(point.table, by=by)
    RiskPoint.objects.across_bureaus().filter(pk=point.pk, removed_at=None).update(
        removed_at=Now(), version=F("version") + 1
    )


@transaction.atomic
def restore_point(point: RiskPoint, *, by: User) -> None:
    """Put a removed row back where it was."""
    open_for_writing(point.table, by=by)
    RiskPoint.objects.across_bureaus().filter(pk=point.pk).update(removed_at=None, version=F("version") + 1)


@transaction.atomic
def shift_point(point: RiskPoint, *, up: bool, by: User) -> None:
    """Swap the row with its neighbour; at the end of the table nothing happens."""
    table = open_for_writing(point.table, by=by)
    rows = list(table.points.filter(removed_at=None).order_by("order", "id"))
    here = next((n for n, row in enumerate(rows) if row.pk == point.pk), None)
    if here is None:
        raise Stale("这一行已被删除，请刷新页面。")
    there = here - 1 if up else here + 1
    if not 0 <= there < len(rows):
        return
    rows[here], rows[there] = rows[there], rows[here]
    for order, row in enumerate(rows, start=1):
        row.order = order
    RiskPoint.objects.across_bureaus().bulk_update(rows, ["order"])


@transaction.atomic
def confirm_same(table: RiskTable, *, by: User) -> int:
    """Take over every row of last year that this table does not carry yet; the number of rows taken."""
    current = open_for_writing(table, by=by)
    if current.previous is None:
        return 0
    carried = set(current.points.filter(removed_at=None).values_list("last_year", flat=True))
    missing = [row for row in current.previous.rows() if row.pk not in carried]
    last = current.points.aggregate(last=Max("order"))["last"] or 0
    copies = _copy(missing, into=current)
    for n, copy in enumerate(copies, start=1):
        copy.order = last + n
    RiskPoint.objects.across_bureaus().bulk_update(copies, ["order"])
    return len(copies)


@transaction.atomic
def add_from_library(
    table: RiskTable, *, chosen: Sequence[LibraryPoint], responsible: str, by: User
) -> list[RiskPoint]:
    """Append library points with their suggested measures; the wording is then the holder's to adapt."""
    rows = []
    for item in chosen:
        suggested = list(item.measures.all())
        rows.append(
            {
                "risk_type": item.risk_type,
                "name": item.name,
                "manifestation": item.text,
                "measures": "\n".join(measure.text for measure in suggested),
                "origins": {measure.text: measure.pk for measure in suggested},
                "responsible": responsible,
            }
        )
    return add_points(table, rows=rows, by=by) if rows else []


@transaction.atomic
def roll_up(table: RiskTable, *, sources: Sequence[RiskPoint], merge: bool, by: User) -> list[RiskPoint]:
    """Rows of posts (or sections) into this table, linked to where they came from: one row, or each its own."""
    groups = [list(sources)] if merge else [[source] for source in sources]
    rows = []
    for group in groups:
        row = merged([as_row(point) for point in group])
        values = {name: getattr(row, name) for name in FIELDS}
        single = group[0].table.unit if len({point.table.unit_id for point in group}) == 1 else None
        rows.append(values | {"measures": "\n".join(row.measures), "sources": group, "section": single})
    added = add_points(table, rows=rows, by=by)
    bureau = table.bureau
    record("归类汇总", subject=table, bureau=bureau, detail={"来源": len(sources), "行": len(added)}, by=by)
    return added


def as_row(point: RiskPoint) -> Row:
    """A risk point as the roll-up rules see it."""
    table = point.table
    return Row(
        id=str(point.pk),
        origin=table.post.name if table.post else table.unit.name,
        power=point.power,
        risk_type=point.risk_type,
        name=point.name,
        manifestation=point.manifestation,
        measures=tuple(measure.text for measure in point.measures.all()),
        responsible=point.responsible,
    )


@transaction.atomic
def seal_table(table: RiskTable, *, by: User) -> None:
    """Close the table to writing (an assessment took it in)."""
    RiskTable.objects.across_bureaus().filter(pk=table.pk).update(sealed_at=Now())


@transaction.atomic
def open_table(table: RiskTable, *, by: User) -> None:
    """Open the table again (recalled or returned)."""
    RiskTable.objects.across_bureaus().filter(pk=table.pk).update(sealed_at=None)


@transaction.atomic
def give_table(table: RiskTable, *, to: User, by: User) -> None:
    """The table of a post becomes the successor's to fill in."""
    rows = RiskTable.objects.across_bureaus().filter(post=table.post_id, year=table.year, holder=to)
    if rows.exclude(pk=table.pk).exists():
        raise Refused(f"{to.name}在这个岗位已有自己的表，请选择作废。")
    RiskTable.objects.across_bureaus().filter(pk=table.pk).update(holder=to)
    record("移交填报", subject=table, bureau=table.bureau, detail={"接任人": str(to.pk)}, by=by)
