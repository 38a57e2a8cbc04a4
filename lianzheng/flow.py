"""Steps of any approval in one table, and the one door through which a state changes; knows no domain word.

A room registers a `Flow` for its model. Buttons, inbox, guard, diagram and tests all read the same steps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, ClassVar, TypeAlias

from django.db import models, transaction
from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Now

from lianzheng.organisation.models import User
from lianzheng.organisation.rights import NOBODY, acting, principals, pruned
from lianzheng.organisation.scoping import BureauModel


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
EffectOfMany = Callable[[Sequence[Any], Said, Any], None]
"""The same for many records at once."""


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
    on_behalf = models.ForeignKey(
        "organisation.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="代谁办理"
    )
    hat = models.CharField("身份", max_length=60)
    opinion = models.TextField("意见", blank=True)
    reason = models.CharField("原因", max_length=20, blank=True)
    due_on = models.DateField("期限", null=True, blank=True)
    digest = models.CharField("内容摘要", max_length=64)
    at = models.DateTimeField("时间", db_default=Now())

    class Meta(BureauModel.Meta):
        abstract = True

    @property
    def signed(self) -> str:
        """The name as papers print it: 王某（代李四）."""
        return f"{self.by.name}（代{self.on_behalf.name}）" if self.on_behalf else self.by.name

    @property
    def desk(self) -> str:
        """The hat without the name of the one it was worn for."""
        return self.hat.removesuffix(_for(self.on_behalf))


def _for(principal: User | None) -> str:
    return f"（代{principal.name}）" if principal else ""


Made: TypeAlias = tuple[Any, MoveLog, Any]
"""A move just made: the record, its log row, the content the opinion was given on."""


@dataclass(frozen=True)
class Flow:
    """How one kind of record moves.

    `routes`: name -> steps; `route_of` names a record's route; `content` is what an opinion is given on;
    `on_move` writes the journal; `refusal` words a NotYours for this person; `hat` says
    as what the person acts. `contents` and `on_moves` are the forms of `content` and `on_move` for many records.
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
    contents: Callable[[Sequence[Any]], list[Any]] | None = None
    on_moves: Callable[[Sequence[Made]], None] | None = None

    def steps(self, record: Flowing) -> tuple[Step, ...]:
        """Steps that leave the record's present state."""
        return tuple(step for step in self.routes[self.route_of(record)] if step.source == record.state)

    def step(self, record: Flowing, action: str) -> Step | None:
        return next((step for step in self.steps(record) if step.action == action), None)

    def rows(self) -> QuerySet[Any]:
        return self.model.objects.across_bureaus()

    def open_to(self, record: Flowing, user: User) -> tuple[Step, ...]:
        """The steps this person may take now: one query, the same one that fills the inbox."""
        admitted = self.admitted([record], user).get(record.pk, set())
        return tuple(step for step in self.steps(record) if step.who in admitted)

    def admitted(self, records: Sequence[Flowing], user: User) -> dict[Any, set[Who]]:
        """Record's key -> the desks at which the person may act on it now, as long as its version is the one here."""
        whos = list(dict.fromkeys(step.who for record in records for step in self.steps(record)))
        answers = self._ask(records, {f"may_{n}": who.rows(user) for n, who in enumerate(whos)})
        versions = {record.pk: record.version for record in records}
        return {
            pk: {who for who, may in zip(whos, mays, strict=True) if may}
            for pk, (version, *mays) in answers.items()
            if version == versions[pk]
        }

    def behalf(self, records: Sequence[Flowing], step: Step, user: User) -> dict[Any, User]:
        """Record's key -> for whom the person takes the step, where no right of their own would do."""
        stood_for = User.objects.in_bulk(principals(user)) if principals(user) else {}
        if not stood_for:
            return {}
        selves = [None, *stood_for]
        asked = {f"may_{n}": step.who.rows(acting(user, pk)) for n, pk in enumerate(selves)}
        found = {}
        for pk, (_, *mays) in self._ask(records, asked).items():
            principal = next((who for who, may in zip(selves, mays, strict=True) if may), None)
            if principal is not None:
                found[pk] = stood_for[principal]
        return found

    def _ask(self, records: Sequence[Flowing], questions: Mapping[str, Q]) -> dict[Any, tuple[Any, ...]]:
        """Record's key -> its version and the answers; one query however many records there are."""
        if not questions:
            return {}
        asked = {name: ExpressionWrapper(q, output_field=BooleanField()) for name, q in questions.items()}
        rows = self.rows().filter(pk__in=[record.pk for record in records]).annotate(**asked)
        return {pk: answers for pk, *answers in rows.values_list("pk", "version", *asked)}

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
        mine = NOBODY
        for who, states in places.items():
            admitted = pruned(who.rows(user))
            if admitted is not NOBODY:
                mine |= reduce(or_, self._places(states)) & admitted
        return self.rows().filter(mine)

    def _places(self, states: Mapping[str, set[str]]) -> list[Q]:
        """Rows in these states on these routes, the states of the same routes together."""
        alike: dict[frozenset[str], list[str]] = {}
        for state, routes in states.items():
            alike.setdefault(frozenset(routes), []).append(state)
        every = frozenset(self.routes)
        return [
            Q(state__in=found) if routes == every else Q(state__in=found, route__in=sorted(routes))
            for routes, found in alike.items()
        ]


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
    step = judge(flow, [current], versions={current.pk: version}, action=action, said=said, by=by)[current.pk]
    if isinstance(step, Refused):
        raise step
    changed = flow.rows().filter(pk=current.pk, state=step.source, version=version)
    if not changed.update(state=step.target, version=version + 1, state_since=Now()):
        raise Stale(FASTER)
    current.refresh_from_db()
    content = flow.content(current)
    log = _log(flow, current, step, said=said, content=content, by=by)
    flow.log.objects.bulk_create([log])
    for effect in step.then:
        effect(current, said, by)
    flow.on_move(current, log, content)
    record.refresh_from_db()
    return log


