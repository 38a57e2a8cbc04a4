"""The only writers of warning notices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from early_warning.colours import Colour, Office, Part, Suggestion, suggest
from early_warning.limits import USUAL
from early_warning.models import Signal, State, WarningMove, WarningNotice
from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Said, Stale, move
from lianzheng.organisation.models import Unit, User
from registers.models import RiskPoint

AGAIN = timedelta(days=365)
"""A second warning of the same subject within a year is a repetition; ours."""


@transaction.atomic
def draft_notice(signal: Signal, *, office: Office, part: Part, by: User) -> WarningNotice:
    """A draft with the suggested colour and what usually goes with it. No number: that is given at issue."""
    proposal = suggest(office=office, part=part, repeated=repeated(signal))
    usual = USUAL[proposal.colour]
    warning: WarningNotice = WarningNotice.objects.create(
        bureau=signal.bureau,
        signal=signal,
        kind=signal.kind,
        unit=signal.unit,
        post=signal.post,
        answerer=signal.answerer,
        source=signal.source,
        state=State.DRAFT,
        route=route_of(proposal.colour),
        title=f"关于{signal.subject_words}的廉政预警通知书",
        holder=by,
        **_proposed(proposal),
        disposal=usual.disposal,
        admonition=usual.admonition,
        feedbacks=list(usual.feedbacks),
        facts=signal.summary,
    )
    warning.points.set(signal.points.all())
    record("拟定预警通知书", subject=warning, bureau=warning.bureau, by=by)
    return warning


def _proposed(proposal: Suggestion) -> dict[str, Any]:
    return {
        "colour": proposal.colour.value,
        "suggested": proposal.colour.value,
        "suggested_why": proposal.reason,
    }


def repeated(signal: Signal) -> bool:
    """Was the same subject warned before, within a year?"""
    same = Q(kind=signal.kind, unit=signal.unit, post=signal.post)
    if signal.answerer_id is not None:
        same |= Q(answerer=signal.answerer_id)
    since = clock.today() - AGAIN
    issued = WarningNotice.objects.in_bureau(signal.bureau).filter(same, issued_on__gte=since)
    return bool(issued.exclude(state=State.VOID).exists())


def route_of(colour: int) -> str:
    return WarningNotice.Route.RED if colour == Colour.RED else WarningNotice.Route.ORDINARY


@transaction.atomic
def save_draft(
    warning: WarningNotice, *, version: int, values: dict[str, Any], points: Sequence[RiskPoint], by: User
) -> None:
    """What the notice will say, under the version the page showed. The colour decides who signs."""
    current = WarningNotice.objects.in_bureau(warning.bureau).select_for_update(of=("self",)).get(pk=warning.pk)
    if current.state != State.DRAFT:
        raise Stale("这份通知书已经不在拟稿中，请按最新情况办理。")
    if current.version != version:
        raise Stale("内容已被他人修改，请按最新内容办理。")
    for name, value in values.items():
        setattr(current, name, value)
    current.route = route_of(current.colour)
    current.version = version + 1
    current.save()
    current.points.set(points)
    record("修改预警通知书", subject=current, bureau=current.bureau, by=by)


@transaction.atomic
def change_answerer(warning: WarningNotice, *, version: int, to: User | None, unit: Unit | None, by: User) -> None:
    """Somebody else answers from here: the section was reorganised, or the person has left. What was issued stays."""
    if warning.state in (State.CLOSED, State.VOID):
        raise Refused("预警已经办结，不能再更换承办人。")
    rows = WarningNotice.objects.in_bureau(warning.bureau)
    values: dict[str, Any] = {"answerer": to, "version": version + 1}
    if unit is not None:
        values["unit"] = unit
    if not rows.filter(pk=warning.pk, version=version).update(**values):
        raise Stale("内容已变化，请按最新内容办理。")
    warning.refresh_from_db()
    record("更换预警承办人", subject=warning, bureau=warning.bureau, by=by)


def take_step(warning: WarningNotice, *, action: str, version: int, said: Said, by: User) -> WarningMove:
    """A step by a person on the page. After the end nothing is answered any more, and the sentence says so."""
    if warning.state in (State.CLOSED, State.VOID):
        raise Stale(f"这份预警{warning.state_word}，不能再办理。")
    log = move(warning, action, version=version, said=said, by=by)
    assert isinstance(log, WarningMove)
    return log
