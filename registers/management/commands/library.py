"""`manage.py library`: load the shipped risk library and the public holidays; idempotent."""

from typing import Any

from django.core.management.base import BaseCommand

from lianzheng.organisation.calendar import seed
from registers.library import load


class Command(BaseCommand):
    help = "装入风险点库、措施库和节假日表"

    def handle(self, *args: Any, **options: Any) -> None:
        points, measures = load()
        days = seed()
        self.stdout.write(f"风险点库 {points} 条，措施库 {measures} 条，新增节假日 {days} 天。")
