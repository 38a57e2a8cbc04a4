"""What the office does with a notice that is up: its files, a longer period, a corrected version, withdrawal, and the
form that an upheld objection sends back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import actions
from assessments.forms import CorrectionForm, ExtensionForm, SendBackForm, WithdrawalForm
from assessments.models import Dossier, Objection, PublicNotice, State
from assessments.notice_files import paper_of
from assessments.views import notice as pages
from assessments.views import present
from lianzheng import clock, codes
from lianzheng.accounts.proof import recent
from lianzheng.flow import Refused, Said, Stale, digest
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.roles import Right

UPHELD = (Objection.State.UPHELD, Objection.State.PARTLY)


@may(Right.RUN_OFFICE)
@require_safe
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """Everything about one notice."""
    return _show(request, pages.reach_managed(request, pk))


def _show(
    request: SignedIn,
    found: PublicNotice,
    *,
    typed: dict[str, forms.Form] | None = None,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """The page; `typed` holds the form that was sent, with what is wrong with it."""
    item = pages.line(found, clock.today())
    held = _held(found)
    context = {
        "notice": item,
        "campaign": found.campaign,
        "facts": _facts(found),
        "held": [present.item(dossier) for dossier in held],
        "versions": [pages.line(version, clock.today()) for version in _versions(found)],
        "forms": _forms(found, held) | (typed or {}) if item["running"] else {},
        "errors": [{"text": text, "href": ""} for text in errors],
    }
    return render(request, "assessments/notice_manage.html", context, status=status)


def _forms(found: PublicNotice, held: list[Dossier]) -> dict[str, forms.Form]:
    """A form for each change that is possible now."""
    offered: dict[str, forms.Form] = {
        "extend": ExtensionForm(prefix="extend", initial={"days": found.days}),
        "withdraw": WithdrawalForm(prefix="withdraw"),
    }
    states = Objection.objects.in_bureau(found.bureau).filter(notice__items__dossier__in=held, state__in=UPHELD)
    if held and states.exists():
        offered["back"] = SendBackForm(prefix="back", dossiers=_choices(held))
    return offered


def _held(found: PublicNotice) -> list[Dossier]:
    held = found.dossiers.filter(state=State.PUBLISHED).select_related("unit", "bureau", "campaign")
    return list(held.order_by("unit__path", "kind", "title"))


def _choices(held: list[Dossier]) -> list[tuple[str, str]]:
    return [(str(dossier.pk), f"{dossier.form_name} {dossier.title}") for dossier in held]


def _versions(found: PublicNotice) -> list[PublicNotice]:
    """The versions before and after, by number; versions are few."""
    chain = {found.pk: found}
    rows = found.campaign.notices.select_related("bureau", "campaign").order_by("number")
    links = {notice.pk: notice for notice in rows}
    for notice in links.values():
        if notice.previous_id in chain:
            chain[notice.pk] = notice
    for notice in reversed(links.values()):
        if any(other.previous_id == notice.pk for other in chain.values()):
            chain[notice.pk] = notice
    return sorted(chain.values(), key=lambda notice: notice.number) if len(chain) > 1 else []


def _facts(found: PublicNotice) -> list[dict[str, str]]:
    paper = paper_of(found)
    return [
        {"term": "公示编号", "text": paper.number},
        {"term": "范围", "text": found.get_scope_display()},
        {"term": "公示期", "text": f"{paper.period}，{found.days} 个工作日"},
        {"term": "验证码", "text": codes.grouped(paper.token)},
        {"term": "内容摘要（SHA-256）", "text": paper.digest},
        {"term": "日志封印", "text": paper.seal or "签发时本单位日志还没有封印"},
        {"term": "变动", "text": f"{found.get_fate_display()}：{found.fate_reason}" if found.fate else "无"},
    ]


def _act(
    request: SignedIn, found: PublicNotice, name: str, form: forms.Form, *, act: Callable[[dict[str, Any]], str]
) -> HttpResponse:
    """Run the act with the form's data; what cannot be done comes back with a sentence and what was typed."""
    if not form.is_valid():
        return _show(request, found, typed={name: form}, status=422)
    try:
        done = act(form.cleaned_data)
    except Refused as refusal:
        found = pages.reach_managed(request, found.pk)
        status = 409 if isinstance(refusal, Stale) else 422
        sentences = tuple(dict.fromkeys(refusal.sentences))
        return _show(request, found, typed={name: form}, errors=sentences, status=status)
    messages.success(request, done)
    return redirect("notices", found.campaign_id)


