"""What is cleared away by itself: what has ended, and nothing that still opens a door or still counts."""

from __future__ import annotations

import re
from datetime import timedelta

from axes.models import AccessAttempt
from django.utils import timezone
from procrastinate.contrib.django import app

from lianzheng.accounts.actions import FAILURES_KEPT, clear_ended
from lianzheng.accounts.models import Session
from lianzheng.bootstrap import ROOT
from lianzheng.desk.actions import KEPT_DAYS
from lianzheng.desk.tasks import JOBS_KEPT
from tests.cast import Round
from tests.roles import as_role


def aged(**times: timedelta) -> str:
    """Key of a session with these of its times so long ago."""
    moment = timezone.now()
    facts = {"begun_at": timedelta(), "seen_at": timedelta(), "expire_date": timedelta(hours=-1)} | times
    values = {name: moment - ago for name, ago in facts.items()}
    number = Session.objects.count()
    return str(Session.objects.create(session_key=f"{number:032}", session_data="", **values).pk)


def test_ended_sessions_go_and_open_ones_stay(db: None) -> None:
    left = aged()
    aged(seen_at=timedelta(minutes=31))
    aged(begun_at=timedelta(hours=12, minutes=1))
    aged(expire_date=timedelta(seconds=1))
    assert clear_ended(by=None) == 3
    assert [row.pk for row in Session.objects.all()] == [left]


def test_wrong_passwords_count_for_a_day(db: None) -> None:
    rows = [AccessAttempt.objects.create(username=name, failures_since_start=1) for name in ("one", "other")]
    for row, ago in zip(rows, (timedelta(hours=23), timedelta(hours=25)), strict=True):
        AccessAttempt.objects.filter(pk=row.pk).update(attempt_time=timezone.now() - ago)
    clear_ended(by=None)
    assert list(AccessAttempt.objects.all()) == rows[:1]


def test_clearing_works_as_the_web_role(committed: Round) -> None:
    aged(seen_at=timedelta(minutes=31))
    with as_role("runtime"):
        assert clear_ended(by=None) == 1


def test_table_of_what_is_kept_how_long_says_what_the_code_does() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+?) \| `(\w+\.\w+)` \|$", text, re.MULTILINE)
    assert {what: time for what, time, _ in rows} == {
        "会话": "退出或超时后一小时内",
        "输错口令的次数": f"{FAILURES_KEPT.days} 天",
        "备案材料包的内容": f"{KEPT_DAYS} 天",
        "办完的后台任务": f"{JOBS_KEPT} 小时",
    }
    app.perform_import_paths()
    periodic = {task.task.name for task in app.periodic_registry.periodic_tasks.values()}
    assert {task for _, _, task in rows} <= periodic
