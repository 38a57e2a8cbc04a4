"""备案: the superior office gives the receipt, or the bureau's office records the receipt it got on paper."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from assessments import actions
from assessments.forms import FilingForm
from assessments.models import Campaign, Dossier, State
from assessments.views import present, reach
from assessments.views.picking import open_for, picked
from lianzheng import clock
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.rights import within
from lianzheng.organisation.roles import Right

EITHER = (Right.RECEIVE_FILING, Right.RUN_OFFICE)


@may(*EITHER)
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """Rounds with something to file, and the receipts given so far."""
    found = reach.campaigns(request.user, *EITHER).order_by("-year", "bureau__path")
    waiting = dict(_waiting(request).values_list("campaign").annotate(n=Count("pk")))
    lines = [
        {"id": str(c.pk), "title": c.title, "bureau": c.bureau.name, "waiting": waiting.get(c.pk, 0)} for c in found
    ]
    return render(request, "assessments/filings.html", {"lines": lines})


def _waiting(request: SignedIn) -> Any:
    scope = within(request.user, Right.RECEIVE_FILING) | within(request.user, Right.RUN_OFFICE)
    return Dossier.objects.within(scope).filter(state=State.FILING).order_by()


@may(*EITHER)
@require_http_methods(["GET", "HEAD", "POST"])
def of_campaign(request: SignedIn, pk: UUID) -> HttpResponse:
    """Dossiers of a round that wait for their receipt; give it to those ticked."""
    campaign = reach.campaign(request, pk, *EITHER)
    action, offered = _offered(request, campaign)
    today = clock.today()
    form = FilingForm(request.POST or None, initial={"received_on": today}, today=today)
    errors: list[str] = []
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data | {"body": campaign.bureau.filing_body or "上级纪检监察机关"}
        chosen = picked(request, offered)
        try:
            filing = actions.record_filing(campaign, facts=facts, chosen=chosen, action=action, by=request.user)
        except Refused as refusal:
            errors = list(refusal.sentences)
            _, offered = _offered(request, campaign)  # what was moved and rolled back bears wrong versions
        else:
            messages.success(request, f"已备案 {len(chosen)} 份，编号 {filing.receipt_no}，即日起执行。")
            return redirect("filing", campaign.pk)
    ticked = {dossier.pk for dossier, _ in picked(request, offered)}
    context = {
        "campaign": campaign,
        "form": form,
        "items": [
            present.item(dossier, today=today) | {"picked": dossier.pk in ticked or request.method == "GET"}
            for dossier in offered
        ],
        "receipts": [_receipt(filing) for filing in campaign.filings.select_related("recorded_by")],
        "paper": action == "file_paper",
        "errors": [{"text": text, "href": "#choice"} for text in errors],
    }
    return render(request, "assessments/filing.html", context, status=422 if errors or form.errors else 200)


def _offered(request: SignedIn, campaign: Campaign) -> tuple[str, list[Dossier]]:
    """The superior office files; the bureau's own office records paper."""
    for action in ("file", "file_paper"):
        if offered := open_for(campaign, action=action, user=request.user):
            return action, offered
    superior = reach.campaigns(request.user, Right.RECEIVE_FILING).filter(pk=campaign.pk).exists()
    if not superior and not reach.campaigns(request.user, Right.RUN_OFFICE).filter(pk=campaign.pk).exists():
        raise Http404
    return ("file" if superior else "file_paper"), []


def _receipt(filing: Any) -> dict[str, str]:
    return {
        "no": filing.receipt_no,
        "on": present.day(filing.received_on),
        "body": filing.body,
        "by": filing.recorded_by.name,
        "opinion": filing.opinion,
    }
