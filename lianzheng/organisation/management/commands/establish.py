"""`manage.py establish FILE`: set a site up from a JSON of units, posts, people and roles.

Prints each first password, once.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from lianzheng.organisation.actions import set_password
from lianzheng.organisation.establish import establish, first_password, read


class Command(BaseCommand):
    help = "按文件建立单位、股室、岗位、人员和角色，并给出一次性显示的初始密码"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="JSON 文件，格式同 fixtures/demo/bureau.json")

    @transaction.atomic
    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            placed = establish(read(file), by=None)
        except (OSError, ValueError, KeyError, StopIteration, IntegrityError) as error:
            raise CommandError(f"文件不能用，什么也没有建立：{error!r}") from error
        for person in sorted(placed.people.values(), key=lambda each: each.username):
            password = first_password()
            set_password(person, password=password, first=True, by=None)
            self.stdout.write(f"{person.username}\t{person.name}\t{password}")
        self.stdout.write(
            f"已建立 {placed.bureau.name}：{len(placed.people)} 人。"
            "初始密码只显示这一次，72 小时内有效，首次登录须修改。"
        )
