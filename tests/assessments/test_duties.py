"""Duties from the level in force: made once, re-made with the level, filled in by their owner, seen by few."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import actions
from assessments.actions.duties import owner_of_key
from assessments.models import Dossier, DutyInstance, State
from lianzheng import clock
from lianzheng.audit.models import Entry
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.actions import shift_demo
from lianzheng.organisation.models import Tenure
from tests.cast import Cast, Round, again, client_of


@pytest.fixture
def january(year: Round, moving_clock: None) -> Round:
    """The year's round with the calendar set to the second of January, which is before every limit of the year."""
    shift_demo((date(2026, 1, 2) - clock.today()).days, by=year.cast["王五"])
    return year


def enforce(dossier: Dossier, *, rank: int, since: date | None = None) -> Dossier:
    """Lay a level in force by hand; the way there is the business of other tests."""
    Dossier.unscoped.filter(pk=dossier.pk).update(
        stage="rating", state=State.IN_FORCE, decided_rank=rank, in_force_on=since or clock.today()
    )
    dossier.refresh_from_db()
    return dossier


def refresh(year: Round) -> tuple[int, int]:
    return actions.refresh_duties(year.cast.bureau, by=None)


def codes(year: Round, **facts: Any) -> list[tuple[str, str]]:
    rows = DutyInstance.objects.in_bureau(year.cast.bureau).filter(dropped_on=None, **facts)
    return sorted(rows.values_list("code", "period"))


def test_level_one_of_a_post_makes_its_year(january: Round) -> None:
    enforce(january.own, rank=1)
    assert refresh(january) == (12, 0)
    assert codes(january, kind="post") == [
        ("finding", "2026"),
        ("rating", "2026"),
        ("rotation", "20220301/四年半"),
        ("self_check", "2026H1"),
        ("self_check", "2026H2"),
    ]
    assert codes(january, kind="bureau") == [
        ("bulletin", "2026H1"),
        ("bulletin", "2026H2"),
        ("charts", "2026"),
        ("conference", "2026H1"),
        ("conference", "2026H2"),
        ("vote", "2026H1"),
        ("vote", "2026H2"),
    ]


def test_second_run_makes_nothing_and_says_nothing(january: Round) -> None:
    enforce(january.own, rank=1)
    refresh(january)
    before = Entry.objects.count()
    assert refresh(january) == (0, 0)
    assert Entry.objects.count() == before


def test_changed_level_drops_what_is_not_due_and_keeps_what_was(january: Round) -> None:
    own = enforce(january.own, rank=1)
    refresh(january)
    shift_demo((date(2026, 7, 6) - clock.today()).days, by=january.cast["王五"])
    enforce(own, rank=2)
    refresh(january)
    assert codes(january, kind="post", code="self_check") == [("self_check", "2026"), ("self_check", "2026H1")]
    dropped = DutyInstance.unscoped.get(code="self_check", period="2026H2")
    assert dropped.dropped_reason == "等级由一级调整为二级，按新的等级执行。"


def test_level_that_comes_back_makes_its_turns_again(january: Round) -> None:
    own = enforce(january.own, rank=1)
    refresh(january)
    for rank in (2, 1):
        enforce(own, rank=rank)
        refresh(january)
    assert codes(january, code="self_check") == [("self_check", "2026H1"), ("self_check", "2026H2")]
    assert DutyInstance.unscoped.filter(code="self_check").exclude(dropped_on=None).count() == 3


def test_level_no_longer_in_force_drops_its_turns(january: Round) -> None:
    own = enforce(january.own, rank=1)
    refresh(january)
    Dossier.unscoped.filter(pk=own.pk).update(state=State.SUPERSEDED)
    refresh(january)
    assert codes(january, kind="post") == [("rating", "2026")]  # handed in before


def test_rotation_of_a_level_one_section_is_its_heads(january: Round) -> None:
    enforce(january.dossier("建筑业股"), rank=1)
    refresh(january)
    turn = DutyInstance.unscoped.get(code="rotation")
    assert (turn.person, turn.post) == (january.cast["李四"], january.cast.posts["建筑业股/股长"])
    assert turn.due_on == date(2026, 9, 1)


def test_rotation_clock_starts_with_the_tenure(january: Round) -> None:
    Tenure.unscoped.filter(person=january.cast["张三"]).update(since=date(2021, 5, 10))
    enforce(january.own, rank=1)
    refresh(january)
    days = DutyInstance.unscoped.filter(code="rotation").values_list("period_words", "due_on")
    assert list(days) == [("任职满四年半", date(2026, 1, 2)), ("任职满五年", date(2026, 5, 10))]