@dataclass(frozen=True)
class Outcome:
    """What became of one item of a batch: its log row, or why it was left as it was."""

    record: Any
    log: MoveLog | None = None
    refused: Refused | None = None


@transaction.atomic
def move_many(
    flow: Flow,
    versions: Mapping[Any, int],
    action: str,
    *,
    said: Said | None = None,
    needs: tuple[Need, ...] = (),
    by: User,
) -> list[Outcome]:
    """The same step for many records (key -> the version that was shown), each by all of `move()`'s rules and `needs`
    besides. What is refused stays as it was and does not hinder the others. Where every effect of a step has a form
    for many, the number of queries does not depend on the number of records."""
    said = said or Said()
    rows = flow.rows().select_for_update(of=("self",)).select_related(*flow.model.listed_with)
    found = list(rows.filter(pk__in=list(versions)).order_by("pk"))
    judged = judge(flow, found, versions=versions, action=action, said=said, needs=needs, by=by)
    groups: dict[Step, list[Any]] = {}
    outcomes: dict[Any, Outcome] = {}
    for record in found:
        step = judged[record.pk]
        if isinstance(step, Refused):
            outcomes[record.pk] = Outcome(record, refused=step)
        else:
            groups.setdefault(step, []).append(record)
    for step, records in groups.items():
        at_once = all(effect in _OF_MANY for effect in step.then)
        outcomes |= (_move_at_once if at_once else _move_in_turn)(flow, records, step, said, by)
    return [outcomes[record.pk] for record in found]


def _move_in_turn(flow: Flow, records: Sequence[Any], step: Step, said: Said, by: User) -> dict[Any, Outcome]:
    """One after another, each in its own savepoint: a step whose effects have no form for many."""
    outcomes = {}
    for record in records:
        try:
            log = move(record, step.action, version=record.version, said=said, by=by)
            outcomes[record.pk] = Outcome(record, log)
        except Refused as refusal:
            outcomes[record.pk] = Outcome(record, refused=refusal)
    return outcomes


