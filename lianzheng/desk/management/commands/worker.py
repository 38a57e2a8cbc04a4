"""`manage.py worker`: the jobs of the queue, made while nobody at a page needs the processors."""

import contextlib
import os
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

NICENESS = 10
"""A tenth of what a page gets where both want the processor: «nice(2)»."""


def stand_back() -> None:
    """Let others of this machine go first; children (those that set papers) inherit it.

    Linux weighs whole sessions against each other where it groups them, and niceness within each: both are lowered.
    """
    os.nice(NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS))


class Command(BaseCommand):
    help = "后台任务：期限提醒、逾期升级、备案材料包（让网页服务优先使用处理器）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--patience", type=int, default=30, metavar="秒", help="停止前等手头任务做完的秒数")

    def handle(self, *args: Any, patience: int, **options: Any) -> None:
        stand_back()
        call_command("procrastinate", "worker", "--shutdown-graceful-timeout", str(patience))
