"""The page of one dossier (fill in, grade, review or read, whatever is the person's turn), its check page and its
steps."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from assessments import readiness
from assessments.flow import DOSSIERS
from assessments.forms import SaidForm
from assessments.models import Cause, Dossier, ReturnReason, State
from assessments.papers import grid_of, sheets_of, words_of
from assessments.rules import lets_rate_anew, visible
from assessments.views import grading, levels, present, reach, rows
from assessments.views.notes import NotesForm
from lianzheng import clock
from lianzheng.accounts.proof import recent
from lianzheng.flow import Refused, Said, Step, move
from lianzheng.organisation.access import SignedIn, signed_in
from lianzheng.organisation.forms import CleanForm
from lianzheng.organisation.rights import holds
from lianzheng.organisation.roles import Right
from lianzheng.render import html

PRESETS = {
    "pass": ("同意。", "情况属实，同意上报。", "风险点查找准确，措施可行，同意。"),
    "return": ("请对照岗位职权补充关键环节的风险点。", "防控措施过于笼统，请写明具体做法和责任人。"),
}
ELSEWHERE = ("supersede", "lapse", "extend", "correct", "withdraw", "object")
"""Steps that follow from another record's page and have no button on the dossier's."""


@signed_in
@require_safe
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """What this person does with this dossier now."""
    return show(request, reach.dossier(request, pk))


def show(
    request: SignedIn,
    found: Dossier,
    *,
    typed: dict[Any, Any] | None = None,
    said: SaidForm | None = None,
    noted: NotesForm | None = None,
    errors: list[dict[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; `typed` holds row forms, `said` and `noted` the step form, with what the person typed and what is
    wrong with it."""
    open_steps = DOSSIERS.open_to(found, request.user)
    context = frame(found, open_steps) | {"errors": errors or [], "said": said}
    if any(step.action == "return" for step in open_steps):
        context |= {"notes": noted or NotesForm(found=found)}
    writes = any(step.action == "submit" for step in open_steps)
    if writes:
        context |= {"can_write": found.writes_rows, "can_grade": found.grades_points}
    if writes and found.writes_rows:
        context |= rows.context(request, found, typed=typed or {})
    if writes and found.grades_points:
        context |= grading.context(found, typed=typed or {}, marks="mark" in request.GET)
    context |= levels.context(found, open_steps=open_steps)
    if context.get("seat"):
        context |= grading.context(found, typed=typed or {}, marks=False, seat=context["seat"]["code"])
    for row in context.get("review_rows", ()):
        row["typed"] = (typed or {}).get(f"review-{row['id']}")
    if not writes:
        context |= {"forms": [drawn(grid_of(found, sheet)) for sheet in sheets_of(found)]}
        context |= {"compare": compare(found), "gone": gone(found)}
        context |= _anew(request, found)
    return render(request, "assessments/dossier.html", context, status=status)


def _anew(request: SignedIn, found: Dossier) -> dict[str, bool]:
    """May this person have the level rated anew, or end the post?"""
    if found.state != State.IN_FORCE or not found.grades_points:
        return {}
    office = holds(request.user, Right.RUN_OFFICE, unit=found.unit)
    over = found.until is not None and found.until < clock.today()
    return {
        "may_anew": lets_rate_anew(request.user, found),
        "may_abolish": office and found.table.post_id is not None,
        "task_over": over,
    }


def drawn(grid: Any) -> dict[str, Any]:
    table: SafeString = html.table(grid)
    return {"code": grid.code, "title": grid.title, "table": table}


def frame(found: Dossier, open_steps: tuple[Step, ...]) -> dict[str, Any]:
    """What every page of a dossier shows: where it is, with whom, since when, and the steps open to the person."""
    moves = found.timeline
    return {
        "dossier": found,
        "takes_over": found.cause == Cause.HOLDER and found.state in (State.DRAFT, State.RETURNED),
        "sheets": [{"code": sheet.code, "title": sheet.title} for sheet in sheets_of(found)],
        "tags": [
            {"text": f"{found.year}年度", "tone": "neutral"},
            {"text": found.form_name, "tone": "neutral"},
            present.tag(found),
        ],
        "lamp": present.lamp(found.due_on, today=clock.today()),
        "with_whom": present.with_whom(found),
        "steps": present.steps(found),
        "moves": present.timeline(moves),
        "returned": _returned(found, moves),
        "step_actions": [_button(found, step) for step in open_steps if step.action not in ELSEWHERE],
        "levels": _levels(found),
        "rank_choices": [{"value": n, "word": word} for n, word in words_of(found).items()],
        "reasons": [{"value": value, "label": label} for value, label in ReturnReason.choices],
        "presets": PRESETS,
    }


def _returned(found: Dossier, moves: list[Any]) -> dict[str, Any] | None:
    """The opinion a returned dossier came back with."""
    back = [move for move in moves if move.action in ("return", "object")]
    if found.state != State.RETURNED or not back:
        return None
    return present.timeline(back)[0]


def _button(found: Dossier, step: Step) -> dict[str, str]:
    url = reverse(step.place, args=[found.campaign_id]) if step.place else ""
    return {"action": step.action, "label": step.label, "tone": step.tone, "url": url}


def _levels(found: Dossier) -> list[dict[str, Any]]:
    """Proposed, reported, reviewed, decided: each with its reason."""
    if not found.grades_points:
        return []
    parts = (
        ("建议等级", found.proposed_rank, found.proposed_reason),
        ("自报等级", found.reported_rank, found.reported_reason),
        ("审核等级", found.reviewed_rank, found.reviewed_reason),
        ("决定等级", found.decided_rank, found.decided_reason),
    )
    return [{"term": term, "reason": reason} | present.level(found, rank) for term, rank, reason in parts if rank]


