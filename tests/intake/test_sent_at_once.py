"""The same confirmation from several windows at the same moment is taken once, whichever form it is."""

from __future__ import annotations

from threading import Barrier
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse

from early_warning.models import Signal
from lianzheng.audit.models import Entry
from lianzheng.organisation.actions import create_post
from lianzheng.organisation.models import Post, User
from tests.at_once import at_once
from tests.cast import Cast, Round, client_of
from tests.early_warning.test_signals_by_excel import LINE
from tests.early_warning.test_signals_by_excel import excel as signals
from tests.intake.excel import Excel, edited, text_of, token_of
from tests.organisation.test_staff import GROWN
from tests.organisation.test_staff import excel as staff

WINDOWS = 4


def sent(cast: Cast, desk: Excel, person: str, content: bytes) -> dict[str, int]:
    """Status -> how many windows got it."""
    page = desk.upload(content)
    fields: dict[str, Any] = {"lines": token_of(page), "do": "all"}
    if 'name="table" value="' in text_of(page):
        fields["table"] = text_of(page).split('name="table" value="')[1].split('"')[0]
    windows = [client_of(cast[person]) for _ in range(WINDOWS)]
    return dict(at_once(lambda n: str(windows[n].post(desk.take_url, fields).status_code), threads=WINDOWS))


def test_staff_list_sent_at_once_is_taken_once(committed: Round) -> None:
    desk = staff(committed.cast)
    assert sent(committed.cast, desk, "管理员", edited(desk.template(), **GROWN)) == {"302": WINDOWS}
    assert (User.objects.filter(username="fenger").count(), Post.unscoped.filter(name="站长").count()) == (1, 1)
    assert Entry.objects.filter(act="从 Excel 导入花名册").count() == 1


def test_staff_list_without_its_lock_fails_the_same_check(committed: Round) -> None:
    """The control: it looks first and writes then."""
    unit, between = committed.cast.units["办公室"], Barrier(WINDOWS)

    def write(n: int) -> str:
        known = Post.unscoped.filter(unit=unit, name="站长").exists()
        between.wait(timeout=20)
        if known:
            return "302"
        try:
            with transaction.atomic():
                create_post(unit, name="站长", by=None)
        except IntegrityError:
            return "twice"
        return "302"

    assert dict(at_once(write, threads=WINDOWS)) == {"302": 1, "twice": WINDOWS - 1}


def test_signals_sent_at_once_are_registered_once(committed: Round) -> None:
    desk = signals(committed.cast)
    assert sent(committed.cast, desk, "王五", edited(desk.template(), LINE)) == {"302": WINDOWS}
    assert Signal.unscoped.count() == 1


def test_grades_sent_at_once_are_taken_once(committed: Round) -> None:
    committed.fill(committed.own)
    found = committed.rating("施工许可岗")
    names = ("ratings_template", "ratings_intake", "ratings_take")
    desk = Excel(client_of(committed.cast["张三"]), *(reverse(name, args=[found.pk]) for name in names))
    content = edited(desk.template(), {"E4": "3"})
    assert sent(committed.cast, desk, "张三", content) == {"302": WINDOWS}
    assert found.ratings.get().version == 1
    assert Entry.objects.filter(act="从 Excel 导入评分").count() == 1
