"""Two hundred at once, two who want different things, old and forged posts: one wins, the others are told, and state,
log and journal agree. `tests/test_concurrency.py` holds the smaller races of rows and clicks."""

from __future__ import annotations

from collections import Counter
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from assessments import actions
from assessments.flow import DOSSIERS
from assessments.models import Dossier, DossierMove, State
from lianzheng.audit.models import Entry
from lianzheng.flow import FASTER, Refused, Said, move, move_many
from lianzheng.organisation.models import UnitUserGrant, User
from registers.actions import save_point
from tests.agreement import check_agreement
from tests.at_once import at_once
from tests.cast import Round, again, client_of, tomorrow

THREADS = 20
EACH = 10
ALL = THREADS * EACH


def heads(year: Round) -> list[User]:
    """Two hundred people at the desk of 建筑业股."""
    people = User.objects.bulk_create(User(username=f"head{n}", name=f"负责人{n}", password="!") for n in range(ALL))
    right, section = Permission.objects.get(codename="review_section"), year.cast.units["建筑业股"]
    UnitUserGrant.objects.bulk_create(
        UnitUserGrant(user=person, permission=right, content_object=section) for person in people
    )
    return people


def check_one_winner(answers: Counter[str]) -> None:
    assert answers == {"won": 1, FASTER: ALL - 1}


def test_two_hundred_approvals_at_once_are_one_approval(committed: Round) -> None:
    people = heads(committed)
    dossier = committed.bring(committed.own, State.SECTION)

    def approve(n: int) -> str:
        move(Dossier.unscoped.get(pk=dossier.pk), "pass", version=2, by=again(people[n]))
        return "won"

    check_one_winner(at_once(approve, threads=THREADS, each=EACH))
    assert DossierMove.unscoped.filter(dossier=dossier, action="pass").count() == 1
    check_agreement(dossier)


def test_two_hundred_approvals_through_a_door_without_lock_and_version_fail_the_same_check(committed: Round) -> None:
    """The control: it looks first and writes then, as `move()` would without its lock and its conditional update."""
    dossier = committed.bring(committed.own, State.SECTION)
    between = Barrier(THREADS)

    def approve(n: int) -> str:
        found = Dossier.unscoped.get(pk=dossier.pk)
        if n % EACH == 0:
            between.wait(timeout=20)
        if found.state != State.SECTION:
            return FASTER
        Dossier.unscoped.filter(pk=found.pk).update(state=State.OFFICE, version=found.version + 1)
        return "won"

    answers = at_once(approve, threads=THREADS, each=EACH)
    assert answers["won"] >= THREADS
    with pytest.raises(AssertionError):
        check_one_winner(answers)


def test_batches_of_many_people_at_once_move_each_item_once(committed: Round) -> None:
    people = heads(committed)
    dossiers = [committed.bring(committed.dossier(name), State.SECTION) for name in ("施工许可岗", "质量监督岗")]
    versions = {dossier.pk: 2 for dossier in dossiers}

    def approve(n: int) -> str:
        outcomes = move_many(DOSSIERS, versions, "pass", said=Said(opinion="同意。"), by=again(people[n]))
        return "、".join(str(item.refused) if item.refused else "won" for item in outcomes)

    assert at_once(approve, threads=10, each=2) == {"won、won": 1, f"{FASTER}、{FASTER}": 19}
    for dossier in dossiers:
        check_agreement(dossier)


def rivals(year: Round, first: tuple[str, str], second: tuple[str, str]) -> set[str]:
    """Who won of two steps (action, person) taken at the same moment, ten rounds long; the traces agree each time."""
    won = set()
    for _ in range(10):
        dossier = year.bring(year.own, State.SECTION)
        pk, version, due = dossier.pk, dossier.version, tomorrow()

        def act(n: int, pk: Any = pk, version: int = version, due: Any = due) -> str:
            action, name = (first, second)[n]
            said = Said(opinion="意见", reason="vague", due_on=due)
            move(Dossier.unscoped.get(pk=pk), action, version=version, said=said, by=again(year.cast[name]))
            return action

        answers = at_once(act, threads=2, each=1)
        winner = [action for action in (first[0], second[0]) if answers[action]]
        assert (len(winner), sum(answers.values())) == (1, 2)
        won |= set(winner)
        check_agreement(dossier)
        after = year.own
        if after.state == State.OFFICE:
            year.take(after, "return", "王五", opinion="请补充", reason="vague", due_on=due)
    return won


def test_approval_and_return_at_once_are_one_of_the_two(committed: Round) -> None:
    assert rivals(committed, ("pass", "李四"), ("return", "李四")) <= {"pass", "return"}


def test_recall_and_approval_at_once_are_one_of_the_two(committed: Round) -> None:
    assert rivals(committed, ("recall", "张三"), ("pass", "李四")) <= {"recall", "pass"}


