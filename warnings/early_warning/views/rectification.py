"""整改: causes, items and evidence, each a small form of its own on the warning's page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from early_warning import actions
from early_warning.forms import AnswererForm, CausesForm, EvidenceForm
from early_warning.models import RectificationItem, WarningNotice
from early_warning.views import reach
from early_warning.views.shown import fresh_item_form, handles, people_of, show
from lianzheng.attachments.actions import attached_to
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.access import SignedIn, signed_in
from lianzheng.organisation.models import User
from lianzheng.render.response import file_response


def _refused(request: SignedIn, found: WarningNotice, refusal: Refused, **more: Any) -> HttpResponse:
    fresh = reach.warning(request, found.pk)
    status = 409 if isinstance(refusal, Stale) else 422
    return show(request, fresh, sentences=refusal.sentences, status=status, **more)


@signed_in
@require_POST
def causes(request: SignedIn, pk: UUID) -> HttpResponse:
    """成因剖析 and 建章立制."""
    found = reach.warning(request, pk)
    form = CausesForm(request.POST, auto_id="causes_%s")
    if not form.is_valid():
        return show(request, found, causes_form=form, status=422)
    try:
        actions.save_causes(found, **form.cleaned_data, by=request.user)
    except Refused as refusal:
        return _refused(request, found, refusal, causes_form=form)
    messages.success(request, "成因剖析已保存。")
    return redirect("warning", found.pk)


@signed_in
@require_POST
def item(request: SignedIn, pk: UUID) -> HttpResponse:
    """One item: `item` in the form names the one that is changed or removed; none: a new one."""
    found = reach.warning(request, pk)
    row = _named(request, found)
    form = fresh_item_form(found, row, data=request.POST)
    if not form.is_valid():
        return show(request, found, item_form=form, item=row, status=422)
    data = dict(form.cleaned_data)
    try:
        if row is not None and request.POST.get("do") == "remove":
            actions.remove_item(row, version=data["version"], by=request.user)
        else:
            actions.save_item(found, item=row, **data, by=request.user)
    except Refused as refusal:
        return _refused(request, found, refusal, item_form=form, item=row)
    messages.success(request, "整改措施已保存。")
    return redirect("warning", found.pk)


def _named(request: SignedIn, found: WarningNotice) -> RectificationItem | None:
    key = request.POST.get("item", "")
    if not key:
        return None
    try:
        return reach.item(found, UUID(key))
    except ValueError:
        raise Http404 from None


@signed_in
@require_POST
def evidence(request: SignedIn, pk: UUID, item: UUID) -> HttpResponse:
    """佐证 of an item."""
    found = reach.warning(request, pk)
    row = reach.item(found, item)
    form = EvidenceForm(request.POST, request.FILES, prefix=str(row.pk))
    if not form.is_valid():
        return show(request, found, evidence_form=form, item=row, status=422)
    try:
        actions.add_evidence(row, scan=form.scan, by=request.user)
    except Refused as refusal:
        return _refused(request, found, refusal, evidence_form=form, item=row)
    messages.success(request, "佐证已上传。")
    return redirect("warning", found.pk)


@signed_in
@require_safe
def evidence_file(request: SignedIn, pk: UUID, proof: UUID) -> HttpResponse:
    """A file of evidence, as a download."""
    found = reach.warning(request, pk)
    kept = next((p for row in found.items.all() for p in row.evidence.all() if p.pk == proof), None)
    attachment = attached_to(kept).first() if kept else None
    if attachment is None:
        raise Http404
    reach.warning(request, pk, look="下载预警佐证")
    return file_response(bytes(attachment.content), name=attachment.name, kind=attachment.kind)


@signed_in
@require_POST
def answerer(request: SignedIn, pk: UUID) -> HttpResponse:
    """Somebody else answers: the section was reorganised, or the person has left."""
    found = reach.warning(request, pk)
    if not handles(request, found):
        raise Http404
    form = AnswererForm(request.POST, people=people_of(found))
    if not form.is_valid():
        sentences = tuple(str(text) for texts in form.errors.values() for text in texts)
        return show(request, found, sentences=sentences, status=422)
    data = form.cleaned_data
    to = User.objects.get(pk=data["to"])
    unit = to.home.post.unit if to.home else None
    try:
        actions.change_answerer(found, version=data["version"], to=to, unit=unit, by=request.user)
    except Refused as refusal:
        return _refused(request, found, refusal)
    messages.success(request, "承办人已更换。")
    return redirect("warning", found.pk)
