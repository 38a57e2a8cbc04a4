"""The steps of a warning, declared once (预警防控暂行办法 第十四至十九条).

信息登记 and 研判 happen on the signal; what is judged a warning is drafted, approved and thereby issued under its
number, signed for, answered, rectified, reviewed by two people and closed.
"""

from typing import Any

from early_warning import effects, readiness, rules
from early_warning.models import State, WarningMove, WarningNotice
from lianzheng.audit.actions import keep, record
from lianzheng.flow import Effect, Flow, Need, Step, Who, digest, register
from lianzheng.organisation.models import User
from lianzheng.organisation.rights import hats

S = State
Route = WarningNotice.Route
_WHY: tuple[Need, ...] = (readiness.explained,)
_REMARK: tuple[Effect, ...] = (effects.remark,)


def _quiet(action: str, label: str, place: State, who: Who, needs: tuple[Need, ...], then: tuple[Effect, ...]) -> Step:
    """A step that leaves the warning where it is."""
    return Step(action, label, place, place, who, needs, then, duty=False, tone="quiet")


def _back(source: State, who: Who) -> Step:
    return Step("return", "退回拟稿", source, S.DRAFT, who, _WHY, _REMARK, duty=False, tone="danger")


def _void(source: State, who: Who, label: str = "作废") -> Step:
    issued: tuple[Effect, ...] = (effects.withdraw,) if source == S.ISSUED else ()
    then: tuple[Effect, ...] = (effects.remark, effects.nothing_due, *issued)
    return Step("void", label, source, S.VOID, who, _WHY, then, duty=False, tone="danger")


def _drafting(*, red: bool) -> tuple[Step, ...]:
    """Draft and approval; the approval is the issue. Red goes to the head of the bureau as well (domain: 红色)."""
    ready: tuple[Need, ...] = (readiness.drafted, readiness.subject_stands)
    issued: tuple[Effect, ...] = (effects.issue, effects.remark)
    submit = Step("submit", "报请签发", S.DRAFT, S.APPROVING, rules.DISCIPLINE, ready, _REMARK)
    void = (_void(S.DRAFT, rules.DISCIPLINE), _void(S.APPROVING, rules.DISCIPLINE))
    back = (_back(S.APPROVING, rules.APPROVER),)
    if not red:
        return (submit, Step("issue", "签发", S.APPROVING, S.ISSUED, rules.APPROVER, ready, issued), *back, *void)
    return (
        submit,
        Step("approve", "同意，报主要负责人", S.APPROVING, S.LEADER, rules.APPROVER, ready, _REMARK),
        Step("issue", "签发", S.LEADER, S.ISSUED, rules.LEADER, ready, issued),
        *back,
        _back(S.LEADER, rules.LEADER),
        *void,
    )


def _served() -> tuple[Step, ...]:
    paper: tuple[Need, ...] = (readiness.served_properly,)
    served: tuple[Effect, ...] = (effects.serve_on_paper,)
    return (
        Step("sign", "签收", S.ISSUED, S.SIGNED, rules.ANSWERER, (), (effects.sign,)),
        Step("serve", "登记纸质送达", S.ISSUED, S.SIGNED, rules.SERVER, paper, served, duty=False, tone="quiet"),
        _void(S.ISSUED, rules.APPROVER, "撤销"),
    )


def _answered() -> tuple[Step, ...]:
    reply: tuple[Need, ...] = (readiness.answered,)
    report: tuple[Need, ...] = (readiness.answered, readiness.all_done)
    return (
        Step("reply", "提交书面回告", S.SIGNED, S.RECTIFYING, rules.WRITER, reply, (effects.reply,)),
        Step("report", "报告整改完成", S.RECTIFYING, S.REVIEWING, rules.WRITER, report, (effects.report,)),
        *_extension(S.SIGNED),
        *_extension(S.RECTIFYING),
    )


