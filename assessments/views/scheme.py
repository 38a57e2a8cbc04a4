"""Scoring schemes of a bureau, or of the county for all below it: draft, see what it would change, put in use."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import actions
from assessments.effect import Effect, Moved, effect_of
from assessments.forms import DimensionForm, SchemeForm
from assessments.levels import VOCABULARIES
from assessments.models import Campaign, Dossier, Scheme
from assessments.rules import visible
from assessments.schemes import SHIPPED, VETOES
from assessments.scoring import GRADES, dimensions_of
from assessments.views import reach
from assessments.views.picking import version_in
from lianzheng import clock
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.rights import units, within
from lianzheng.organisation.roles import Right

MOST_DIMENSIONS = 12
SPARE = 1
MOST_NAMED = 200
KINDS = {"post": "岗位", "section": "股室", "bureau": "单位"}


def _scope(user: User) -> Q:
    """Schemes that are this person's to draft: the office's own bureau's, the county office's county's."""
    county = within(user, Right.VERIFY_BUREAU, unit="bureau") & Q(bureau__kind=Unit.Kind.REGION)
    return within(user, Right.RUN_OFFICE, unit="bureau") | county


def _owners(user: User) -> list[Unit]:
    regions = [unit for unit in units(user, Right.VERIFY_BUREAU) if unit.kind == Unit.Kind.REGION]
    return [*regions, *reach.run_by(user)]


def _scheme(request: SignedIn, pk: UUID) -> Scheme:
    found: Scheme = get_object_or_404(Scheme.objects.within(_scope(request.user)).select_related("bureau"), pk=pk)
    return found


@may(Right.RUN_OFFICE, Right.VERIFY_BUREAU)
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """All versions, the newest first, and which scheme governs each bureau's newest round."""
    owners = _owners(request.user)
    found = Scheme.objects.within(_scope(request.user)).select_related("bureau")
    lines = [
        {"scheme": scheme, "state": scheme.get_state_display(), "active": scheme.state == Scheme.State.ACTIVE}
        for scheme in found.order_by("bureau__path", "-year", "-number")
    ]
    context = {
        "lines": lines,
        "owners": owners,
        "shipped": [{"key": key, "name": name} for key, (name, _) in SHIPPED.items()],
        "governed": [line for owner in owners if (line := _governed(owner))],
    }
    return render(request, "assessments/schemes.html", context)


def _governed(owner: Unit) -> dict[str, Any] | None:
    if owner.kind == Unit.Kind.REGION:
        return None
    year = clock.today().year
    scheme = actions.governing(owner, year=year)
    inherited = scheme is not None and scheme.bureau_id != owner.pk
    return {"bureau": owner.name, "year": year, "scheme": scheme, "inherited": inherited}


@may(Right.RUN_OFFICE, Right.VERIFY_BUREAU)
@require_POST
def new(request: SignedIn) -> HttpResponse:
    """A draft from a shipped scheme or from the one in use."""
    owners = _owners(request.user)
    only = owners[0] if len(owners) == 1 else None
    owner = next((unit for unit in owners if str(unit.pk) == request.POST.get("bureau")), only)
    if owner is None:
        raise Http404
    scheme = actions.draft_scheme(owner, content=_source(owner, request.POST.get("source", "")), by=request.user)
    return redirect("scheme", scheme.pk)


def _source(owner: Unit, key: str) -> dict[str, Any]:
    """What the draft starts from."""
    active = actions.governing(owner, year=clock.today().year)
    if key in SHIPPED or active is None:
        name, dimensions = SHIPPED.get(key, SHIPPED["six"])
        return {"name": name, "dimensions": list(dimensions)}
    return {name: getattr(active, name) for name in ("name", "dimensions", "raters", "vetoes")}


@may(Right.RUN_OFFICE, Right.VERIFY_BUREAU)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """A draft to edit, or a version in use to read."""
    scheme = _scheme(request, pk)
    if request.method != "POST":
        return _show(request, scheme)
    head, forms = SchemeForm(request.POST), _forms(scheme, request.POST)
    errors = _wrong(head, forms)
    if not errors:
        try:
            content = head.content(known=[*VETOES, *scheme.vetoes]) | {"dimensions": _dimensions(forms)}
            actions.save_scheme(scheme, version=version_in(request), content=content, by=request.user)
        except Refused as refusal:
            errors = list(refusal.sentences)
        else:
            messages.success(request, "草案已保存。")
            return redirect("scheme", scheme.pk)
    return _show(request, scheme, head=head, forms=forms, errors=errors, status=422)


def _wrong(head: SchemeForm, forms: Sequence[DimensionForm]) -> list[str]:
    """A sentence for each thing that is wrong, with its place."""
    found = [f"{head.fields[name].label}：{text}" for name, texts in head.errors.items() for text in texts]
    for n, form in enumerate(forms, start=1):
        for name, texts in form.errors.items():
            label = form.fields[name].label if name != "__all__" else ""
            found += [f"第{n}个维度 {label}：{text}" for text in texts]
    return found


def _head(scheme: Scheme) -> SchemeForm:
    texts = [item["text"] for item in scheme.vetoes or VETOES]
    initial = {name: getattr(scheme, name) for name in ("name", "year", "raters")}
    return SchemeForm(initial=initial | {"veto_on": bool(scheme.vetoes), "veto_texts": "\n".join(texts)})


