"""The steps of a dossier: two profiles, three kinds, declared once (实施方案 六; 暂行办法 第十三条).

Buttons, inbox, guard, the route on the page and the tests read these tuples.
"""

from collections.abc import Sequence

from assessments import effects, readiness, rules
from assessments.content import content_of, contents_of
from assessments.models import Dossier, DossierMove, State
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


def _opening(first: State) -> tuple[Step, ...]:
    """Filling in: hand in (again), and take back while the next desk has not acted."""
    needs: tuple[Need, ...] = (readiness.round_open, readiness.finding_approved, readiness.complete)
    then: tuple[Effect, ...] = (effects.hand_in, *NEXT)
    return (
        Step("submit", "提交", S.DRAFT, first, rules.WRITER, needs, then),
        Step("submit", "重新提交", S.RETURNED, first, rules.WRITER, needs, then),
        Step("recall", "撤回", first, S.DRAFT, rules.SENDER, (), (effects.reopen,), duty=False, tone="quiet"),
    )


def _desk(source: State, target: State, who: Who, *, label: str = "审核通过", action: str = "pass") -> tuple[Step, ...]:
    """A reviewing desk: pass on (with the level as reviewed), or send back."""
    needs: tuple[Need, ...] = (readiness.reviewed_level_explained,)
    then: tuple[Effect, ...] = (effects.set_reviewed, *NEXT)
    return (Step(action, label, source, target, who, needs, then), _back(source, who))


def _back(source: State, who: Who) -> Step:
    needs: tuple[Need, ...] = (readiness.returned_properly, readiness.notes_on_its_rows)
    then: tuple[Effect, ...] = (effects.send_back, effects.keep_notes)
    return Step("return", "退回修改", source, S.RETURNED, who, needs, then, duty=False, tone="danger")


def _decision() -> tuple[Step, ...]:
    needs: tuple[Need, ...] = (readiness.in_a_meeting, readiness.decided_with_reason)
    then: tuple[Effect, ...] = (effects.set_decided, *NEXT)
    return (
        Step("decide", "会议决定", S.MEETING, S.NOTICE, rules.MEETING, needs, then, place="meeting_new"),
        _back(S.MEETING, rules.MEETING),
    )


def _notice(after: State) -> tuple[Step, ...]:
    """Put up, and after the period on to the next place."""
    up: tuple[Need, ...] = (readiness.on_a_notice,)
    over: tuple[Need, ...] = (readiness.period_over,)
    then: tuple[Effect, ...] = (effects.after_notice, *NEXT)
    who = rules.PUBLISHER
    return (
        Step("publish", "发布公示", S.NOTICE, S.PUBLISHED, who, up, (effects.set_notice,), place="notice_new"),
        Step("close", "公示期满", S.PUBLISHED, after, who, over, then, place="notices"),
    )


def _filed() -> tuple[Step, ...]:
    """备案: the superior office gives the receipt, or the bureau's office records the receipt on paper."""
    needs: tuple[Need, ...] = (readiness.with_a_receipt,)
    then: tuple[Effect, ...] = (effects.enter_force,)
    paper = Step(
        "file_paper",
        "登记备案回执",
        S.FILING,
        S.IN_FORCE,
        rules.PUBLISHER,
        needs,
        then,
        duty=False,
        tone="quiet",
        place="filing",
    )
    return (
        Step("file", "备案", S.FILING, S.IN_FORCE, rules.FILING_BODY, needs, then, place="filing"),
        paper,
        Step(
            "supersede", "更新", S.IN_FORCE, S.SUPERSEDED, rules.FILER, (), (), duty=False, tone="quiet", place="filing"
        ),
    )


def _void(*sources: State) -> tuple[Step, ...]:
    needs: tuple[Need, ...] = (readiness.void_explained,)
    return tuple(
        Step("void", "作废", source, S.VOID, rules.PUBLISHER, needs, (effects.close_table,), duty=False, tone="danger")
        for source in sources
    )


_COUNTY_REVIEW = (*_desk(S.OFFICE, S.INSPECTOR, rules.OFFICE, label="初审通过"),)

