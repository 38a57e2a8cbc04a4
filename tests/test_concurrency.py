"""Several people at the same moment, on connections of their own."""

from __future__ import annotations

from threading import Barrier

from assessments.models import Dossier, DossierMove, State
from lianzheng.flow import move
from lianzheng.organisation.actions import grant
from lianzheng.organisation.models import User
from lianzheng.organisation.roles import role
from registers.actions import save_point
from registers.models import RiskPoint
from tests.at_once import AT_ONCE, at_once
from tests.cast import Round, again


def heads(year: Round) -> list[User]:
    """As many heads of 建筑业股 as act at once."""
    people = [User.objects.create_user(f"head{n}", name=f"负责人{n}") for n in range(AT_ONCE)]
    for person in people:
        grant(role("section_head"), unit=year.cast.units["建筑业股"], to=person, by=None)
    return people


def test_ten_approvals_at_once_are_one_approval(committed: Round) -> None:
    people = heads(committed)
    dossier = committed.bring(committed.own, State.SECTION)

    def approve(n: int) -> str:
        move(Dossier.unscoped.get(pk=dossier.pk), "pass", version=2, by=again(people[n]))
        return "won"

    assert at_once(approve) == {"won": 1, "已被他人处理，请按最新情况办理。": 9}
    assert DossierMove.unscoped.filter(dossier=dossier, action="pass").count() == 1
    assert (committed.own.state, committed.own.version) == (State.OFFICE, 3)


def test_ten_clicks_of_one_person_are_one_approval(committed: Round) -> None:
    dossier = committed.bring(committed.own, State.SECTION)

    def approve(n: int) -> str:
        move(Dossier.unscoped.get(pk=dossier.pk), "pass", version=2, by=again(committed.cast["李四"]))
        return "won"

    assert at_once(approve) == {"won": 1, "您已办理过这一步，不必重复操作。": 9}
    assert DossierMove.unscoped.filter(dossier=dossier, action="pass").count() == 1


def test_door_without_version_and_lock_would_let_several_through(committed: Round) -> None:
    """The control: the same ten, through a door that reads and then writes."""
    dossier = committed.bring(committed.own, State.SECTION)
    between = Barrier(AT_ONCE)

    def approve(n: int) -> str:
        found = Dossier.unscoped.get(pk=dossier.pk)
        between.wait(timeout=20)
        if found.state != State.SECTION:
            return "lost"
        Dossier.unscoped.filter(pk=dossier.pk).update(state=State.OFFICE)
        return "won"

    assert at_once(approve) == {"won": 10}


def test_ten_editors_of_one_row_lose_nothing_unsaid(committed: Round) -> None:
    point = committed.fill(committed.own)[0]
    holder = committed.cast["张三"]

    def edit(n: int) -> str:
        save_point(RiskPoint.unscoped.get(pk=point.pk), version=1, values={"name": f"第{n}个窗口"}, by=again(holder))
        return "saved"

    assert at_once(edit) == {"saved": 1, "这一行已在别的窗口改过，您的内容没有覆盖它。请对照后再保存。": 9}
    assert RiskPoint.unscoped.get(pk=point.pk).version == 2


def test_hand_in_and_recall_at_once_never_leave_an_open_table_at_a_desk(committed: Round) -> None:
    dossier = committed.bring(committed.own, State.SECTION)

    def act(n: int) -> str:
        action, name = ("recall", "张三") if n % 2 else ("pass", "李四")
        move(Dossier.unscoped.get(pk=dossier.pk), action, version=2, by=again(committed.cast[name]))
        return "won"

    assert at_once(act)["won"] == 1
    after = committed.own
    assert (after.state, after.table.sealed_at is None) in {(State.DRAFT, True), (State.OFFICE, False)}
