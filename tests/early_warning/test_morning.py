"""The morning run: who is told what on which day, missed days made up, two workers at once, and a kill half-way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection

from early_warning.actions import do_act, set_limits
from early_warning.cases import case_of, days_of
from early_warning.colours import Colour
from early_warning.deadlines import Days
from early_warning.escalation import Act, Step
from early_warning.models import EscalationAct, MorningRun, Reminder, State, WarningNotice
from early_warning.morning import morning
from early_warning.tasks import every_morning
from lianzheng import clock
from lianzheng.audit.models import Entry
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.actions import appoint_deputy, shift_demo
from lianzheng.organisation.roles import role
from tests.cast import Cast, Round
from tests.early_warning.play import Case, fresh
from tests.roles import own_url

ROOT = Path(__file__).resolve().parents[2]


def told(warning: WarningNotice) -> list[tuple[str, str, str]]:
    rows = Reminder.unscoped.filter(act__warning=warning).order_by("act__day", "to__name")
    return [(item.act.limit, item.act.step, item.to.name) for item in rows.select_related("act", "to")]


def go_to(day: date, cast: Cast) -> None:
    shift_demo((day - clock.today()).days, by=cast["王五"])


def test_unsigned_warning_climbs_from_desk_to_desk(cast: Cast, moving_clock: None) -> None:
    warning = Case(cast).bring(State.ISSUED)
    morning()
    assert warning.sign_by is not None
    go_to(warning.sign_by, cast)
    morning()
    assert told(warning) == [("sign", "remind", "张三")]
    go_to(warning.sign_by + timedelta(days=7), cast)
    morning()
    assert [row for row in told(warning) if row[0] == "sign"] == [
        ("sign", "remind", "张三"),
        ("sign", "head", "李四"),
        ("sign", "leader", "钱七"),
        ("sign", "supervise", "赵六"),
    ]


def test_missed_days_are_walked_one_by_one(cast: Cast, moving_clock: None) -> None:
    Case(cast).bring(State.ISSUED)
    morning()
    first = clock.today()
    go_to(first + timedelta(days=30), cast)
    morning()
    days = list(MorningRun.objects.filter(finished_at__isnull=False).values_list("day", flat=True))
    assert days == [first + timedelta(days=n) for n in range(31)]


def test_same_day_again_does_nothing(cast: Cast, moving_clock: None) -> None:
    Case(cast).bring(State.ISSUED)
    go_to(clock.today() + timedelta(days=60), cast)
    MorningRun.objects.create(day=clock.today() - timedelta(days=70), finished_at=clock_now())
    assert morning() > 0
    before = (EscalationAct.unscoped.count(), Reminder.unscoped.count(), Entry.objects.count())
    assert morning() == 0
    assert (EscalationAct.unscoped.count(), Reminder.unscoped.count(), Entry.objects.count()) == before


def clock_now() -> Any:
    from django.db.models.functions import Now

    return Now()


def test_draft_sets_nothing_off(cast: Cast, moving_clock: None) -> None:
    Case(cast).draft()
    go_to(clock.today() + timedelta(days=60), cast)
    assert morning() == 0


def test_head_of_the_section_is_passed_over_where_he_is_the_subject(cast: Cast, moving_clock: None) -> None:
    warning = Case(cast, "李四").bring(State.ISSUED)
    do_act(warning, Act(clock.today(), "sign", Step.HEAD), by=None)
    assert told(warning) == [("sign", "head", "钱七")]


def test_deputy_of_the_head_is_told_as_well_but_not_about_whom_he_stands_in_for(cast: Cast, moving_clock: None) -> None:
    today = clock.today()
    seat = {"role": role("section_head"), "unit": cast.units["建筑业股"]}
    appoint_deputy(cast["李四"], deputy=cast["陈九"], **seat, since=today, until=today, reason="出差", by=cast["李四"])
    others, own = Case(cast).bring(State.ISSUED), Case(cast, "李四").bring(State.ISSUED)
    for warning in (others, own):
        do_act(warning, Act(today, "sign", Step.HEAD), by=None)
    assert sorted(told(others)) == [("sign", "head", "李四"), ("sign", "head", "陈九")]
    assert told(own) == [("sign", "head", "钱七")]


def test_late_review_is_the_inspections_own(cast: Cast, moving_clock: None) -> None:
    warning = Case(cast).bring(State.REVIEWING)
    for step in (Step.REMIND, Step.LEADER):
        do_act(warning, Act(clock.today(), "review1", step), by=None)
    assert sorted(told(warning)) == [("review1", "leader", "孙八"), ("review1", "remind", "赵六")]


def test_case_keeps_each_round_of_rectification(cast: Cast) -> None:
    play = Case(cast)
    warning = fresh(play.fail(play.bring(State.RECTIFYING)))
    case = case_of(warning, exceptions={})
    today = clock.today()
    assert case.completions == ("finish1", "finish2")
    met = {limit.name: limit.done_on for limit in case.limits}
    assert met == {"sign": today, "reply": today, "finish1": today, "review1": today, "finish2": None}
    assert case.failed_on == (today,)


def test_second_late_completion_proposes_one_colour_up_and_nobody_but_a_person_raises_it(
    cast: Cast, moving_clock: None
) -> None:
    play = Case(cast)
    warning = play.bring(State.RECTIFYING)
    morning()
    for _ in range(2):
        warning = fresh(warning)
        assert warning.finish_by is not None
        go_to(warning.finish_by + timedelta(days=2), cast)
        morning()
        if warning.failures == 0:
            play.take(warning, "report", "张三")
            play.take(warning, "review", "赵六", passed=False)
            play.take(warning, "fail", "王五", due_on=clock.today() + timedelta(days=7))
    warning = fresh(warning)
    assert (warning.raise_due, warning.colour) == (True, Colour.YELLOW.value)
    assert EscalationAct.unscoped.filter(warning=warning, limit="case").count() == 1


def test_limits_of_the_bureau_are_for_new_warnings_and_running_ones_keep_theirs(cast: Cast) -> None:
    old = Case(cast).bring(State.ISSUED)
    wanted = days_of(cast.bureau) | {Colour.YELLOW: Days(sign=1, reply=2, finish=20, review=3)}
    set_limits(cast.bureau, wanted=wanted, versions={}, by=cast["赵六"])
    new = Case(cast, "陈九").bring(State.ISSUED)
    assert (fresh(old).sign_by, fresh(old).review_days) == (old.sign_by, 10)
    assert new.sign_by < old.sign_by
    assert new.review_days == 3
    entry = Entry.objects.get(act="修改预警时限")
    assert entry.detail == {"颜色": 3, "原": "签收3、回告5、整改15、复核10", "新": "签收1、回告2、整改20、复核3"}


def test_limits_that_contradict_themselves_or_an_old_page_change_nothing(cast: Cast) -> None:
    usual = days_of(cast.bureau)
    odd = usual | {Colour.RED: Days(sign=10, reply=10, finish=5, review=1)}
    with pytest.raises(Refused, match="整改期限太短"):
        set_limits(cast.bureau, wanted=odd, versions={}, by=cast["赵六"])
    for number in (4, 3):
        wanted = usual | {Colour.RED: Days(sign=1, reply=3, finish=30, review=number)}
        set_limits(cast.bureau, wanted=wanted, versions={Colour.RED: 4 - number}, by=cast["赵六"])
    with pytest.raises(Stale):
        set_limits(cast.bureau, wanted=usual, versions={Colour.RED: 1}, by=cast["赵六"])
    assert days_of(cast.bureau)[Colour.RED].review == 3


def test_worker_runs_the_morning_by_the_hour() -> None:
    from procrastinate.contrib.django import app

    app.perform_import_paths()
    found = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert found["early_warning.morning"] == "20 * * * *"


# --- real processes ----------------------------------------------------------------------------------------------

MATTERS = ("张三", "陈九", "李四")


@pytest.fixture
def overdue(committed: Round) -> Round:
    """Three warnings whose limits passed forty days ago, and a house that last ran before them."""
    for name in MATTERS:
        Case(committed.cast, name).bring(State.ISSUED)
    today = clock.today()
    for warning in WarningNotice.unscoped.all():
        shifted = {
            name: getattr(warning, name) - timedelta(days=40)
            for name in ("issued_on", "sign_by", "reply_by", "finish_by")
        }
        WarningNotice.unscoped.filter(pk=warning.pk).update(**shifted)
    MorningRun.objects.create(day=today - timedelta(days=60), finished_at=clock_now())
    return committed


def expected() -> Counter[tuple[str, str, str]]:
    """Every act that is due by now, of each warning, by the pure rules alone."""
    from early_warning.escalation import due_between, unique
    from lianzheng.organisation.calendar import exceptions

    days, today = exceptions(), clock.today()
    found: Counter[tuple[str, str, str]] = Counter()
    for warning in WarningNotice.unscoped.all():
        case = case_of(warning, exceptions=days)
        acts = due_between(case, today - timedelta(days=60), today, exceptions=days)
        found.update((str(warning.pk), limit, step.value) for limit, step in unique(acts))
    return found


def done() -> Counter[tuple[str, str, str]]:
    rows = EscalationAct.unscoped.values_list("warning", "limit", "step")
    return Counter((str(warning), limit, step) for warning, limit, step in rows)


def start(*words: str) -> subprocess.Popen[bytes]:
    variables = os.environ | {
        "DATABASE_URL": own_url(),
        "LIANZHENG_FIELD_KEYS_FILE": str(django_settings.FIELD_KEYS_FILE),
        "LIANZHENG_SECRET_KEY": django_settings.SECRET_KEY,
        "LIANZHENG_DEMO": "0",
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, str(ROOT / "manage.py"), *words]
    return subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def wait_for(what: Callable[[], bool], *, seconds: int = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.1)


def waiting(watch: psycopg.Connection[Any]) -> int:
    """Connections to the test's own database that wait for somebody's lock."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    row = watch.execute(asked).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def gate(sql: str, *values: object) -> Iterator[Callable[[int], None]]:
    """A lock held by us; yields a call that waits until so many others stand before it. Opened at the end."""
    with psycopg.connect(own_url()) as holder, psycopg.connect(own_url(), autocommit=True) as watch:
        holder.execute(sql, values)
        yield lambda number: wait_for(lambda: waiting(watch) >= number)
        holder.rollback()


