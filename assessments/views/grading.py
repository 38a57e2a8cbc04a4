"""The grading table of a rating dossier as the template prints it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assessments.models import Appraisal, Dossier, Rating
from assessments.papers import words_of
from assessments.readiness import last_grades, unexplained
from assessments.scoring import Dimension, dimensions_of
from assessments.views import present
from assessments.views.notes import at_rows
from registers.models import RiskPoint


@dataclass(frozen=True)
class _Graded:
    """One risk point on the page: its rating, the refused form if there is one, and last year's grades."""

    number: int
    point: RiskPoint
    rating: Rating | None
    given: Rating | Appraisal | None
    form: Any
    before: Mapping[str, int]

    def grade(self, code: str) -> str:
        """What was typed, else what is stored, else last year's as a suggestion that is not saved yet."""
        if self.form:
            return str(self.form.data.get(code, ""))
        return str((self.given.grades if self.given else self.before).get(code, ""))

    def why(self, code: str) -> str:
        if self.form:
            return str(self.form.data.get(f"{code}_why", ""))
        return str(self.given.reasons.get(code, "")) if self.given else ""

    def errors(self) -> dict[str, str]:
        return {name: " ".join(map(str, texts)) for name, texts in self.form.errors.items()} if self.form else {}

    def version(self) -> Any:
        if self.form:
            return self.form.data.get("version", "0")
        return self.given.version if self.given else 0


def context(found: Dossier, *, typed: Mapping[Any, Any], marks: bool, seat: str = "") -> dict[str, Any]:
    """A block for each risk point with its selects; `typed` holds refused forms, `marks` shows what is missing. At a
    `seat` the grades are those of another rater, who does not see last year's as his own."""
    ratings = {rating.point_id: rating for rating in found.ratings.all()}
    given: Mapping[Any, Rating | Appraisal] = ratings
    if seat:
        given = {appraisal.point_id: appraisal for appraisal in found.appraisals.filter(seat=seat)}
    dimensions = dimensions_of(found.dimensions)
    points = list(found.table.rows())
    before, notes = {} if seat else last_grades(points), at_rows(found)
    rows = [
        _Graded(
            number=number,
            point=point,
            rating=ratings.get(point.pk),
            given=given.get(point.pk),
            form=typed.get(f"rating-{point.pk}"),
            before=before.get(point.last_year_id, {}),
        )
        for number, point in enumerate(points, start=1)
    ]
    return {
        "graded": [_block(found, row, dimensions, marks=marks) | {"note": notes.get(row.point.pk, "")} for row in rows],
        "level_form": typed.get("level"),
        "grade_url": "appraise" if seat else "grade",
        "reported": {"rank": found.reported_rank, "reason": found.reported_reason},
        "vetoes": [item | {"on": item["code"] in found.vetoes} for item in found.veto_rules],
    }


def _block(found: Dossier, row: _Graded, dimensions: tuple[Dimension, ...], *, marks: bool) -> dict[str, Any]:
    point, errors = row.point, row.errors()
    wanted = unexplained(row.given, before=row.before) if marks and row.given else {}
    fields = [_field(row, item, errors, missing=marks, unexplained=wanted.get(item.code, "")) for item in dimensions]
    return {
        "id": str(point.pk),
        "no": row.number,
        "name": point.name,
        "type": point.get_risk_type_display(),
        "manifestation": point.manifestation,
        "measures": point.measures_text,
        "version": row.version(),
        "fields": fields,
        "errors": errors,
        "bad": bool(errors) or any(field["error"] for field in fields),
        "conflict": errors.get("__all__", ""),
        "result": result(found, row.rating),
        "suggested": bool(row.before) and row.given is None,
    }


def _field(
    row: _Graded, item: Dimension, errors: Mapping[str, str], *, missing: bool, unexplained: str
) -> dict[str, Any]:
    grade = row.grade(item.code)
    unsaved = "请选择档次" if not grade else "请核对后保存" if row.given is None and not row.form else ""
    return {
        "name": item.code,
        "id": f"row-{row.point.pk}-{item.code}",
        "label": item.name,
        "weight": f"{item.weight.normalize():f}" + ("，反向" if item.reverse else ""),
        "row_label": f"第{row.number}行 {item.name}",
        "value": grade,
        "before": row.before.get(item.code),
        "why": row.why(item.code),
        "choices": [(str(n), f"{n} {text}") for n, text in enumerate(item.wording, start=1)],
        "error": errors.get(item.code, "") or (unsaved if missing else ""),
        "why_error": errors.get(f"{item.code}_why", "") or (f"{unexplained}，请写一句理由" if unexplained else ""),
    }


def result(found: Dossier, rating: Rating | None) -> dict[str, Any]:
    """Score and level of a point, or that it is unfinished."""
    if rating is None or rating.score is None or rating.rank is None:
        return {"score": "", "text": "未完成"} | present.level(found, None)
    text = f"{rating.score} 分，{words_of(found)[rating.rank]}"
    return {"score": str(rating.score), "text": text} | present.level(found, rating.rank)
