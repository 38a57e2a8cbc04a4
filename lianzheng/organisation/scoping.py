"""Managers that refuse to answer before somebody has said whose rows are meant."""

from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

import uuid_utils.compat
from django.db import models
from django.db.models import Q, QuerySet

from lianzheng.classification import classified

M = TypeVar("M", bound=models.Model)


def new_id() -> Any:
    """A UUIDv7: made in the application, ordered by time, unique across bureaus."""
    return uuid_utils.compat.uuid7()


class Unscoped(RuntimeError):
    """A query began without a bureau, a person or an explicit word that it crosses bureaus."""


class ScopedManager(models.Manager[M]):
    """Rows of one bureau, of a person's scope, or (said out loud) of all bureaus; a bare query is refused."""

    def get_queryset(self) -> NoReturn:
        raise Unscoped(f"{self.model.__name__}: say in_bureau(), within() or across_bureaus()")

    def across_bureaus(self) -> QuerySet[M]:
        return super().get_queryset()

    def in_bureau(self, bureau: models.Model) -> QuerySet[M]:
        return self.across_bureaus().filter(bureau=bureau)

    def within(self, scope: Q) -> QuerySet[M]:
        """Rows that a scope (`rights.within`) admits."""
        return self.across_bureaus().filter(scope)

    def create(self, **values: Any) -> M:
        return self.across_bureaus().create(**values)

    def bulk_create(self, objs: Iterable[M], *args: Any, **options: Any) -> list[M]:
        return self.across_bureaus().bulk_create(objs, *args, **options)


class BureauModel(models.Model):
    """A business row: it belongs to one bureau for ever, and its id says nothing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    bureau = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+", verbose_name="单位")

    data_classes = classified(internal="id bureau")

    unscoped: models.Manager[Any] = models.Manager()
    objects: ScopedManager[Any] = ScopedManager()

    class Meta:
        abstract = True
        default_manager_name = "unscoped"
        base_manager_name = "unscoped"
