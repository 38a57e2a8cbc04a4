"""Grades, scores, the proposed level, and the level as it is reported, reviewed and decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Min, Q
from django.db.models.functions import Now

from assessments.levels import VOCABULARIES, Point, propose
from assessments.models import Appraisal, Dossier, DossierMove, LevelOpinion, Raters, Rating, State
from assessments.rules import gradable, gradable_by_seat, reviewable
from assessments.scoring import SELF, Dimension, combine, dimensions_of, rank, score
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.models import Unit, User
from registers.models import RiskPoint

NOT_OPEN = "本表已提交或不由您填写，不能再评分。"
NOT_YOURS = "现在不由您评分。"


@dataclass(frozen=True)
class Grading:
    """What a rater gives one risk point: dimension -> grade, dimension -> reason, under the version on the page (0:
    none yet)."""

    version: int
    grades: Mapping[str, int]
    reasons: Mapping[str, str]


@transaction.atomic
def save_rating(
    dossier: Dossier, *, point: RiskPoint, version: int, grades: Mapping[str, int], reasons: Mapping[str, str], by: User
) -> Rating:
    """Grade one risk point; missing dimensions leave it unfinished. `version` 0 means no rating was on the page yet."""
    current = _locked(dossier, gradable(by), NOT_OPEN)
    rating, differs = _rate(current, point, Grading(version, grades, reasons))
    if differs:
        refresh_proposal(current)
    return rating


def _rate(current: Dossier, point: RiskPoint, given: Grading) -> tuple[Rating, bool]:
    """The holder's grades of one risk point; whether they differ from what was kept."""
    dimensions = _checked(current, point, given)
    rating: Rating
    rating, _ = Rating.unscoped.select_for_update().get_or_create(
        bureau_id=current.bureau_id, dossier=current, point=point, defaults={"version": 0}
    )
    differs = _take(rating, given, dimensions)
    if differs:
        weigh(rating, current)
        rating.save()
    return rating, differs


@transaction.atomic
def save_appraisal(
    dossier: Dossier, *, seat: str, point: RiskPoint, given: Grading, by: User
) -> tuple[Appraisal, Rating]:
    """The grades of the office or the leader in charge, given while the form lies at that desk; never on one's own."""
    current = _locked(dossier, gradable_by_seat(by, seat), NOT_YOURS)
    appraisal, rating, differs = _appraise(current, seat, point, given, by)
    if differs:
        refresh_proposal(current)
        _changed(current)
    return appraisal, rating


def _appraise(
    current: Dossier, seat: str, point: RiskPoint, given: Grading, by: User
) -> tuple[Appraisal, Rating, bool]:
    """Another rater's grades of one risk point; whether they differ from what was kept."""
    dimensions = _checked(current, point, given)
    rating = Rating.unscoped.select_for_update().get(dossier=current, point=point)
    appraisal: Appraisal
    appraisal, _ = Appraisal.unscoped.select_for_update().get_or_create(
        bureau_id=current.bureau_id, dossier=current, point=point, seat=seat, defaults={"version": 0, "by": by}
    )
    differs = _take(appraisal, given, dimensions)
    if differs:
        appraisal.by = by
        appraisal.save()
        weigh(rating, current)
        rating.save()
    return appraisal, rating, differs


@transaction.atomic
def take_in_ratings(dossier: Dossier, *, seat: str, given: Sequence[tuple[RiskPoint, Grading]], by: User) -> int:
    """Grades of many risk points from a workbook, all or none; how many differ. Without a `seat` they are the
    holder's, else those of the rater who sits there."""
    admitted, sentence = (gradable_by_seat(by, seat), NOT_YOURS) if seat else (gradable(by), NOT_OPEN)
    current = _locked(dossier, admitted, sentence)
    count = 0
    for point, grading in given:
        differs = _appraise(current, seat, point, grading, by)[2] if seat else _rate(current, point, grading)[1]
        count += differs
    if count:
        refresh_proposal(current)
        if seat:
            _changed(current)
        record("从 Excel 导入评分", subject=current, bureau=current.bureau, detail={"修改": count}, by=by)
    return count


def _locked(dossier: Dossier, admitted: Q, sentence: str) -> Dossier:
    """The dossier, locked, if it is this person's now."""
    rows = Dossier.objects.across_bureaus().select_for_update(of=("self",)).filter(admitted, pk=dossier.pk)
    current: Dossier | None = rows.first()
    if current is None:
        raise Refused(sentence)
    return current


def _checked(dossier: Dossier, point: RiskPoint, given: Grading) -> tuple[Dimension, ...]:
    """The dimensions of this dossier, when the grades are grades of them."""
    dimensions = dimensions_of(dossier.dimensions)
    if not set(given.grades) <= {item.code for item in dimensions} or point.table_id != dossier.table_id:
        raise Refused("评分项目与本表不符，请刷新页面。")
    try:
        score(dimensions, grades={item.code: given.grades.get(item.code, 1) for item in dimensions})
    except ValueError as error:
        raise Refused(str(error)) from error
    return dimensions


def _take(record: Rating | Appraisal, given: Grading, dimensions: tuple[Dimension, ...]) -> bool:
    """Put the grades in if they differ from what is kept; whether they did."""
    known = {item.code for item in dimensions}
    kept = {code: text for code, text in given.reasons.items() if code in known and text}
    if (record.grades, record.reasons) == (dict(given.grades), kept):
        return False
    if record.version != given.version:
        raise Stale("这一行的评分已在别的窗口改过，请对照后再保存。")
    record.grades, record.reasons, record.version = dict(given.grades), kept, given.version + 1
    return True


