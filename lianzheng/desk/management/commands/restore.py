"""`manage.py restore FILE [--into URL]`: a backup into an empty database (or, --replace, into this one), proved."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from lianzheng.desk import backup, dump
from lianzheng.desk.restore import Refused, Wish, restore
from lianzheng.postgres import PostgresFailed
from lianzheng.settings import database


class Command(BaseCommand):
    help = "从备份恢复数据库，并逐项核对"
    requires_system_checks = ()  # they may ask a database that is still empty

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="备份文件；旁边须有同名的 .json 说明文件")
        parser.add_argument("--into", default="", metavar="URL", help="恢复到这个数据库（默认当前数据库）")
        parser.add_argument("--replace", action="store_true", help="目标数据库不空也恢复：现有数据先另存一份")
        parser.add_argument("--accept-older", default="", metavar="原因", help="备份比锚点旧也恢复，原因记入日志")
        parser.add_argument(
            "--anchors", type=Path, default=backup.anchor_file(), help="锚点文件（默认 var/anchors.jsonl）"
        )

    def handle(self, *args: Any, file: Path, into: str, replace: bool, accept_older: str, **options: Any) -> None:
        if into:
            connection.close()
            connection.settings_dict.update(database(into))
        wish = Wish(file.absolute(), replace, accept_older.strip(), options["anchors"], self.stdout.write)
        try:
            restore(wish)
        except (Refused, dump.Failed, PostgresFailed, DatabaseError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"已恢复：{file}。请启动服务，并另行放回密钥文件和锚点文件。")
