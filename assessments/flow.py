"""The steps of a dossier: two profiles, three kinds, declared once (实施方案 六; 暂行办法 第十三条).

Buttons, inbox, guard, the route on the page and the tests read these tuples.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from assessments import effects, readiness, rules
from assessments.content import content_of, contents_of
from assessments.models import Dossier, DossierMove, State
from assessments.routes import OPTIONAL, OPTIONS, STAGES, TOWNSHIP, route
from lianzheng.audit.actions import entry, keep_all, record_all
from lianzheng.audit.models import Entry
from lianzheng.flow import Effect, Flow, Made, MoveLog, Need, Step, Who, register
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.rights import hats, principals
from registers.models import RiskTable

S = State
Stage = Dossier.Stage
Kind = RiskTable.Kind
NEXT = (effects.set_due,)


@dataclass(frozen=True)
class Desk:
    """A reviewing desk: where a form lies with it, who sits there, and what its passing on is called."""

    state: State
    who: Who
    label: str = "审核通过"


def _opening(first: State) -> tuple[Step, ...]:
    """Filling in: hand in (again), and take back while the next desk has not acted."""
    needs: tuple[Need, ...] = (
        readiness.round_open,
        readiness.finding_approved,
        readiness.complete,
        readiness.accepted,
    )
    then: tuple[Effect, ...] = (effects.hand_in, *NEXT)
    return (
        Step("submit", "提交", S.DRAFT, first, rules.WRITER, needs, then),
        Step("submit", "重新提交", S.RETURNED, first, rules.WRITER, needs, then),
        Step("recall", "撤回", first, S.DRAFT, rules.SENDER, (), (effects.reopen,), duty=False, tone="quiet"),
    )


def _desk(desk: Desk, target: State) -> tuple[Step, ...]:
    """A reviewing desk: pass on (with the level as reviewed), or send back."""
    needs: tuple[Need, ...] = (
        readiness.appraised,
        readiness.reviewed_level_explained,
        readiness.rows_not_above_the_level,
    )
    then: tuple[Effect, ...] = (effects.set_reviewed, *NEXT)
    return (Step("pass", desk.label, desk.state, target, desk.who, needs, then), _back(desk.state, desk.who))


def _reviewed(*desks: Desk, to: State) -> tuple[Step, ...]:
    """Filling in, then desk after desk, then on to `to`."""
    targets = [desk.state for desk in desks[1:]] + [to]
    passed = [step for desk, target in zip(desks, targets, strict=True) for step in _desk(desk, target)]
    return (*_opening(desks[0].state), *passed)


def _back(source: State, who: Who, *more: Need) -> Step:
    needs: tuple[Need, ...] = (readiness.returned_properly, *more, readiness.notes_on_its_rows)
    then: tuple[Effect, ...] = (effects.send_back, effects.keep_notes)
    return Step("return", "退回修改", source, S.RETURNED, who, needs, then, duty=False, tone="danger")


def _decision(to: State = S.NOTICE) -> tuple[Step, ...]:
    needs: tuple[Need, ...] = (
        readiness.in_a_meeting,
        readiness.decided_with_reason,
        readiness.changed_with_reason,
        readiness.met_after_arrival,
    )
    then: tuple[Effect, ...] = (effects.set_decided, *NEXT)
    return (
        Step("decide", "会议决定", S.MEETING, to, rules.MEETING, needs, then, place="meeting_new"),
        _back(S.MEETING, rules.MEETING, readiness.met_after_arrival),
    )


def _notice(after: State) -> tuple[Step, ...]:
    """Put up, and after the period on to the next place."""
    up: tuple[Need, ...] = (readiness.on_a_notice,)
    over: tuple[Need, ...] = (readiness.period_over, readiness.objections_closed, readiness.objections_acted_on)
    then: tuple[Effect, ...] = (effects.after_notice, *NEXT)
    if after == S.IN_FORCE:
        then = (effects.enter_force,)
    who = rules.PUBLISHER
    return (
        Step("publish", "发布公示", S.NOTICE, S.PUBLISHED, who, up, (effects.set_notice,), place="notice_new"),
        _back(S.NOTICE, rules.OFFICE),
        Step("close", "公示期满", S.PUBLISHED, after, who, over, then, place="notices"),
        *_changes(who),
    )


def _changes(who: Who) -> tuple[Step, ...]:
    """What may happen to a form while it is up: its notice is replaced or withdrawn, or an objection sends it back."""
    new: tuple[Need, ...] = (readiness.on_a_notice,)
    why: tuple[Need, ...] = (readiness.withdrawal_explained,)
    upheld: tuple[Need, ...] = (readiness.objection_upheld, readiness.returned_properly, readiness.rating_not_ahead)
    down: tuple[Effect, ...] = (effects.clear_notice, *NEXT)
    back: tuple[Effect, ...] = (effects.clear_notice, effects.send_back)
    up = S.PUBLISHED

    def change(action: str, label: str, target: State, needs: tuple[Need, ...], then: tuple[Effect, ...]) -> Step:
        return Step(action, label, up, target, who, needs, then, duty=False, tone="quiet", place="notices")

    return (
        change("extend", "延长公示", up, new, (effects.set_notice,)),
        change("correct", "更正公示", up, new, (effects.set_notice,)),
        change("withdraw", "撤回公示", S.NOTICE, why, down),
        change("object", "异议成立，退回修改", S.RETURNED, upheld, back),
    )


def _filed() -> tuple[Step, ...]:
    """备案: the office sends, the superior office gives the receipt or sends back; or the bureau's office records the
    receipt it got on paper."""
    body, office, place = rules.FILING_BODY, rules.PUBLISHER, "filing"
    quiet: dict[str, Any] = {"duty": False, "tone": "quiet", "place": place}
    danger: dict[str, Any] = {"duty": False, "tone": "danger", "place": place}
    force: tuple[Effect, ...] = (effects.enter_force,)
    on_paper: tuple[Need, ...] = (readiness.with_a_receipt, readiness.received_after_arrival)
    again: tuple[Effect, ...] = (effects.leave_filing, *NEXT)
    mend: tuple[Effect, ...] = (effects.leave_filing, effects.send_back)
    sent: tuple[Need, ...] = (readiness.in_a_submission,)
    to_them: tuple[Effect, ...] = (effects.set_filing, *NEXT)
    receipt: tuple[Need, ...] = (readiness.with_a_receipt,)
    words: tuple[Need, ...] = (readiness.with_an_answer, readiness.sent_back_with_opinion)
    proper: tuple[Need, ...] = (readiness.with_an_answer, readiness.returned_properly)
    return (
        Step("file_send", "报送备案", S.FILING, S.FILING_SENT, office, sent, to_them, place=place),
        Step("file_paper", "登记备案回执", S.FILING, S.IN_FORCE, office, on_paper, force, **quiet),
        Step("file", "备案", S.FILING_SENT, S.IN_FORCE, body, receipt, force, place=place),
        Step("file_back", "退回重报", S.FILING_SENT, S.FILING, body, words, again, **danger),
        Step("return", "退回修改", S.FILING_SENT, S.RETURNED, body, proper, mend, **danger),
        *_in_force(),
    )


def _in_force() -> tuple[Step, ...]:
    """The next version supersedes it."""
    return (
        Step(
            "supersede", "更新", S.IN_FORCE, S.SUPERSEDED, rules.FILER, (), (), duty=False, tone="quiet", place="filing"
        ),
    )


def _lapse() -> Step:
    """With the post itself its level ends (撤销岗位)."""
    needs: tuple[Need, ...] = (readiness.void_explained,)
    who = rules.PUBLISHER
    return Step("lapse", "岗位撤销", S.IN_FORCE, S.SUPERSEDED, who, needs, (), duty=False, tone="danger")


def _void(*sources: State) -> tuple[Step, ...]:
    needs: tuple[Need, ...] = (readiness.void_explained,)
    return tuple(
        Step("void", "作废", source, S.VOID, rules.PUBLISHER, needs, (effects.close_table,), duty=False, tone="danger")
        for source in sources
    )


SECTION = Desk(S.SECTION, rules.SECTION_HEAD)
SECTION_MEETING = Desk(S.SECTION, rules.SECTION_HEAD, "会议研究并通过")
VICE = Desk(S.VICE, rules.VICE_LEADER)
OFFICE = Desk(S.OFFICE, rules.OFFICE, "初审通过")
INSPECTOR = Desk(S.INSPECTOR, rules.INSPECTOR)
LEADER = Desk(S.LEADER, rules.LEADER, "签署同意")
COUNTY_OFFICE = Desk(S.COUNTY_OFFICE, rules.COUNTY_OFFICE, "提出核定意见")


def _desks(workflow: str, kind: str, on: Collection[str]) -> tuple[Desk, ...]:
    """The reviewing desks of a post's or a section's form, in order."""
    section = SECTION_MEETING if workflow == TOWNSHIP else SECTION
    own = {"section": section} if kind == Kind.POST else {}
    desks = own | {"vice": VICE, "office": OFFICE, "inspector": INSPECTOR}
    return tuple(desk for name, desk in desks.items() if name in on)


def _office_route(workflow: str, kind: str, stage: str, on: Collection[str]) -> tuple[Step, ...]:
    """The way of a post's or a section's form; `on`: its steps that are optional somewhere, and stand here."""
    desks = _desks(workflow, kind, on)
    open_states = (S.DRAFT, S.RETURNED, *(desk.state for desk in desks))
    if stage == Stage.FINDING:
        return (*_reviewed(*desks, to=S.NOTICE), *_notice(S.ARCHIVED), *_void(*open_states, S.NOTICE, S.PUBLISHED))
    filed, after = (_filed(), S.FILING) if "filing" in on else (_in_force(), S.IN_FORCE)
    put_up = _notice(after) if "notice" in on else ()
    decided = _decision(S.NOTICE if put_up else after)
    theirs = (S.FILING_SENT, S.IN_FORCE)  # what lies with the superior office, or came back filed, is not ours to end
    before_filed = {step.source: None for step in (*decided, *put_up, *filed) if step.source not in theirs}
    void = _void(*open_states, *(S(state) for state in before_filed))
    lapse = (_lapse(),) if kind == Kind.POST else ()
    return (*_reviewed(*desks, to=S.MEETING), *decided, *put_up, *filed, *void, *lapse)


def _bureau_route(workflow: str, stage: str) -> tuple[Step, ...]:
    """The way of the bureau's own form: 附件3 to the county for the record, 附件6 核定 and 审核确定 (实施方案 六)."""
    if stage == Stage.FINDING:
        return (*_reviewed(LEADER, to=S.NOTICE), *_notice(S.FILING), *_filed())
    if workflow == TOWNSHIP:
        return (*_reviewed(LEADER, to=S.MEETING), *_decision(), *_notice(S.FILING), *_filed())
    confirm = Step(
        "decide",
        "审核确定",
        S.COUNTY_GROUP,
        S.NOTICE,
        rules.COUNTY_GROUP,
        (readiness.decided_with_reason,),
        (effects.set_decided, *NEXT),
    )
    up = _reviewed(LEADER, COUNTY_OFFICE, to=S.COUNTY_GROUP)
    return (*up, confirm, _back(S.COUNTY_GROUP, rules.COUNTY_GROUP), *_notice(S.FILING), *_filed())


