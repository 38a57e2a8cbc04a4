"""The holiday table as the working-day rules want it, and its seeding."""

from datetime import date

import chinese_calendar
from django.db import transaction

from lianzheng.organisation.models import Holiday
from lianzheng.workdays import Exceptions


def exceptions() -> Exceptions:
    """Days that differ from the week."""
    return dict(Holiday.objects.values_list("day", "works"))


@transaction.atomic
def seed() -> int:
    """Days of the State Council's yearly lists as far as the package knows them; the number of
    days added. A day edited by hand stays as it is."""
    known: dict[date, str] = dict(chinese_calendar.holidays)
    worked: dict[date, str] = dict(chinese_calendar.workdays)
    days = [Holiday(day=day, works=False, name=_word(name)) for day, name in known.items() if day.weekday() < 5]
    days += [Holiday(day=day, works=True, name=_word(name)) for day, name in worked.items() if day.weekday() >= 5]
    before = Holiday.objects.count()
    Holiday.objects.bulk_create(days, ignore_conflicts=True)
    return Holiday.objects.count() - before


_WORDS = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利日",
}


def _word(name: str) -> str:
    return _WORDS.get(name, name)