def test_filing_brings_the_calendar(january: Round) -> None:
    dossier = january.bring(january.rating("施工许可岗"), State.IN_FORCE)
    turns = DutyInstance.unscoped.filter(post=dossier.table.post, code="self_check")
    assert [turn.period for turn in turns] == ["2026"]
    rating = DutyInstance.unscoped.get(post=dossier.table.post, code="rating")
    assert rating.done_on == clock.today()


def self_check(year: Round) -> DutyInstance:
    enforce(year.own, rank=1)
    refresh(year)
    return DutyInstance.unscoped.select_related("bureau").get(code="self_check", period="2026H1")


REPORT = {"carried_out": "各项措施已落实。", "found": "未发现。", "mending": "", "filed_no": ""}


def send(turn: DutyInstance, person: Any, **facts: Any) -> Any:
    return client_of(person).post(turn.get_absolute_url(), REPORT | {"version": turn.version, "do": "finish"} | facts)


def test_owner_fills_in_and_finishes(january: Round) -> None:
    turn = self_check(january)
    assert send(turn, january.cast["张三"]).status_code == 302
    turn.refresh_from_db()
    assert turn.answers == {"carried_out": "各项措施已落实。", "found": "未发现。"}
    assert (turn.done_by, turn.done_on) == (january.cast["张三"], clock.today())
    entry = Entry.objects.get(act="完成周期性工作")
    assert (entry.subject, entry.detail) == (turn.pk, {"事项": "self_check"})


def test_draft_may_lack_anything_and_is_kept(january: Round) -> None:
    turn = self_check(january)
    assert send(turn, january.cast["张三"], found="", do="save").status_code == 302
    turn.refresh_from_db()
    assert (turn.answers, turn.done_on) == ({"carried_out": "各项措施已落实。"}, None)


def test_missing_answer_is_named_at_its_field_and_the_typed_text_stays(january: Round) -> None:
    turn = self_check(january)
    response = send(turn, january.cast["张三"], found="")
    page = response.content.decode()
    assert response.status_code == 422
    assert 'href="#id_found"' in page
    assert "各项措施已落实。" in page


def test_old_page_is_answered_409_with_the_typed_text(january: Round) -> None:
    turn = self_check(january)
    actions.fill_duty(turn, answers={"found": "甲"}, version=1, finish=False, by=january.cast["张三"])
    turn.version = 1
    response = send(turn, january.cast["张三"])
    assert response.status_code == 409
    assert "各项措施已落实。" in response.content.decode()


def test_finished_turn_is_not_filled_in_again(january: Round) -> None:
    turn = self_check(january)
    send(turn, january.cast["张三"])
    with pytest.raises(Stale):
        actions.fill_duty(turn, answers={}, version=2, finish=True, by=january.cast["张三"])


def test_turn_that_goes_with_the_form_is_not_filled_in(january: Round) -> None:
    self_check(january)
    turn = DutyInstance.unscoped.filter(code="finding").first()
    assert turn is not None
    with pytest.raises(Refused, match="随年度排查表完成"):
        actions.fill_duty(turn, answers={}, version=1, finish=True, by=january.cast["张三"])


def test_colleague_sees_no_turn_and_head_sees_but_does_not_fill_in(january: Round) -> None:
    turn = self_check(january)
    assert client_of(january.cast["陈九"]).get(turn.get_absolute_url()).status_code == 404
    page = client_of(january.cast["李四"]).get(turn.get_absolute_url()).content.decode()
    assert "提交完成" not in page
    send(turn, january.cast["李四"])
    turn.refresh_from_db()
    assert turn.done_on is None


def section_of(year: Round, title: str) -> Dossier:
    found: Dossier = year.campaign.dossiers.get(kind="section", unit=year.cast.units[title], stage="finding")
    return found


def vote(year: Round) -> DutyInstance:
    for title in ("建筑业股", "办公室"):
        enforce(section_of(year, title), rank=1)
    refresh(year)
    return DutyInstance.unscoped.select_related("bureau").get(code="vote", period="2026H1")


