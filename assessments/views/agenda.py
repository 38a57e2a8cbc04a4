"""The page on which a meeting is prepared and recorded: its forms, filled from what was typed, a draft, or what is
usual."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from assessments import actions, numbers
from assessments.decision_forms import BACK, AttendeeForm, ItemForm, MeetingForm
from assessments.effects import REVIEW_DAYS
from assessments.models import Attendee, Campaign, Dossier, Meeting, MeetingDraft, ReturnReason
from assessments.rules import visible
from assessments.views import present
from assessments.views.picking import uuid_or_none, version_in, version_of
from lianzheng import clock, workdays
from lianzheng.flow import Said
from lianzheng.organisation.access import SignedIn
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import Tenure, Unit, UnitUserGrant, User
from lianzheng.organisation.roles import Right

SPARE = 4
"""Empty lines of the attendance list."""
MOST = 80
FOLDED = ("agree", "oppose", "abstain", "recused", "points", "reason_class")
"""Fields of an item that lie folded away until somebody has written in them."""
NOT_KEPT = ("csrfmiddlewaretoken", "do", "version")
Typed = Mapping[str, Sequence[str]]


class Agenda:
    """Everything the page needs; `offered` are the dossiers that wait for a meeting."""

    def __init__(self, request: SignedIn, campaign: Campaign, offered: list[Dossier]) -> None:
        self.request, self.campaign, self.offered = request, campaign, offered
        self.posted = request.method == "POST"
        self.today = clock.today()

    @cached_property
    def draft(self) -> MeetingDraft | None:
        rows = MeetingDraft.objects.in_bureau(self.campaign.bureau).select_related("saved_by")
        found: MeetingDraft | None = rows.filter(campaign=self.campaign).first()
        return found

    @cached_property
    def typed(self) -> Typed:
        """What stands on the page: as sent, or as kept in the draft."""
        if self.posted:
            return {name: values for name, values in self.request.POST.lists() if name not in NOT_KEPT}
        return self.draft.typed if self.draft else {}

    @property
    def version(self) -> int:
        return version_in(self.request)

    def first(self, name: str, default: Any = "") -> Any:
        values = self.typed.get(name)
        return values[0] if values else default

    @cached_property
    def head(self) -> MeetingForm:
        usual = suggested(self.campaign, self.request.user, self.today)
        initial = {name: self.first(name, value) for name, value in usual.items()}
        return MeetingForm(self.request.POST if self.posted else None, initial=initial, today=self.today)

    @cached_property
    def lines(self) -> list[AttendeeForm]:
        """The attendance list; the first time, the leadership team."""
        rows = self.first("rows")
        if not (rows.isdecimal() and len(rows) < 4):
            names = team(self.campaign.bureau)
            usual: list[dict[str, Any]] = [{"name": name, "part": Attendee.Part.PRESENT} for name in names]
            usual += [{"part": Attendee.Part.OBSERVER}] * SPARE
            return [AttendeeForm(number=n, initial=row) for n, row in enumerate(usual, start=1)]
        return [self._line(number) for number in range(1, min(int(rows), MOST) + 1)]

    def _line(self, number: int) -> AttendeeForm:
        names = ("name", "part", "reason")
        initial = {name: self.first(f"a{number}-{name}") for name in names}
        return AttendeeForm(self.request.POST if self.posted else None, number=number, initial=initial)

    @cached_property
    def items(self) -> list[ItemForm]:
        due = workdays.after(self.today, days=REVIEW_DAYS, exceptions=exceptions())
        return [self._item(dossier, due) for dossier in self.offered]

    def _item(self, dossier: Dossier, due: date) -> ItemForm:
        usual = {"rank": str(dossier.reviewed_rank or dossier.proposed_rank or ""), "due_on": due}
        form = ItemForm(self.request.POST if self.posted else None, dossier=dossier, initial=usual)
        if not self.posted:
            kept = {name: self.first(form.add_prefix(name), None) for name in form.fields}
            form.initial.update({name: value for name, value in kept.items() if value is not None})
        return form

    def ticked(self, dossier: Dossier) -> bool:
        """Everything that waits is on the agenda until somebody takes it off."""
        return str(dossier.pk) in self.typed.get("pick", ()) if self.typed else True

    @cached_property
    def chosen(self) -> list[ItemForm]:
        return [form for form in self.items if self.ticked(form.dossier)]

    @property
    def gone(self) -> list[actions.Decision]:
        """Ticked, but decided elsewhere since the page was opened; `move()` will say so of each."""
        here = {str(dossier.pk) for dossier in self.offered}
        ids = [uuid_or_none(text) for text in self.request.POST.getlist("pick") if text not in here]
        rows = Dossier.objects.within(visible(self.request.user)).filter(campaign=self.campaign)
        found = rows.filter(pk__in=[pk for pk in ids if pk]).select_related("bureau", "campaign", "holder")
        return [actions.Decision(dossier, 0, dossier.proposed_rank, Said()) for dossier in found]

    def decisions(self) -> list[actions.Decision]:
        return [_decision(self.request, form) for form in self.chosen] + self.gone

    def attendees(self) -> list[actions.Presence]:
        """The lines that bear a name, each with the person of the bureau whom the name fits alone."""
        written = [form.cleaned_data for form in self.lines if form.is_bound and form.cleaned_data.get("name")]
        people = named(self.campaign.bureau, [line["name"] for line in written])
        return [actions.Presence(**line, person=people.get(line["name"])) for line in written]

    def errors(self) -> list[dict[str, str]]:
        """A sentence for each field that is wrong, with the place to mend it."""
        forms = [self.head, *(form for form in self.lines if form.is_bound), *self.chosen]
        return [
            {"text": f"{_subject(form)}{field.label}：{error}", "href": f"#{field.id_for_label or field.auto_id}"}
            for form in forms
            for field in form
            for error in field.errors
        ]

    def context(self) -> dict[str, Any]:
        return {
            "campaign": self.campaign,
            "form": self.head,
            "lines": self.lines,
            "version": self.draft.version if self.draft else 0,
            "draft": self.draft if self.draft and self.draft.typed else None,
            "items": [
                present.item(form.dossier, today=self.today)
                | {"form_": form, "picked": self.ticked(form.dossier), "reason": form.dossier.proposed_reason}
                | {"open": any(self.first(form.add_prefix(name)) for name in FOLDED)}
                for form in self.items
            ],
        }


def _subject(form: Any) -> str:
    if isinstance(form, ItemForm):
        return f"{form.dossier.title} "
    return f"参会人员第{(form.prefix or '')[1:]}行 " if isinstance(form, AttendeeForm) else ""


def _decision(request: SignedIn, form: ItemForm) -> actions.Decision:
    data, dossier = form.cleaned_data, form.dossier
    more = {"points": data["points"], "votes": form.votes(), "recused": data["recused"]}
    version = version_of(request, dossier)
    if data["rank"] == BACK:
        said = Said(opinion=data["why"], reason=data["reason_class"] or ReturnReason.OTHER, due_on=data["due_on"])
        return actions.Decision(dossier, version, None, said, **more)
    return actions.Decision(dossier, version, int(data["rank"]), Said(facts={"reason": data["why"]}), **more)


def suggested(campaign: Campaign, user: User, today: date) -> dict[str, Any]:
    """The usual head of the minutes, with the next number."""
    last = campaign.meetings.order_by("-number").first()
    number = last.number + 1 if last else 1
    used = Meeting.objects.in_bureau(campaign.bureau).order_by("-recorded_at").values_list("minutes_no", flat=True)
    return {
        "name": campaign.bureau.meeting_name or "局办公会议",
        "number": number,
        "minutes_no": numbers.following(used, year=campaign.year, word=""),
        "held_on": today,
        "place": last.place if last else "",
        "chair": chair_of(campaign.bureau),
        "minute_taker": user.name,
    }


def team(bureau: Unit) -> list[str]:
    """领导班子, in the order of their posts."""
    held = Tenure.objects.in_bureau(bureau).filter(until=None, post__active=True, person__is_active=True)
    held = held.filter(post__unit__kind=Unit.Kind.LEADERSHIP, post__unit__active=True)
    names = held.order_by("post__unit__order", "post__order").values_list("person__name", flat=True)
    return list(dict.fromkeys(names))


def chair_of(bureau: Unit) -> str:
    """主要负责人 takes the chair."""
    heads = UnitUserGrant.objects.filter(
        content_object=bureau, permission__codename=Right.HEAD_BUREAU, user__is_active=True
    )
    return heads.order_by("user__name").values_list("user__name", flat=True).first() or ""


def named(bureau: Unit, names: Iterable[str]) -> dict[str, User]:
    """Name -> the person of the bureau, where it fits one alone."""
    held = Tenure.objects.in_bureau(bureau).filter(until=None, person__name__in=set(names))
    people = {tenure.person for tenure in held.select_related("person")}
    found = [person.name for person in people]
    return {person.name: person for person in people if found.count(person.name) == 1}
