"""`manage.py verify`: walk every bureau's seals and say what does not hold."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lianzheng.audit.actions import verify
from lianzheng.audit.models import Entry, Seal
from lianzheng.organisation.models import Unit


class Command(BaseCommand):
    help = "校验日志封印"

    def handle(self, *args: Any, **options: Any) -> None:
        problems = []
        for bureau in [None, *Unit.objects.filter(pk__in=Seal.objects.values("bureau"))]:
            problems += [f"{bureau or '全县'} {sentence}" for sentence in verify(bureau)]
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write(f"日志 {Entry.objects.count()} 条，封印 {Seal.objects.count()} 个，全部相符。")
