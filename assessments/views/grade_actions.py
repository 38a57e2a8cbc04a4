"""Grading risk points and reporting the level."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from assessments import actions
from assessments.forms import LevelForm, RatingForm, ReviewForm
from assessments.models import Dossier, Rating
from assessments.papers import words_of
from assessments.rules import seat_at
from assessments.scoring import dimensions_of
from assessments.views import grading, reach
from assessments.views.dossier import back_to, show
from assessments.views.row_actions import autosave, not_saved
from lianzheng import clock
from lianzheng.accounts.proof import recent
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, signed_in
from registers.models import RiskPoint


@signed_in
@require_POST
def grade(request: SignedIn, pk: UUID, row: UUID) -> HttpResponse:
    """Save the grades of one risk point; the score and the proposed level follow."""

    def save(found: Dossier, point: RiskPoint, given: actions.Grading) -> Rating:
        return actions.save_rating(
            found, point=point, version=given.version, grades=given.grades, reasons=given.reasons, by=request.user
        )

    return _graded(request, pk, row, save=save)


@signed_in
@require_POST
def appraise(request: SignedIn, pk: UUID, row: UUID) -> HttpResponse:
    """The grades of another rater, at the desk where the form lies."""

    def save(found: Dossier, point: RiskPoint, given: actions.Grading) -> Rating:
        seat = seat_at(found.state)
        return actions.save_appraisal(found, seat=seat, point=point, given=given, by=request.user)[1]

    return _graded(request, pk, row, save=save)


def _graded(
    request: SignedIn, pk: UUID, row: UUID, *, save: Callable[[Dossier, RiskPoint, actions.Grading], Rating]
) -> HttpResponse:
    """One rater's grades of one row: saved, or back at their fields with a sentence."""
    found = reach.dossier(request, pk)
    point = reach.point(found, row)
    if not found.grades_points:
        return show(request, found, errors=[{"text": "本表不评定等级。", "href": ""}], status=409)
    form = RatingForm(request.POST, dimensions=dimensions_of(found.dimensions))
    if not form.is_valid():
        return not_saved(request, found, point, form, key=f"rating-{point.pk}")
    given = actions.Grading(form.cleaned_data["version"], form.grades(), form.reasons())
    try:
        rating = save(found, point, given)
    except Refused as refusal:
        form.add_error(None, " ".join(refusal.sentences))
        return not_saved(request, found, point, form, key=f"rating-{point.pk}", status=409)
    if autosave(request):
        return JsonResponse(_saved(found, point, rating))
    messages.success(request, f"已评分：{grading.result(found, rating)['text']}。")
    return back_to(found, anchor=f"row-{point.pk}")


def _sets_level(request: SignedIn) -> bool:
    return bool(request.POST.get("rank"))


@signed_in
@recent(_sets_level)
@require_POST
def review(request: SignedIn, pk: UUID, row: UUID) -> HttpResponse:
    """审核等级 of one row."""
    found = reach.dossier(request, pk)
    point = reach.point(found, row)
    form = ReviewForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            actions.review_point(
                found, point=point, version=data["version"], rank=data["rank"], reason=data["reason"], by=request.user
            )
        except Refused as refusal:
            form.add_error(None, " ".join(refusal.sentences))
    if not form.is_valid():
        errors = [{"text": str(text), "href": f"#review-{row}"} for texts in form.errors.values() for text in texts]
        return show(request, found, typed={f"review-{row}": form}, errors=errors, status=422)
    messages.success(request, "已记下本行的审核等级。")
    return back_to(found, anchor="review-rows")


def _saved(found: Dossier, point: RiskPoint, rating: Rating) -> dict[str, Any]:
    """What the script writes into the page: the result of the row and the level now proposed."""
    found.refresh_from_db(fields=["proposed_rank", "proposed_reason"])
    word = words_of(found)[found.proposed_rank] if found.proposed_rank else "未完成"
    updates = {
        f"result-{point.pk}": grading.result(found, rating)["text"],
        "proposed": f"{word}：{found.proposed_reason}" if found.proposed_rank else word,
    }
    return {"saved": clock.time_of_day(), "version": rating.version, "updates": updates}


@signed_in
@require_POST
def report(request: SignedIn, pk: UUID) -> HttpResponse:
    """自报等级."""
    found = reach.dossier(request, pk)
    form = LevelForm(request.POST, vetoes=found.veto_rules)
    if form.is_valid():
        data = form.cleaned_data
        try:
            actions.report_level(
                found,
                rank=data["reported_rank"],
                reason=data["reported_reason"],
                vetoes=data["vetoes"],
                by=request.user,
            )
        except Refused as refusal:
            form.add_error(None, " ".join(refusal.sentences))
    if not form.is_valid():
        errors = [{"text": str(text), "href": "#reported"} for texts in form.errors.values() for text in texts]
        return show(request, found, typed={"level": form}, errors=errors, status=422)
    messages.success(request, f"已自报{words_of(found)[form.cleaned_data['reported_rank']]}。")
    return back_to(found, anchor="reported")
