"""The only writers of duties: made from levels in force, dropped with them, filled in; and the key of the feed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from assessments import duties
from assessments.models import CalendarKey, Dossier, DutyInstance, State
from assessments.standings import Standing, standings
from lianzheng import clock
from lianzheng.attachments.actions import attach, attached_to
from lianzheng.attachments.check import Scan
from lianzheng.attachments.models import Attachment
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale, digest
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import Unit, User

Key = tuple[str, UUID, UUID | None, UUID | None, str]
"""Code, unit, post, person, period: what makes a turn the same turn."""
Place = tuple[UUID, UUID | None]


@transaction.atomic
def refresh_duties(bureau: Unit, *, place: Place | None = None, by: User | None) -> tuple[int, int]:
    """Make this year's turns from the levels in force and drop open ones that these do not ask for any more; the
    number of either. Run twice it does nothing the second time. `place` (section and post) looks at these alone and
    at the bureau as a whole."""
    Unit.objects.select_for_update(no_key=True).get(pk=bureau.pk)  # one hand at a time; rows that point here may come
    today = clock.today()
    found = [one for one in standings(bureau) if place is None or one.place in (place, (bureau.pk, None))]
    wanted = _wanted(bureau, found, today=today)
    made = _make(wanted.values())
    dropped = _drop(bureau, wanted, found, place=place, today=today)
    done = _close_rounds(bureau, today=today)
    if made or dropped or done:
        detail = {"新增": made, "取消": dropped, "随表完成": done}
        record("生成周期性工作", subject=bureau, bureau=bureau, detail=detail, by=by)
    return made, dropped


@transaction.atomic
def follow_level(dossier: Dossier, *, by: User) -> None:
    """A level came into force: its calendar begins."""
    refresh_duties(dossier.bureau, place=(dossier.unit_id, dossier.table.post_id), by=by)


def _wanted(bureau: Unit, found: Iterable[Standing], *, today: date) -> dict[Key, DutyInstance]:
    """Every turn that the levels in force ask for this year."""
    days = exceptions()
    wanted: dict[Key, DutyInstance] = {}
    for standing in found:
        calendar = duties.calendar_of(
            standing.rank,
            kind=standing.kind,
            year=today.year,
            since=standing.since,
            exceptions=days,
            workflow=bureau.workflow,
            tenure_since=standing.tenure_since,
        )
        for due in calendar:
            turn = _turn(bureau, standing, due)
            wanted.setdefault(_key(turn), turn)
    return wanted


def _turn(bureau: Unit, standing: Standing, due: duties.Due) -> DutyInstance:
    rotation = due.duty.code == "rotation" and standing.kind == "section"
    return DutyInstance(
        bureau=bureau,
        code=due.duty.code,
        title=due.title,
        kind=standing.kind,
        unit_id=standing.unit,
        post_id=standing.head_post if rotation else standing.post,
        person_id=standing.head if rotation else standing.person,
        owner=due.duty.owner,
        rank=standing.rank,
        year=due.due_on.year,
        period=due.period,
        period_words=due.period_words,
        due_on=due.due_on,
    )


def _key(turn: DutyInstance) -> Key:
    return (turn.code, turn.unit_id, turn.post_id, turn.person_id, turn.period)


def _make(asked: Collection[DutyInstance]) -> int:
    """Those that are not there yet: the unique row of a turn decides, also between two hands at once."""
    known = {
        _key(turn) for turn in DutyInstance.unscoped.filter(unit__in={turn.unit_id for turn in asked}, dropped_on=None)
    }
    turns = [turn for turn in asked if _key(turn) not in known]
    DutyInstance.objects.bulk_create(turns, ignore_conflicts=True)
    return DutyInstance.unscoped.filter(pk__in=[turn.pk for turn in turns]).count()


def _drop(
    bureau: Unit,
    wanted: Mapping[Key, DutyInstance],
    found: Sequence[Standing],
    *,
    place: Place | None,
    today: date,
) -> int:
    """Open turns of another level, or of nobody's any more, that are not yet due. What was due stays owed."""
    ranks = {standing.place: standing.rank for standing in found}
    rows = DutyInstance.objects.in_bureau(bureau).filter(done_on=None, dropped_on=None, due_on__gte=today)
    if place is not None:
        rows = rows.filter(unit=place[0], post=place[1]) if place[1] else rows.filter(unit=place[0], kind="section")
    dropped = 0
    for turn in rows:
        if _key(turn) in wanted or turn.year != today.year:
            continue
        reason = _why(turn, ranks.get((turn.unit_id, turn.post_id)))
        dropped += rows.filter(pk=turn.pk).update(dropped_on=today, dropped_reason=reason)
    return dropped


