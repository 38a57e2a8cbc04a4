"""`manage.py backup [--to FILE]`: the running database into one file, with its manifest and the anchors."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lianzheng.desk import backup, dump
from lianzheng.postgres import PostgresFailed


class Command(BaseCommand):
    help = "备份数据库"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, help="备份文件（默认 var/backups/ 下按时间命名）")
        parser.add_argument(
            "--anchors", type=Path, default=backup.anchor_file(), help="锚点文件（默认 var/anchors.jsonl）"
        )

    def handle(self, *args: Any, to: Path | None, anchors: Path, **options: Any) -> None:
        target = (to or backup.folder() / f"lianzheng-{backup.now():%Y%m%d-%H%M%S}.dump").absolute()
        if target.exists():
            raise CommandError(f"{target} 已经存在，备份不会覆盖它。")
        try:
            manifest = backup.make(target, anchored=anchors)
        except (dump.Failed, backup.Busy, PostgresFailed, OSError) as error:
            raise CommandError(f"备份没有完成：{error}") from error
        rows, seals = sum(manifest.tables.values()), sum(tip.number for tip in manifest.tips)
        self.stdout.write(f"已备份：{target}（{manifest.size} 字节，SHA-256 {manifest.sha256}）")
        self.stdout.write(
            f"{len(manifest.tables)} 张表、{rows} 行，日志封印 {seals} 个。恢复：python3 manage.py restore {target}"
        )
        self.stdout.write("备份之外还须另行妥善保管，且不要与备份放在一处：")
        for line in backup.BESIDES:
            self.stdout.write(f"  · {line.format(anchors=anchors)}")
