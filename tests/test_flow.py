"""The one door: every step of every route for every person of the cast, old pages, recusal, and list equals button."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments import actions
from assessments.content import content_of
from assessments.flow import DOSSIERS, ROUTES
from assessments.models import Dossier, State
from lianzheng import clock
from lianzheng.audit.models import Entry, Snapshot
from lianzheng.flow import NotReady, NotYours, Said, Stale, Step, digest, move
from lianzheng.organisation.actions import grant
from lianzheng.organisation.models import Deputy, Unit, UnitUserGrant, User
from lianzheng.organisation.rights import principals
from lianzheng.organisation.roles import DEPUTISED, Role, role
from tests.cast import Cast, Round, again, assemble
from tests.world import undone

TITLES = {"post": "施工许可岗", "section": "建筑业股", "bureau": "县住建局"}
WRITER = {"post": "张三", "section": "李四", "bureau": "王五"}
AT = {
    State.SECTION: ("李四", "股室负责人"),
    State.VICE: ("钱七", "分管领导"),
    State.OFFICE: ("王五", "廉政办"),
    State.INSPECTOR: ("赵六", "纪检组"),
    State.LEADER: ("孙八", "主要负责人"),
    State.COUNTY_OFFICE: ("周一", "县领导小组办公室"),
    State.COUNTY_GROUP: ("吴二", "县领导小组"),
    State.FILING_SENT: ("郑十", "备案机关"),
}
OF = {
    "lapse": ("王五", "廉政办"),
    "publish": ("王五", "廉政办"),
    "close": ("王五", "廉政办"),
    "void": ("王五", "廉政办"),
    "extend": ("王五", "廉政办"),
    "correct": ("王五", "廉政办"),
    "withdraw": ("王五", "廉政办"),
    "object": ("王五", "廉政办"),
    "file_send": ("王五", "廉政办"),
    "file": ("郑十", "备案机关"),
    "file_back": ("郑十", "备案机关"),
    "file_paper": ("王五", "廉政办"),
}


def takers(kind: str, step: Step, *, filed: bool = True) -> dict[str, str]:
    """Name -> hat of everybody who may take the step on the ordinary dossiers of the cast."""
    if step.action in ("submit", "recall"):
        return {WRITER[kind]: "填报人"}
    if step.action == "supersede":
        return {"王五": "廉政办"} | ({"郑十": "备案机关"} if filed else {})
    if step.source == State.MEETING and step.action != "void":  # whose form the recorder wrote goes one desk up
        return {"孙八": "会议记录人"} if kind == "bureau" else {"王五": "会议记录人"}
    if step.source == State.NOTICE and step.action == "return":  # the office wrote the bureau's own form
        return {"孙八": "主要负责人"} if kind == "bureau" else {"王五": "廉政办"}
    return dict([OF.get(step.action) or AT[State(step.source)]])


# What is done to a notice that is up, and what follows for its dossiers.
NOTICED: dict[str, Any] = {
    "extend": lambda play, dossier: play.extend(dossier.notice),
    "correct": lambda play, dossier: play.correct(dossier.notice),
    "withdraw": lambda play, dossier: play.withdraw(dossier.notice),
    "object": lambda play, dossier: play.uphold(dossier),
}


def take(play: Round, dossier: Dossier, step: Step, by: str) -> None:
    """The step the way its page takes it."""
    due = clock.today() + timedelta(days=5)
    if step.action == "close":
        play._close(dossier, "close", by)
    elif step.action == "publish":
        play.publish([dossier])
    elif step.action in NOTICED:
        NOTICED[step.action](play, dossier)
    elif step.action == "file_send":
        play.send([dossier], by=by)
    elif step.action == "file":
        play._file(dossier, "file", by)
    elif step.source == State.FILING_SENT:
        play.answer(dossier, mend=step.action == "return", by=by)
    elif step.action == "file_paper":
        play.file_on_paper([dossier], by=by)
    elif step.action == "decide" and step.place:
        play.meet([actions.Decision(dossier, dossier.version, dossier.proposed_rank, Said())], by=by)
    else:
        facts = {"rank": dossier.proposed_rank} if step.action == "decide" else {}
        play.take(dossier, step.action, by, opinion="意见", reason="shallow", due_on=due, facts=facts)


def check_refused_to_others(cast: Cast, dossier: Dossier, step: Step, allowed: dict[str, str]) -> None:
    before = Dossier.unscoped.filter(pk=dossier.pk).values().get()
    for name, person in cast.people.items():
        if name not in allowed:
            with pytest.raises(NotYours):
                move(dossier, step.action, version=dossier.version, by=again(person))
    assert Dossier.unscoped.filter(pk=dossier.pk).values().get() == before


def check_traces(before: dict[str, Any], dossier: Dossier, step: Step, *, by: User, hat: str) -> None:
    """State, version, log row, journal row and the kept content all tell the same story."""
    dossier.refresh_from_db()
    log = dossier.moves.order_by("seq").last()
    assert log is not None
    assert (dossier.state, dossier.version) == (step.target, before["version"] + 1)
    assert (log.seq, log.action, log.label) == (dossier.version, step.action, step.label)
    assert (log.source, log.target, log.by, log.hat) == (step.source, step.target, by, hat)
    entry = Entry.objects.filter(subject=dossier.pk).first()
    assert entry is not None
    assert (entry.source, entry.target, entry.by, entry.hat) == (step.source, step.target, by, hat)
    kept = Snapshot.objects.get(digest=log.digest)
    assert (entry.digest, digest(kept.content)) == (log.digest, log.digest)
    assert [row["id"] for row in kept.content["rows"]] == [str(point.pk) for point in dossier.table.rows()]


def switched(name: str) -> tuple[str, str, str, list[str]]:
    """Profile, kind and stage of a route, and the optional steps its bureau has switched."""
    workflow, kind, rest = name.split(".")
    stage, *marks = re.split(r"[+-]", rest)
    return workflow, kind, stage, [f"{kind}.{mark}" for mark in marks]


def lay(cast: Cast, name: str) -> tuple[Round, Dossier]:
    """The dossier of this route, filled in and ready to be handed in."""
    workflow, kind, stage, marks = switched(name)
    Unit.objects.filter(pk=cast.bureau.pk).update(switches=marks)
    cast.bureau.refresh_from_db()
    play = Round(cast)
    rated = stage == "rating" or (stage, workflow) == ("whole", "county")
    dossier = play.rating(TITLES[kind]) if rated else play.dossier(TITLES[kind])
    if rated and stage == "whole":
        play.bring(dossier, State.IN_FORCE)
        dossier = actions.rate_anew(dossier, cause="duties", text="职责调整", by=again(cast["王五"]))
    play._prepare(dossier)
    assert dossier.route == name
    return play, dossier


def check_state(play: Round, dossier: Dossier, kind: str) -> None:
    """Try every step that leaves the present state with every person, and undo it."""
    for step in DOSSIERS.steps(dossier):
        allowed = takers(kind, step, filed=dossier.filing_id is not None)
        check_refused_to_others(play.cast, dossier, step, allowed)
        for name, hat in allowed.items():
            before = Dossier.unscoped.filter(pk=dossier.pk).values().get()
            with undone():
                take(play, dossier, step, name)
                check_traces(before, dossier, step, by=play.cast[name], hat=hat)
            dossier.refresh_from_db()


def differs(name: str) -> int:
    """In how many optional steps this way differs from its profile's default."""
    return len(switched(name)[3])


