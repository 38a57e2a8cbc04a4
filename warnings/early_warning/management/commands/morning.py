"""`manage.py morning`: the morning run by hand, as the worker does it; `--date` runs up to another day."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from early_warning.morning import morning
from lianzheng import clock


class Command(BaseCommand):
    help = "办理到期的提醒、督办，生成周期性工作（后台任务每天自动办理）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=date.fromisoformat, help="办到哪一天，默认今天，如 2026-03-01")

    def handle(self, *args: Any, date: date | None, **options: Any) -> None:
        if date is not None and date > clock.today():
            raise CommandError("日期不能晚于今天：没有到期的事不能提前办理。")
        self.stdout.write(f"已办理 {morning(until=date)} 项。")
