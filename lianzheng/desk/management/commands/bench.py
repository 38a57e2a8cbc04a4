"""`manage.py bench`: run bench/run.py on the demo's data."""

import runpy
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "测量页面、Excel、PDF 的耗时（用演示数据）"

    def handle(self, *args: Any, **options: Any) -> None:
        runpy.run_path(str(settings.BASE_DIR / "bench" / "run.py"), run_name="bench.run")
