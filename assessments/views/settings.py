"""What the office sets for its bureau: words and optional steps, the table of criteria, who falls under which line."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import actions
from assessments.forms import CriterionForm, OptionsForm
from assessments.levels import VOCABULARIES
from assessments.views import reach
from assessments.views.picking import version_in
from lianzheng.flow import Refused
from lianzheng.organisation import actions as organisation
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.criteria import SHIPPED
from lianzheng.organisation.models import Criterion, Post, Unit
from lianzheng.organisation.rights import within
from lianzheng.organisation.roles import Right

NOTE_MAX = 300


def _bureau(request: SignedIn) -> tuple[Unit, list[Unit]]:
    """The bureau whose settings are shown: the one picked, else the first this person runs."""
    bureaus = reach.run_by(request.user)
    if not bureaus:
        raise Http404
    picked = request.POST.get("bureau") or request.GET.get("bureau")
    return next((unit for unit in bureaus if str(unit.pk) == picked), bureaus[0]), bureaus


def _back(name: str, bureau: Unit) -> HttpResponse:
    return redirect(f"{reverse(name)}?bureau={bureau.pk}")


@may(Right.RUN_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def options(request: SignedIn) -> HttpResponse:
    """本单位设置."""
    bureau, bureaus = _bureau(request)
    form = OptionsForm(request.POST or None, bureau=bureau)
    if form.is_valid():
        data = form.cleaned_data
        actions.set_options(bureau, vocabulary=data["vocabulary"], switches=form.switches(), by=request.user)
        messages.success(request, "本单位设置已保存。")
        return _back("options", bureau)
    context = {"bureau": bureau, "bureaus": bureaus, "form": form}
    return render(request, "assessments/options.html", context, status=422 if form.errors else 200)


@may(Right.RUN_OFFICE)
@require_safe
def criteria(request: SignedIn) -> HttpResponse:
    """划分标准."""
    return _show(request, *_bureau(request))


def _show(
    request: SignedIn,
    bureau: Unit,
    bureaus: list[Unit],
    *,
    added: CriterionForm | None = None,
    typed: tuple[Criterion, QueryDict] | None = None,
    errors: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    lines = list(Criterion.objects.in_bureau(bureau).order_by("-active", "kind", "rank", "order"))
    words = VOCABULARIES[bureau.vocabulary]
    context = {
        "bureau": bureau,
        "bureaus": bureaus,
        "lines": [_line(line, words, typed[1] if typed and typed[0] == line else {}) for line in lines],
        "ranks": [{"value": str(n), "word": word} for n, word in words.items()],
        "profiles": [{"key": key, "name": Unit.Workflow(key).label} for key in SHIPPED],
        "owners": _owners(bureau, [line for line in lines if line.active], words),
        "form": added or CriterionForm(words=words),
        "errors": [{"text": text, "href": "#lines"} for text in errors],
    }
    return render(request, "assessments/criteria.html", context, status=status)


def _line(line: Criterion, words: Any, typed: Mapping[str, Any]) -> dict[str, Any]:
    """A line as its form shows it: what was typed where it was refused, else what is kept."""
    kept = {"id": str(line.pk), "kind": line.get_kind_display(), "active": line.active, "version": line.version}
    values = {"text": line.text, "source": line.source, "rank": str(line.rank)}
    return kept | {name: typed.get(name, value) for name, value in values.items()}


def _owners(bureau: Unit, lines: list[Criterion], words: Any) -> list[dict[str, Any]]:
    """Every section and post with the lines it may fall under."""
    choices: dict[str, list[dict[str, str]]] = {"post": [], "section": []}
    for line in lines:
        choices[line.kind].append({"id": str(line.pk), "text": f"{words[line.rank]}：{line.text}"})
    owned: list[tuple[str, Post | Unit, str]] = [("section", unit, unit.name) for unit in _sections(bureau)]
    owned += [("post", post, f"{post.unit.name} {post.name}") for post in _posts(bureau)]
    return [
        {
            "id": str(owner.pk),
            "name": name,
            "kind": Criterion.Kind(kind).label,
            "line": str(owner.criterion_id or ""),
            "note": owner.criterion_note,
            "choices": choices[kind],
        }
        for kind, owner, name in owned
    ]


def _sections(bureau: Unit) -> list[Unit]:
    """The bureau itself (its own form is rated as well) and its sections."""
    kinds = (Unit.Kind.BUREAU, Unit.Kind.TOWN, Unit.Kind.SECTION, Unit.Kind.STATION)
    return list(Unit.objects.under(bureau).filter(kind__in=kinds, active=True).order_by("path", "order"))


def _posts(bureau: Unit) -> list[Post]:
    held = Post.objects.in_bureau(bureau).filter(active=True)
    return list(held.select_related("unit", "bureau").order_by("unit__order", "order", "name"))


@may(Right.RUN_OFFICE)
@require_POST
def criterion_add(request: SignedIn) -> HttpResponse:
    """A new line, or a shipped table taken in."""
    bureau, bureaus = _bureau(request)
    profile = request.POST.get("profile", "")
    if profile in SHIPPED:
        number = organisation.adopt_criteria(bureau, profile=profile, by=request.user)
        messages.success(request, f"已采用，新增 {number} 条标准。")
        return _back("criteria", bureau)
    form = CriterionForm(request.POST, words=VOCABULARIES[bureau.vocabulary])
    if form.is_valid():
        try:
            organisation.add_criterion(bureau, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            form.add_error("text", " ".join(refusal.sentences))
        else:
            messages.success(request, "已新增一条标准。")
            return _back("criteria", bureau)
    return _show(request, bureau, bureaus, added=form, status=422)


@may(Right.RUN_OFFICE)
@require_POST
def criterion(request: SignedIn, pk: UUID) -> HttpResponse:
    """Change, retire or put back one line."""
    scope = within(request.user, Right.RUN_OFFICE, unit="bureau")
    line: Criterion = get_object_or_404(Criterion.objects.within(scope).select_related("bureau"), pk=pk)
    form = CriterionForm({**request.POST.dict(), "kind": line.kind}, words=VOCABULARIES[line.bureau.vocabulary])
    sentences: tuple[str, ...] = tuple(str(text) for texts in form.errors.values() for text in texts)
    if form.is_valid():
        data = form.cleaned_data
        active = request.POST.get("do") != "retire"
        values = {"rank": data["rank"], "text": data["text"], "source": data["source"], "active": active}
        try:
            actions.save_line(line, version=version_in(request), **values, by=request.user)
        except Refused as refusal:
            sentences = refusal.sentences
        else:
            messages.success(request, "标准已保存，填写中的表已重新计算建议等级。")
            return _back("criteria", line.bureau)
    typed = (line, request.POST)
    return _show(request, line.bureau, reach.run_by(request.user), typed=typed, errors=sentences, status=422)


@may(Right.RUN_OFFICE)
@require_POST
def criteria_apply(request: SignedIn) -> HttpResponse:
    """Who falls under which line, all of the page at once."""
    bureau, bureaus = _bureau(request)
    lines = {str(line.pk): line for line in Criterion.objects.in_bureau(bureau).filter(active=True)}
    owners: list[Post | Unit] = [*_sections(bureau), *_posts(bureau)]
    chosen = []
    for owner in owners:
        picked, note = request.POST.get(f"line-{owner.pk}"), request.POST.get(f"note-{owner.pk}", "").strip()
        if picked is not None and (picked == "" or picked in lines):
            chosen.append((owner, lines.get(picked), note[:NOTE_MAX]))
    try:
        number = actions.apply_lines(bureau, chosen=chosen, by=request.user)
    except Refused as refusal:
        return _show(request, bureau, bureaus, errors=refusal.sentences, status=422)
    messages.success(request, f"已保存，{number} 个岗位或股室的对应标准有变动；填写中的表已重新计算建议等级。")
    return _back("criteria", bureau)
