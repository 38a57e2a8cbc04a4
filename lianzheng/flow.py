"""Steps of any approval in one table, and the one door through which a state changes; knows no domain word.

A room registers a `Flow` for its model. Buttons, inbox, guard, diagram and tests all read the same steps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Now

from lianzheng.organisation.scoping import BureauModel

if TYPE_CHECKING:
    from lianzheng.organisation.models import User


class Refused(Exception):
    """A move that did not happen; `sentences` say why, in Chinese, for the person."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("；".join(sentences))
        self.sentences = sentences


class Stale(Refused):
    """Somebody was faster, or the page was old."""


class NotYours(Refused):
    """The person may not take this step."""


class NotReady(Refused):
    """Something is still missing."""


@dataclass(frozen=True)
class Who:
    """The people of a desk, as a query over the records they may move."""

    label: str
    rows: Callable[[User], Q]


@dataclass(frozen=True)
class Said:
    """What a person adds to a move: the opinion, and for a return the reason class and the day it is due again."""

    opinion: str = ""
    reason: str = ""
    due_on: date | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


Need = Callable[[Any, Said], str | None]
"""(record, what was said) -> the sentence to show, or None when all is well."""
Effect = Callable[[Any, Said, Any], None]
"""(record after the move, what was said, person): what follows in the same transaction."""


@dataclass(frozen=True)
class Step:
    """One arrow: `action` takes `source` to `target`; `duty` puts the record into the inbox of `who`; `place` names the
    page where the step is taken together with others, if not on the record's own."""

    action: str
    label: str
    source: str
    target: str
    who: Who
    needs: tuple[Need, ...] = ()
    then: tuple[Effect, ...] = ()
    duty: bool = True
    tone: str = "main"
    place: str = ""


class Flowing(BureauModel):
    """A record with a state; nothing but `move()` writes these three columns."""

    state = models.CharField("状态", max_length=20, db_index=True)
    version = models.PositiveIntegerField("版本", default=1)
    state_since = models.DateTimeField("到达时间", db_default=Now())
    listed_with: ClassVar[tuple[str, ...]] = ("unit",)
    """Relations that a line of the inbox reads."""

    class Meta(BureauModel.Meta):
        abstract = True


class MoveLog(BureauModel):
    """One move, never changed afterwards: who, wearing which hat, from where to where, with which words, on which
    content."""

    seq = models.PositiveIntegerField("序")
    action = models.CharField("动作", max_length=20)
    label = models.CharField("动作名称", max_length=20)
    source = models.CharField("原状态", max_length=20)
    target = models.CharField("新状态", max_length=20)
    by = models.ForeignKey("organisation.User", on_delete=models.PROTECT, related_name="+", verbose_name="办理人")
    hat = models.CharField("身份", max_length=20)
    opinion = models.TextField("意见", blank=True)
    reason = models.CharField("原因", max_length=20, blank=True)
    due_on = models.DateField("期限", null=True, blank=True)
    digest = models.CharField("内容摘要", max_length=64)
    at = models.DateTimeField("时间", db_default=Now())

    class Meta(BureauModel.Meta):
        abstract = True


