"""Writing rows: versions, last year's rows, the library, rolling up; and who may not."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from assessments.models import State
from assessments.papers import posts_of
from lianzheng.flow import Refused, Stale
from registers import actions
from registers.library import load
from registers.models import LibraryMeasure, LibraryPoint, Measure, RiskPoint, RiskTable
from tests.cast import Round, again, row

CLOSED = ("本表已提交或不由您填写，不能修改。如需修改，请先撤回或由审核人退回。",)


def refused(call: Any, *arguments: Any, **options: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as refusal, transaction.atomic():
        call(*arguments, **options)
    return refusal.value.sentences


def fresh(point: RiskPoint) -> RiskPoint:
    return RiskPoint.unscoped.get(pk=point.pk)


def names(table: RiskTable) -> list[str]:
    return [point.name for point in table.rows()]


def test_saved_row_counts_its_version_and_keeps_its_measures_in_order(year: Round) -> None:
    point = year.fill(year.own)[0]
    values = {"name": "新名", "measures": "甲\n\n  乙  \n丙"}
    assert actions.save_point(point, version=1, values=values, by=year.cast["张三"]) == 2
    assert (fresh(point).name, fresh(point).version) == ("新名", 2)
    assert list(Measure.unscoped.filter(point=point).values_list("order", "text")) == [(1, "甲"), (2, "乙"), (3, "丙")]


def test_row_of_two_editors_tells_the_second_and_keeps_the_first(year: Round) -> None:
    point = year.fill(year.own)[0]
    holder = year.cast["张三"]
    actions.save_point(point, version=1, values={"name": "先存的"}, by=holder)
    with pytest.raises(Stale) as refusal:
        actions.save_point(point, version=1, values={"name": "后存的"}, by=holder)
    assert refusal.value.sentences == ("这一行已在别的窗口改过，您的内容没有覆盖它。请对照后再保存。",)
    assert (fresh(point).name, fresh(point).version) == ("先存的", 2)


def test_row_saved_again_alike_changes_nothing_even_from_an_old_page(year: Round) -> None:
    point = year.fill(year.own)[0]
    values = {"name": "新名", "measures": "甲\n乙"}
    assert [actions.save_point(point, version=n, values=values, by=year.cast["张三"]) for n in (1, 1, 2)] == [2, 2, 2]
    assert fresh(point).version == 2


def test_change_of_the_measures_alone_is_guarded_by_the_version(year: Round) -> None:
    point = year.fill(year.own)[0]
    holder = year.cast["张三"]
    assert actions.save_point(point, version=1, values={"measures": "甲"}, by=holder) == 2
    with pytest.raises(Stale):
        actions.save_point(point, version=1, values={"measures": "乙"}, by=holder)
    assert fresh(point).measures_text == "甲"


def test_other_row_of_the_table_is_not_touched(year: Round) -> None:
    one, other = year.fill(year.own, [row(), row(name="另一行")])
    actions.save_point(one, version=1, values={"name": "新名"}, by=year.cast["张三"])
    assert (fresh(other).version, fresh(other).name) == (1, "另一行")


def test_removed_row_is_told_so_and_can_be_put_back(year: Round) -> None:
    one, other = year.fill(year.own, [row(name="甲"), row(name="乙")])
    holder = year.cast["张三"]
    actions.remove_point(one, by=holder)
    assert names(year.own.table) == ["乙"]
    with pytest.raises(Stale) as refusal:
        actions.save_point(one, version=2, values={"name": "丙"}, by=holder)
    assert refusal.value.sentences == ("这一行已被删除；您填写的内容仍在本页，可复制后另加一行。",)
    actions.restore_point(one, by=holder)
    assert names(year.own.table) == ["甲", "乙"]
    assert other.version == 1


def test_rows_are_shifted_and_stop_at_the_ends(year: Round) -> None:
    points = year.fill(year.own, [row(name=name) for name in "甲乙丙"])
    holder = year.cast["张三"]
    for point, up, order in ((points[2], True, "甲丙乙"), (points[0], True, "甲丙乙"), (points[1], False, "甲丙乙")):
        actions.shift_point(point, up=up, by=holder)
        assert names(year.own.table) == list(order)


def test_removed_row_is_not_shifted_and_said_so(year: Round) -> None:
    points = year.fill(year.own, [row(name=name) for name in "甲乙"])
    actions.remove_point(points[0], by=year.cast["张三"])
    assert refused(actions.shift_point, points[0], up=False, by=year.cast["张三"]) == ("这一行已被删除，请刷新页面。",)


def test_table_ends_at_its_most_rows(year: Round) -> None:
    table, holder = year.own.table, year.cast["张三"]
    actions.add_points(table, rows=[{}] * actions.MOST_ROWS, by=holder)
    assert refused(actions.add_points, table, by=holder) == ("一张表最多 200 行，请归并后再添加。",)
    assert table.rows().count() == 200


def test_last_year_is_copied_marked_and_marked_anew_when_changed(year: Round) -> None:
    year.fill(year.own, [row(name="甲"), row(name="乙", measures="一\n二")])
    year.bring(year.own, State.SECTION)
    following = Round(year.cast, year=2027)
    table = following.own.table
    assert table.previous == year.own.table
    assert [(point.name, point.change) for point in table.rows()] == [("甲", "same"), ("乙", "same")]
    assert table.rows()[1].measures_text == "一\n二"
    first = table.rows()[0]
    actions.save_point(first, version=1, values={"name": "甲改"}, by=following.cast["张三"])
    assert fresh(first).change == RiskPoint.Change.CHANGED
    assert names(year.own.table) == ["甲", "乙"]
    added = actions.add_points(table, rows=[row(name="新")], by=following.cast["张三"])[0]
    assert added.change == RiskPoint.Change.NEW


def test_last_year_taken_again_brings_back_only_what_is_missing(year: Round) -> None:
    year.fill(year.own, [row(name="甲"), row(name="乙")])
    year.bring(year.own, State.SECTION)
    table, holder = Round(year.cast, year=2027).own.table, year.cast["张三"]
    actions.remove_point(table.rows()[0], by=holder)
    assert [actions.confirm_same(table, by=holder) for _ in range(2)] == [1, 0]
    assert names(table) == ["乙", "甲"]


def test_draft_of_last_year_that_was_never_handed_in_is_not_copied(year: Round) -> None:
    year.fill(year.own)
    assert names(Round(year.cast, year=2027).own.table) == []


def test_library_is_loaded_once(db: None) -> None:
    assert load() == load()
    assert LibraryPoint.objects.filter(measures=None).count() == 0


def test_library_row_keeps_its_link_while_the_text_stays(year: Round) -> None:
    load()
    holder = year.cast["张三"]
    item = LibraryPoint.objects.filter(measures__isnull=False).distinct()[0]
    point = actions.add_from_library(year.own.table, chosen=[item], responsible="张三", by=holder)[0]
    suggested = set(LibraryMeasure.objects.filter(points=item).values_list("pk", flat=True))
    assert (point.name, point.manifestation, point.responsible) == (item.name, item.text, "张三")
    assert set(Measure.unscoped.filter(point=point).values_list("origin", flat=True)) == suggested
    texts = point.measures_text.split("\n")
    changed = "\n".join(["改写后的措施", *texts[1:]])
    actions.save_point(point, version=1, values={"measures": changed}, by=holder)
    origins = list(Measure.unscoped.filter(point=point).order_by("order").values_list("origin", flat=True))
    assert (origins[0], len(origins), None in origins[1:]) == (None, len(texts), False)


def test_rolled_up_rows_know_where_they_came_from(year: Round) -> None:
    one = year.fill(year.own, [row(manifestation="甲", measures="一\n二")])[0]
    other = year.fill(year.dossier("质量监督岗"), [row(manifestation="乙", measures="二\n三")])[0]
    section, head = year.dossier("建筑业股").table, year.cast["李四"]
    together = actions.roll_up(section, sources=[one, other], merge=True, by=head)
    apart = actions.roll_up(section, sources=[one, other], merge=False, by=head)
    assert [(len(together), len(apart)), together[0].manifestation] == [(1, 2), "甲\n乙"]
    assert together[0].measures_text == "一\n二\n三"
    assert posts_of(together[0]) == ["施工许可岗", "质量监督岗"]
    assert [posts_of(point) for point in apart] == [["施工许可岗"], ["质量监督岗"]]
    bureau = actions.roll_up(year.dossier("县住建局").table, sources=together, merge=True, by=year.cast["王五"])[0]
    assert (posts_of(bureau), bureau.section) == (["施工许可岗", "质量监督岗"], year.cast.units["建筑业股"])


WRITERS = {
    "add": lambda point, by: actions.add_points(point.table, rows=[row()], by=by),
    "save": lambda point, by: actions.save_point(point, version=point.version, values={"name": "改"}, by=by),
    "remove": lambda point, by: actions.remove_point(point, by=by),
    "restore": lambda point, by: actions.restore_point(point, by=by),
    "shift": lambda point, by: actions.shift_point(point, up=True, by=by),
    "last year": lambda point, by: actions.confirm_same(point.table, by=by),
    "library": lambda point, by: actions.add_from_library(
        point.table, chosen=LibraryPoint.objects.all()[:1], responsible="", by=by
    ),
    "roll up": lambda point, by: actions.roll_up(point.table, sources=[point], merge=True, by=by),
}


def stored(table: RiskTable) -> list[Any]:
    return list(RiskPoint.unscoped.filter(table=table).order_by("pk").values())


@pytest.mark.parametrize("name", WRITERS)
def test_sealed_table_refuses_every_writer(year: Round, name: str) -> None:
    load()
    year.bring(year.own, State.SECTION)
    before = stored(year.own.table)
    assert refused(WRITERS[name], year.own.table.rows()[0], year.cast["张三"]) == CLOSED
    assert stored(year.own.table) == before


@pytest.mark.parametrize("name", WRITERS)
def test_table_of_somebody_else_refuses_every_writer(year: Round, name: str) -> None:
    load()
    point = year.fill(year.own)[0]
    before = stored(year.own.table)
    for other in set(year.cast.people) - {"张三"}:
        assert refused(WRITERS[name], point, again(year.cast[other])) == CLOSED
    assert stored(year.own.table) == before


def test_recalled_table_is_open_again(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    year.take(dossier, "recall", "张三")
    assert len(actions.add_points(dossier.table, rows=[row()], by=year.cast["张三"])) == 1