COUNTY_POST_FINDING = (
    *_opening(S.SECTION),
    *_desk(S.SECTION, S.OFFICE, rules.SECTION_HEAD),
    *_COUNTY_REVIEW,
    *_desk(S.INSPECTOR, S.NOTICE, rules.INSPECTOR),
    *_notice(S.ARCHIVED),
    *_void(S.DRAFT, S.RETURNED, S.SECTION, S.OFFICE, S.INSPECTOR),
)
COUNTY_SECTION_FINDING = (
    *_opening(S.VICE),
    *_desk(S.VICE, S.OFFICE, rules.VICE_LEADER),
    *_COUNTY_REVIEW,
    *_desk(S.INSPECTOR, S.NOTICE, rules.INSPECTOR),
    *_notice(S.ARCHIVED),
    *_void(S.DRAFT, S.RETURNED, S.VICE, S.OFFICE, S.INSPECTOR),
)
COUNTY_BUREAU_FINDING = (
    *_opening(S.LEADER),
    *_desk(S.LEADER, S.NOTICE, rules.LEADER, label="签署同意"),
    *_notice(S.FILING),
    *_filed(),
)
COUNTY_POST_RATING = (
    *_opening(S.SECTION),
    *_desk(S.SECTION, S.OFFICE, rules.SECTION_HEAD),
    *_COUNTY_REVIEW,
    *_desk(S.INSPECTOR, S.MEETING, rules.INSPECTOR),
    *_decision(),
    *_notice(S.FILING),
    *_filed(),
    *_void(S.DRAFT, S.RETURNED, S.SECTION, S.OFFICE, S.INSPECTOR),
)
COUNTY_SECTION_RATING = (
    *_opening(S.VICE),
    *_desk(S.VICE, S.OFFICE, rules.VICE_LEADER),
    *_COUNTY_REVIEW,
    *_desk(S.INSPECTOR, S.MEETING, rules.INSPECTOR),
    *_decision(),
    *_notice(S.FILING),
    *_filed(),
    *_void(S.DRAFT, S.RETURNED, S.VICE, S.OFFICE, S.INSPECTOR),
)
COUNTY_BUREAU_RATING = (
    *_opening(S.LEADER),
    *_desk(S.LEADER, S.COUNTY_OFFICE, rules.LEADER, label="签署同意"),
    *_desk(S.COUNTY_OFFICE, S.COUNTY_GROUP, rules.COUNTY_OFFICE, label="提出核定意见"),
    Step(
        "decide",
        "审核确定",
        S.COUNTY_GROUP,
        S.NOTICE,
        rules.COUNTY_GROUP,
        (readiness.decided_with_reason,),
        (effects.set_decided, *NEXT),
    ),
    _back(S.COUNTY_GROUP, rules.COUNTY_GROUP),
    *_notice(S.FILING),
    *_filed(),
)
TOWN_POST = (
    *_opening(S.SECTION),
    *_desk(S.SECTION, S.MEETING, rules.SECTION_HEAD, label="会议研究并通过"),
    *_decision(),
    *_notice(S.FILING),
    *_filed(),
    *_void(S.DRAFT, S.RETURNED, S.SECTION),
)
TOWN_SECTION = (
    *_opening(S.VICE),
    *_desk(S.VICE, S.MEETING, rules.VICE_LEADER),
    *_decision(),
    *_notice(S.FILING),
    *_filed(),
    *_void(S.DRAFT, S.RETURNED, S.VICE),
)
TOWN_BUREAU = (
    *_opening(S.LEADER),
    *_desk(S.LEADER, S.MEETING, rules.LEADER, label="签署同意"),
    *_decision(),
    *_notice(S.FILING),
    *_filed(),
)


def route(workflow: str, *, kind: str, stage: str) -> str:
    """The name of the steps a dossier follows."""
    return f"{workflow}.{kind}.{stage}"


COUNTY, TOWNSHIP = Unit.Workflow.COUNTY, Unit.Workflow.TOWNSHIP
ROUTES = {
    route(COUNTY, kind=Kind.POST, stage=Stage.FINDING): COUNTY_POST_FINDING,
    route(COUNTY, kind=Kind.SECTION, stage=Stage.FINDING): COUNTY_SECTION_FINDING,
    route(COUNTY, kind=Kind.BUREAU, stage=Stage.FINDING): COUNTY_BUREAU_FINDING,
    route(COUNTY, kind=Kind.POST, stage=Stage.RATING): COUNTY_POST_RATING,
    route(COUNTY, kind=Kind.SECTION, stage=Stage.RATING): COUNTY_SECTION_RATING,
    route(COUNTY, kind=Kind.BUREAU, stage=Stage.RATING): COUNTY_BUREAU_RATING,
    route(TOWNSHIP, kind=Kind.POST, stage=Stage.WHOLE): TOWN_POST,
    route(TOWNSHIP, kind=Kind.SECTION, stage=Stage.WHOLE): TOWN_SECTION,
    route(TOWNSHIP, kind=Kind.BUREAU, stage=Stage.WHOLE): TOWN_BUREAU,
}


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


def route_names(dossier: Dossier) -> list[tuple[str, str]]:
    """(state, desk) along the straight way of the dossier, from filling in to the end; the route drawn on the page."""
    steps = [step for step in ROUTES[dossier.route] if step.duty and step.source != S.RETURNED]
    way = [(str(step.source), step.who.label) for step in steps]
    return [*dict(way).items(), (str(steps[-1].target), "")]