def _extension(place: State) -> tuple[Step, ...]:
    asked: tuple[Need, ...] = (readiness.extension_asked_once, readiness.explained)
    granted: tuple[Effect, ...] = (effects.grant_extension, effects.remark)
    refused: tuple[Effect, ...] = (effects.refuse_extension, effects.remark)
    return (
        _quiet("extend", "申请延期", place, rules.WRITER, asked, (effects.ask_extension,)),
        Step("grant", "同意延期", place, place, rules.EXTENDER, (), granted),
        _quiet("refuse", "不同意延期", place, rules.EXTENDER, _WHY, refused),
    )


def _reviewed() -> tuple[Step, ...]:
    first: tuple[Need, ...] = (readiness.first_of_two, readiness.noted)
    passed: tuple[Need, ...] = (readiness.both_passed, readiness.noted)
    failed: tuple[Need, ...] = (readiness.noted, readiness.due_again)
    return (
        Step("review", "复核", S.REVIEWING, S.SECOND, rules.REVIEWER, first, (effects.review_first,)),
        Step("pass", "合格，销号", S.SECOND, S.CLOSED, rules.SECOND, passed, (effects.close,)),
        Step(
            "fail",
            "不合格，退回整改",
            S.SECOND,
            S.RECTIFYING,
            rules.SECOND,
            failed,
            (effects.send_back,),
            duty=False,
            tone="danger",
        ),
        *(step for place in (S.RECTIFYING, S.REVIEWING, S.SECOND) for step in _raised(place)),
    )


def _raised(place: State) -> tuple[Step, ...]:
    """Twice wanting: one colour up is proposed, and a person confirms or refuses with a reason."""
    up: tuple[Effect, ...] = (effects.raise_colour, effects.remark)
    kept: tuple[Effect, ...] = (effects.keep_colour, effects.remark)
    return (
        Step("raise", "确认提级", place, place, rules.RAISER, _WHY, up),
        _quiet("keep", "不提级", place, rules.RAISER, _WHY, kept),
    )


ROUTES = {
    str(route): (*_drafting(red=route == Route.RED), *_served(), *_answered(), *_reviewed())
    for route in (Route.ORDINARY, Route.RED)
}


def content_of(warning: WarningNotice) -> dict[str, Any]:
    """What a step is taken on, without a word of it: the journal's snapshots are kept for ever, in plain."""
    items = [[item.measure, item.responsible, item.due_on, item.result] for item in warning.items.all()]
    written = getattr(warning, "rectification", None)
    sealed = [warning.facts, warning.opinion, warning.demands, written.causes if written else "", items]
    return {
        "number": warning.number,
        "colour": warning.colour,
        "state": warning.state,
        "measures": [warning.disposal, warning.admonition, *warning.feedbacks],
        "limits": [str(day or "") for day in (warning.sign_by, warning.reply_by, warning.finish_by)],
        "text": digest([str(warning.pk), sealed]),
    }


def _journal(warning: WarningNotice, log: WarningMove, content: Any) -> None:
    record(
        f"廉政预警：{log.label}",
        subject=warning,
        bureau=warning.bureau,
        hat=log.hat,
        states=(log.source, log.target),
        digest=keep(content),
        by=log.by,
    )


def _refusal(warning: WarningNotice, user: User) -> str:
    if warning.answerer_id == user.pk:
        return "这是对您本人的预警，按回避规定不能由本人办理这一步。"
    if warning.holder_id == user.pk and warning.state == S.APPROVING:
        return "这份通知书是您拟稿的，请由他人签发。"
    if warning.state == S.SECOND:
        return "复核须由两人分别进行，请由另一人办理。"
    return "这一步不由您办理。"


def _hat(warning: WarningNotice, step: Step, user: User) -> str:
    worn = hats(user, unit=warning.unit)
    if step.who in (rules.ANSWERER, rules.WRITER) and warning.answerer_id == user.pk:
        return "承办人"
    return step.who.label if step.who.label in worn or not worn else worn[0]


WARNINGS = register(
    Flow(
        model=WarningNotice,
        log=WarningMove,
        subject="warning",
        routes=ROUTES,
        route_of=lambda warning: str(warning.route),
        content=content_of,
        on_move=_journal,
        refusal=_refusal,
        hat=_hat,
    )
)
