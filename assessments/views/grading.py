"""The grading table of a rating dossier as the template prints it."""

from collections.abc import Mapping
from typing import Any

from assessments.models import Dossier, Rating
from assessments.papers import words_of
from assessments.scoring import Dimension, dimensions_of
from assessments.views import present
from registers.models import RiskPoint


def context(found: Dossier, *, typed: Mapping[Any, Any], marks: bool) -> dict[str, Any]:
    """A block for each risk point with its six selects; `typed` holds refused forms, `marks` shows what is missing."""
    ratings = {rating.point_id: rating for rating in found.ratings.all()}
    dimensions = dimensions_of(found.dimensions)
    return {
        "graded": [
            _block(
                found, number, point, ratings.get(point.pk), dimensions, typed.get(f"rating-{point.pk}"), marks=marks
            )
            for number, point in enumerate(found.table.rows(), start=1)
        ],
        "level_form": typed.get("level"),
        "reported": {"rank": found.reported_rank, "reason": found.reported_reason},
    }


def _block(
    found: Dossier,
    number: int,
    point: RiskPoint,
    rating: Rating | None,
    dimensions: tuple[Dimension, ...],
    form: Any,
    *,
    marks: bool,
) -> dict[str, Any]:
    grades = rating.grades if rating else {}
    reasons = rating.reasons if rating else {}
    errors = {name: " ".join(map(str, items)) for name, items in form.errors.items()} if form else {}
    given = {item.code: form.data.get(item.code, "") for item in dimensions} if form else grades
    why = {item.code: form.data.get(f"{item.code}_why", "") for item in dimensions} if form else reasons
    fields = [
        _field(point, number, item, given.get(item.code), why.get(item.code, ""), errors, marks=marks)
        for item in dimensions
    ]
    return {
        "id": str(point.pk),
        "no": number,
        "name": point.name,
        "type": point.get_risk_type_display(),
        "manifestation": point.manifestation,
        "measures": point.measures_text,
        "version": form.data.get("version", "0") if form else rating.version if rating else 0,
        "fields": fields,
        "errors": errors,
        "bad": bool(errors) or any(field["error"] for field in fields),
        "conflict": errors.get("__all__", ""),
        "result": result(found, rating),
    }


def _field(
    point: RiskPoint, number: int, item: Dimension, grade: Any, why: str, errors: Mapping[str, str], *, marks: bool
) -> dict[str, Any]:
    missing = "请选择档次" if marks and not grade else ""
    unexplained = "评为5档，请写一句理由" if marks and str(grade) == "5" and not why else ""
    return {
        "name": item.code,
        "id": f"row-{point.pk}-{item.code}",
        "label": item.name,
        "weight": str(item.weight.normalize()) if item.weight % 10 else str(int(item.weight)),
        "row_label": f"第{number}行 {item.name}",
        "value": str(grade or ""),
        "why": why,
        "choices": [(str(n), f"{n} {text}") for n, text in enumerate(item.wording, start=1)],
        "error": errors.get(item.code, "") or missing,
        "why_error": errors.get(f"{item.code}_why", "") or unexplained,
    }


def result(found: Dossier, rating: Rating | None) -> dict[str, Any]:
    """Score and level of a point, or that it is unfinished."""
    if rating is None or rating.score is None:
        return {"score": "", "text": "未完成"} | present.level(found, None)
    assert rating.rank is not None
    return {"score": str(rating.score), "text": f"{rating.score} 分，{words_of(found)[rating.rank]}"} | present.level(
        found, rating.rank
    )
