"""The demo's early warnings: each matter is reported, judged, issued and answered by the people of the bureau."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from early_warning import actions
from early_warning.colours import Colour, Office, Part
from early_warning.flow import WARNINGS
from early_warning.limits import USUAL
from early_warning.models import Outcome, RectificationItem, State, WarningNotice
from early_warning.subjects import Subject
from lianzheng import clock
from lianzheng.desk.demo.play import Player, go_to
from lianzheng.flow import Said, Step
from lianzheng.organisation.actions import decide_grant
from lianzheng.organisation.models import GrantRequest, Unit, User

OPINION = "同意。"
PHONE = "见本单位公开栏"


def play(player: Player, story: Mapping[str, Sequence[dict[str, Any]]], *, today: date) -> None:
    """The informants' network; then every matter from its day on, two days a step, until it lies where the demo shows
    it."""
    units = {unit.name: unit for unit in Unit.objects.under(player.bureau)}
    secure = player.wearing("grant_rights")
    for seat in story["network"]:
        person = player.placed.people[seat["username"]]
        actions.appoint_seat(person, unit=units[seat["unit"]], tier=seat["tier"], by=player.wearing("handle_warnings"))
    for row in GrantRequest.objects.filter(outcome="", unit__in=units.values()):
        decide_grant(row, outcome=GrantRequest.Outcome.CONFIRMED, by=secure)
    for item in sorted(story["signals"], key=lambda item: -int(item["ago"])):
        go_to(today - timedelta(days=item["ago"]), by=player.office())
        _matter(player, item, today=today)
    go_to(today, by=player.office())


def _matter(player: Player, item: dict[str, Any], *, today: date) -> None:
    person: User = player.placed.people[item["subject"]]
    assert person.home
    subject = Subject("person", person.home.post.unit, person.home.post, person)
    facts = {name: item[name] for name in ("source", "reference", "summary")}
    signal = actions.report_signal(subject, facts=facts, name="", contact="", by=player.office())
    if item["state"] == Outcome.OPEN:
        return
    inspector = player.wearing("handle_warnings")
    warning = actions.judge_signal(
        signal,
        outcome=Outcome.WARNED,
        reason="经核实，属于应当预警的情形。",
        office=Office.KEY_POST,
        part=Part(item["part"]),
        by=inspector,
    )
    assert warning is not None
    actions.save_draft(warning, version=warning.version, values=_values(item), points=[], by=inspector)
    warning.refresh_from_db()
    while warning.state != item["state"]:
        _onward(player, warning, item)
        warning.refresh_from_db()
        if clock.today() + timedelta(days=2) <= today:
            go_to(clock.today() + timedelta(days=2), by=player.office())


def _values(item: dict[str, Any]) -> dict[str, Any]:
    usual = USUAL[Colour(item["colour"])]
    texts = {name: item[name] for name in ("colour", "colour_why", "opinion", "demands")}
    measures = {"disposal": usual.disposal, "admonition": usual.admonition, "feedbacks": list(usual.feedbacks)}
    return texts | measures | {"phone": PHONE}


def _onward(player: Player, warning: WarningNotice, item: dict[str, Any]) -> None:
    """The next step of the straight way, by somebody who may take it."""
    if warning.state in (State.SIGNED, State.RECTIFYING):
        _answer(warning, item)
    step = next(step for step in WARNINGS.steps(warning) if step.duty and step.target != step.source)
    facts = {"words": OPINION if step.action != "sign" else "", "passed": True}
    by = _actor(player, warning, step)
    actions.take_step(warning, action=step.action, version=warning.version, said=Said(facts=facts), by=by)


def _actor(player: Player, warning: WarningNotice, step: Step) -> User:
    people = [warning.answerer, *(person for _, _, person in player.seats)]
    for person in dict.fromkeys(person for person in people if person is not None):
        if step in WARNINGS.open_to(warning, person):
            return person
    raise LookupError(f"{warning}: nobody may {step.action} from {warning.state}")


def _answer(warning: WarningNotice, item: dict[str, Any]) -> None:
    """Causes and items before the reply, what came of them before the report."""
    by = warning.answerer
    assert by is not None
    assert warning.finish_by is not None
    rows: list[RectificationItem | None] = list(warning.items.all())
    if warning.state == State.SIGNED:
        actions.save_causes(warning, version=0, causes=item["causes"], rules="", by=by)
        rows = [None] * len(item["measures"])
    for row, text in zip(rows, item["measures"], strict=True):
        actions.save_item(
            warning,
            item=row,
            version=row.version if row else 0,
            measure=text,
            responsible=by.name,
            due_on=warning.finish_by,
            result="已按措施办理，登记备查。" if row else "",
            by=by,
        )
