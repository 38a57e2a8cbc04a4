"""The only writers of what follows from a passed limit: acts, reminders, the days that were walked, and the limits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.db.models.functions import Now

from early_warning.cases import days_of, limit_word, reached
from early_warning.colours import Colour
from early_warning.deadlines import Days, contradiction
from early_warning.escalation import Act, Step
from early_warning.models import EscalationAct, MorningRun, Reminder, WarningLimit, WarningNotice
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.models import Unit, User


@transaction.atomic
def begin_day(day: date, *, by: User | None) -> None:
    """The morning run of this day began."""
    MorningRun.objects.bulk_create([MorningRun(day=day)], ignore_conflicts=True)


@transaction.atomic
def finish_day(day: date, *, by: User | None) -> None:
    """All that was due on this day is done; it need not be walked again."""
    MorningRun.objects.filter(day=day, finished_at=None).update(finished_at=Now())


@transaction.atomic
def do_act(warning: WarningNotice, act: Act, *, by: User | None) -> bool:
    """The act with all that follows from it, or nothing when its row is there already (also one that another worker is
    about to commit: the insert waits for it)."""
    row = EscalationAct(bureau=warning.bureau, warning=warning, limit=act.limit, step=act.step.value, day=act.day)
    EscalationAct.objects.bulk_create([row], ignore_conflicts=True)
    if not EscalationAct.objects.in_bureau(warning.bureau).filter(pk=row.pk).exists():
        return False
    people = reached(warning, limit=act.limit, step=act.step)
    Reminder.objects.bulk_create([Reminder(bureau=warning.bureau, act=row, to=person) for person in people])
    if act.step == Step.RAISE:
        _propose(warning)
    detail = {"期限": limit_word(act.limit), "环节": row.step_word, "应办日期": act.day.isoformat()}
    record("预警逾期处置", subject=warning, bureau=warning.bureau, detail=detail, by=by)
    return True


def _propose(warning: WarningNotice) -> None:
    """One colour up is proposed; a person confirms it or not (提级 in the warning's own steps)."""
    rows = WarningNotice.objects.in_bureau(warning.bureau).filter(pk=warning.pk, closed_on=None)
    rows.filter(colour__gt=Colour.RED.value, changes__isnull=True).update(raise_due=True)


@transaction.atomic
def see_reminders(*, by: User) -> int:
    """All of one's own are noted as read."""
    return int(Reminder.objects.across_bureaus().filter(to=by, seen_at=None).update(seen_at=Now()))


@transaction.atomic
def set_limits(bureau: Unit, *, wanted: Mapping[Colour, Days], versions: Mapping[Colour, int], by: User) -> None:
    """The bureau's limits for warnings issued from now on; running ones keep theirs."""
    for days in wanted.values():
        if sentence := contradiction(days):
            raise Refused(sentence)
    before = days_of(bureau)
    for colour, days in wanted.items():
        if days != before[colour]:
            _set(bureau, colour, days, version=versions.get(colour, 0))
            detail = {"颜色": int(colour), "原": _spelled(before[colour]), "新": _spelled(days)}
            record("修改预警时限", subject=bureau, bureau=bureau, detail=detail, by=by)


def _set(bureau: Unit, colour: Colour, days: Days, *, version: int) -> None:
    values = {"sign": days.sign, "reply": days.reply, "finish": days.finish, "review": days.review}
    rows = WarningLimit.objects.in_bureau(bureau).filter(colour=colour.value)
    if rows.filter(version=version).update(**values, version=version + 1):
        return
    row = WarningLimit(bureau=bureau, colour=colour.value, **values)
    WarningLimit.objects.bulk_create([row], ignore_conflicts=True)
    if not rows.filter(pk=row.pk).exists():
        raise Stale("时限已被他人修改，请按最新内容办理。")


def _spelled(days: Days) -> str:
    return f"签收{days.sign}、回告{days.reply}、整改{days.finish}、复核{days.review}"
