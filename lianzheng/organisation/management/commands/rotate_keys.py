"""A new key for the sealed texts: every row is sealed anew, batch by batch, then the old keys may be forgotten."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction

from lianzheng import secrecy
from lianzheng.audit.actions import record

BATCH = 500


class Command(BaseCommand):
    """Can be stopped and started again: what is under the newest key already is left alone."""

    help = "更换字段密钥：manage.py rotate_keys；中断后用 --resume 接着做；确认备份无须旧密钥后用 --forget 删除旧密钥"

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--resume", action="store_true", help="不生成新密钥，只把其余内容换到最新密钥下")
        parser.add_argument("--forget", action="store_true", help="从密钥文件中删去不再使用的旧密钥")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["resume"] or options["forget"]):
            self.stdout.write(f"新密钥：{secrecy.add_key()}")
        changed = sum(reseal_all(model) for model in apps.get_models() if secrecy.columns(model))
        if changed:
            record("更换字段密钥", detail={"行数": changed}, by=None)
        self.stdout.write(f"已换到最新密钥下：{changed} 行。")
        if options["forget"]:
            forget()


def reseal_all(model: type[models.Model]) -> int:
    """Seal every row of the model under the newest key; the number changed."""
    names, manager = secrecy.columns(model), model._base_manager
    ids = list(manager.order_by("pk").values_list("pk", flat=True))
    changed = 0
    for start in range(0, len(ids), BATCH):
        with transaction.atomic():
            rows = manager.select_for_update().filter(pk__in=ids[start : start + BATCH])
            mended = [row for row in rows if sum(secrecy.reseal(row, name) for name in names)]
            manager.bulk_update(mended, [*names, *secrecy.digests(model)])
            changed += len(mended)
    return changed


def forget() -> None:
    """Leave only the newest key, once nothing is under another."""
    name, key = secrecy.newest()
    for model in apps.get_models():
        for column in secrecy.columns(model):
            rows = model._base_manager.exclude(**{column: ""}).exclude(**{f"{column}__startswith": f"{name}:"})
            if rows.exists():
                raise CommandError("还有内容在旧密钥下，请先运行 rotate_keys --resume。")
    secrecy.write_keys({name: key})
