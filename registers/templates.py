"""The risk tables as they are filled in offline: 附件1–3 with the rows that are saved; reads only."""

from collections.abc import Iterable

from lianzheng.intake.comparison import Stored, Verdict
from lianzheng.intake.template import Template
from lianzheng.sheets import Sheet, show
from registers.actions import MOST_ROWS
from registers.completeness import REQUIRED
from registers.models import RiskPoint

ADVICE = (
    "带*的列提交前必填；风险类别从下拉列表选择；防控措施一条写一行（单元格内按 Alt+Enter 换行）。"
    f"可在下方空白行新增，删除请在网页上操作；最多 {MOST_ROWS} 行。填好后在网页上点“上传 Excel”。"
)


def template_of(sheet: Sheet) -> Template:
    return Template(sheet, advice=ADVICE, must=[source for source, _ in REQUIRED], most=MOST_ROWS)


def stored_rows(points: Iterable[RiskPoint], *, sheet: Sheet) -> list[Stored]:
    """Saved rows in the words of the sheet: labels, and measures one a line."""
    sources = [column.source for column in template_of(sheet).columns]
    return [
        Stored(str(point.pk), point.version, {source: _cell_text(point, source) for source in sources})
        for point in points
    ]


def _cell_text(point: RiskPoint, source: str) -> str:
    if source == "risk_type":
        return str(point.get_risk_type_display())
    return show(point.measures_text if source == "measures" else getattr(point, source))


def lacking(verdict: Verdict) -> Iterable[tuple[str, str]]:
    """What may stay empty in a draft, not in a form that is handed in."""
    return [(source, sentence) for source, sentence in REQUIRED if verdict.line.texts.get(source) == ""]
