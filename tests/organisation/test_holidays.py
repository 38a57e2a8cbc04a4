"""The holiday table: kept by the office, each change in the journal, nothing already computed moves."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from lianzheng.audit.models import Entry
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import Holiday
from lianzheng.workdays import is_workday
from tests.cast import Cast, client_of

MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 28)


def save(cast: Cast, day: object, works: str = "off", name: str = "临时放假", *, by: str = "王五") -> Any:
    return client_of(cast[by]).post(reverse("holidays"), {"day": str(day), "works": works, "name": name})


def remove(cast: Cast, day: object) -> Any:
    return client_of(cast["王五"]).post(reverse("holiday_remove"), {"day": str(day)}, follow=True)


def test_day_off_and_make_up_day_change_what_works(cast: Cast) -> None:
    assert save(cast, MONDAY).status_code == 302
    assert save(cast, SATURDAY, "on", "调休", by="管理员").status_code == 302
    known = exceptions()
    assert [is_workday(day, exceptions=known) for day in (MONDAY, SATURDAY)] == [False, True]


def test_every_change_is_in_the_journal_with_what_stood_before(cast: Cast) -> None:
    save(cast, MONDAY)
    save(cast, MONDAY, name="改名")
    remove(cast, MONDAY)
    found = Entry.objects.filter(act__endswith="节假日").order_by("id").values_list("act", "by", "detail")
    office, day = cast["王五"].pk, MONDAY.isoformat()
    assert list(found) == [
        ("修改节假日", office, {"日期": day, "原": "", "新": "放假 临时放假"}),
        ("修改节假日", office, {"日期": day, "原": "放假 临时放假", "新": "放假 改名"}),
        ("删除节假日", office, {"日期": day, "原": "放假 改名"}),
    ]
    assert Holiday.objects.count() == 0


@pytest.mark.parametrize(
    ("day", "works", "sentence"),
    [
        (MONDAY, "on", "2026-11-23 本来就上班，不用登记。"),
        (SATURDAY, "off", "2026-11-28 本来就休息，不用登记。"),
        ("1999-12-31", "off", "年份请填 2000 至 2100。"),
        ("2026-02-30", "off", "输入一个有效的日期。"),
        ("", "off", "这个字段是必填项。"),
        (MONDAY, "maybe", "maybe"),
    ],
)
def test_day_that_says_nothing_new_or_nothing_at_all_is_refused(
    cast: Cast, day: object, works: str, sentence: str
) -> None:
    answer = save(cast, day, works, "我打的字还在")
    text = answer.content.decode()
    assert (answer.status_code, sentence in text, "我打的字还在" in text) == (422, True, True)
    assert Holiday.objects.count() == 0


@pytest.mark.parametrize("day", [MONDAY, "", "2026-13-45", "x" * 50])
def test_removing_a_day_that_is_not_there_is_told(cast: Cast, day: object) -> None:
    assert "这一天不在节假日表里" in remove(cast, day).content.decode()
    assert Entry.objects.filter(act="删除节假日").count() == 0


def test_page_lists_the_days_of_the_year_asked_for(cast: Cast, holidays: None) -> None:
    client = client_of(cast["王五"])
    for year in (2025, 2026):
        page = client.get(reverse("holidays"), {"year": year}).content.decode()
        days = [day.isoformat() for day in Holiday.objects.filter(day__year=year).values_list("day", flat=True)]
        assert page.count('name="day" value=') == len(days) > 20
        assert [day for day in days if day not in page] == []
    assert client.get(reverse("holidays"), {"year": "²x"}).status_code == 200
