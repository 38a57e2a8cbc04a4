"""`manage.py demo`: make the demo's data in an empty database; `--reset` makes it again; `--accounts` lists its
people."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lianzheng.desk.demo import people
from lianzheng.desk.demo.build import build, clear, present


class Command(BaseCommand):
    help = "生成演示数据（虚构的县住建局和乡镇）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="清空后重新生成")
        parser.add_argument("--accounts", action="store_true", help="列出演示账号")

    def handle(self, *args: Any, reset: bool, accounts: bool, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("这不是演示系统（LIANZHENG_DEMO 未开启），不能生成演示数据。")
        if accounts:
            return self._accounts()
        if present() and not reset:
            raise CommandError("数据库里已有数据；如需重新生成，请加 --reset（会清空现有数据）。")
        if reset:
            clear()
        build()
        self.stdout.write("演示数据已生成。")
        return None

    def _accounts(self) -> None:
        for group in people.groups():
            self.stdout.write(f"{group['title']}")
            for person in group["people"]:
                self.stdout.write(
                    f"  {person['label']}（{person['hint']}）用户名 {person['username']}，在登录页点一下即可登录"
                )
