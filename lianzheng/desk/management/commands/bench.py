"""`manage.py bench`: run bench/run.py on the demo's data; `--served`: bench/served.py on a house of its own."""

import runpy
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "测量页面、Excel、PDF 的耗时（用演示数据）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--served", action="store_true", help="生成 250 份表的材料包时网页的答复时间（临时集群）")

    def handle(self, *args: Any, served: bool, **options: Any) -> None:
        if not served:
            runpy.run_path(str(settings.BASE_DIR / "bench" / "run.py"), run_name="bench.run")
            return
        for line in import_module("bench.served").lines():
            self.stdout.write(line)
            self.stdout.flush()
