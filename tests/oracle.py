"""Whose turn it is, worked out a second time in plain loops over grants and deputations, to hold the queries against;
and what has to be said for each step. A new step needs a line here only if its needs ask for a new fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from assessments import rules
from assessments.models import Dossier, Filing, Meeting, PublicNotice
from lianzheng import clock
from lianzheng.flow import Said, Step
from lianzheng.organisation.models import Unit, UnitUserGrant
from lianzheng.organisation.roles import Right, role
from tests.cast import Cast, Round, minutes

RECEIVES = Right.RECEIVE_FILING
SHARED = (rules.MEETING, rules.COUNTY_OFFICE, rules.COUNTY_GROUP)


@dataclass
class Oracle:
    """Grants of the cast as (person, right, path); deputations as (principal, deputy, role code, path)."""

    cast: Cast
    grants: set[tuple[str, str, str]] = field(default_factory=set)
    deputations: set[tuple[str, str, str, str]] = field(default_factory=set)
    seen: dict[Any, set[tuple[str, str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, cast: Cast) -> Oracle:
        rows = UnitUserGrant.objects.values_list("user__name", "permission__codename", "content_object__path")
        return cls(cast, set(rows))

    def held(self, name: str) -> set[tuple[str, str]]:
        """(right, path) on the person's own account or for another."""
        key = (name, frozenset(self.deputations))
        if key in self.seen:
            return self.seen[key]
        own = {(right, path) for person, right, path in self.grants if person == name}
        for principal, deputy, code, path in self.deputations:
            if deputy == name:
                own |= {(right, path) for right in role(code).rights if (principal, right, path) in self.grants}
        self.seen[key] = own
        return own

    def holds(self, name: str, right: str, unit: Unit) -> bool:
        return any(held == right and unit.path.startswith(path) for held, path in self.held(name))

    def bound(self, name: str) -> set[str]:
        """Whose forms the person may not judge: their own, and those of whom they stand in for."""
        return {name} | {principal for principal, deputy, _, _ in self.deputations if deputy == name}

    def may(self, name: str, step: Step, dossier: Dossier) -> bool:
        persons = {str(person) for person in (dossier.holder, dossier.stands_for) if person}
        kind, unit = dossier.kind, dossier.unit
        if step.who == rules.WRITER:
            right = {"section": Right.REVIEW_SECTION, "bureau": Right.RUN_OFFICE}.get(kind)
            return self.holds(name, right, unit) if right else name == str(dossier.holder)
        if step.who == rules.SENDER:
            return name in persons
        if step.who == rules.PUBLISHER:
            return self.holds(name, Right.RUN_OFFICE, unit)
        if step.who == rules.FILER:
            sent = Filing.objects.in_bureau(dossier.bureau).exclude(to=None).values_list("to__path", flat=True)
            above = any(path.startswith(own) for right, own in self.held(name) for path in sent if right == RECEIVES)
            return self.holds(name, Right.RUN_OFFICE, unit) or above
        if persons & self.bound(name):
            return False
        if step.who == rules.FILING_BODY:
            to = dossier.filing.to if dossier.filing else None
            return to is not None and self.holds(name, RECEIVES, to)
        return self.climb(name, list(rules.CHAINS[step.who.label]), unit, persons, shared=step.who in SHARED)

    def climb(self, name: str, chain: list[Right], unit: Unit, persons: set[str], *, shared: bool) -> bool:
        """At this desk, or one up where a person of the form sits here or nobody else could act here."""
        right, *above = chain
        own = not shared and any(self.holds(person, right, unit) for person in persons)
        free = any(self.holds(other, right, unit) and not persons & self.bound(other) for other in self.cast.people)
        if self.holds(name, right, unit) and not (own and above):
            return True
        return bool(above) and (own or not free) and self.climb(name, above, unit, persons, shared=shared)


@dataclass(frozen=True)
class Speech:
    """Something to say at every step: a meeting, a notice whose period is over, a receipt, and a level with a
    reason."""

    facts: Mapping[str, Any]

    @classmethod
    def of(cls, play: Round) -> Speech:
        campaign, by, today = play.campaign, play.cast["王五"], clock.today()
        owned = {"bureau": campaign.bureau, "campaign": campaign}
        held = {"expected": 5, "present": 5, "digest": "", "recorded_on": today}
        meeting = Meeting.objects.create(**owned, recorder=by, **minutes(99, year=campaign.year), **held)
        days = {"starts_on": today - timedelta(days=9), "ends_on": today - timedelta(days=2), "number": 99}
        notice = PublicNotice.objects.create(**owned, title="公示", days=5, content={}, published_by=by, **days)
        sent = {"sent_no": "报1号", "sent_on": today, "sent_by": by, "content": {}, "digest": ""}
        answered = {"answered_by": play.cast["郑十"], "answered_at": timezone.now(), "state": "accepted"}
        receipt = {
            "receipt_no": "备1号",
            "received_on": today,
            "body": "县纪委监委",
            "to": play.cast.units["县纪委监委"],
        }
        filing = Filing.objects.create(**owned, **sent, **answered, **receipt)
        return cls({"rank": 2, "reason": "理由", "meeting": meeting, "notice": notice, "filing": filing})

    def said(self, *, complete: bool = True) -> Said:
        if not complete:
            return Said()
        return Said(opinion="意见", reason="vague", due_on=clock.today(), facts=self.facts)
