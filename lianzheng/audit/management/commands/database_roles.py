"""`manage.py database_roles`: make or mend the roles, as a superuser of a server that is not the embedded one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, connection, transaction

from lianzheng.database_roles import ROLES, making
from lianzheng.settings import env_secret


class Command(BaseCommand):
    help = "以超级用户建立数据库角色；密码取自 LIANZHENG_OWNER_PASSWORD_FILE 等四个变量"
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        passwords = {key: env_secret(f"LIANZHENG_{key.upper()}_PASSWORD") for key in ROLES}
        if missing := [f"LIANZHENG_{key.upper()}_PASSWORD_FILE" for key, given in passwords.items() if not given]:
            raise CommandError(f"请设置{'、'.join(missing)}。")
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for statement in making(passwords):
                    cursor.execute(statement)
        except ProgrammingError as error:
            raise CommandError(f"角色没有建成（须以超级用户运行）：{error}") from error
        self.stdout.write(f"数据库角色：{'、'.join(role.name for role in ROLES.values())}。")