def _why(turn: DutyInstance, rank: int | None) -> str:
    if rank is None:
        return "等级不再执行，本项不再要求。"
    if rank != turn.rank:
        return f"等级由{turn.get_rank_display()}调整为{_rank_word(rank)}，按新的等级执行。"
    return "任职或安排变动，本项不再要求。"


def _rank_word(rank: int) -> str:
    return {1: "一级", 2: "二级", 3: "三级"}[rank]


_BEGUN = ~Q(state__in=(State.DRAFT, State.RETURNED, State.VOID))


def _close_rounds(bureau: Unit, *, today: date) -> int:
    """Turns whose form is the year's own risk table are done when that table was handed in."""
    turns = DutyInstance.objects.in_bureau(bureau).filter(
        code__in=("finding", "rating"), done_on=None, dropped_on=None, year=today.year
    )
    whole = Dossier.Stage.WHOLE
    stages = {"finding": (Dossier.Stage.FINDING, whole), "rating": (Dossier.Stage.RATING, whole)}
    handed = Dossier.objects.in_bureau(bureau).filter(_BEGUN, campaign__year=today.year)
    known = set(handed.values_list("kind", "unit", "table__post", "table__holder", "stage"))
    done = 0
    for turn in turns:
        own = turn.post_id is not None
        places = (
            (turn.kind, turn.unit_id, turn.post_id, turn.person_id if own else None, s) for s in stages[turn.code]
        )
        if any(_same(place, known, own=own) for place in places):
            done += turns.filter(pk=turn.pk).update(done_on=today, done_at=Now(), version=turn.version + 1)
    return done


def _same(place: tuple[Any, ...], known: set[tuple[Any, ...]], *, own: bool) -> bool:
    if own:
        return place in known
    return any((row[0], row[1], row[4]) == (place[0], place[1], place[4]) for row in known)


@transaction.atomic
def fill_duty(turn: DutyInstance, *, answers: Mapping[str, Any], version: int, finish: bool, by: User) -> DutyInstance:
    """Keep what was filled in; with `finish` the turn is done on this day."""
    if turn.duty.form == "round":
        raise Refused("本项随年度排查表完成，不用另外填写。")
    rows = DutyInstance.objects.in_bureau(turn.bureau).filter(
        pk=turn.pk, version=version, done_on=None, dropped_on=None
    )
    values: dict[str, Any] = {"answers": dict(answers), "version": version + 1}
    if finish:
        values |= {"done_on": clock.today(), "done_at": Now(), "done_by": by}
    if not rows.update(**values):
        raise Stale("这项工作已被办理或取消，请按最新内容办理。")
    turn.refresh_from_db(fields=[*values, "done_by"])
    act = "完成周期性工作" if finish else "填写周期性工作"
    kept = digest(dict(answers))
    record(act, subject=turn, bureau=turn.bureau, digest=kept, detail={"事项": turn.code}, by=by)
    return turn


MOST_PROOFS = 10


@transaction.atomic
def add_proof(turn: DutyInstance, *, scan: Scan, by: User) -> Attachment:
    """A piece of evidence of an open turn; pieces are added, never replaced."""
    rows = DutyInstance.objects.in_bureau(turn.bureau).select_for_update(of=("self",))
    if not rows.filter(pk=turn.pk, done_on=None, dropped_on=None).exists():
        raise Refused("这项工作已被办理或取消，不能再上传佐证。")
    if attached_to(turn).count() >= MOST_PROOFS:
        raise Refused(f"每项工作最多 {MOST_PROOFS} 份佐证。")
    return attach(scan, to=turn, name="佐证材料", by=by)


@transaction.atomic
def open_calendar(*, by: User) -> str:
    """A new secret address for one's own calendar; the one before stops working. The secret is shown this once."""
    if by.home is None:
        raise Refused("您没有在任岗位，不能订阅日历。")
    close_calendar(by=by)
    secret = secrets.token_urlsafe(32)
    key: CalendarKey = CalendarKey.objects.create(
        bureau=by.home.bureau, person=by, digest=hashlib.sha256(secret.encode()).hexdigest()
    )
    record("开通日历订阅", subject=key, bureau=key.bureau, by=by)
    return secret


@transaction.atomic
def close_calendar(*, by: User) -> bool:
    """The address stops working; False when there was none."""
    key = CalendarKey.objects.across_bureaus().filter(person=by, revoked_at=None).select_related("bureau").first()
    if key is None:
        return False
    CalendarKey.objects.across_bureaus().filter(pk=key.pk).update(revoked_at=Now())
    record("停用日历订阅", subject=key, bureau=key.bureau, by=by)
    return True


def owner_of_key(secret: str) -> User | None:
    """Whose calendar the address opens."""
    wanted = hashlib.sha256(secret.encode()).hexdigest()
    key = CalendarKey.objects.across_bureaus().filter(digest=wanted, revoked_at=None).select_related("person").first()
    return key.person if key is not None and key.person.is_active else None