def weigh(rating: Rating, dossier: Dossier) -> None:
    """What the grades of all raters come to. A score and its level belong together; without the one not the other."""
    by_seat = {SELF: rating.grades}
    if dossier.raters != Raters.SINGLE:
        others = Appraisal.unscoped.filter(dossier=dossier, point=rating.point_id)
        by_seat |= dict(others.values_list("seat", "grades"))
    combined = combine(by_seat, raters=dossier.raters)
    rating.summed, rating.divisor = combined.summed, combined.divisor
    rating.score = score(dimensions_of(dossier.dimensions), grades=combined.summed, divisor=combined.divisor)
    rating.rank = None if rating.score is None else rank(rating.score)


def refresh_proposal(dossier: Dossier) -> None:
    """Propose the level anew from the ratings as they stand (就高不就低)."""
    table = dossier.table
    owner = table.post if table.post is not None else table.unit
    rated = [
        Point(name=rating.point.name, rank=rating.rank or 0)
        for rating in dossier.ratings.exclude(rank=None).filter(point__removed_at=None).select_related("point")
    ]
    criterion = owner.criterion
    proposal = propose(
        rated,
        criteria_rank=criterion.rank if criterion else None,
        criteria_basis=owner.criterion_note or str(criterion or ""),
        vetoes=[item["text"] for item in dossier.veto_rules if item["code"] in dossier.vetoes],
        words=VOCABULARIES[table.bureau.vocabulary],
    )
    Dossier.objects.across_bureaus().filter(pk=dossier.pk).update(
        proposed_rank=proposal.rank if proposal else None,
        proposed_reason=proposal.reason[:500] if proposal else "",
    )


@transaction.atomic
def refresh_open(bureau: Unit) -> int:
    """Propose anew for every form of the bureau that is still being filled in; how many. What was handed in stays."""
    open_states = (State.DRAFT, State.RETURNED)
    found = Dossier.objects.in_bureau(bureau).filter(state__in=open_states).exclude(stage=Dossier.Stage.FINDING)
    related = ("table__post__criterion", "table__unit__criterion", "table__bureau")
    for dossier in found.select_related(*related):
        refresh_proposal(dossier)
    return len(found)


@transaction.atomic
def report_level(dossier: Dossier, *, rank: int, reason: str, vetoes: Collection[str] = (), by: User) -> None:
    """自报等级 and what alone would make level one; a level below the proposal carries its reason."""
    current = _locked(dossier, gradable(by), NOT_OPEN)
    if not set(vetoes) <= {item["code"] for item in current.veto_rules}:
        raise Refused("直接定级的情形与本表不符，请刷新页面。")
    Dossier.objects.across_bureaus().filter(pk=current.pk).update(
        reported_rank=rank, reported_reason=reason, vetoes=sorted(vetoes)
    )
    current.vetoes = sorted(vetoes)
    refresh_proposal(current)


@transaction.atomic
def review_point(
    dossier: Dossier, *, point: RiskPoint, version: int, rank: int | None, reason: str, by: User
) -> Rating:
    """The level of one row as the reviewer sees it (审核等级); without a rank the row's own stands again.

    Another level than the score's needs a word: raising as well as lowering.
    """
    current = _locked(dossier, reviewable(by), "现在不由您审核。")
    rating: Rating | None = Rating.unscoped.select_for_update().filter(dossier=current, point=point).first()
    if rating is None or rating.rank is None:
        raise Refused("这一行还没有评分。")
    if rating.version != version:
        raise Stale("这一行已被他人改过，请按最新内容办理。")
    given = None if rank == rating.rank else rank
    if given is not None and not reason.strip():
        raise Refused("调整一行的等级须写明理由。")
    Rating.unscoped.filter(pk=rating.pk).update(
        reviewed_rank=given,
        reviewed_reason=reason if given else "",
        reviewed_by=by if given else None,
        reviewed_at=Now() if given else None,
        version=version + 1,
    )
    _changed(current)
    raised = current.ratings.exclude(reviewed_rank=None).aggregate(highest=Min("reviewed_rank"))["highest"]
    Dossier.objects.across_bureaus().filter(pk=current.pk).update(rows_rank=raised)
    rating.refresh_from_db()
    return rating


def _changed(dossier: Dossier) -> None:
    """What opinions are given on is another now: who has the old page open is told before he passes it."""
    Dossier.objects.across_bureaus().filter(pk=dossier.pk).update(version=F("version") + 1)


def note_levels(dossiers: Sequence[Dossier], *, stage: LevelOpinion.Stage, by: User) -> None:
    """Keep the level of each form as this step leaves it, with who put it so and why, for ever; called by what follows
    a step, under the hat that the step's log row bears."""
    made = DossierMove.objects.across_bureaus().filter(dossier__in=dossiers, seq=F("dossier__version"))
    hats = dict(made.values_list("dossier", "hat")) if dossiers else {}
    LevelOpinion.objects.bulk_create(
        LevelOpinion(
            bureau_id=dossier.bureau_id,
            dossier=dossier,
            stage=stage,
            rank=getattr(dossier, f"{stage}_rank"),
            proposed=dossier.proposed_rank,
            reason=getattr(dossier, f"{stage}_reason"),
            hat=hats.get(dossier.pk, ""),
            by=by,
        )
        for dossier in dossiers
        if getattr(dossier, f"{stage}_rank")
    )