def _forms(scheme: Scheme, data: Any = None) -> list[DimensionForm]:
    """A form for each dimension, and a spare one to add another."""
    count = min(len(scheme.dimensions) + SPARE, MOST_DIMENSIONS)
    if data is None:
        initial = [
            {name: item.get(name) for name in ("code", "name", "weight", "reverse")}
            | {f"wording_{grade}": text for grade, text in zip(GRADES, item["wording"], strict=True)}
            for item in scheme.dimensions
        ] + [{}] * (count - len(scheme.dimensions))
        return [DimensionForm(initial=values, prefix=f"d{n}") for n, values in enumerate(initial)]
    return [DimensionForm(data, prefix=f"d{n}") for n in range(count)]


def _dimensions(forms: list[DimensionForm]) -> list[dict[str, Any]]:
    """The named ones, each with a code of its own that stays the same for ever."""
    kept = [form.dimension() for form in forms if form.cleaned_data.get("name")]
    used = {item["code"] for item in kept}
    for item in kept:
        if not item["code"]:
            item["code"] = next(f"own{n}" for n in range(1, 100) if f"own{n}" not in used)
            used.add(item["code"])
    if not kept:
        raise Refused("方案至少要有一个维度。")
    return kept


def _show(
    request: SignedIn,
    scheme: Scheme,
    *,
    head: SchemeForm | None = None,
    forms: Any = None,
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    problem, effect = _effect(request.user, scheme)
    context = {
        "scheme": scheme,
        "draft": scheme.state == Scheme.State.DRAFT,
        "state": scheme.get_state_display(),
        "head": head or _head(scheme),
        "forms": forms or _forms(scheme),
        "total": sum((Decimal(item["weight"]) for item in scheme.dimensions), Decimal(0)),
        "problem": problem,
        "effect": effect,
        "errors": [{"text": text, "href": "#dimensions"} for text in errors or ()],
    }
    return render(request, "assessments/scheme.html", context, status=status)


def _effect(user: User, scheme: Scheme) -> tuple[str, dict[str, Any] | None]:
    """Why the draft cannot be put in use, and what it would change in the newest rounds."""
    try:
        dimensions = dimensions_of(scheme.dimensions)
    except ValueError as error:
        return str(error), None
    rounds = actions.newest_rounds(scheme) if scheme.state == Scheme.State.DRAFT else []
    if not rounds:
        return "", None
    effect = effect_of(dimensions, campaigns=rounds, vetoes=[item["code"] for item in scheme.vetoes])
    return "", _told(effect, user=user, scheme=scheme, rounds=rounds)


def _told(effect: Effect, *, user: User, scheme: Scheme, rounds: Sequence[Campaign]) -> dict[str, Any]:
    words = VOCABULARIES[scheme.bureau.vocabulary]
    seen = _seen(user, [*effect.moved[:MOST_NAMED], *effect.named])
    later = [campaign for campaign in rounds if campaign.year < scheme.year]
    return {
        "round": rounds[0].title if len(rounds) == 1 else f"{len(rounds)} 个单位最近一次排查",
        "later": bool(later),
        "changed": effect.changed_points,
        "unfinished": effect.unfinished,
        "points": [{"before": words[b], "after": words[a], "number": n} for (b, a), n in sorted(effect.points.items())],
        "kinds": [{"word": word, "number": effect.moved_of(kind)} for kind, word in KINDS.items()],
        "moved": _lines(effect.moved[:MOST_NAMED], seen, words),
        "named": _lines(effect.named, seen, words),
    }


def _seen(user: User, items: Sequence[Moved]) -> set[str]:
    """Which of the named papers this person may open; the county counts what it may not read."""
    ids = {item.dossier for item in items}
    return {str(pk) for pk in Dossier.objects.within(visible(user)).filter(pk__in=ids).values_list("pk", flat=True)}


def _lines(items: Sequence[Moved], seen: set[str], words: Any) -> list[dict[str, Any]]:
    return [
        {
            "title": item.title,
            "point": item.point,
            "kind": KINDS[item.kind],
            "dossier": item.dossier,
            "before": words[item.before],
            "after": words[item.after],
        }
        for item in items
        if item.dossier in seen
    ]


@may(Right.RUN_OFFICE, Right.VERIFY_BUREAU)
@require_POST
def activate(request: SignedIn, pk: UUID) -> HttpResponse:
    """Put the draft in use."""
    scheme = _scheme(request, pk)
    try:
        scored = actions.activate_scheme(scheme, version=version_in(request), by=request.user)
    except Refused as refusal:
        return _show(request, _scheme(request, pk), errors=list(refusal.sentences), status=409)
    messages.success(request, f"{scheme} 已启用，{scored} 份填写中的表已按新方案重新评分；已上报的表不变。")
    return redirect("schemes")


@may(Right.RUN_OFFICE, Right.VERIFY_BUREAU)
@require_POST
def discard(request: SignedIn, pk: UUID) -> HttpResponse:
    """Throw a draft away."""
    try:
        actions.discard_scheme(_scheme(request, pk), by=request.user)
    except Refused as refusal:
        messages.error(request, " ".join(refusal.sentences))
    else:
        messages.success(request, "草案已删除。")
    return redirect("schemes")
