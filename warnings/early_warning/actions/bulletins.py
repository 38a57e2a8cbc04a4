"""The only writers of bulletins, and of the signal that an overdue duty becomes."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from assessments.actions import fill_duty, issue_paper
from assessments.models import DutyInstance, IssuedPaper
from early_warning import figures
from early_warning.actions.signals import report_signal
from early_warning.gather import figures_of
from early_warning.models import Bulletin, DutySignal, Signal, Source, SubjectKind
from early_warning.subjects import Subject, found
from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale, digest
from lianzheng.organisation.models import Tenure, Unit, User


@transaction.atomic
def draft_bulletin(bureau: Unit, *, span: str, year: int, turn: int, by: User) -> Bulletin:
    """A draft with the figures of the period; there is one for each period."""
    today = clock.today()
    words = figures.span_words(span, year=year, turn=turn)
    if figures.bounds(span, year=year, turn=turn)[0] > today:
        raise Refused(f"{words}还没有开始，不能拟通报。")
    counted = figures_of(bureau, span=span, year=year, turn=turn, today=today)
    draft = Bulletin(
        bureau=bureau,
        span=span,
        year=year,
        turn=turn,
        title=f"{bureau.name}关于{words}廉政风险预警防控情况的通报",
        text=figures.draft(words, counted),
        figures=figures.packed(counted),
        drafted_by=by,
    )
    Bulletin.objects.bulk_create([draft], ignore_conflicts=True)
    if not Bulletin.objects.in_bureau(bureau).filter(pk=draft.pk).exists():
        raise Refused(f"{words}的通报已经有了，请在列表中打开。")
    record("拟定通报", subject=draft, bureau=bureau, detail={"期间": words}, by=by)
    return draft


@transaction.atomic
def save_bulletin(bulletin: Bulletin, *, title: str, text: str, version: int, by: User) -> None:
    """The words as edited, under the version that the page showed. The figures stay as counted."""
    rows = Bulletin.objects.in_bureau(bulletin.bureau).filter(pk=bulletin.pk, version=version, issued_on=None)
    if not rows.update(title=title, text=text, version=version + 1):
        raise Stale("通报已被他人修改或签发，请按最新内容办理。")
    bulletin.refresh_from_db()
    record("修改通报", subject=bulletin, bureau=bulletin.bureau, digest=digest(content(bulletin)), by=by)


@transaction.atomic
def issue_bulletin(bulletin: Bulletin, *, version: int, by: User) -> None:
    """The next number of the year, and from here it stays as it is. The duty of the half-year is done with it."""
    bureau = Unit.objects.select_for_update(no_key=True).get(pk=bulletin.bureau_id)  # numbers are given one by one
    today = clock.today()
    given = Bulletin.objects.in_bureau(bureau).filter(issued_on__year=today.year).count()
    number = f"{bureau.short_name or bureau.name}廉通〔{today.year}〕{given + 1}号"
    rows = Bulletin.objects.in_bureau(bureau).filter(pk=bulletin.pk, version=version, issued_on=None)
    if not rows.update(number=number, issued_by=by, issued_on=today, version=version + 1):
        raise Stale("通报已被他人修改或签发，请按最新内容办理。")
    bulletin.refresh_from_db()
    kind, said = IssuedPaper.Kind.BULLETIN, digest(content(bulletin))
    issue_paper(bulletin, kind=kind, number=number, title=bulletin.title, digest=said, by=by)
    record("签发通报", subject=bulletin, bureau=bureau, digest=said, detail={"文号": number}, by=by)
    _finish_duty(bulletin, by=by)


def _finish_duty(bulletin: Bulletin, *, by: User) -> None:
    if bulletin.span != Bulletin.Span.HALF:
        return
    period = f"{bulletin.year}H{bulletin.turn}"
    rows = DutyInstance.objects.in_bureau(bulletin.bureau).filter(
        code="bulletin", period=period, done_on=None, dropped_on=None
    )
    for turn in rows.select_related("bureau"):
        answers = {"on": clock.today().isoformat(), "what": f"已印发{bulletin.number}。"}
        fill_duty(turn, answers=answers, version=turn.version, finish=True, by=by)


def content(bulletin: Bulletin) -> dict[str, Any]:
    """What the bulletin says."""
    return {"title": bulletin.title, "text": bulletin.text, "figures": bulletin.figures}


@transaction.atomic
def signal_of_duty(turn: DutyInstance, *, by: User) -> Signal:
    """转为预警信息: an overdue duty comes in as a signal, once; judged like any other."""
    DutyInstance.objects.in_bureau(turn.bureau).select_for_update(of=("self",)).get(pk=turn.pk)
    if turn.done_on or turn.dropped_on or turn.due_on >= clock.today():
        raise Refused("这项工作没有逾期，不能转为预警信息。")
    if DutySignal.objects.in_bureau(turn.bureau).filter(duty=turn).exists():
        raise Refused("这项工作已经转为预警信息。")
    summary = f"{turn.place}的{turn}应于{turn.due_on}前完成，逾期未完成。"
    facts = {"source": Source.INSPECTION, "reference": "", "summary": summary}
    signal = report_signal(_subject(turn), facts=facts, name="", contact="", by=by)
    DutySignal.objects.create(bureau=turn.bureau, duty=turn, signal=signal)
    record("逾期工作转预警信息", subject=turn, bureau=turn.bureau, by=by)
    return signal


def _subject(turn: DutyInstance) -> Subject:
    """Who owed it: the holder himself, the section, or for what the office and the inspection owe the body itself."""
    if turn.owner == DutyInstance.Owner.SECTION_HEAD:
        return found(f"{SubjectKind.SECTION}:{turn.unit_id}")
    if turn.owner != DutyInstance.Owner.HOLDER:
        return found(f"{SubjectKind.UNIT}:{turn.bureau_id}")
    tenure = Tenure.objects.in_bureau(turn.bureau).filter(post=turn.post_id, person=turn.person_id, until=None).first()
    return found(f"{SubjectKind.PERSON}:{tenure.pk}" if tenure else f"{SubjectKind.POST}:{turn.post_id}")
