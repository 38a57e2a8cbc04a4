"""Today, by the clock of PostgreSQL (never the web server's); only a demo may move it, so that a notice period can
pass."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import DateField, Func

ZONE = "Asia/Shanghai"
_TODAY = "SELECT (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date"
_SHIFTED = """
    SELECT (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date
         + COALESCE((SELECT sum(days) FROM organisation_demoshift), 0)::int
"""


class Today(Func):
    """The same day inside a query."""

    output_field = DateField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **kwargs: Any) -> tuple[str, tuple[Any, ...]]:
        return f"({_SHIFTED if settings.DEMO else _TODAY})", ()


def today() -> date:
    """The business date of every deadline, period and paper."""
    with connection.cursor() as cursor:
        cursor.execute(_SHIFTED if settings.DEMO else _TODAY)
        day: date = cursor.fetchone()[0]
    return day


def time_of_day() -> str:
    """HH:MM:SS by the same clock, as the page says when it saved."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT to_char(clock_timestamp() AT TIME ZONE '{ZONE}', 'HH24:MI:SS')")
        time: str = cursor.fetchone()[0]
    return time