def _all_routes() -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Every profile, kind, stage and choice of optional steps."""
    for (workflow, kind), known in OPTIONS.items():
        choices = [frozenset(some) for n in range(len(known) + 1) for some in combinations(known, n)]
        for stage, on in product(STAGES[Unit.Workflow(workflow)], choices):
            bureau = kind == Kind.BUREAU
            standing = on | (OPTIONAL - known.keys())  # what a profile does not leave open, it has
            steps = _bureau_route(workflow, stage) if bureau else _office_route(workflow, kind, stage, standing)
            yield route(workflow, kind=kind, stage=stage, on=on), steps


ROUTES = dict(_all_routes())


def _journal(moves: Sequence[Made]) -> None:
    digests = keep_all([content for _, _, content in moves])
    record_all([_entry(dossier, log, digest) for (dossier, log, _), digest in zip(moves, digests, strict=True)])


def _entry(dossier: Dossier, log: MoveLog, digest: str) -> Entry:
    return entry(
        f"{dossier.get_kind_display()}{dossier.get_stage_display()}：{log.label}",
        subject=dossier,
        bureau=dossier.bureau_id,
        hat=log.hat,
        states=(log.source, log.target),
        digest=digest,
        by=log.by,
    )


def _refusal(dossier: Dossier, user: User) -> str:
    if user.pk in (dossier.holder_id, dossier.stands_for_id):
        return "这是您本人的表，按回避规定不能由本人审核，请由上一级办理。"
    if {dossier.holder_id, dossier.stands_for_id} & principals(user):
        return "这是您所代理的人的表，按回避规定不能由代理人审核，请由上一级办理。"
    return "这一步不由您办理。"


def _hat(dossier: Dossier, step: Step, user: User) -> str:
    """What the person is when acting: the desk's name, or, where the step went one desk up, the person's own role."""
    worn = hats(user, unit=dossier.unit)
    if not worn and dossier.filing and dossier.filing.to:
        worn = hats(user, unit=dossier.filing.to)
    if step.who in (rules.WRITER, rules.SENDER, rules.MEETING) or step.who.label in worn or not worn:
        return step.who.label
    return worn[0]


DOSSIERS = register(
    Flow(
        model=Dossier,
        log=DossierMove,
        subject="dossier",
        routes=ROUTES,
        route_of=lambda dossier: str(dossier.route),
        content=content_of,
        on_move=lambda dossier, log, content: _journal([(dossier, log, content)]),
        refusal=_refusal,
        hat=_hat,
        contents=contents_of,
        on_moves=_journal,
    )
)


def straight(name: str) -> list[Step]:
    """The steps of a route from filling in to the end, one for each state."""
    found: dict[str, Step] = {}
    for step in ROUTES[name]:
        if step.duty and step.source != S.RETURNED:
            found.setdefault(step.source, step)
    return list(found.values())


def route_names(dossier: Dossier) -> list[tuple[str, str]]:
    """(state, desk) along the straight way of the dossier, from filling in to the end; the route drawn on the page."""
    steps = straight(dossier.route)
    return [*((step.source, step.who.label) for step in steps), (steps[-1].target, "")]