CLOSED = "LOCK TABLE early_warning_morningrun IN ACCESS EXCLUSIVE MODE"


def two_at_once() -> None:
    """Two real workers of the queue take a morning each, at the same moment."""
    for n in range(2):
        every_morning.configure(queueing_lock=f"test {n}").defer(timestamp=0)
    with gate(CLOSED) as all_stand:
        workers = [start("procrastinate", "worker", "--one-shot") for _ in range(2)]
        all_stand(2)
    for worker in workers:
        _, errors = worker.communicate(timeout=120)
        assert worker.returncode == 0, errors.decode()


@pytest.fixture
def queue(overdue: Round) -> Iterator[Round]:
    """The queue is emptied afterwards: its tables outlive the test's own."""
    try:
        yield overdue
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_events CASCADE")


def test_two_workers_at_once_do_each_act_once(queue: Round) -> None:
    wanted = expected()
    two_at_once()
    assert done() == wanted
    assert max(wanted.values()) == 1
    assert Entry.objects.filter(act="预警逾期处置").count() == len(wanted)


@contextmanager
def without(table: str, constraint: str, columns: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        try:
            yield
        finally:
            cursor.execute(f"DELETE FROM early_warning_reminder; DELETE FROM {table}")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} UNIQUE ({columns})")


def test_two_workers_without_the_unique_row_would_do_each_act_twice(queue: Round) -> None:
    """The control: it is the row, and not luck, that keeps the two apart."""
    wanted = expected()
    with without("early_warning_escalationact", "act_once", 'warning_id, "limit", step'):
        two_at_once()
        assert done() == Counter(dict.fromkeys(wanted, 2))


