"""`manage.py faults [F1 F3 …] [--small]`: hit the product as it is served, on temporary clusters, and count."""

from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "故障演练：在临时集群上强杀、断电、写满磁盘、并发，逐项报告尝试、确认、丢失数（不动正式数据，约需半小时）"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("codes", nargs="*", metavar="F1", help="只做这几项")
        parser.add_argument("--small", action="store_true", help="每项只做少量")

    def handle(self, *args: Any, codes: list[str], small: bool, **options: Any) -> None:
        known = import_module("faults.run")
        if strange := set(codes) - set(known.FAULTS):
            raise CommandError(f"没有这些故障：{'、'.join(sorted(strange))}。可选：{'、'.join(known.FAULTS)}")
        if not known.run(codes, small=small, say=lambda line: self.stdout.write(line) or self.stdout.flush()):
            raise CommandError("有故障未通过。")
