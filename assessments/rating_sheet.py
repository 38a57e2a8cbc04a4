"""The grades of one rater as a worksheet: a line for each risk point, a grade and a reason for each dimension of the
form's scheme; reads only. The same form guards it as the grading page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assessments.actions import Grading
from assessments.forms import RatingForm
from assessments.models import Appraisal, Dossier, Rating
from assessments.readiness import last_grades, unexplained
from assessments.scoring import GRADES, Dimension, dimensions_of
from lianzheng.intake.comparison import Stored, Verdict
from lianzheng.intake.shown import Asked, asked
from lianzheng.intake.template import Template
from lianzheng.sheets import Column, Sheet
from registers.models import RiskPoint

CODE = "评分表"
ADVICE = (
    "一行一个风险点，灰色的栏目不能改。每个维度从下拉列表选 1 至 5 档，各档的含义见“说明”表；"
    "评为最重一档、或比上年变动 2 档以上的，在旁边写一句理由。不能增加行。填好后在网页上点“上传 Excel”。"
)
CHOICES = tuple((str(grade), str(grade)) for grade in GRADES)
GIVEN = (
    Column("point_name", "风险点", 9, given=True),
    Column("point_text", "表现形式", 16, given=True),
    Column("point_before", "上年各档", 7, given=True),
)
"""What is there to read; their sources are no codes of dimensions."""


def why(item: Dimension) -> str:
    return f"{item.code}_why"


def template_of(found: Dossier) -> Template:
    dimensions = dimensions_of(found.dimensions)
    pairs = [
        (
            Column(item.code, item.name, 7, edit=True, align="center", choices=CHOICES),
            Column(why(item), f"理由（{item.name}）", 8, edit=True),
        )
        for item in dimensions
    ]
    columns = (*GIVEN, *(column for pair in pairs for column in pair))
    head = ["维度", "权重", *(f"{grade} 档" for grade in GRADES)]
    notes = [head, *([item.name, _weight(item), *item.wording] for item in dimensions)]
    sheet = Sheet(code=CODE, title="风险点评分表", head=(), columns=columns)
    must = [item.code for item in dimensions]
    return Template(sheet, ADVICE, must=must, fixed=True, most=5000, notes=notes)


def _weight(item: Dimension) -> str:
    return f"{item.weight.normalize():f}" + ("（反向：档次越高风险越小）" if item.reverse else "")


class Graded:
    """The risk points of a form with what one rater gave them: the holder, or who has this `seat`; three queries."""

    def __init__(self, found: Dossier, *, seat: str) -> None:
        self.found, self.dimensions = found, dimensions_of(found.dimensions)
        self.points: dict[str, RiskPoint] = {str(point.pk): point for point in found.table.rows()}
        rows: Iterable[Rating | Appraisal] = found.appraisals.filter(seat=seat) if seat else found.ratings.all()
        self.given = {str(row.point_id): row for row in rows}
        # Another rater does not see last year's grades as his own.
        last = {} if seat else last_grades(list(self.points.values()))
        self.before = {key: last.get(point.last_year_id, {}) for key, point in self.points.items()}

    def stored(self) -> list[Stored]:
        return [
            Stored(key, row.version if (row := self.given.get(key)) else 0, self._texts(key, point))
            for key, point in self.points.items()
        ]

    def _texts(self, key: str, point: RiskPoint) -> dict[str, str]:
        row, before = self.given.get(key), self.before[key]
        last = "、".join(str(before.get(item.code, "—")) for item in self.dimensions) if before else ""
        texts = {"point_name": point.name, "point_text": point.manifestation, "point_before": last}
        for item in self.dimensions:
            texts[item.code] = str(row.grades.get(item.code, "")) if row else ""
            texts[why(item)] = row.reasons.get(item.code, "") if row else ""
        return texts

    def check(self, values: Mapping[str, str], row: Stored | None) -> Asked:
        """The form of the page, asked about the values of one line."""
        return asked(RatingForm({**values, "version": 0}, dimensions=self.dimensions))

    def grading(self, row: Mapping[str, Any]) -> tuple[RiskPoint, Grading]:
        """A line to take over as the writer has it."""
        codes = [item.code for item in self.dimensions]
        grades = {code: row[code] for code in codes if row[code] is not None}
        reasons = {item.code: row[why(item)] for item in self.dimensions}
        return self.points[row["id"]], Grading(row["version"], grades, reasons)

    def lacking(self, verdict: Verdict) -> Iterable[tuple[str, str]]:
        """What is wanted before the form can be handed in."""
        texts, key = verdict.line.texts, verdict.stored.id if verdict.stored else ""
        for item in self.dimensions:
            if not texts[item.code]:
                yield item.code, f"请选择“{item.name}”的档次"
        names = {item.code: item for item in self.dimensions}
        grades = {code: int(texts[code]) for code in names if texts[code] in map(str, GRADES)}
        reasons = {code: texts[why(item)] for code, item in names.items()}
        rating = Rating(dossier=self.found, grades=grades, reasons=reasons)
        for code, text in unexplained(rating, before=self.before.get(key, {})).items():
            yield why(names[code]), f"{text}，请写一句理由"


def gradings(graded: Graded, rows: Sequence[Mapping[str, Any]]) -> list[tuple[RiskPoint, Grading]]:
    return [graded.grading(row) for row in rows]
