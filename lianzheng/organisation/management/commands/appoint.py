"""`manage.py appoint USERNAME ROLE UNIT`: one of the three administrators, where there is nobody yet who could confirm.

Everything else goes through the page, where one asks and another confirms. The journal keeps this as done by nobody:
by somebody at the server's terminal.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lianzheng.flow import Refused
from lianzheng.organisation.actions import grant
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.roles import THREE


class Command(BaseCommand):
    help = "任命系统管理员、安全管理员或审计管理员（系统中还没有安全管理员时用）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="用户名")
        parser.add_argument("role", choices=[item.label for item in THREE], help="角色")
        parser.add_argument("unit", help="机构名称")

    def handle(self, *args: Any, username: str, role: str, unit: str, **options: Any) -> None:
        person = User.objects.filter(username=username, is_active=True).first()
        places = Unit.objects.filter(name=unit, active=True)
        if person is None or places.count() != 1:
            raise CommandError("没有这个用户名或机构，或者机构不止一个同名。")
        wanted = next(item for item in THREE if item.label == role)
        try:
            grant(wanted, unit=places.get(), to=person, by=None)
        except Refused as refusal:
            raise CommandError(" ".join(refusal.sentences)) from refusal
        self.stdout.write(f"{person.name}：{role}（{unit}）。")
