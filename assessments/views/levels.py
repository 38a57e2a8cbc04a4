"""What was said of a dossier's level, row by row and as a whole, as the templates print it; reads only."""

from typing import Any

from django.db.models import Count
from django.db.models.functions import Coalesce

from assessments.models import Appraisal, Cause, Dossier, LevelOpinion, Raters, Rating
from assessments.papers import words_of
from assessments.readiness import lower_without_reason
from assessments.rules import seat_at
from assessments.views import present
from lianzheng.flow import Step
from registers.models import RiskTable


def context(found: Dossier, *, open_steps: tuple[Step, ...]) -> dict[str, Any]:
    """The levels so far with who put them so; for a reviewer also the rows whose level he may change."""
    if not found.grades_points:
        return {}
    told: dict[str, Any] = {"level_opinions": _opinions(found), "low": _low(found), "cause": _cause(found)}
    told |= {"below": _below_it(found)}
    if any(step.action == "pass" for step in open_steps):
        told |= {"review_rows": _review_rows(found), "seat": _seat(found)}
    return told


def _opinions(found: Dossier) -> list[dict[str, Any]]:
    """自报、审核、决定 in order, each with who, when and why."""
    said = found.level_opinions.select_related("by")
    return [
        {
            "stage": opinion.get_stage_display(),
            "who": opinion.by.name,
            "hat": opinion.hat,
            "at": present.moment(opinion.at),
            "reason": opinion.reason,
            "below": _below(opinion),
        }
        | present.level(found, opinion.rank)
        for opinion in said
    ]


def _below(opinion: LevelOpinion) -> bool:
    return opinion.proposed is not None and opinion.rank > opinion.proposed


def _low(found: Dossier) -> str:
    """The sentence a reviewer must see: reported below what the rules propose (防止避重就轻)."""
    if found.reported_rank is None or not lower_without_reason(found.reported_rank, found.proposed_rank, ""):
        return ""
    words = words_of(found)
    assert found.proposed_rank is not None
    return f"自报{words[found.reported_rank]}，低于建议的{words[found.proposed_rank]}。理由：{found.reported_reason}"


def _below_it(found: Dossier) -> str:
    """How the levels of the posts (of the bureau: of posts and sections) count: a hint for whoever rates the whole,
    never its level («向阳峪镇岗位廉政风险等级划分» rates 办公室 二级 and 党政办主任 一级)."""
    if found.kind == RiskTable.Kind.POST:
        return ""
    inside = found.campaign.dossiers.exclude(stage=Dossier.Stage.FINDING).exclude(state__in=("void", "superseded"))
    inside = inside.filter(unit__path__startswith=found.unit.path, kind=RiskTable.Kind.POST)
    ranks = inside.annotate(level=Coalesce("decided_rank", "reviewed_rank", "proposed_rank")).values_list("level")
    counts = dict(ranks.exclude(level=None).annotate(number=Count("pk")).order_by("level"))
    if not counts:
        return ""
    words = words_of(found)
    counted = "、".join(f"{words[rank]} {number} 个" for rank, number in counts.items())
    return f"所属岗位：{counted}，最高{words[min(counts)]}（仅供参考，不自动上推）。"


def _cause(found: Dossier) -> dict[str, str] | None:
    """Why a form out of turn was started."""
    if found.cause == Cause.YEARLY:
        return None
    until = present.day(found.until)
    return {"word": found.get_cause_display(), "text": found.cause_text, "until": until}


def _review_rows(found: Dossier) -> list[dict[str, Any]]:
    ratings = {rating.point_id: rating for rating in found.ratings.select_related("reviewed_by")}
    numbered = enumerate(found.table.rows(), start=1)
    return [_review_row(found, number, point, ratings[point.pk]) for number, point in numbered if point.pk in ratings]


def _review_row(found: Dossier, number: int, point: Any, rating: Rating) -> dict[str, Any]:
    return {
        "id": str(point.pk),
        "no": number,
        "name": point.name,
        "version": rating.version,
        "score": str(rating.score if rating.score is not None else ""),
        "scored": present.level(found, rating.rank),
        "rank": rating.reviewed_rank or "",
        "reason": rating.reviewed_reason,
        "who": rating.reviewed_by.name if rating.reviewed_by else "",
    }


def _seat(found: Dossier) -> dict[str, str] | None:
    """As which of several raters this desk grades, if it does."""
    seat = seat_at(found.state)
    if not seat or found.raters == Raters.SINGLE:
        return None
    return {"code": seat, "word": Appraisal.Seat(seat).label, "way": found.get_raters_display()}
