"""Numbers of warning notices: given at issue, without gaps, never twice."""

from __future__ import annotations

from django.db import transaction

from early_warning.models import NumberCounter
from lianzheng.organisation.models import Unit, User


@transaction.atomic
def take_number(bureau: Unit, *, year: int, by: User) -> str:
    """X廉预〔2026〕N号, the next of the bureau's year. The counter's row is locked until the issue stands or fails
    with it, so that a failed issue leaves no gap and two at once get two numbers. The move itself journals it."""
    rows = NumberCounter.objects.in_bureau(bureau)
    NumberCounter.objects.bulk_create([NumberCounter(bureau=bureau, year=year)], ignore_conflicts=True)
    counter = rows.select_for_update().get(year=year)
    rows.filter(pk=counter.pk).update(last=counter.last + 1)
    return f"{bureau.short_name or bureau.name}廉预〔{year}〕{counter.last + 1}号"