def test_closing_of_the_round_and_hand_in_at_once_leave_no_form_both_missing_and_in(committed: Round) -> None:
    committed._prepare(committed.own)
    dossier = committed.own
    reasons = {item.pk: "病假" for item in committed.campaign.dossiers.all()}

    def act(n: int) -> str:
        if n:
            actions.close_campaign(committed.campaign, reasons=reasons, by=again(committed.cast["王五"]))
            return "closed"
        move(Dossier.unscoped.get(pk=dossier.pk), "submit", version=1, by=again(committed.cast["张三"]))
        return "in"

    answers = at_once(act, threads=2, each=1)
    assert answers["closed"] == 1
    missing = committed.campaign.closings.get().missing.filter(dossier=dossier).exists()
    assert missing is (committed.own.state == State.DRAFT) is (answers["in"] == 0)


def send(year: Round, name: str, dossier: Dossier, **values: Any) -> Any:
    url = reverse("step", args=[dossier.pk])
    return client_of(year.cast[name]).post(url, {"version": dossier.version, "opinion": "同意。"} | values)


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_form_changed_between_reading_and_approving_is_not_approved(year: Round) -> None:
    """李四 reads; 张三 takes it back, edits and hands in again; 李四 approves what is no longer there."""
    dossier = year.bring(year.own, State.SECTION)
    read = year.own
    year.take(dossier, "recall", "张三")
    point = dossier.table.rows()[0]
    save_point(point, version=point.version, values={"name": "换过的内容"}, by=again(year.cast["张三"]))
    year.take(dossier, "submit", "张三")
    response = send(year, "李四", read, action="pass")
    assert (response.status_code, FASTER in text_of(response)) == (409, True)
    assert (year.own.state, dossier.moves.filter(action="pass").count()) == (State.SECTION, 0)
    check_agreement(dossier)


def test_row_of_a_form_at_a_desk_cannot_be_edited(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    point = dossier.table.rows()[0]
    with pytest.raises(Refused, match="不能修改"):
        save_point(point, version=point.version, values={"name": "换"}, by=again(year.cast["张三"]))


def test_post_sent_again_does_nothing_more(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    assert send(year, "李四", dossier, action="pass").status_code == 302
    response = send(year, "李四", dossier, action="pass")
    assert (response.status_code, "您已办理过这一步，不必重复操作。" in text_of(response)) == (409, True)
    assert Entry.objects.filter(subject=dossier.pk, target=State.OFFICE).count() == 1
    check_agreement(year.own)


FORGED: dict[str, Any] = {
    "state": "in_force",
    "target": "in_force",
    "decided_rank": "3",
    "reported_rank": "3",
    "reviewed_rank": "3",
    "holder": "x",
    "route": "county.bureau.finding",
    "due_on": "2999-01-01",
    "hat": "主要负责人",
    "on_behalf": "x",
}


def test_forged_fields_of_a_post_change_nothing_but_the_step(year: Round) -> None:
    dossier = year.bring(year.rating("施工许可岗"), State.SECTION)
    fields = ("decided_rank", "reported_rank", "reviewed_rank", "holder", "route")
    before = Dossier.unscoped.filter(pk=dossier.pk).values(*fields).get()
    assert send(year, "李四", dossier, action="pass", **FORGED).status_code == 302
    assert Dossier.unscoped.filter(pk=dossier.pk).values(*fields).get() == before
    dossier.refresh_from_db()
    log = dossier.moves.get(action="pass")
    assert (dossier.state, log.hat, log.on_behalf) == (State.OFFICE, "股室负责人", None)
    check_agreement(dossier)


@pytest.mark.parametrize(
    ("values", "status", "sentence"),
    [
        ({"rank": "1"}, 409, "调整等级须写明理由。"),
        ({"rank": "0", "rank_reason": "理由"}, 422, "审核等级"),
        ({"rank": "4", "rank_reason": "理由"}, 422, "审核等级"),
        ({"rank": "一级", "rank_reason": "理由"}, 422, "审核等级"),
        ({"version": "-1"}, 422, "version"),
        ({"version": "99"}, 409, FASTER),
        ({"version": str(2**40)}, 422, "version"),
        ({"action": "return", "reason": "unknown", "due_on": "2999-01-01"}, 422, "退回原因"),
        ({"action": "return", "reason": "vague", "due_on": "2000-01-01"}, 409, "完善期限不能早于今天。"),
    ],
)
def test_forged_level_version_or_reason_is_refused_with_a_sentence(
    year: Round, values: dict[str, Any], status: int, sentence: str
) -> None:
    dossier = year.bring(year.rating("施工许可岗"), State.SECTION)
    before = Dossier.unscoped.filter(pk=dossier.pk).values().get()
    response = send(year, "李四", dossier, **{"action": "pass"} | values)
    assert (response.status_code, sentence in text_of(response)) == (status, True)
    assert Dossier.unscoped.filter(pk=dossier.pk).values().get() == before


SKIPPED = ["submit", "decide", "publish", "close", "file", "file_paper", "supersede", "approve", "x" * 20]


@pytest.mark.parametrize("action", SKIPPED)
def test_step_that_does_not_leave_this_state_is_refused_to_everybody(year: Round, action: str) -> None:
    dossier = year.bring(year.own, State.SECTION)
    for name in ("李四", "王五", "孙八", "赵六"):
        response = send(year, name, dossier, action=action, rank="3", rank_reason="理由")
        assert (response.status_code, FASTER in text_of(response)) == (409, True)
    check_agreement(year.own)
    assert year.own.state == State.SECTION
