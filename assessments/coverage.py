"""排查覆盖面 of a round, as the typical report counts it (“全市风险排查覆盖面达93%以上”); reads only."""

from typing import Any

from django.db.models import Count, Q

from assessments.board import WRITING, share
from assessments.models import Campaign, Dossier, State
from lianzheng.organisation.models import Post, Unit
from registers.models import Measure, RiskPoint, RiskTable

Kind = RiskTable.Kind
_LEFT_OUT = (*WRITING, State.VOID)


def coverage_of(campaign: Campaign) -> list[dict[str, Any]]:
    """Posts, sections and the unit whose risk points were found and handed in, out of all there are; how many points
    and measures stand in those forms."""
    handed_in = campaign.dossiers.exclude(stage=Dossier.Stage.RATING).exclude(state__in=_LEFT_OUT)
    covered = dict(handed_in.order_by().values_list("kind").annotate(number=Count("pk")))
    posts = Post.objects.in_bureau(campaign.bureau).filter(active=True, unit__active=True).count()
    sections = Unit.objects.under(campaign.bureau).filter(kind__in=(Unit.Kind.SECTION, Unit.Kind.STATION), active=True)
    tables = handed_in.values("table")
    points = RiskPoint.unscoped.filter(table__in=tables, removed_at=None).aggregate(
        all=Count("pk"), own=Count("pk", filter=Q(table__kind=Kind.POST))
    )
    measures = Measure.unscoped.filter(point__table__in=tables, point__removed_at=None).count()
    return [
        _share("岗位", covered.get(Kind.POST, 0), posts, "个"),
        _share("股室（站所）", covered.get(Kind.SECTION, 0), sections.count(), "个"),
        _share("单位", covered.get(Kind.BUREAU, 0), 1, "个"),
        {"term": "查找风险点", "text": f"{points['all']} 个，其中岗位 {points['own']} 个"},
        {"term": "制定防控措施", "text": f"{measures} 条"},
    ]


def _share(word: str, part: int, whole: int, counter: str) -> dict[str, Any]:
    return {"term": f"{word}排查覆盖面", "text": f"{share(part, of=whole)}（{part} / {whole} {counter}）"}
