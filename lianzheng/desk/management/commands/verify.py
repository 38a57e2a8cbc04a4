"""`manage.py verify`: walk every bureau's seals, and compare them with the papers and anchors that bear them."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.models import IssuedPaper
from lianzheng.audit.models import Entry, Seal
from lianzheng.desk import anchors, backup, proof


class Command(BaseCommand):
    help = "校验日志封印，并与已发文书上印的封印和锚点核对"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchors", type=Path, default=backup.anchor_file(), help="锚点文件（默认 var/anchors.jsonl）"
        )
        parser.add_argument("--printed", metavar="封印", help="核对一份纸面上印的封印，如：“第12封 …”")

    def handle(self, *args: Any, printed: str | None, **options: Any) -> None:
        if printed:
            self.stdout.write(proof.printed(printed))
            return
        try:
            known = anchors.last(options["anchors"])
        except anchors.Broken as broken:
            raise CommandError(str(broken)) from broken
        if problems := list(proof.problems(known)):
            raise CommandError("\n".join(problems))
        papers = IssuedPaper.objects.across_bureaus().exclude(seal="").count()
        counts = f"日志 {Entry.objects.count()} 条，封印 {Seal.objects.count()} 个"
        self.stdout.write(f"{counts}，印有封印的文书 {papers} 份，锚点 {len(known)} 个，全部相符。")
