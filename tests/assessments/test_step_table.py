"""Role × step × relation, made from `ROUTES` and sent to the page of the step: what the oracle allows is done or asks
for what is missing, everything else is refused in words or not there, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assessments.flow import DOSSIERS, ROUTES
from assessments.models import Dossier
from assessments.rules import CHAINS
from lianzheng import clock
from lianzheng.flow import Step
from lianzheng.organisation.actions import appoint_deputy
from lianzheng.organisation.models import Unit
from lianzheng.organisation.roles import role
from tests.cast import Cast, Round, again, assemble, client_of
from tests.oracle import Oracle
from tests.test_flow import switched
from tests.world import undone

NOBODY = "质量监督岗"
TITLES = {"post": NOBODY, "section": "建筑业股", "bureau": "县住建局"}
OWN = {"张三": "施工许可岗", "李四": "股长", "钱七": "副局长", "孙八": "局长", "王五": "办公室主任", "赵六": "纪检组长"}
PEOPLE = ("张三", "李四", "王五", "钱七", "孙八", "赵六", "周一", "吴二", "郑十", "外人")
NOT_YOURS = ("这一步不由您办理。", "这是您本人的表", "这是您所代理的人的表")
ROWS = ("state", "version", "holder", "stands_for", "decided_rank", "meeting", "notice", "filing")


def table() -> list[tuple[str, str, Step]]:
    """(route, kind, step): every arrow of every route, each kind of arrow once."""
    arrows: dict[Any, tuple[str, str, Step]] = {}
    for name, steps in sorted(ROUTES.items()):
        kind = name.split(".")[1]
        for step in steps:
            arrows.setdefault((step.action, step.source, step.target, step.who), (name, kind, step))
    return list(arrows.values())


def found(play: Round, title: str) -> Dossier:
    """The form of this title, whatever stage the step before has put it in."""
    dossier: Dossier = play.campaign.dossiers.get(title__startswith=title)
    return dossier


def lay(dossier: Dossier, name: str, step: Step) -> Dossier:
    """The form in the state the step leaves, put there by hand."""
    Dossier.unscoped.filter(pk=dossier.pk).update(route=name, state=step.source, version=7, stage=switched(name)[2])
    return Dossier.unscoped.select_related("unit", "holder", "stands_for", "filing__to").get(pk=dossier.pk)


def send(client: Client, dossier: Dossier, step: Step) -> Any:
    values = {"action": step.action, "version": 7, "opinion": "意见", "reason": "vague", "due_on": clock.today()}
    return client.post(reverse("step", args=[dossier.pk]), values)


def check(client: Client, name: str, dossier: Dossier, step: Step, *, allowed: bool) -> None:
    before = Dossier.unscoped.filter(pk=dossier.pk).values(*ROWS).get()
    response = send(client, dossier, step)
    after = Dossier.unscoped.filter(pk=dossier.pk).values(*ROWS).get()
    place = (name, dossier.title, step.action, step.source, response.status_code)
    moved = (response.status_code, after["state"], after["version"]) == (302, step.target, 8)
    refused = any(text in response.content.decode() for text in NOT_YOURS)
    if allowed:
        assert moved or (step.needs and response.status_code in (409, 422) and not refused), place
    else:
        # A hand-in that is not the person's goes back to the form, which says so.
        back = step.action == "submit" and response.status_code == 302
        assert response.status_code == 404 or (response.status_code == 409 and refused) or back, place
        assert after == before, place
    assert moved or after == before, place


def play_of(workflow: str) -> tuple[Cast, Round, Oracle]:
    cast = assemble(workflow)
    return cast, Round(cast), Oracle.of(cast)


@pytest.mark.parametrize("workflow", [Unit.Workflow.COUNTY, Unit.Workflow.TOWNSHIP])
def test_every_step_is_open_to_whom_the_table_says(workflow: str, db: None, bare_frame: None) -> None:
    cast, play, oracle = play_of(workflow)
    clients = {name: client_of(cast[name]) for name in PEOPLE}
    for route, kind, step in table():
        if not route.startswith(workflow):
            continue
        # One's own form makes a difference at a desk that judges.
        titles = [TITLES[kind]] + (["own"] if kind == "post" and step.who.label in CHAINS and step.duty else [])
        for name, client in clients.items():
            for title in titles:
                if title == "own" and name not in OWN:
                    continue
                with undone():
                    dossier = lay(found(play, OWN[name] if title == "own" else title), route, step)
                    check(client, name, dossier, step, allowed=oracle.may(name, step, dossier))


RELATIONS = [("陈九", "质量监督岗"), ("陈九", "股长"), ("陈九", "施工许可岗"), ("钱七", "股长"), ("钱七", "质量监督岗")]


@pytest.mark.parametrize(("deputy", "title"), RELATIONS)
def test_every_step_is_open_to_a_deputy_as_the_table_says(
    cast: Cast, deputy: str, title: str, bare_frame: None
) -> None:
    """Own form, the principal's, a colleague's: 李四 is away."""
    play, oracle, today = Round(cast), Oracle.of(cast), clock.today()
    seat = {"role": role("section_head"), "unit": cast.units["建筑业股"]}
    appoint_deputy(cast["李四"], deputy=cast[deputy], **seat, since=today, until=today, reason="出差", by=cast["李四"])
    oracle.deputations.add(("李四", deputy, "section_head", cast.units["建筑业股"].path))
    client = client_of(cast[deputy])
    for route, kind, step in table():
        if route.startswith("county") and kind == "post":
            with undone():
                dossier = lay(found(play, title), route, step)
                open_ = DOSSIERS.open_to(dossier, again(cast[deputy]))
                allowed = oracle.may(deputy, step, dossier)
                assert allowed == any(other.action == step.action for other in open_), (title, step)
                check(client, deputy, dossier, step, allowed=allowed)