PLAYED = [
    pytest.param(name, marks=[pytest.mark.soak] if differs(name) else [])
    for name in sorted(ROUTES)
    if differs(name) < 2
]
"""Each default way, and with --soak each switch by itself; what several do together is the next test's."""


def test_every_way_leads_from_filling_in_to_an_end_and_leaves_no_desk_out() -> None:
    for name, steps in ROUTES.items():
        onward = {step.source: step.target for step in steps if step.duty}
        place, passed = str(State.DRAFT), []
        while place in onward:
            passed.append(place)
            place = onward[place]
        assert place in (State.ARCHIVED, State.IN_FORCE), name
        assert set(onward) == {*passed, State.RETURNED}, name
        assert {step.target for step in steps} <= {*onward, place, State.SUPERSEDED, State.VOID}, name


@pytest.mark.parametrize("name", PLAYED)
def test_step_of_every_route_is_open_to_its_desk_and_closed_to_everybody_else(
    name: str, db: None, moving_clock: None
) -> None:
    workflow, kind, *_ = switched(name)
    play, dossier = lay(assemble(workflow), name)
    seen: set[Step] = set()
    returned = False
    while steps := DOSSIERS.steps(dossier):
        if seen.isdisjoint(steps):
            check_state(play, dossier, kind)
            seen |= set(steps)
        back = next((step for step in steps if step.action == "return"), None)
        onward = next((step for step in steps if step.duty), steps[0])
        step = onward if returned or back is None else back
        returned = returned or step is back
        take(play, dossier, step, next(iter(takers(kind, step))))
        dossier.refresh_from_db()
    assert seen == set(ROUTES[name])