def test_votes_are_the_inspections_and_the_last_are_named_to_others_without_figures(january: Round) -> None:
    turn = vote(january)
    posted = {"held_on": clock.today().isoformat(), "voters": "全体干部", "version": 1, "do": "finish"}
    for title, votes in (("建筑业股", (9, 1, 0)), ("办公室", (0, 1, 7))):
        for code, number in zip(("satisfied", "fairly", "dissatisfied"), votes, strict=True):
            posted[f"{code}-{january.cast.units[title].pk}"] = number
    assert client_of(january.cast["赵六"]).post(turn.get_absolute_url(), posted).status_code == 302
    pages = {
        n: client_of(january.cast[n]).get(turn.get_absolute_url()).content.decode() for n in ("赵六", "孙八", "钱七")
    }
    assert {name: "不满意 7" in page for name, page in pages.items()} == {"赵六": True, "孙八": False, "钱七": False}
    assert {name: "重点执法监察" in page for name, page in pages.items()} == {"赵六": True, "孙八": True, "钱七": False}


def test_nobody_sees_to_his_own_rotation(january: Round) -> None:
    enforce(january.dossier("办公室主任"), rank=1)
    refresh(january)
    turn = DutyInstance.unscoped.get(code="rotation")
    owners = {name for name in january.cast.people if owns_it(january.cast, name, turn)}
    assert owners == {"孙八"}


def owns_it(cast: Cast, name: str, turn: DutyInstance) -> bool:
    from assessments.duty_rules import owns

    return DutyInstance.objects.within(owns(again(cast[name]))).filter(pk=turn.pk).exists()


def test_feed_has_days_and_titles_of_the_person_and_nobodys_name(january: Round) -> None:
    self_check(january)
    secret = actions.open_calendar(by=january.cast["张三"])
    response = client_of(None).get(reverse("calendar_feed", args=[secret]))
    text = response.content.decode().replace("\r\n ", "")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert text.count("BEGIN:VEVENT") == 3
    assert "SUMMARY:预警方案落实情况自查（2026年上半年）" in text
    assert "DTSTART;VALUE=DATE:20260630" in text
    assert [name for name in january.cast.people if name in text] == []
    assert max(len(line) for line in response.content.split(b"\r\n")) <= 75


def test_feed_stops_with_a_new_address_with_closing_and_with_the_account(january: Round) -> None:
    person = january.cast["张三"]
    first, second = (actions.open_calendar(by=person) for _ in range(2))
    assert (owner_of_key(first), owner_of_key(second)) == (None, person)
    person.is_active = False
    person.save()
    assert owner_of_key(second) is None
    person.is_active = True
    person.save()
    actions.close_calendar(by=person)
    assert client_of(None).get(reverse("calendar_feed", args=[second])).status_code == 404
    acts = Entry.objects.filter(act__contains="日历订阅").order_by("id").values_list("act", flat=True)
    assert list(acts) == ["开通日历订阅", "停用日历订阅", "开通日历订阅", "停用日历订阅"]


def test_address_of_the_feed_is_kept_nowhere(january: Round) -> None:
    secret = actions.open_calendar(by=january.cast["张三"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM assessments_calendarkey k WHERE k::text LIKE %(secret)s),"
            " (SELECT count(*) FROM audit_entry e WHERE e::text LIKE %(secret)s)",
            {"secret": f"%{secret}%"},
        )
        assert cursor.fetchone() == (0, 0)


def test_lists_ask_as_many_questions_for_many_turns_as_for_few(january: Round) -> None:
    asked: dict[str, list[int]] = {"duties": [], "duty_board": []}
    for title in ("施工许可岗", "建筑业股"):
        enforce(january.dossier(title), rank=1)
        refresh(january)
        for name, counts in asked.items():
            with CaptureQueriesContext(connection) as captured:
                assert client_of(january.cast["王五"]).get(reverse(name)).status_code == 200
            counts.append(len(captured))
    assert {name: pair for name, pair in asked.items() if pair[0] != pair[1]} == {}


def test_month_shows_its_turns_and_an_odd_month_is_this_one(january: Round) -> None:
    self_check(january)
    client = client_of(january.cast["张三"])
    assert "2026年6月" in client.get(reverse("duties"), {"month": "2026-06"}).content.decode()
    for odd in ("2026-13", "x", "0001-01", "9999-12"):
        assert "2026年1月" in client.get(reverse("duties"), {"month": odd}).content.decode()


def test_late_turn_is_marked_overdue_on_the_day_after(january: Round) -> None:
    turn = self_check(january)
    client = client_of(january.cast["张三"])
    shift_demo((turn.due_on - clock.today()).days, by=january.cast["王五"])
    before = client.get(turn.get_absolute_url()).content.decode()
    shift_demo(1, by=january.cast["王五"])
    after = client.get(turn.get_absolute_url()).content.decode()
    assert ("逾期" in before, "逾期" in after) == (False, True)
    assert clock.today() == turn.due_on + timedelta(days=1)
