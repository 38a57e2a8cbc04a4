"""批量审核: the same rules and the same traces as one by one, in a number of queries that does not grow."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.batch import alone
from assessments.flow import DOSSIERS
from assessments.models import Dossier, DossierMove, State
from lianzheng import clock
from lianzheng.audit.models import Entry
from lianzheng.flow import Said, Stale, move, move_many
from lianzheng.organisation.actions import appoint_deputy, create_post, start_tenure
from lianzheng.organisation.models import User
from lianzheng.organisation.roles import role
from registers.actions import add_points
from registers.models import RiskTable
from tests.cast import ROW, SINCE, Cast, Round, again, client_of

SAID = Said(opinion="同意。")


def crowd(cast: Cast, number: int, *, state: str = State.SECTION) -> list[Dossier]:
    """A round with so many forms of 建筑业股 more, filled in and laid at this desk by hand."""
    section = cast.units["建筑业股"]
    for n in range(number):
        post = create_post(section, name=f"岗位{n:04}", by=None)
        start_tenure(User.objects.create_user(f"more{n}", name=f"人{n}"), post=post, since=SINCE, by=None)
    play = Round(cast)
    found = list(play.campaign.dossiers.filter(title__startswith="岗位").select_related("table__holder"))
    for dossier in found:
        add_points(dossier.table, rows=[ROW], by=dossier.table.holder)
    RiskTable.unscoped.filter(dossiers__in=found).update(sealed_at="2026-01-01T00:00Z")
    Dossier.unscoped.filter(pk__in=[dossier.pk for dossier in found]).update(state=state, version=2)
    return list(play.campaign.dossiers.filter(title__startswith="岗位").order_by("title"))


def versions(dossiers: list[Dossier]) -> dict[Any, int]:
    return {dossier.pk: dossier.version for dossier in dossiers}


def together(cast: Cast, dossiers: list[Dossier], *, by: str = "李四", **options: Any) -> list[Any]:
    return move_many(DOSSIERS, versions(dossiers), "pass", said=SAID, by=again(cast[by]), **options)


ROOMS = ("assessments", "registers", "organisation", "audit", "early_warning")
MOMENTS = {"at", "state_since", "transaction", "pgh_id", "pgh_created_at", "pgh_context_id", "pgh_context"}


def tables() -> dict[str, list[str]]:
    """Every row of the product but keys of log and journal, and moments."""
    found = {}
    for model in apps.get_models():
        if model._meta.app_label in ROOMS:
            fleeting = MOMENTS | ({"id"} if model in (Entry, DossierMove) else set())
            rows = model._base_manager.values()
            found[model._meta.label] = sorted(
                repr({name: value for name, value in row.items() if name not in fleeting}) for row in rows
            )
    return found


@pytest.mark.parametrize("by", ["李四", "陈九"])
def test_moved_together_or_one_by_one_every_table_is_the_same(cast: Cast, by: str) -> None:
    dossiers = crowd(cast, 4)
    if by == "陈九":
        today = clock.today()
        who = {
            "deputy": cast["陈九"],
            "role": role("section_head"),
            "unit": cast.units["建筑业股"],
            "by": again(cast["李四"]),
        }
        appoint_deputy(cast["李四"], since=today, until=today, reason="出差", **who)
    before = tables()
    point = transaction.savepoint()
    for dossier in dossiers:
        move(dossier, "pass", version=dossier.version, said=SAID, by=again(cast[by]))
    singly = tables()
    transaction.savepoint_rollback(point)
    assert tables() == before
    dossiers = list(Dossier.unscoped.filter(pk__in=versions(dossiers)))
    together(cast, dossiers, by=by)
    at_once = tables()
    assert {name: rows for name, rows in at_once.items() if rows != singly[name]} == {}
    changed = {name for name, rows in at_once.items() if rows != before[name]}
    assert changed >= {"assessments.Dossier", "assessments.DossierEvent", "assessments.DossierMove", "audit.Entry"}


def test_queries_do_not_grow_with_the_items(cast: Cast) -> None:
    dossiers = crowd(cast, 34)
    counts = []
    for chosen in (dossiers[:4], dossiers[4:]):
        with CaptureQueriesContext(connection) as asked:
            outcomes = together(cast, chosen)
        counts.append(len(asked))
        assert [item.refused for item in outcomes] == [None] * len(chosen)
    assert counts[0] == counts[1]
    assert counts[0] <= 25


def test_two_hundred_items_take_a_fraction_of_the_ten_seconds_of_a_thousand(cast: Cast) -> None:
    dossiers = crowd(cast, 200)
    started = time.perf_counter()
    outcomes = together(cast, dossiers)
    assert time.perf_counter() - started < 2
    assert {item.log.target for item in outcomes} == {State.OFFICE}
    assert Dossier.unscoped.filter(state=State.OFFICE, version=3).count() == 200


def test_item_that_is_refused_does_not_hinder_the_others(cast: Cast) -> None:
    dossiers = crowd(cast, 5)
    pairs = versions(dossiers)
    move(dossiers[0], "pass", version=2, by=again(cast["李四"]))
    Dossier.unscoped.filter(pk=dossiers[1].pk).update(version=7)
    Dossier.unscoped.filter(pk=dossiers[2].pk).update(holder=cast["李四"])
    Dossier.unscoped.filter(pk=dossiers[3].pk).update(state=State.INSPECTOR)
    outcomes = move_many(DOSSIERS, pairs, "pass", said=SAID, by=again(cast["李四"]))
    why = {item.record.pk: str(item.refused) if item.refused else "" for item in outcomes}
    assert [why[dossier.pk] for dossier in dossiers] == [
        "您已办理过这一步，不必重复操作。",
        "已被他人处理，请按最新情况办理。",
        "这是您本人的表，按回避规定不能由本人审核，请由上一级办理。",
        "这一步不由您办理。",
        "",
    ]
    assert DossierMove.unscoped.filter(action="pass").count() == 2


def test_batch_that_breaks_in_the_middle_leaves_nothing(cast: Cast) -> None:
    """All items of the one transaction, or none: a log row that is already there stops it after the states are set."""
    dossiers = crowd(cast, 3)
    values = {"action": "x", "label": "x", "source": "x", "target": "x", "hat": "x", "digest": "x"}
    DossierMove.objects.create(bureau=cast.bureau, dossier=dossiers[1], seq=3, by=cast["李四"], **values)
    with pytest.raises(Exception, match="move_once_per_version"), transaction.atomic():
        together(cast, dossiers)
    assert set(Dossier.unscoped.filter(pk__in=versions(dossiers)).values_list("state", "version")) == {("section", 2)}


def test_step_whose_effects_have_no_form_for_many_is_taken_one_by_one(cast: Cast) -> None:
    dossiers = crowd(cast, 3)
    said = Said(opinion="请补充", reason="vague", due_on=clock.today())
    outcomes = move_many(DOSSIERS, versions(dossiers), "return", said=said, by=again(cast["李四"]))
    assert {item.log.target for item in outcomes if item.log} == {State.RETURNED}
    assert set(RiskTable.unscoped.filter(dossiers__in=dossiers).values_list("sealed_at", flat=True)) == {None}


def test_batch_twice_is_one_batch(cast: Cast) -> None:
    dossiers = crowd(cast, 3)
    together(cast, dossiers)
    again_ = together(cast, dossiers)
    assert [type(item.refused) for item in again_] == [Stale] * 3
    assert DossierMove.unscoped.count() == 3


ALONE = [
    (2, 2, (), ""),
    (None, None, (), ""),
    (1, 2, (), "一级的表须逐件审核"),
    (2, 1, (), "一级的表须逐件审核"),
    (2, 2, (1,), "一级的表须逐件审核"),
    (2, 3, (), "自报等级低于建议等级，须逐件审核"),
    (3, 2, (), ""),
]


@pytest.mark.parametrize(("proposed", "reported", "others", "why"), ALONE)
def test_level_one_and_what_was_reported_below_stand_alone(
    proposed: int | None, reported: int | None, others: tuple[int, ...], why: str
) -> None:
    assert alone(proposed=proposed, reported=reported, others=others) == why


def post(cast: Cast, name: str, picks: dict[Any, int], by: str = "李四", **values: str) -> Any:
    data = {"pick": [f"{pk}.{version}" for pk, version in picks.items()]} | values
    return client_of(cast[by]).post(reverse(name), data)


def test_confirm_page_says_what_is_left_out_and_why(cast: Cast) -> None:
    dossiers = crowd(cast, 4)
    rows = Dossier.unscoped
    rows.filter(pk=dossiers[1].pk).update(proposed_rank=1, reported_rank=1)
    rows.filter(pk=dossiers[2].pk).update(proposed_rank=2, reported_rank=3)
    picks = versions(dossiers) | {dossiers[3].pk: 1}
    response = post(cast, "batch_confirm", picks)
    assert [item["title"] for item in response.context["taken"]] == [dossiers[0].title]
    assert [(item["title"], item["why"]) for item in response.context["left"]] == [
        (dossiers[1].title, "一级的表须逐件审核"),
        (dossiers[2].title, "自报等级低于建议等级，须逐件审核"),
        (dossiers[3].title, "已被他人处理，请按最新情况办理。"),
    ]
    assert DossierMove.unscoped.count() == 0


def test_take_leaves_out_what_the_confirm_page_would_even_if_it_is_sent(cast: Cast) -> None:
    dossiers = crowd(cast, 2)
    Dossier.unscoped.filter(pk=dossiers[1].pk).update(proposed_rank=1, reported_rank=1)
    response = post(cast, "batch_take", versions(dossiers), opinion="情况属实。")
    assert (len(response.context["done"]), len(response.context["left"])) == (1, 1)
    assert DossierMove.unscoped.get().opinion == "情况属实。"


def test_take_without_an_opinion_or_with_a_bad_one_keeps_the_ticks(cast: Cast) -> None:
    dossiers = crowd(cast, 2)
    for opinion in ("", "看\u202e不见"):
        response = post(cast, "batch_take", versions(dossiers), opinion=opinion)
        assert (response.status_code, len(response.context["taken"])) == (422, 2)
    assert DossierMove.unscoped.count() == 0


@pytest.mark.parametrize("pick", ["", "x", "x.1", f"{'0' * 32}.1", ".", "1.x"])
def test_nonsense_is_answered_in_words(cast: Cast, pick: str) -> None:
    for name in ("batch_confirm", "batch_take"):
        response = client_of(cast["李四"]).post(reverse(name), {"pick": [pick], "opinion": "同意。"})
        assert (response.status_code, "没有可以一并审核的表" in response.content.decode()) == (422, True)


def test_form_of_another_bureau_is_neither_named_nor_moved(cast: Cast) -> None:
    dossiers = crowd(cast, 1)
    for name in ("batch_confirm", "batch_take"):
        response = post(cast, name, versions(dossiers), by="外人", opinion="同意。")
        assert (response.status_code, dossiers[0].title in response.content.decode()) == (422, False)


def test_pages_ask_as_many_questions_for_thirty_items_as_for_three(cast: Cast) -> None:
    dossiers = crowd(cast, 33)
    asked: dict[str, list[int]] = {}
    for chosen in (dossiers[:3], dossiers[3:]):
        Dossier.unscoped.filter(pk__in=versions(dossiers)).exclude(pk__in=versions(chosen)).update(state=State.VOID)
        Dossier.unscoped.filter(pk__in=versions(chosen)).update(state=State.SECTION)
        picks = versions(chosen)
        for name in ("batch", "batch_confirm", "batch_take"):
            with CaptureQueriesContext(connection) as captured:
                if name == "batch":
                    response = client_of(cast["李四"]).get(reverse(name))
                else:
                    response = post(cast, name, picks, opinion="同意。")
            assert response.status_code == 200
            asked.setdefault(name, []).append(len(captured))
    assert {name: pair for name, pair in asked.items() if pair[0] != pair[1]} == {}