def test_run_that_is_killed_half_way_is_made_up_without_a_double(overdue: Round) -> None:
    wanted = expected()
    last = WarningNotice.unscoped.order_by("issued_on", "pk").last()
    assert last is not None
    row = 'INSERT INTO early_warning_escalationact (id, bureau_id, warning_id, "limit", step, day) '
    row += "VALUES (gen_random_uuid(), %s, %s, 'reply', 'head', now())"
    with gate(row, last.bureau_id, last.pk) as stands:
        process = start("morning")
        stands(1)
        half = done()
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
        assert process.returncode == -signal.SIGKILL
    assert 0 < len(half) < len(wanted)
    assert MorningRun.objects.filter(finished_at=None).count() == 1
    again_ = start("morning")
    _, errors = again_.communicate(timeout=120)
    assert again_.returncode == 0, errors.decode()
    assert done() == wanted
    assert MorningRun.objects.filter(finished_at=None).count() == 0
    assert Entry.objects.filter(act="预警逾期处置").count() == len(wanted)


def test_date_to_come_is_refused(cast: Cast) -> None:
    from django.core.management import CommandError, call_command

    day = (clock.today() + timedelta(days=1)).isoformat()
    with pytest.raises(CommandError, match="不能晚于今天"):
        call_command("morning", "--date", day)
