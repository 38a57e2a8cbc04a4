"""备案: the office sends, the superior office answers, the office records what went on paper; both read the case."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import actions, filings, issued
from assessments.decision_forms import BackForm, PaperForm, ReceiptForm, SendForm
from assessments.models import Campaign, Dossier, Filing, State
from assessments.rules import filings_of, visible
from assessments.views import present, reach
from assessments.views.picking import open_for, picked
from assessments.views.printing import printed, printed_as_issued
from lianzheng import clock
from lianzheng.attachments.actions import attached_to
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.models import User
from lianzheng.organisation.rights import within
from lianzheng.organisation.roles import Right
from lianzheng.render.response import file_response

BODY = Right.RECEIVE_FILING
EITHER = (BODY, Right.RUN_OFFICE)
READERS = (*EITHER, Right.HEAD_BUREAU, Right.INSPECT)
TONES = {Filing.State.SENT: "attention", Filing.State.ACCEPTED: "ok", Filing.State.BACK: "danger"}
Errors = list[dict[str, str]]


def _received(user: User) -> Any:
    """Filings sent to the person's office."""
    return Filing.objects.within(within(user, BODY, unit="to"))


def _campaigns(user: User) -> Any:
    """Rounds of the bureaus one runs, and those from which something was sent to one's office."""
    sent = Q(pk__in=_received(user).values("campaign"))
    return Campaign.objects.within(sent | within(user, Right.RUN_OFFICE, unit="bureau")).select_related("bureau")


@may(*EITHER)
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """Rounds with something to file or to answer."""
    found = _campaigns(request.user).order_by("-year", "bureau__path")
    own = Dossier.objects.within(within(request.user, Right.RUN_OFFICE)).filter(state=State.FILING).order_by()
    waiting = dict(own.values_list("campaign").annotate(n=Count("pk")))
    sent = _received(request.user).filter(state=Filing.State.SENT).order_by()
    to_answer = dict(sent.values_list("campaign").annotate(n=Count("pk")))
    lines = [
        {
            "id": str(campaign.pk),
            "title": campaign.title,
            "bureau": campaign.bureau.name,
            "waiting": waiting.get(campaign.pk, 0),
            "answer": to_answer.get(campaign.pk, 0),
        }
        for campaign in found
    ]
    return render(request, "assessments/filings.html", {"lines": lines})


@may(*EITHER)
@require_http_methods(["GET", "HEAD", "POST"])
def of_campaign(request: SignedIn, pk: UUID) -> HttpResponse:
    """The filings of a round; for the office also what waits to be sent, with the covering report."""
    campaign: Campaign = get_object_or_404(_campaigns(request.user), pk=pk)
    runs = reach.campaigns(request.user, Right.RUN_OFFICE).filter(pk=pk).exists()
    if not runs:
        return _list(request, campaign)
    form = SendForm(
        request.POST or None, initial={"sent_no": filings.next_sent_no(campaign.bureau, year=campaign.year)}
    )
    offered = open_for(campaign, action="file_send", user=request.user)
    if request.method != "POST" or not form.is_valid():
        return _list(request, campaign, form=form, offered=offered)
    try:
        filing = actions.send_filing(
            campaign, facts=form.cleaned_data, chosen=picked(request, offered), by=request.user
        )
    except Refused as refusal:
        # what was moved and rolled back bears wrong versions
        offered = open_for(campaign, action="file_send", user=request.user)
        return _list(request, campaign, form=form, offered=offered, refusal=refusal)
    messages.success(request, f"已向{filing.body}报送 {len(filing.content['rows'])} 份，文号 {filing.sent_no}。")
    return redirect("filing_case", filing.pk)


