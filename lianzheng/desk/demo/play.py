"""Plays the demo's people through the round by the product's own actions, so that its data is real input.

Nothing here writes a row itself: every state was reached by somebody who may reach it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from assessments import actions, readiness
from assessments.flow import DOSSIERS
from assessments.models import Attendee, Campaign, Dossier, Filing, PublicNotice, ReturnReason, State
from assessments.rules import CHAINS
from lianzheng import clock
from lianzheng.audit.authors import written_by
from lianzheng.flow import Said, move
from lianzheng.organisation.actions import shift_demo
from lianzheng.organisation.establish import Placed
from lianzheng.organisation.models import Tenure, Unit, UnitUserGrant, User
from registers.actions import add_points, roll_up
from registers.models import RiskPoint

PHONE = "见本单位公开栏"


class Player:
    """The demo's hands: finds who may take a step and takes it."""

    def __init__(self, placed: Placed) -> None:
        self.placed = placed
        self.bureau = placed.bureau
        self.order = placed.bureau.order
        self.seats = self._seats()
        written = [*placed.post_rows.values(), *placed.section_rows.values()]
        self.written = {row["name"]: row for rows in written for row in rows}

    def _seats(self) -> list[tuple[str, str, User]]:
        """(right, path, person) of every grant that reaches the bureau or lies in it."""
        grants = UnitUserGrant.objects.select_related("user", "content_object", "permission").order_by("id")
        reach = [(g.permission.codename, g.content_object.path, g.user) for g in grants]
        return [seat for seat in reach if seat[1].startswith(self.bureau.path) or self.bureau.path.startswith(seat[1])]

    def office(self) -> User:
        return self.wearing("run_office")

    def wearing(self, right: str) -> User:
        """The first person who holds the right over the bureau."""
        grants = UnitUserGrant.objects.filter(permission__codename=right, content_object__in=self.above())
        person: User = grants.select_related("user").order_by("id")[0].user
        return person

    def above(self) -> list[Any]:
        return [self.bureau.pk, self.bureau.parent_id]

    def actor(self, dossier: Dossier, action: str) -> User:
        """Somebody who may take this step on this dossier now."""
        step = DOSSIERS.step(dossier, action)
        chain = CHAINS.get(step.who.label, ()) if step else ()
        reach = [(right, person) for right, path, person in self.seats if dossier.unit.path.startswith(path)]
        desks = [person for wanted in chain for right, person in reach if right == wanted]
        holder = [dossier.holder] if dossier.holder and not chain else []
        for person in dict.fromkeys([*holder, *desks, *(person for _, person in reach)]):
            if any(step.action == action for step in DOSSIERS.open_to(dossier, person)):
                return person
        raise LookupError(f"{dossier}: nobody may {action} from {dossier.state}")

    def take(self, dossier: Dossier, action: str, *, said: Said | None = None) -> None:
        move(dossier, action, version=dossier.version, said=said, by=self.actor(dossier, action))

    def pass_until(self, dossier: Dossier, state: str) -> None:
        """Hand in and pass from desk to desk until the dossier lies in `state`."""
        while dossier.state != state:
            step = next(s for s in DOSSIERS.steps(dossier) if s.duty and not s.place)
            self.take(
                dossier, step.action, said=Said(opinion=OPINIONS.get(step.action, "同意。"), facts=_facts(dossier))
            )

    def send_back(self, dossier: Dossier, *, text: str, reason: str = ReturnReason.SHALLOW) -> None:
        said = Said(opinion=text, reason=reason, due_on=clock.today() + timedelta(days=5))
        self.take(dossier, "return", said=said)

    def void(self, dossier: Dossier, *, reason: str) -> None:
        self.take(dossier, "void", said=Said(opinion=reason))

    def fill(self, dossier: Dossier, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows as the person of the dossier; the text of the responsible person is the holder's name."""
        writer = self.actor(dossier, "submit")
        values = [
            {
                "power": row.get("power", ""),
                "risk_type": row["risk_type"],
                "name": row["name"],
                "manifestation": row["manifestation"],
                "measures": "\n".join(row["measures"]),
                "responsible": writer.name,
            }
            for row in rows
        ]
        if values:
            with written_by(writer):
                add_points(dossier.table, rows=values, by=writer)

    def rate(self, dossier: Dossier) -> None:
        """Grade every point, by the written grades where the row is one of them, else cautiously; report the
        proposal."""
        writer = self.actor(dossier, "submit")
        for point in dossier.table.rows():
            row = self.written.get(point.name, {})
            grades = row.get("grades", MIDDLING)
            actions.save_rating(
                dossier, point=point, version=0, grades=grades, reasons=row.get("reasons", {}), by=writer
            )
        dossier.refresh_from_db()
        assert dossier.proposed_rank is not None
        actions.report_level(dossier, rank=dossier.proposed_rank, reason="", by=writer)
        dossier.refresh_from_db()

    def roll(self, dossier: Dossier, points: Iterable[RiskPoint]) -> None:
        """归类汇总, each row its own."""
        writer = self.actor(dossier, "submit")
        if chosen := list(points):
            with written_by(writer):
                roll_up(dossier.table, sources=chosen, merge=False, by=writer)

    def notice(
        self, campaign: Campaign, dossiers: Sequence[Dossier], *, title: str, scope: str = PublicNotice.Scope.BUREAU
    ) -> PublicNotice:
        facts = {
            "title": title,
            "scope": scope,
            "first_public": scope == PublicNotice.Scope.PUBLIC,
            "starts_on": clock.today(),
            "days": campaign.notice_days,
            "phone": PHONE,
            "place": "本单位廉政风险防控领导小组办公室",
        }
        chosen = [(dossier, dossier.version) for dossier in dossiers]
        return actions.publish_notice(campaign, facts=facts, chosen=chosen, by=self.office())

    def meet(self, campaign: Campaign, dossiers: Sequence[Dossier], *, number: int) -> None:
        holders = {dossier.holder_id for dossier in dossiers}
        recorders = [person for right, _, person in self.seats if right == "record_meeting"]
        recorder = next(person for person in recorders if person.pk not in holders)
        decisions = [
            actions.Decision(dossier, dossier.version, readiness.level_before(dossier), Said()) for dossier in dossiers
        ]
        actions.record_meeting(
            campaign,
            facts=self._minutes(campaign, number=number, taker=recorder.name),
            attendees=self._team(),
            decisions=decisions,
            by=recorder,
        )

    def _minutes(self, campaign: Campaign, *, number: int, taker: str) -> dict[str, Any]:
        return {
            "name": self.bureau.meeting_name,
            "number": number,
            "minutes_no": f"〔{campaign.year}〕{number}号",
            "held_on": clock.today(),
            "place": "机关二楼会议室",
            "chair": self.wearing("head_bureau").name,
            "minute_taker": taker,
        }

    def _team(self) -> list[actions.Presence]:
        """领导班子, the last of whom was away."""
        held = Tenure.objects.in_bureau(self.bureau).filter(until=None, post__unit__kind=Unit.Kind.LEADERSHIP)
        people = [tenure.person for tenure in held.select_related("person").order_by("post__order")]
        *here, last = people
        there = [actions.Presence(person.name, person=person) for person in here]
        return [*there, actions.Presence(last.name, Attendee.Part.ABSENT, "参加县里会议", person=last)]

    def send(self, campaign: Campaign, dossiers: Sequence[Dossier], *, number: int) -> Filing:
        facts = {"sent_no": f"{self.bureau.short_name}廉〔{campaign.year}〕{number}号", "note": ""}
        chosen = [(dossier, dossier.version) for dossier in dossiers]
        return actions.send_filing(campaign, facts=facts, chosen=chosen, by=self.office())

    def file(self, campaign: Campaign, dossiers: Sequence[Dossier], *, number: int) -> None:
        """Sent by the office, accepted by the discipline office."""
        filing = self.send(campaign, dossiers, number=number)
        filer = UnitUserGrant.objects.filter(permission__codename="receive_filing", content_object=filing.to)
        actions.accept_filing(
            filing,
            receipt_no=f"云纪备〔{campaign.year}〕{self.order}{number:02}号",
            received_on=clock.today(),
            opinion="",
            by=filer.select_related("user").order_by("id")[0].user,
        )


MIDDLING = {"importance": 2, "discretion": 2, "probability": 2, "harm": 2, "mechanism": 2, "history": 1}
OPINIONS = {"submit": "以上内容属实。", "pass": "同意。"}


def _facts(dossier: Dossier) -> dict[str, Any]:
    """The county group's decision carries the level."""
    if dossier.state != State.COUNTY_GROUP:
        return {}
    return {"rank": dossier.reviewed_rank or dossier.proposed_rank}


def go_to(day: date, *, by: User) -> None:
    """Move the demo's calendar so that today is this day."""
    shift_demo((day - clock.today()).days, by=by)
