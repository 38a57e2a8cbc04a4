"""批量审核: tick the forms at one's desk, look at the list once more, approve, and read what became of each."""

from collections import Counter
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from assessments import readiness
from assessments.flow import DOSSIERS
from assessments.models import Dossier, State
from assessments.rules import visible
from assessments.views import present
from assessments.views.dossier import PRESETS
from assessments.views.picking import uuid_or_none
from lianzheng import clock
from lianzheng.flow import Outcome, Refused, Said, Step, judge, move_many
from lianzheng.organisation.access import SignedIn, signed_in
from lianzheng.organisation.forms import CleanForm
from lianzheng.organisation.models import User

ACTION = "pass"
MOST = 1000
NEEDS = (readiness.fit_for_batch,)


class BatchForm(CleanForm):
    """The one opinion that all of them get."""

    opinion = forms.CharField(label="意见", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


def _waiting(user: User) -> QuerySet[Dossier]:
    """Forms that this person may pass now, by the steps' own guard."""
    here = Q(pk__in=[])
    for route, steps in DOSSIERS.routes.items():
        for step in steps:
            if step.action == ACTION and step.duty:
                here |= Q(route=route, state=step.source) & step.who.rows(user)
    return DOSSIERS.rows().filter(here)


@signed_in
@require_safe
def page(request: SignedIn) -> HttpResponse:
    """The forms at one desk; those that have to be looked at one by one say so."""
    waiting = _waiting(request.user)
    desks = Counter(waiting.order_by().values_list("state", flat=True))
    at = request.GET.get("at", "")
    at = at if at in desks else min(desks, default="")
    listed = waiting.filter(state=at).select_related("unit", "bureau", "campaign", "holder")
    today = clock.today()
    context = {
        "tabs": [_tab(state, number, current=state == at) for state, number in sorted(desks.items())],
        "items": [_item(dossier, today) for dossier in listed.order_by("due_on", "unit__path", "title")[:MOST]],
    }
    return render(request, "assessments/batch.html", context)


def _tab(state: str, number: int, *, current: bool) -> dict[str, Any]:
    url = f"{reverse('batch')}?at={state}"
    return {"label": State(state).label, "url": url, "count": number, "current": current}


def _item(dossier: Dossier, today: Any) -> dict[str, Any]:
    alone = readiness.fit_for_batch(dossier, Said())
    return present.item(dossier, today=today) | {"value": f"{dossier.pk}.{dossier.version}", "alone": alone or ""}


def _picked(request: HttpRequest) -> dict[Any, int]:
    """Key -> the version the page showed, of what was ticked; what is no such pair is left out."""
    found = {}
    for text in request.POST.getlist("pick")[:MOST]:
        key, _, version = text.partition(".")
        pk = uuid_or_none(key)
        if pk is not None:
            found[pk] = int(version) if version.isdecimal() and len(version) < 10 else 0
    return found


def _in_scope(request: SignedIn) -> tuple[dict[Any, int], list[Dossier]]:
    """What was ticked, as far as this person may see it."""
    versions = _picked(request)
    rows = Dossier.objects.within(visible(request.user)).filter(pk__in=list(versions))
    seen = list(rows.select_related("unit", "bureau", "campaign", "holder").order_by("unit__path", "title"))
    return {dossier.pk: versions[dossier.pk] for dossier in seen}, seen


@signed_in
@require_POST
def confirm(request: SignedIn) -> HttpResponse:
    """What will be approved and what is left out, and why."""
    return _confirm(request, BatchForm(initial={"opinion": PRESETS[ACTION][0]}))


def _confirm(request: SignedIn, form: BatchForm) -> HttpResponse:
    versions, seen = _in_scope(request)
    said, today = Said(opinion="同意。"), clock.today()
    verdicts = judge(DOSSIERS, seen, versions=versions, action=ACTION, said=said, needs=NEEDS, by=request.user)
    taken = [_item(dossier, today) for dossier in seen if isinstance(verdicts[dossier.pk], Step)]
    context = {
        "form": form,
        "taken": taken,
        "left": [_left(dossier, verdicts[dossier.pk]) for dossier in seen if isinstance(verdicts[dossier.pk], Refused)],
        "presets": PRESETS[ACTION],
        "errors": [] if taken else [{"text": "没有可以一并审核的表，请返回重新选择。", "href": ""}],
    }
    status = 422 if form.errors or not taken else 200
    return render(request, "assessments/batch_confirm.html", context, status=status)


def _left(dossier: Dossier, verdict: Any) -> dict[str, str]:
    return {
        "title": dossier.title,
        "form": dossier.form_name,
        "section": dossier.unit.name,
        "url": dossier.get_absolute_url(),
        "why": " ".join(verdict.sentences),
    }


@signed_in
@require_POST
def take(request: SignedIn) -> HttpResponse:
    """Approve them: each item all or nothing, each with its result."""
    form = BatchForm(request.POST)
    versions, seen = _in_scope(request)
    if not form.is_valid() or not seen:
        return _confirm(request, form)
    said = Said(opinion=form.cleaned_data["opinion"])
    outcomes = {
        item.record.pk: item for item in move_many(DOSSIERS, versions, ACTION, said=said, needs=NEEDS, by=request.user)
    }
    done = [_done(dossier, outcomes[dossier.pk]) for dossier in seen if outcomes[dossier.pk].log]
    left = [_left(dossier, outcomes[dossier.pk].refused) for dossier in seen if outcomes[dossier.pk].refused]
    return render(request, "assessments/batch_result.html", {"done": done, "left": left})


def _done(dossier: Dossier, outcome: Outcome) -> dict[str, str]:
    assert outcome.log is not None
    return {
        "title": dossier.title,
        "form": dossier.form_name,
        "section": dossier.unit.name,
        "label": outcome.log.label,
        "state": State(outcome.log.target).label,
        "hat": outcome.log.hat,
    }
