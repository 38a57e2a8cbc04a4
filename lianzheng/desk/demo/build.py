"""Makes the whole demo, and takes it away again."""

from datetime import timedelta

import pgtrigger
from django.conf import settings
from django.db import connection, transaction

from lianzheng import clock
from lianzheng.desk.demo import warned
from lianzheng.desk.demo.play import Player, go_to
from lianzheng.desk.demo.year import last_year, this_year, town_year
from lianzheng.organisation.calendar import seed
from lianzheng.organisation.establish import establish, read
from lianzheng.organisation.models import DemoShift, User
from registers.library import load

FOLDER = settings.BASE_DIR / "fixtures" / "demo"
BACK = timedelta(days=60)
"""The demo is played from so many days ago up to today, so that notice periods have really passed."""
KEEP = ("django_migrations", "django_content_type", "auth_permission", "procrastinate")


@transaction.atomic
def build() -> None:
    """A county bureau with last year's and this year's round, and a town, all reached by the product's own actions."""
    load()
    seed()
    bureau = Player(establish(read(FOLDER / "bureau.json"), by=None))
    town = Player(establish(read(FOLDER / "town.json"), by=None))
    today = clock.today()
    go_to(today - BACK, by=bureau.office())
    last_year(bureau, today.year - 1)
    this_year(bureau, today.year, today=today)
    go_to(today - BACK, by=bureau.office())
    town_year(town, today.year, today=today)
    warned.play(bureau, read(FOLDER / "warnings.json"), today=today)
    DemoShift.objects.all().delete()


@transaction.atomic
def clear() -> None:
    """Empty every table but what migrations filled; the for-ever triggers are set aside for this transaction alone."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = [connection.ops.quote_name(name) for name in names if not name.startswith(KEEP)]
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)}")


def present() -> bool:
    return User.objects.exists()
