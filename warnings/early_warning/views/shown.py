"""The page of one warning, with whatever the person may do there now; the views of its small forms come back to it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from early_warning.flow import WARNINGS
from early_warning.forms import AnswererForm, CausesForm, EvidenceForm, ItemForm
from early_warning.models import RectificationItem, State, WarningNotice
from early_warning.rules import ANSWERING, discipline, writes
from early_warning.views import present
from lianzheng import clock
from lianzheng.organisation.access import SignedIn
from lianzheng.organisation.models import Tenure


def show(request: SignedIn, found: WarningNotice, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page with what the person may do now; `more` brings back what was typed and why it was not taken."""
    inside = present.reads_inside(found, request.user)
    steps = WARNINGS.open_to(found, request.user)
    sentences = more.pop("sentences", ())
    handled = handles(request, found)
    change = handled and found.state not in (State.CLOSED, State.VOID)
    context = {
        "warning": found,
        **present.head(found),
        "facts": present.facts(found, inside=inside),
        "limits": present.limits(found),
        "changes": present.changes(found),
        "reviews": present.reviews(found),
        "moves": present.timeline(found, inside=inside),
        "step_actions": [{"action": s.action, "label": s.label, "tone": s.tone} for s in steps],
        "asks": asked_of({step.action for step in steps}),
        "may_edit": found.state == State.DRAFT and handled,
        "answerer_form": answerer_form(found) if change else None,
        "issued": found.issued_on is not None,
        "errors": [{"text": text, "href": "#act"} for text in sentences],
        **_rectification(request, found, **more),
        "said": more.get("said"),
    }
    return render(request, "early_warning/warning.html", context, status=status)


def handles(request: SignedIn, found: WarningNotice) -> bool:
    return bool(WarningNotice.objects.within(discipline(request.user)).filter(pk=found.pk).exists())


def asked_of(open_actions: set[str]) -> dict[str, bool]:
    """Which inputs the open steps need."""
    return {
        "served": "serve" in open_actions,
        "passed": "review" in open_actions,
        "due": "fail" in open_actions,
        "until": "extend" in open_actions,
        "words": bool(open_actions - {"sign", "serve", "reply", "report", "submit"}),
    }


def _rectification(
    request: SignedIn,
    found: WarningNotice,
    *,
    causes_form: CausesForm | None = None,
    item_form: ItemForm | None = None,
    item: RectificationItem | None = None,
    evidence_form: EvidenceForm | None = None,
    said: Any = None,
) -> dict[str, Any]:
    """What the page shows of the rectification; a form that was not taken stands in the place of the fresh one."""
    written = getattr(found, "rectification", None)
    answering = found.state in ANSWERING and _answers(request, found)
    lines = present.items(found)
    if answering:
        for line in lines:
            mine = item is not None and item.pk == line["record"].pk
            line["form"] = item_form if mine and item_form else fresh_item_form(found, line["record"])
            line["evidence_form"] = evidence_form if mine and evidence_form else EvidenceForm(prefix=line["id"])
            line["open"] = mine
    return {
        "answering": answering,
        "may_remove": found.state == State.SIGNED,
        "causes": {"causes": written.causes, "rules": written.rules} if written else None,
        "causes_form": causes_form or _causes_form(written),
        "items": lines,
        "item_form": (item_form if item_form and item is None else fresh_item_form(found, None)) if answering else None,
        "form_errors": next((form for form in (causes_form, item_form, evidence_form) if form), None),
    }


def _answers(request: SignedIn, found: WarningNotice) -> bool:
    return bool(WarningNotice.objects.within(writes(request.user)).filter(pk=found.pk).exists())


def _causes_form(written: Any) -> CausesForm:
    values = {"causes": written.causes, "rules": written.rules} if written else {}
    return CausesForm(initial=values | {"version": written.version if written else 0}, auto_id="causes_%s")


def fresh_item_form(found: WarningNotice, item: RectificationItem | None, *, data: Any = None) -> ItemForm:
    first, last = found.issued_on or clock.today(), found.finish_by or clock.today()
    names = ("measure", "responsible", "due_on", "result", "version")
    initial = {name: getattr(item, name) for name in names} if item else {"version": 0, "due_on": last}
    return ItemForm(data, initial=initial, first=first, last=last, prefix=str(item.pk) if item else "new")


def answerer_form(found: WarningNotice) -> AnswererForm:
    return AnswererForm(people=people_of(found), initial={"version": found.version}, auto_id="answerer_%s")


def people_of(found: WarningNotice) -> list[tuple[str, str]]:
    """Everybody with a post in the bureau, but who answers now."""
    held = Tenure.objects.in_bureau(found.bureau).filter(until=None, person__is_active=True)
    rows = held.exclude(person=found.answerer_id).select_related("person", "post__unit").order_by("post__unit__path")
    return [(str(t.person_id), f"{t.person.name}（{t.post.unit.name}{t.post.name}）") for t in rows]