def _move_at_once(flow: Flow, records: Sequence[Any], step: Step, said: Said, by: User) -> dict[Any, Outcome]:
    """All of them in a fixed number of queries; they are locked, so their versions are still those that were judged."""
    keys = [record.pk for record in records]
    changed = flow.rows().filter(pk__in=keys, state=step.source)
    if changed.update(state=step.target, version=F("version") + 1, state_since=Now()) != len(keys):
        raise Stale(FASTER)
    moved = list(flow.rows().filter(pk__in=keys).select_related(*flow.model.listed_with).order_by("pk"))
    contents = flow.contents(moved) if flow.contents else [flow.content(record) for record in moved]
    behalf = flow.behalf(moved, step, by)
    made: list[Made] = [
        (record, _log(flow, record, step, said=said, content=content, by=by, behalf=behalf), content)
        for record, content in zip(moved, contents, strict=True)
    ]
    flow.log.objects.bulk_create([log for _, log, _ in made])
    for effect in step.then:
        _OF_MANY[effect](moved, said, by)
    if flow.on_moves:
        flow.on_moves(made)
    else:
        for record, log, content in made:
            flow.on_move(record, log, content)
    return {record.pk: Outcome(record, log) for record, log, _ in made}


_OF_MANY: dict[Effect, EffectOfMany] = {}


def of_many(one: Effect) -> Callable[[EffectOfMany], EffectOfMany]:
    """Declare the form for many records of an effect; steps go on naming the effect itself."""

    def declare(many: EffectOfMany) -> EffectOfMany:
        _OF_MANY[one] = many
        return many

    return declare


def judge(
    flow: Flow,
    records: Sequence[Any],
    *,
    versions: Mapping[Any, int],
    action: str,
    said: Said,
    needs: tuple[Need, ...] = (),
    by: User,
) -> dict[Any, Step | Refused]:
    """Record's key -> the step it may take now, or why not: is there such a step from this state at this version, is it
    the person's, is everything there. Reads only."""
    steps = {record.pk: flow.step(record, action) for record in records}
    old = {record.pk for record in records if steps[record.pk] is None or record.version != versions[record.pk]}
    stale = [record for record in records if record.pk in old]
    fresh = [record for record in records if record.pk not in old]
    lasts = _lasts(flow, stale)
    admitted = flow.admitted(fresh, by)
    verdicts: dict[Any, Step | Refused] = {record.pk: _stale(lasts.get(record.pk), record, by) for record in stale}
    for record in fresh:
        step = steps[record.pk]
        assert step is not None
        verdicts[record.pk] = step
        if step.who not in admitted.get(record.pk, ()):
            verdicts[record.pk] = NotYours(flow.refusal(record, by))
        elif missing := [text for need in (*step.needs, *needs) if (text := need(record, said))]:
            verdicts[record.pk] = NotReady(*missing)
    return verdicts


def _log(
    flow: Flow,
    record: Flowing,
    step: Step,
    *,
    said: Said,
    content: Any,
    by: User,
    behalf: Mapping[Any, User] | None = None,
) -> MoveLog:
    """The log row of a move just made; its number is the version that the move gave the record."""
    principal = (flow.behalf([record], step, by) if behalf is None else behalf).get(record.pk)
    worn = flow.hat(record, step, acting(by, principal.pk if principal else None))
    log: MoveLog = flow.log(
        bureau_id=record.bureau_id,
        **{flow.subject: record},
        seq=record.version,
        action=step.action,
        label=step.label,
        source=step.source,
        target=step.target,
        by=by,
        on_behalf=principal,
        hat=worn + _for(principal),
        opinion=said.opinion,
        reason=said.reason,
        due_on=said.due_on,
        digest=digest(content),
    )
    return log


FASTER = "已被他人处理，请按最新情况办理。"


def _lasts(flow: Flow, records: Sequence[Any]) -> dict[Any, tuple[Any, int]]:
    """Record's key -> who made its last move, and the version that the move gave it; one query."""
    if not records:
        return {}
    logs = flow.log.objects.across_bureaus().filter(**{f"{flow.subject}__in": records})
    newest = logs.order_by(flow.subject, "-seq").distinct(flow.subject)
    return {key: (by, seq) for key, by, seq in newest.values_list(flow.subject, "by", "seq")}


def _stale(last: tuple[Any, int] | None, record: Flowing, by: User) -> Stale:
    """Somebody was faster, or oneself, or what the opinion is given on is another by now."""
    person, seq = last or (None, record.version)
    if seq < record.version:
        return Stale("内容已变化，请按最新内容办理。")
    return Stale("您已办理过这一步，不必重复操作。" if person == by.pk else FASTER)