@may(Right.RUN_OFFICE)
@require_POST
def extend(request: SignedIn, pk: UUID) -> HttpResponse:
    """延长公示期."""
    found = pages.reach_managed(request, pk)

    def act(data: dict[str, Any]) -> str:
        new = actions.extend_notice(found, days=data["days"], reason=data["why"], by=request.user)
        return f"公示期已延长到 {new.ends_on}。"

    return _act(request, found, "extend", ExtensionForm(request.POST, prefix="extend"), act=act)


@may(Right.RUN_OFFICE)
@require_POST
def withdraw(request: SignedIn, pk: UUID) -> HttpResponse:
    """撤回公示: its forms wait for another notice."""
    found = pages.reach_managed(request, pk)

    def act(data: dict[str, Any]) -> str:
        count = actions.withdraw_notice(found, reason=data["why"], by=request.user)
        return f"已撤回公示，{count} 份表回到待公示。"

    return _act(request, found, "withdraw", WithdrawalForm(request.POST, prefix="withdraw"), act=act)


@may(Right.RUN_OFFICE)
@require_POST
def send_back(request: SignedIn, pk: UUID) -> HttpResponse:
    """异议成立: the form is mended and put up again later; the notice goes on without it."""
    found = pages.reach_managed(request, pk)
    held = {str(dossier.pk): dossier for dossier in _held(found)}

    def act(data: dict[str, Any]) -> str:
        dossier = held[data["dossier"]]
        said = Said(opinion=data["opinion"], reason=data["reason"], due_on=data["due_on"])
        new = actions.send_objected_back(found, dossier=dossier, said=said, by=request.user)
        rest = "其余内容以更正后的公示继续。" if new else "公示已撤回。"
        return f"已退回修改：{dossier.title}；{rest}"

    form = SendBackForm(request.POST, prefix="back", dossiers=_choices(list(held.values())))
    return _act(request, found, "back", form, act=act)


@may(Right.RUN_OFFICE)
@recent(pages.publishes)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: SignedIn, pk: UUID) -> HttpResponse:
    """更正: change the head of the notice, see the new version, then let it take the old one's place."""
    found = pages.reach_managed(request, pk)
    held = _held(found)
    form = pages.draft_form(CorrectionForm, found.bureau, held, request, initial=_as_it_stands(found))
    errors: list[str] = []
    preview = None
    if request.method == "POST" and form.is_valid():
        preview, errors = pages.drafted(request, found.bureau, form, held)
        if pages.wants_publishing(request, errors):
            facts = {name: value for name, value in form.cleaned_data.items() if name != "why"}
            try:
                new = actions.correct_notice(found, facts=facts, reason=form.cleaned_data["why"], by=request.user)
            except Refused as refusal:
                errors, preview = list(refusal.sentences), None
            else:
                messages.success(request, f"已更正公示，新的公示到 {new.ends_on} 为止。")
                return redirect("notice", new.pk)
    context = {
        "notice": pages.line(found, clock.today()),
        "campaign": found.campaign,
        "form": form,
        "preview": preview,
        "digest": digest(preview) if preview else "",
        "errors": [{"text": text, "href": ""} for text in errors],
    }
    return render(request, "assessments/notice_correct.html", context, status=422 if errors or form.errors else 200)


def _as_it_stands(found: PublicNotice) -> dict[str, Any]:
    names = ("title", "scope", "first_public", "days", "phone", "place")
    return {name: getattr(found, name) for name in names} | {"starts_on": clock.today()}
