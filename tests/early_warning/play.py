"""Warnings of the cast, made and moved by the product's own actions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from early_warning import actions
from early_warning.colours import Colour, Office, Part
from early_warning.models import Outcome, RectificationItem, Signal, State, WarningNotice
from early_warning.subjects import Subject, choices, found
from lianzheng import clock
from lianzheng.attachments.check import Scan
from lianzheng.flow import Said
from lianzheng.organisation.actions import grant
from lianzheng.organisation.models import Unit
from lianzheng.organisation.roles import role
from tests.cast import Cast, again

SUMMARY = "许可材料补正超过规定次数，群众两次来信反映办件拖延。"
INFORMANT = "信息提供人甲乙丙"
SCAN = Scan(b"%PDF-1.4 evidence %%EOF", "application/pdf")
DRAFT: Mapping[str, Any] = {
    "colour": Colour.YELLOW.value,
    "colour_why": "首次发生，尚未造成后果。",
    "disposal": "caution",
    "admonition": "remind",
    "feedbacks": ["talk"],
    "facts": SUMMARY,
    "opinion": "属于苗头性问题。",
    "demands": "限期清理积压办件，健全一次性告知制度。",
    "contact": "赵六",
    "phone": "0000-0000",
    "copies": "",
}


class Case:
    """One matter of the cast, from signal to end: 赵六 handles, 孙八 signs, 王五 reviews second."""

    def __init__(self, cast: Cast, subject: str = "张三") -> None:
        self.cast = cast
        self.subject = subject_of(cast, subject)
        self.signal: Signal = self.report()

    def report(self, **facts: Any) -> Signal:
        values = {"source": "complaint", "reference": "信〔2026〕7号", "summary": SUMMARY} | facts
        return actions.report_signal(
            self.subject, facts=values, name=INFORMANT, contact="内线12345", by=again(self.cast["王五"])
        )

    def judge(
        self, outcome: str = Outcome.WARNED, *, by: str = "赵六", part: Part = Part.OTHER
    ) -> WarningNotice | None:
        return actions.judge_signal(
            self.signal, outcome=outcome, reason="理由", office=Office.KEY_POST, part=part, by=again(self.cast[by])
        )

    def draft(self, colour: Colour = Colour.YELLOW, *, by: str = "赵六") -> WarningNotice:
        """Judged and written, ready to be sent up."""
        warning = self.judge(by=by)
        assert warning is not None
        values = dict(DRAFT) | {"colour": colour.value}
        person = again(self.cast[by])
        actions.save_draft(warning, version=warning.version, values=values, points=[], by=person)
        warning.refresh_from_db()
        return warning

    def take(self, warning: WarningNotice, action: str, by: str, **facts: Any) -> WarningNotice:
        warning = fresh(warning)
        said = Said(due_on=facts.pop("due_on", None), facts={"words": "意见"} | facts)
        actions.take_step(warning, action=action, version=warning.version, said=said, by=again(self.cast[by]))
        return fresh(warning)

    def bring(self, state: str, colour: Colour = Colour.YELLOW) -> WarningNotice:
        """By the ordinary people until the warning lies in `state`."""
        warning = self.draft(colour)
        while warning.state != state:
            warning = self.onward(warning)
        return warning

    def onward(self, warning: WarningNotice) -> WarningNotice:
        """The next step of the straight way."""
        if warning.state in (State.SIGNED, State.RECTIFYING):
            self.answer(warning)
        action, by = self._next(warning)
        return self.take(warning, action, by, **({"passed": True} if action == "review" else {}))

    def _next(self, warning: WarningNotice) -> tuple[str, str]:
        answerer = str(warning.answerer)
        red = warning.colour == Colour.RED
        return {
            State.DRAFT: ("submit", "赵六"),
            State.APPROVING: ("approve" if red else "issue", "孙八"),
            State.LEADER: ("issue", "孙八"),
            State.ISSUED: ("sign", answerer),
            State.SIGNED: ("reply", answerer),
            State.RECTIFYING: ("report", answerer),
            State.REVIEWING: ("review", "赵六"),
            State.SECOND: ("pass", "王五"),
        }[State(warning.state)]

    def answer(self, warning: WarningNotice) -> RectificationItem:
        """Causes and one finished item, by who answers."""
        assert warning.answerer is not None
        by = again(warning.answerer)
        written = getattr(fresh(warning), "rectification", None)
        version = written.version if written else 0
        actions.save_causes(warning, version=version, causes="对办理时限重视不够。", rules="", by=by)
        item = warning.items.first()
        return actions.save_item(
            warning,
            item=item,
            version=item.version if item else 0,
            measure="清理积压办件。",
            responsible=by.name,
            due_on=clock.today(),
            result="已清理完毕。",
            by=by,
        )

    def fail(self, warning: WarningNotice) -> WarningNotice:
        """Reported, and found wanting by both."""
        if warning.state == State.RECTIFYING:
            warning = self.onward(warning)
        warning = self.take(warning, "review", "赵六", passed=False)
        return self.take(warning, "fail", "王五", due_on=clock.today() + timedelta(days=7))


def fresh(warning: WarningNotice) -> WarningNotice:
    found_again: WarningNotice = WarningNotice.unscoped.get(pk=warning.pk)
    return found_again


def subject_of(cast: Cast, words: str) -> Subject:
    """The subject whose choice begins with these words: 张三, 建筑业股, 建筑业股施工许可岗, 县住建局."""
    units = list(Unit.objects.under(cast.bureau))
    offered = [item for _, items in choices(units) for item in items]
    exact = [key for key, label in offered if label == words]
    key = exact[0] if exact else next(key for key, label in offered if label.startswith(words))
    return found(key)


def inform(cast: Cast, name: str = "陈九") -> None:
    """Make somebody an informant of 建筑业股."""
    grant(role("informant"), unit=cast.units["建筑业股"], to=cast[name], by=None)


def arguments_of_warnings(cast: Cast) -> dict[str, dict[str, Any]]:
    """URL arguments of every address of this floor, for a warning of 张三 that is being answered and for a draft."""
    case = Case(cast)
    warning = case.bring(State.SIGNED)
    item = case.answer(warning)
    proof = actions.add_evidence(item, scan=SCAN, by=again(cast["张三"]))
    draft = Case(cast).draft()
    seat = actions.appoint_seat(cast["王五"], unit=cast.bureau, tier="point", by=again(cast["赵六"]))
    signal, own = {"pk": Case(cast).signal.pk}, {"pk": warning.pk}
    names = ("warning", "warning_step", "warning_answerer", "warning_causes", "warning_item")
    return {
        "network": {},
        "network_end": {"pk": seat.pk},
        "signals": {},
        **{name: {} for name in ("signal_new", "signals_intake", "signals_template", "signals_take")},
        "warnings": {},
        "warnings_file": {"form": "xlsx"},
        **dict.fromkeys(("signal", "signal_judge", "signal_link", "signal_informant"), signal),
        **dict.fromkeys(names, own),
        "warning_edit": {"pk": draft.pk},
        "warning_evidence": own | {"item": item.pk},
        "warning_evidence_file": own | {"proof": proof.pk},
        "warning_paper": own | {"kind": "notice"},
    }
