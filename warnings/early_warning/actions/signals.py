"""The only writers of signals and of who brought them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from early_warning.actions.notices import draft_notice
from early_warning.colours import Office, Part
from early_warning.models import Informant, Outcome, Signal, WarningNotice
from early_warning.subjects import Subject
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.models import User
from registers.models import RiskPoint


@dataclass(frozen=True)
class Reported:
    """A line of a workbook: about whom, what the form says, who brought it, and the digest by which it is known."""

    subject: Subject
    facts: dict[str, Any]
    name: str
    contact: str
    line: str


@transaction.atomic
def report_signal(
    subject: Subject, *, facts: dict[str, Any], name: str, contact: str, line: str = "", by: User
) -> Signal:
    """A signal comes in. Who brought it is sealed in a row of its own, and the journal names nobody: a member of the
    informants' network would be found there otherwise. `line` is the digest of the line of a workbook."""
    signal: Signal = Signal.objects.create(
        bureau_id=subject.unit.bureau_id,
        kind=subject.kind,
        unit=subject.unit,
        post=subject.post,
        answerer=subject.answerer,
        source=facts["source"],
        reference=facts["reference"],
        summary=facts["summary"],
        line_digest=line,
    )
    if name or contact:
        Informant.objects.create(bureau_id=signal.bureau_id, signal=signal, name=name, contact=contact)
    record("登记预警信息", subject=signal, bureau=signal.bureau, detail={"来源": signal.get_source_display()}, by=None)
    return signal


@transaction.atomic
def take_in_signals(lines: Sequence[Reported], *, by: User) -> int:
    """Signals of a workbook, all or none; how many are new. A line that came in before is not registered again. The
    journal has a row for each, and none for the workbook."""
    User.objects.select_for_update().get(pk=by.pk)  # a confirmation sent twice waits for itself
    known = known_lines([item.line for item in lines])
    fresh = [item for item in lines if item.line not in known]
    for item in fresh:
        report_signal(item.subject, facts=item.facts, name=item.name, contact=item.contact, line=item.line, by=by)
    return len(fresh)


def known_lines(digests: Sequence[str]) -> set[str]:
    """Which lines of a workbook are registered already."""
    rows = Signal.objects.across_bureaus().filter(line_digest__in=[digest for digest in digests if digest])
    return set(rows.values_list("line_digest", flat=True))


@transaction.atomic
def judge_signal(
    signal: Signal,
    *,
    outcome: str,
    reason: str,
    office: Office,
    part: Part,
    points: Sequence[RiskPoint] = (),
    by: User,
) -> WarningNotice | None:
    """研判: kept on file, a warning (whose draft it starts), or handed over as a formal lead, with reasons."""
    _settle(signal, by=by, outcome=outcome, reason=reason)
    if points:
        signal.points.set(points)
    if outcome == Outcome.WARNED:
        return draft_notice(signal, office=office, part=part, by=by)
    return None


@transaction.atomic
def link_signal(signal: Signal, *, to: Signal, by: User) -> None:
    """The same matter came in before; it is judged there."""
    if to.pk == signal.pk or to.bureau_id != signal.bureau_id or to.duplicate_of_id is not None:
        raise Refused("不能并入这条信息，请重新选择。")
    if signal.duplicates.exists():
        raise Refused("已有信息并入本条，不能再并入别的信息。")
    _settle(signal, by=by, outcome=Outcome.DUPLICATE, reason="", duplicate_of=to)


def _settle(signal: Signal, *, by: User, outcome: str, reason: str, duplicate_of: Signal | None = None) -> None:
    """Write the outcome of an open signal, once."""
    current = Signal.objects.in_bureau(signal.bureau).select_for_update(of=("self",)).get(pk=signal.pk)
    if current.outcome != Outcome.OPEN:
        raise Stale("这条信息已经研判过，请按最新情况办理。")
    current.reason = reason
    Signal.objects.in_bureau(signal.bureau).filter(pk=signal.pk).update(
        outcome=outcome,
        reason_sealed=current.reason_sealed,
        duplicate_of=duplicate_of,
        judged_by=by,
        judged_at=Now(),
    )
    signal.refresh_from_db()
    states = (Outcome.OPEN.label, signal.get_outcome_display())
    record("研判预警信息", subject=signal, bureau=signal.bureau, states=states, by=by)