@dataclass(frozen=True)
class Flow:
    """How one kind of record moves.

    `routes`: name -> steps; `route_of` names a record's route; `content` is what an opinion is given on;
    `on_move` writes the journal; `refusal` words a NotYours for this person; `hat` says
    as what the person acts.
    """

    model: type[Flowing]
    log: type[MoveLog]
    subject: str
    routes: Mapping[str, tuple[Step, ...]]
    route_of: Callable[[Any], str]
    content: Callable[[Any], Any]
    on_move: Callable[[Any, Any, Any], None]
    refusal: Callable[[Any, User], str]
    hat: Callable[[Any, Step, User], str]

    def steps(self, record: Flowing) -> tuple[Step, ...]:
        """Steps that leave the record's present state."""
        return tuple(step for step in self.routes[self.route_of(record)] if step.source == record.state)

    def step(self, record: Flowing, action: str) -> Step | None:
        return next((step for step in self.steps(record) if step.action == action), None)

    def rows(self) -> QuerySet[Any]:
        return self.model.objects.across_bureaus()

    def open_to(self, record: Flowing, user: User) -> tuple[Step, ...]:
        """The steps this person may take now: one query, the same one that fills the inbox."""
        steps = self.steps(record)
        whos = list(dict.fromkeys(step.who for step in steps))
        asked = {
            f"may_{n}": ExpressionWrapper(who.rows(user), output_field=BooleanField()) for n, who in enumerate(whos)
        }
        if not asked:
            return ()
        answers = self.rows().filter(pk=record.pk, version=record.version).annotate(**asked).values_list(*asked).first()
        admitted = {who for who, may in zip(whos, answers or (), strict=False) if may}
        return tuple(step for step in steps if step.who in admitted)

    def waiting_for(self, user: User) -> QuerySet[Any]:
        """The inbox: records in a state from which this person owes a step."""
        return self.open_for(user, wanted=lambda step: step.duty)

    def open_for(self, user: User, *, wanted: Callable[[Step], bool]) -> QuerySet[Any]:
        """Records on which this person may take one of the wanted steps now; each desk is asked once."""
        places: dict[Who, dict[str, set[str]]] = {}
        for route, steps in self.routes.items():
            for step in steps:
                if wanted(step):
                    places.setdefault(step.who, {}).setdefault(step.source, set()).add(route)
        mine = Q(pk__in=[])
        for who, states in places.items():
            here = Q(pk__in=[])
            for state, routes in states.items():
                here |= Q(state=state, route__in=sorted(routes))
            mine |= here & who.rows(user)
        return self.rows().filter(mine)


FLOWS: list[Flow] = []
"""Every kind of paper that has steps; the inbox asks each of them."""


def register(flow: Flow) -> Flow:
    FLOWS.append(flow)
    return flow


def flow_of(record: Flowing) -> Flow:
    return next(flow for flow in FLOWS if isinstance(record, flow.model))


def canonical(content: Any) -> str:
    """One spelling of a content: sorted keys, no spaces, Chinese as it is."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def digest(content: Any) -> str:
    """SHA-256 of the canonical spelling, in hex."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


@transaction.atomic
def move(record: Flowing, action: str, *, version: int, said: Said | None = None, by: User) -> MoveLog:
    """Take one step. `version` is the one the person's page showed. Raises a `Refused` and changes nothing, or writes
    the state, its log row and the journal together."""
    said = said or Said()
    flow = flow_of(record)
    current = flow.rows().select_for_update(of=("self",)).get(pk=record.pk)
    step = flow.step(current, action)
    if step is None or current.version != version:
        raise Stale(_stale(flow, current, by))
    if step not in flow.open_to(current, by):
        raise NotYours(flow.refusal(current, by))
    if missing := [sentence for need in step.needs if (sentence := need(current, said))]:
        raise NotReady(*missing)
    changed = flow.rows().filter(pk=current.pk, state=step.source, version=version)
    if not changed.update(state=step.target, version=version + 1, state_since=Now()):
        raise Stale(_stale(flow, current, by))
    current.refresh_from_db()
    content = flow.content(current)
    log = _log(flow, current, step, said=said, digest_=digest(content), by=by)
    for effect in step.then:
        effect(current, said, by)
    flow.on_move(current, log, content)
    record.refresh_from_db()
    return log


def _log(flow: Flow, record: Flowing, step: Step, *, said: Said, digest_: str, by: User) -> MoveLog:
    """The log row of a move just made; its number is the version that the move gave the record."""
    log: MoveLog = flow.log.objects.create(
        bureau_id=record.bureau_id,
        **{flow.subject: record},
        seq=record.version,
        action=step.action,
        label=step.label,
        source=step.source,
        target=step.target,
        by=by,
        hat=flow.hat(record, step, by),
        opinion=said.opinion,
        reason=said.reason,
        due_on=said.due_on,
        digest=digest_,
    )
    return log


def _stale(flow: Flow, record: Flowing, by: User) -> str:
    last = flow.log.objects.across_bureaus().filter(**{flow.subject: record}).order_by("-seq").first()
    if last and last.seq < record.version:
        return "内容已变化，请按最新内容办理。"
    if last and last.by_id == by.pk:
        return "您已办理过这一步，不必重复操作。"
    return "已被他人处理，请按最新情况办理。"
