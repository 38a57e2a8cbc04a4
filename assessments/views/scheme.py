"""Scoring schemes of a bureau: draft, see what it would change, put in use."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import actions
from assessments.effect import Effect, effect_of
from assessments.forms import DimensionForm
from assessments.levels import VOCABULARIES
from assessments.models import Campaign, Scheme
from assessments.schemes import SHIPPED
from assessments.scoring import GRADES, dimensions_of
from assessments.views import reach
from assessments.views.picking import version_in
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.rights import within
from lianzheng.organisation.roles import Right

MOST_DIMENSIONS = 12
SPARE = 1
MOST_NAMED = 200


def _scheme(request: SignedIn, pk: UUID) -> Scheme:
    scope = within(request.user, Right.RUN_OFFICE, unit="bureau")
    found: Scheme = get_object_or_404(Scheme.objects.within(scope).select_related("bureau"), pk=pk)
    return found


@may(Right.RUN_OFFICE)
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """All versions, the newest first."""
    bureaus = reach.run_by(request.user)
    found = Scheme.objects.within(within(request.user, Right.RUN_OFFICE, unit="bureau")).select_related("bureau")
    lines = [
        {"scheme": scheme, "state": scheme.get_state_display(), "active": scheme.state == Scheme.State.ACTIVE}
        for scheme in found.order_by("bureau__path", "-number")
    ]
    shipped = [{"key": key, "name": name} for key, (name, _) in SHIPPED.items()]
    return render(request, "assessments/schemes.html", {"lines": lines, "bureaus": bureaus, "shipped": shipped})


@may(Right.RUN_OFFICE)
@require_POST
def new(request: SignedIn) -> HttpResponse:
    """A draft from a shipped scheme or from the one in use."""
    bureaus = reach.run_by(request.user)
    only = bureaus[0] if len(bureaus) == 1 else None
    bureau = next((unit for unit in bureaus if str(unit.pk) == request.POST.get("bureau")), only)
    if bureau is None:
        raise Http404
    source = request.POST.get("source", "")
    active = Scheme.objects.in_bureau(bureau).filter(state=Scheme.State.ACTIVE).first()
    if source in SHIPPED:
        name, dimensions = SHIPPED[source]
    elif active is not None:
        name, dimensions = active.name, active.dimensions
    else:
        name, dimensions = SHIPPED["six"]
    scheme = actions.draft_scheme(bureau, name=name, dimensions=list(dimensions), by=request.user)
    return redirect("scheme", scheme.pk)


@may(Right.RUN_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """A draft to edit, or a version in use to read."""
    scheme = _scheme(request, pk)
    if request.method != "POST":
        return _show(request, scheme)
    forms = _forms(scheme, request.POST)
    errors = [
        f"第{n}个维度 {form.fields[name].label if name != '__all__' else ''}：{text}"
        for n, form in enumerate(forms, start=1)
        for name, texts in form.errors.items()
        for text in texts
    ]
    name = request.POST.get("scheme_name", "").strip()[:60]
    if not name:
        errors.append("请填写方案名称。")
    if not errors:
        try:
            dimensions, version = _dimensions(forms), version_in(request)
            actions.save_scheme(scheme, version=version, name=name, dimensions=dimensions, by=request.user)
        except Refused as refusal:
            errors = list(refusal.sentences)
        else:
            messages.success(request, "草案已保存。")
            return redirect("scheme", scheme.pk)
    return _show(request, scheme, forms=forms, errors=errors, status=422)


def _forms(scheme: Scheme, data: Any = None) -> list[DimensionForm]:
    """A form for each dimension, and a spare one to add another."""
    count = min(len(scheme.dimensions) + SPARE, MOST_DIMENSIONS)
    if data is None:
        initial = [
            {"code": item["code"], "name": item["name"], "weight": item["weight"]}
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
    request: SignedIn, scheme: Scheme, *, forms: Any = None, errors: list[str] | None = None, status: int = 200
) -> HttpResponse:
    problem, effect = _effect(scheme)
    context = {
        "scheme": scheme,
        "draft": scheme.state == Scheme.State.DRAFT,
        "state": scheme.get_state_display(),
        "forms": forms or _forms(scheme),
        "total": sum((Decimal(item["weight"]) for item in scheme.dimensions), Decimal(0)),
        "problem": problem,
        "effect": effect,
        "errors": [{"text": text, "href": "#dimensions"} for text in errors or ()],
    }
    return render(request, "assessments/scheme.html", context, status=status)


def _effect(scheme: Scheme) -> tuple[str, dict[str, Any] | None]:
    """Why the draft cannot be put in use, and what it would change in the newest round."""
    try:
        dimensions = dimensions_of(scheme.dimensions)
    except ValueError as error:
        return str(error), None
    campaign = Campaign.objects.in_bureau(scheme.bureau).order_by("-year").first()
    if scheme.state != Scheme.State.DRAFT or campaign is None:
        return "", None
    return "", _told(
        effect_of(dimensions, campaign=campaign), words=VOCABULARIES[scheme.bureau.vocabulary], of=campaign
    )


def _told(effect: Effect, *, words: Any, of: Campaign) -> dict[str, Any]:
    pairs = sorted(effect.points.items())
    return {
        "round": of.title,
        "changed": effect.changed_points,
        "unfinished": effect.unfinished,
        "points": [{"before": words[b], "after": words[a], "number": n} for (b, a), n in pairs],
        "moved": [
            {"title": item.title, "dossier": item.dossier, "before": words[item.before], "after": words[item.after]}
            for item in effect.moved[:MOST_NAMED]
        ],
        "moved_number": len(effect.moved),
    }


@may(Right.RUN_OFFICE)
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


@may(Right.RUN_OFFICE)
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
