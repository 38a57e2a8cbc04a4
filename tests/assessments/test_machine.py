"""Random people take random steps, right and wrong, with deputations coming and going; after each the model is asked:
state, version, log, journal, and the inbox of everybody. New steps in `ROUTES` take part by themselves."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from assessments.flow import DOSSIERS, ROUTES
from assessments.models import Dossier, DossierMove, State
from lianzheng import clock
from lianzheng.flow import NotReady, NotYours, Refused, Stale, Step, move
from lianzheng.organisation.models import Deputy, Unit
from lianzheng.organisation.roles import role
from tests.agreement import check_agreement
from tests.cast import Cast, Round, again, assemble
from tests.oracle import Oracle, Speech

LENT = (("李四", "section_head", "建筑业股"), ("钱七", "vice_leader", "县住建局"), ("王五", "office", "县住建局"))
ACTIONS = sorted({step.action for steps in ROUTES.values() for step in steps})


class Machine(RuleBasedStateMachine):
    """The forms of one round; every example begins where the cast has just filled them in."""

    play: ClassVar[Round]
    speech: ClassVar[Speech]
    dossiers: ClassVar[list[Dossier]]
    done: ClassVar[set[str]]

    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.savepoint()
        self.oracle = Oracle.of(self.play.cast)
        self.model = {
            dossier.pk: (str(dossier.state), dossier.version, dossier.moves.count()) for dossier in self.dossiers
        }

    def teardown(self) -> None:
        for dossier in self.dossiers:
            check_agreement(Dossier.unscoped.get(pk=dossier.pk))
        transaction.savepoint_rollback(self.point)

    @rule(data=st.data())
    def somebody_takes_the_step_that_is_theirs(self, data: Any) -> None:
        """Mostly what a real round does, so that the examples come far."""
        open_ = [
            (dossier.pk, step.action, name)
            for dossier in self.fresh()
            for step in DOSSIERS.steps(dossier)
            if step.duty or step.action == "return"
            for name in self.play.cast.people
            if self.oracle.may(name, step, dossier)
        ]
        if open_:
            pk, action, name = data.draw(st.sampled_from(open_))
            self.attempt(pk, action, name)

    @rule(data=st.data(), number=st.integers(0, 9), action=st.sampled_from(ACTIONS), old=st.sampled_from([0, 0, 0, 1]))
    def somebody_tries_something(self, data: Any, number: int, action: str, old: int) -> None:
        pk = self.dossiers[number % len(self.dossiers)].pk
        name = data.draw(st.sampled_from(sorted(self.play.cast.people)))
        self.attempt(pk, action, name, old=old, complete=data.draw(st.booleans()))

    @rule(lent=st.sampled_from(LENT), deputy=st.sampled_from(["陈九", "张三", "赵六", "钱七"]))
    def somebody_stands_in(self, lent: tuple[str, str, str], deputy: str) -> None:
        principal, code, unit = lent
        cast, today = self.play.cast, clock.today()
        deputation = (principal, deputy, code, cast.units[unit].path)
        if principal != deputy and deputation not in self.oracle.deputations:
            people = {"principal": cast[principal], "deputy": cast[deputy], "made_by": cast[principal]}
            Deputy.objects.create(
                bureau=cast.bureau, unit=cast.units[unit], role=role(code).code, since=today, until=today, **people
            )
            self.oracle.deputations.add(deputation)

    @precondition(lambda self: self.oracle.deputations)
    @rule(data=st.data())
    def somebody_is_back(self, data: Any) -> None:
        gone = data.draw(st.sampled_from(sorted(self.oracle.deputations)))
        self.oracle.deputations.remove(gone)
        principal, deputy, code, path = gone
        rows = Deputy.unscoped.filter(principal__name=principal, deputy__name=deputy, role=code, unit__path=path)
        rows.update(until=clock.today().replace(year=2000), since=clock.today().replace(year=2000))

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        rows = {dossier.pk: (str(dossier.state), dossier.version, dossier.moves.count()) for dossier in self.fresh()}
        assert rows == self.model

    @invariant()
    def inbox_of_everybody_is_as_the_oracle_says(self) -> None:
        fresh = self.fresh()
        for name in self.play.cast.people:
            listed = DOSSIERS.waiting_for(again(self.play.cast[name])).filter(pk__in=self.model)
            expected = {
                dossier.pk
                for dossier in fresh
                if any(step.duty and self.oracle.may(name, step, dossier) for step in DOSSIERS.steps(dossier))
            }
            assert set(listed.values_list("pk", flat=True)) == expected, name

    def fresh(self) -> list[Dossier]:
        rows = Dossier.unscoped.filter(pk__in=self.model).select_related("unit", "holder", "stands_for")
        return list(rows.order_by("pk"))

    def attempt(self, pk: Any, action: str, name: str, *, old: int = 0, complete: bool = True) -> None:
        """One step, and what the model says must come of it."""
        dossier = next(item for item in self.fresh() if item.pk == pk)
        step = DOSSIERS.step(dossier, action)
        _, version, count = self.model[pk]
        said = self.speech.said(complete=complete)
        outcome = self.outcome(dossier, action, version - old, said, name)
        if step is None or old:
            assert outcome is Stale
        elif not self.oracle.may(name, step, dossier):
            assert outcome is NotYours
        elif outcome is not NotReady:
            assert outcome is None
            self.model[pk] = (str(step.target), version + 1, count + 1)
            self.check_log(pk, step, name)
            self.done.add(action)
        else:
            assert step.needs

    def outcome(self, dossier: Dossier, action: str, version: int, said: Any, name: str) -> type[Refused] | None:
        refused: Refused | None = None
        try:
            with transaction.atomic():
                move(dossier, action, version=version, said=said, by=again(self.play.cast[name]))
        except Refused as refusal:
            refused = refusal
        assert refused is None or refused.sentences
        return type(refused) if refused else None

    def check_log(self, pk: Any, step: Step, name: str) -> None:
        log = DossierMove.unscoped.select_related("by", "on_behalf").filter(dossier=pk).latest("seq")
        assert (log.action, log.source, log.target, log.by.name) == (step.action, step.source, step.target, name)
        assert log.on_behalf is None or (str(log.on_behalf) in self.oracle.bound(name) and "（代" in log.hat)


def county(cast: Cast) -> tuple[Round, list[Dossier]]:
    """附件1 of a member, a head and the office, 附件2, 附件3, and 附件4 to 6 whose findings are approved."""
    play = Round(cast)
    findings = [play.dossier(name) for name in ("质量监督岗", "股长", "办公室主任")]
    ratings = [play.rating(name) for name in ("施工许可岗", "建筑业股", "县住建局")]
    for dossier in (*findings, *ratings):
        play._prepare(dossier)
    return play, [*findings, *ratings]


def town(cast: Cast) -> tuple[Round, list[Dossier]]:
    """The one round of a township: posts, a section, the town."""
    play = Round(cast)
    dossiers = [play.dossier(name) for name in ("施工许可岗", "股长", "办公室主任", "建筑业股", "县住建局")]
    for dossier in dossiers:
        play._prepare(dossier)
    return play, dossiers


EXAMPLES = settings(
    max_examples=2,
    stateful_step_count=16,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("lay", [county, town])
def test_random_people_never_bring_a_form_where_the_model_is_not(lay: Any, db: None) -> None:
    play, dossiers = lay(assemble(Unit.Workflow.COUNTY if lay is county else Unit.Workflow.TOWNSHIP))
    dossiers = list(Dossier.unscoped.filter(pk__in=[dossier.pk for dossier in dossiers]))
    found = {"play": play, "speech": Speech.of(play), "dossiers": dossiers, "done": set()}
    machine = type("Drawn", (Machine,), found)
    run_state_machine_as_test(machine, settings=EXAMPLES)
    assert machine.done >= {"submit", "pass"}  # type: ignore[attr-defined]
    assert State.DRAFT in {dossier.state for dossier in dossiers}