def compare(found: Dossier) -> list[dict[str, Any]]:
    """Rows beside last year's: what the reviewer has to look at."""
    if not found.writes_rows or found.table.previous_id is None:
        return []
    points = list(found.table.rows())
    before = present.last_year(points)
    return [_compared(number, point, before) for number, point in enumerate(points, start=1)] if before else []


def gone(found: Dossier) -> list[str]:
    """Rows of the table before that this one no longer has (删除)."""
    if not found.writes_rows or found.table.previous is None:
        return []
    kept = found.table.points.filter(removed_at=None).exclude(last_year=None).values("last_year")
    before = found.table.previous.points.filter(removed_at=None).exclude(pk__in=kept)
    return list(before.order_by("order", "id").values_list("name", flat=True))


def _compared(number: int, point: Any, before: Any) -> dict[str, Any]:
    new = present.row_texts(point)
    old = before.get(point.last_year_id)
    changed = old is None or any(old[key] != new[key] for key in ("name", "manifestation", "measures"))
    cells = [{"old": old[key] if old else "", "new": new[key]} for key in ("name", "manifestation", "measures")]
    return {"no": number, "same": not changed, "fresh": old is None, "cells": cells}


@signed_in
@require_safe
def check(request: SignedIn, pk: UUID) -> HttpResponse:
    """提交前核对: everything read-only, what is missing on top, the declaration, and the button."""
    found = reach.dossier(request, pk)
    return show_check(request, found)


def show_check(
    request: SignedIn, found: Dossier, *, sentences: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    open_steps = DOSSIERS.open_to(found, request.user)
    submit = next((step for step in open_steps if step.action == "submit"), None)
    if submit is None:
        messages.info(request, "本表现在不由您提交。")
        return redirect(found)
    points = list(found.table.rows())
    problems = readiness.problems_of(found, points=points)
    errors = [{"text": problem.text, "href": _place(found, problem)} for problem in problems]
    context = frame(found, open_steps) | {
        "submit": submit,
        "errors": errors + ([] if errors else [{"text": sentence, "href": ""} for sentence in sentences]),
        "hints": readiness.hints_of(found, points=points),
        "forms": [drawn(grid_of(found, sheet)) for sheet in sheets_of(found)],
    }
    return render(request, "assessments/check.html", context, status=status)


def _place(found: Dossier, problem: Any) -> str:
    """Where to mend it."""
    anchor = f"row-{problem.row}-{problem.field}" if problem.row else problem.field or "rows"
    return f"{found.get_absolute_url()}?mark=1#{anchor}"


def _sets_level(request: SignedIn) -> bool:
    return bool(request.POST.get("rank"))


@signed_in
@recent(_sets_level)
@require_POST
def step(request: SignedIn, pk: UUID) -> HttpResponse:
    """Take one step; what cannot be done comes back with a sentence and what was typed."""
    found = reach.dossier(request, pk)
    form, noted = SaidForm(request.POST), NotesForm(request.POST, found=found)
    if not (form.is_valid() and noted.is_valid()):
        errors = _form_errors(form) + _form_errors(noted)
        return show(request, found, said=form, noted=noted, errors=errors, status=422)
    data = form.cleaned_data
    try:
        said = _said(found, data, noted.notes())
        log = move(found, data["action"], version=data["version"], said=said, by=request.user)
    except Refused as refusal:
        return _refused(request, pk, form, noted, refusal)
    messages.success(request, f"已{log.label}：{found.title}。")
    seen = Dossier.objects.within(visible(request.user)).filter(pk=found.pk).exists()
    return redirect(found if seen else "home")


def _said(found: Dossier, data: dict[str, Any], notes: dict[str, str]) -> Said:
    if notes and data["action"] != "return":
        raise Refused("逐行说明只随退回一起送达；要审核通过，请先清空逐行说明，或者写在意见里。")
    facts = {"rank": data["rank"], "reason": data["rank_reason"]} if data["rank"] else {}
    opinion = data["opinion"]
    if data["accepted"] and data["action"] == "submit" and found.cause == Cause.HOLDER:
        facts["accepted"] = True
        opinion = f"本人确认承接本岗位的风险点和防控措施。{opinion}"
    return Said(opinion=opinion, reason=data["reason"], due_on=data["due_on"], facts=facts | {"notes": notes})


def _refused(request: SignedIn, pk: UUID, form: SaidForm, noted: NotesForm, refusal: Refused) -> HttpResponse:
    found = reach.dossier(request, pk)
    if form.cleaned_data["action"] == "submit" and found.state in (State.DRAFT, State.RETURNED):
        return show_check(request, found, sentences=refusal.sentences, status=422)
    errors = [{"text": sentence, "href": "#opinion"} for sentence in refusal.sentences]
    return show(request, found, said=form, noted=noted, errors=errors, status=409)


def _form_errors(form: CleanForm) -> list[dict[str, str]]:
    labels = {name: field.label or name for name, field in form.fields.items()}
    return [
        {"text": f"{labels.get(name, '')}：{error}", "href": f"#{name}"}
        for name, texts in form.errors.items()
        for error in texts
    ]


def back_to(found: Dossier, *, anchor: str = "") -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("dossier", args=[found.pk]) + (f"#{anchor}" if anchor else ""))