def _list(
    request: SignedIn,
    campaign: Campaign,
    *,
    form: SendForm | None = None,
    offered: list[Dossier] | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    shown = campaign.filings.filter(filings_of(request.user)).select_related("campaign", "answered_by")
    context = {
        "campaign": campaign,
        "form": form,
        "items": _choice(request, offered or []),
        "filings": [_line(filing) for filing in shown],
        "online": form is not None and filings.body_of(campaign.bureau) is not None,
        "errors": _sentences(refusal),
    }
    return render(request, "assessments/filing.html", context, status=_status(form, refusal))


def _choice(request: SignedIn, offered: list[Dossier]) -> list[dict[str, Any]]:
    today = clock.today()
    ticked = {dossier.pk for dossier, _ in picked(request, offered)}
    return [
        present.item(dossier, today=today) | {"picked": dossier.pk in ticked or request.method == "GET"}
        for dossier in offered
    ]


def _sentences(refusal: Refused | None) -> Errors:
    return [{"text": text, "href": "#choice"} for text in refusal.sentences] if refusal else []


def _status(form: Any, refusal: Refused | None) -> int:
    if isinstance(refusal, Stale):
        return 409
    return 422 if refusal or (form is not None and form.errors) else 200


def _line(filing: Filing) -> dict[str, Any]:
    return {
        "id": str(filing.pk),
        "sent_no": filing.sent_no or "（纸面）",
        "sent_on": present.day(filing.sent_on),
        "papers": len(filing.content["rows"]),
        "state": {"text": filing.get_state_display(), "tone": TONES[Filing.State(filing.state)]},
        "receipt_no": filing.receipt_no,
        "received_on": present.day(filing.received_on),
        "open": filing.state == Filing.State.SENT,
    }


@may(Right.RUN_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def on_paper(request: SignedIn, pk: UUID) -> HttpResponse:
    """登记备案回执: a filing that went its way on paper, with the scan of its receipt."""
    campaign = reach.campaign(request, pk)
    today = clock.today()
    form = PaperForm(request.POST or None, request.FILES or None, initial={"received_on": today}, today=today)
    offered = open_for(campaign, action="file_paper", user=request.user)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        facts = {name: form.cleaned_data[name] for name in ("receipt_no", "received_on", "opinion")}
        chosen, scan = picked(request, offered), form.cleaned_data["scan"]
        try:
            filing = actions.record_filing(campaign, facts=facts, chosen=chosen, scan=scan, by=request.user)
        except Refused as caught:
            refusal = caught
            offered = open_for(campaign, action="file_paper", user=request.user)
        else:
            messages.success(request, _in_force(filing))
            return redirect("filing_case", filing.pk)
    context = {"campaign": campaign, "form": form, "items": _choice(request, offered), "errors": _sentences(refusal)}
    return render(request, "assessments/filing_paper.html", context, status=_status(form, refusal))


def _in_force(filing: Filing) -> str:
    """What a receipt brings: it may be dated before today."""
    count = len(filing.content["rows"])
    return f"已备案 {count} 份，编号 {filing.receipt_no}，自 {filing.received_on} 起执行。"


def _case(request: SignedIn, pk: UUID, *, body: bool = False) -> Filing:
    """A filing the person may read, or (`body`) may answer."""
    rows = _received(request.user) if body else Filing.objects.within(filings_of(request.user))
    related = ("bureau", "campaign", "sent_by", "answered_by", "to")
    found: Filing = get_object_or_404(rows.select_related(*related), pk=pk)
    return found


@may(*READERS)
@require_safe
def case(request: SignedIn, pk: UUID) -> HttpResponse:
    """One filing: what was sent, its papers, and the answer or the forms for it."""
    return _show(request, _case(request, pk))


def _show(
    request: SignedIn,
    filing: Filing,
    *,
    receipt: ReceiptForm | None = None,
    back: BackForm | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    answers = filing.state == Filing.State.SENT and _received(request.user).filter(pk=filing.pk).exists()
    today = clock.today()
    usual = {"receipt_no": filings.next_receipt_no(filing, day=today), "received_on": today} if answers else {}
    seen = Dossier.objects.within(visible(request.user)).filter(filing=filing)
    urls = {str(dossier.pk): dossier.get_absolute_url() for dossier in seen.only("pk")}
    ticked = request.POST.getlist("pick")
    context = {
        "filing": filing,
        "line": _line(filing),
        "facts": _facts(filing),
        "columns": filing.content["columns"],
        "rows": [
            {"id": pk, "cells": cells, "title": cells[3], "url": urls.get(pk, ""), "picked": pk in ticked}
            for pk, cells in zip(filing.content["ids"], filing.content["rows"], strict=True)
        ],
        "scans": list(attached_to(filing)),
        "answers": answers,
        "receipt": receipt or ReceiptForm(initial=usual, today=today),
        "back": back or BackForm(prefix="back"),
        "errors": [{"text": text, "href": "#answer"} for text in refusal.sentences] if refusal else [],
    }
    status = _status(receipt or back, refusal)
    return render(request, "assessments/filing_case.html", context, status=status)


def _facts(filing: Filing) -> list[dict[str, str]]:
    found = [
        ("报送单位", filing.bureau.name),
        ("备案机关", filing.body),
        ("报送文号", filing.sent_no or "（纸面报送）"),
        ("报送日期", present.day(filing.sent_on)),
        ("报送人" if not filing.paper else "登记人", filing.sent_by.name),
        ("备案编号", filing.receipt_no),
        ("备案日期", present.day(filing.received_on)),
        ("办理人", filing.answered_by.name if filing.answered_by and not filing.paper else ""),
        ("意见", filing.opinion),
    ]
    return [{"term": term, "text": text} for term, text in found if text]


@may(BODY)
@require_POST
def accept(request: SignedIn, pk: UUID) -> HttpResponse:
    """同意备案, with the number of the receipt."""
    filing = _case(request, pk, body=True)
    form = ReceiptForm(request.POST, today=clock.today())
    if not form.is_valid():
        return _show(request, filing, receipt=form)
    try:
        actions.accept_filing(filing, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        return _show(request, _case(request, pk), receipt=form, refusal=refusal)
    messages.success(request, _in_force(filing))
    return redirect("filing_case", filing.pk)


@may(BODY)
@require_POST
def back(request: SignedIn, pk: UUID) -> HttpResponse:
    """退回: what is ticked goes to its writer, the rest waits to be sent again."""
    filing = _case(request, pk, body=True)
    form = BackForm(request.POST, prefix="back")
    if not form.is_valid():
        return _show(request, filing, back=form)
    ticked = set(request.POST.getlist("pick"))
    mend = [dossier for dossier in filing.dossiers.all() if str(dossier.pk) in ticked]
    try:
        actions.return_filing(filing, mend=mend, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        return _show(request, _case(request, pk), back=form, refusal=refusal)
    messages.success(request, f"已退回{filing.bureau.name}，其中退回修改 {len(mend)} 份。")
    return redirect("filing_case", filing.pk)


@may(*READERS)
@require_safe
def document(request: SignedIn, pk: UUID, paper: str) -> HttpResponse:
    """The covering report, or the receipt."""
    filing = _case(request, pk)
    accepted = filing.state == Filing.State.ACCEPTED
    if filing.paper or paper not in ("letter", "receipt") or (paper == "receipt" and not accepted):
        raise Http404
    name = "备案报告" if paper == "letter" else "备案回执"
    record("导出", subject=filing, bureau=filing.bureau, detail={"文件": name}, by=request.user)
    if paper == "receipt":
        return printed(filings.receipt_of(filing), name=name)
    sent = issued.paper_of(filing)
    return printed_as_issued(request, sent, draw=lambda below: filings.letter_of(filing, below=below), name=name)


@may(*READERS)
@require_safe
def scan(request: SignedIn, pk: UUID, attachment: UUID) -> HttpResponse:
    """A scan of the filing, as a download."""
    filing = _case(request, pk)
    found = get_object_or_404(attached_to(filing), pk=attachment)
    record("下载附件", subject=filing, bureau=filing.bureau, digest=found.sha256, by=request.user)
    return file_response(bytes(found.content), name=found.name, kind=found.kind)
