"""`manage.py migrate`: Django's own, then the grants of the database's roles for what it made."""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connection

from lianzheng.audit import privileges
from lianzheng.audit.models import Entry


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        with connection.cursor() as cursor:
            there = Entry._meta.db_table in connection.introspection.table_names(cursor)
        if there:
            privileges.apply()
