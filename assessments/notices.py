"""What a public notice says: an allow-list of columns, built once at publication and never from the live rows again."""

from collections.abc import Sequence
from typing import Any

from assessments.levels import VOCABULARIES
from assessments.models import Dossier, PublicNotice
from registers.models import RiskPoint, RiskType

COLUMNS = ("序号", "股室", "岗位", "风险类别", "风险点", "廉政风险内容及表现形式", "风险等级", "防控措施")


def content(dossiers: Sequence[Dossier], *, scope: str) -> dict[str, Any]:
    """The table of the notice: column heads and rows of texts. No name, no score; no moral-risk row outside the
    system."""
    rows: list[list[str]] = []
    for dossier in dossiers:
        for point in dossier.table.rows():
            if scope == PublicNotice.Scope.PUBLIC and point.risk_type == RiskType.MORAL:
                continue
            rows.append([str(len(rows) + 1), *_texts(dossier, point)])
    return {"columns": list(COLUMNS), "rows": rows}


def _texts(dossier: Dossier, point: RiskPoint) -> list[str]:
    table = dossier.table
    rank = dossier.decided_rank
    return [
        table.unit.name,
        table.post.name if table.post else "",
        point.get_risk_type_display(),
        point.name,
        point.manifestation,
        VOCABULARIES[dossier.bureau.vocabulary][rank] if rank else "",
        point.measures_text,
    ]