def test_old_page_is_told_that_somebody_else_was_faster(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    year.take(dossier, "pass", "李四")
    with pytest.raises(Stale) as refusal:
        move(dossier, "pass", version=dossier.version - 1, by=year.cast["王五"])
    assert refusal.value.sentences == ("已被他人处理，请按最新情况办理。",)
    assert year.own.state == State.OFFICE


def test_second_click_of_the_same_person_is_told_so(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    version = dossier.version
    year.take(dossier, "pass", "李四")
    with pytest.raises(Stale) as refusal:
        move(dossier, "pass", version=version, by=year.cast["李四"])
    assert refusal.value.sentences == ("您已办理过这一步，不必重复操作。",)
    assert dossier.moves.count() == 2


@pytest.mark.parametrize("version", [0, 1, 3, 2**31 - 1])
def test_step_under_another_version_changes_nothing(year: Round, version: int) -> None:
    dossier = year.bring(year.own, State.SECTION)
    with pytest.raises(Stale):
        move(dossier, "pass", version=version, by=year.cast["李四"])
    assert (year.own.state, year.own.version) == (State.SECTION, 2)


def test_unknown_action_is_stale_and_not_an_error(year: Round) -> None:
    with pytest.raises(Stale):
        move(year.own, "approve", version=1, by=year.cast["孙八"])


def test_incomplete_form_is_not_ready_and_keeps_its_state(year: Round) -> None:
    with pytest.raises(NotReady) as refusal:
        year.take(year.own, "submit", "张三")
    assert refusal.value.sentences == ("还有 1 处需要修改：还没有风险点，请至少填写一行。",)
    assert (year.own.state, year.own.version) == (State.DRAFT, 1)


RECUSED = [
    ("股长", "李四", "钱七"),
    ("副局长", "钱七", "孙八"),
    ("局长", "孙八", "钱七"),
    ("办公室主任", "王五", "钱七"),
    ("纪检组长", "赵六", "钱七"),
]


@pytest.mark.parametrize(("post", "holder", "reviewer"), RECUSED)
def test_own_form_goes_one_desk_up_and_is_refused_to_its_holder(
    year: Round, post: str, holder: str, reviewer: str
) -> None:
    dossier = year.dossier(post)
    year._prepare(dossier)
    year.take(dossier, "submit", holder)
    assert who_may(year.cast, dossier, "pass") == {reviewer}
    with pytest.raises(NotYours) as refusal:
        move(dossier, "pass", version=dossier.version, by=again(year.cast[holder]))
    assert refusal.value.sentences == ("这是您本人的表，按回避规定不能由本人审核，请由上一级办理。",)


def who_may(cast: Cast, dossier: Dossier, action: str) -> set[str]:
    """Names of those to whom the step is open."""
    return {
        name
        for name, person in cast.people.items()
        if any(step.action == action for step in DOSSIERS.open_to(dossier, again(person)))
    }


@pytest.mark.parametrize(
    ("post", "state", "reviewer"),
    [("办公室主任", State.OFFICE, "孙八"), ("纪检组长", State.INSPECTOR, "孙八")],
)
def test_own_form_at_a_later_desk_goes_to_the_leader(year: Round, post: str, state: State, reviewer: str) -> None:
    dossier = year.dossier(post)
    year._prepare(dossier)
    year.take(dossier, "submit", str(dossier.holder))
    year.take(dossier, "pass", "钱七")
    while dossier.state != state:
        year.take(dossier, "pass", "王五")
    assert who_may(year.cast, dossier, "pass") == {reviewer}


def test_vacant_desk_sends_the_form_one_desk_up(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    User.objects.filter(pk=year.cast["李四"].pk).update(is_active=False)
    assert who_may(year.cast, dossier, "pass") == {"钱七"}
    User.objects.filter(pk=year.cast["钱七"].pk).update(is_active=False)
    assert who_may(year.cast, dossier, "pass") == {"孙八"}


def test_form_of_one_of_two_heads_goes_up_and_not_to_the_other(year: Round) -> None:
    grant(role("section_head"), unit=year.cast.units["建筑业股"], to=year.cast["陈九"], by=None)
    dossier = year.dossier("质量监督岗")
    year._prepare(dossier)
    year.take(dossier, "submit", "陈九")
    assert who_may(year.cast, dossier, "pass") == {"钱七"}
    assert who_may(year.cast, year.bring(year.own, State.SECTION), "pass") == {"李四", "陈九"}


def test_resubmission_after_a_return_carries_the_new_content(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    first = dossier.moves.get(action="submit").digest
    year.take(dossier, "return", "李四", opinion="请补充", reason="vague", due_on=clock.today())
    year.fill(dossier)
    year.take(dossier, "submit", "张三")
    second = dossier.moves.order_by("seq").last().digest
    assert first != second
    assert digest(content_of(dossier)) == second


REVIEWS = {"pass", "return", "decide"}


def check_list_equals_button(people: list[User], dossiers: list[Dossier]) -> None:
    for person in people:
        waiting = set(DOSSIERS.waiting_for(person).values_list("pk", flat=True))
        for dossier in dossiers:
            steps = DOSSIERS.open_to(dossier, person)
            assert (dossier.pk in waiting) == any(step.duty for step in steps), (person, dossier, dossier.state)
            if {dossier.holder_id, dossier.stands_for_id} & {person.pk, *principals(person)}:
                assert REVIEWS.isdisjoint(step.action for step in steps), (person, dossier, dossier.state)


def test_inbox_lists_exactly_the_dossiers_with_a_button(year: Round, moving_clock: None) -> None:
    year.bring(year.own, State.NOTICE)
    year.bring(year.rating("施工许可岗"), State.MEETING)
    year.bring(year.dossier("建筑业股"), State.VICE)
    year.bring(year.dossier("县住建局"), State.FILING)
    dossiers = list(year.campaign.dossiers.all())
    states = {"draft", "notice", "meeting", "vice", "filing"}
    assert {dossier.state for dossier in dossiers} == states
    check_list_equals_button([again(person) for person in year.cast.people.values()], dossiers)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_inbox_equals_buttons_under_random_grants_and_states(year: Round, data: st.DataObject) -> None:
    """Grants and states are drawn, so no order of hats, vacancies and recusals is left to imagination. The three
    administrators have no desk, and go with no other role."""
    with undone():
        people = [year.cast[name] for name in ("张三", "李四", "王五", "钱七", "孙八", "赵六")]
        UnitUserGrant.objects.filter(user__in=people).delete()
        places = [year.cast.units[name] for name in ("建筑业股", "县住建局", "云县")]
        for person in people:
            for item in data.draw(st.lists(st.sampled_from(DEPUTISED), max_size=2, unique_by=lambda item: item.code)):
                grant(item, unit=data.draw(st.sampled_from(places)), to=person, by=None)
        for principal, deputy in data.draw(st.lists(st.permutations(people).map(lambda drawn: drawn[:2]), max_size=3)):
            stand_in(
                principal, deputy, role=data.draw(st.sampled_from(DEPUTISED)), unit=data.draw(st.sampled_from(places))
            )
        dossiers = list(year.campaign.dossiers.all())
        for dossier in dossiers:
            states = sorted({step.source for step in ROUTES[dossier.route]})
            Dossier.unscoped.filter(pk=dossier.pk).update(
                state=data.draw(st.sampled_from(states)),
                holder=dossier.holder or data.draw(st.sampled_from(people)),
                stands_for=data.draw(st.sampled_from([None, None, *people])),
            )
            dossier.refresh_from_db()
        check_list_equals_button([again(person) for person in people], dossiers)


def stand_in(principal: User, deputy: User, *, role: Role, unit: Unit) -> None:
    """A deputation of today, laid down without the checks of its page."""
    today = clock.today()
    Deputy.objects.create(
        bureau=unit.bureau or unit,
        principal=principal,
        deputy=deputy,
        role=role.code,
        unit=unit,
        since=today,
        until=today,
        made_by=principal,
    )


def test_grant_of_a_closed_unit_gives_nothing(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    Unit.objects.filter(name="建筑业股").update(active=False)
    assert DOSSIERS.open_to(dossier, again(year.cast["李四"])) == ()
