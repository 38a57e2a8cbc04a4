"""The office's pages of a round beside its board: reminders, closing and opening again."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from assessments import actions
from assessments.board import WRITING
from assessments.models import Dossier
from assessments.views import reach
from assessments.views.picking import uuid_or_none
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.forms import CleanForm
from lianzheng.organisation.roles import Right

REASON_MAX = 300


class ClosingForm(CleanForm):
    """A reason for every form that was not handed in."""

    def __init__(self, data: Any = None, *, missing: list[Dossier]) -> None:
        super().__init__(data)
        for dossier in missing:
            self.fields[f"why-{dossier.pk}"] = forms.CharField(
                label=f"{dossier.title}（{dossier.form_name}）未交原因", max_length=REASON_MAX
            )

    def reasons(self) -> dict[UUID, str]:
        return {UUID(name.removeprefix("why-")): text for name, text in self.cleaned_data.items()}


class ReopenForm(CleanForm):
    """Why the round is opened again."""

    reason = forms.CharField(label="重新开放的原因", max_length=REASON_MAX)


@may(Right.RUN_OFFICE)
@require_POST
def remind(request: SignedIn, pk: UUID) -> HttpResponse:
    """催办 what is ticked."""
    found = reach.campaign(request, pk)
    picked = {key for text in request.POST.getlist("pick")[:1000] if (key := uuid_or_none(text))}
    made = actions.remind(found, forms=picked, by=request.user)
    if not picked:
        messages.error(request, "请先勾选要催办的表。")
    elif made < len(picked):
        messages.info(request, f"已催办 {made} 份；其余的今天已催办过，或者已经交来。")
    else:
        messages.success(request, f"已催办 {made} 份，填报人在工作台上看到。")
    return redirect("campaign", found.pk)


@may(Right.RUN_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: SignedIn, pk: UUID) -> HttpResponse:
    """结束年度排查: the list of what is missing, a reason for each."""
    found = reach.campaign(request, pk)
    rows = found.dossiers.filter(state__in=WRITING).select_related("unit", "campaign", "table__post")
    missing = list(rows.order_by("stage", "unit__path", "title"))
    sent = request.method == "POST"
    form = ClosingForm(request.POST if sent else None, missing=missing)
    errors: list[str] = []
    if sent and form.is_valid():
        try:
            actions.close_campaign(found, reasons=form.reasons(), by=request.user)
        except Refused as refusal:
            errors = list(refusal.sentences)
        else:
            messages.success(request, f"“{found.title}”已结束，未交 {len(missing)} 份已列明原因。")
            return redirect("campaign", found.pk)
    context = {
        "campaign": found,
        "form": form,
        "items": [{"dossier": dossier, "field": form[f"why-{dossier.pk}"]} for dossier in missing],
        "errors": [{"text": text, "href": ""} for text in errors],
    }
    status = 409 if errors else 422 if form.errors else 200
    return render(request, "assessments/campaign_close.html", context, status=status)


@may(Right.RUN_OFFICE)
@require_POST
def reopen(request: SignedIn, pk: UUID) -> HttpResponse:
    """重新开放."""
    found = reach.campaign(request, pk)
    form = ReopenForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"重新开放的原因：{form.errors['reason'][0]}")
        return redirect("campaign", found.pk)
    try:
        actions.reopen_campaign(found, reason=form.cleaned_data["reason"], by=request.user)
    except Refused as refusal:
        messages.error(request, " ".join(refusal.sentences))
    else:
        messages.success(request, f"“{found.title}”已重新开放，可以补交。")
    return redirect("campaign", found.pk)
