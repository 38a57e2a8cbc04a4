"""The only writers of 职权目录."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.models import Post, Unit, User
from registers.models import Power

MOST_POWERS = 3000
TAKEN = "“{}”已有这项职权，请修改原来的一条。"
CHANGED = "这项职权已被他人修改，请按最新内容办理。"


@transaction.atomic
def save_power(bureau: Unit, *, power: Power | None, version: int, values: Mapping[str, Any], by: User) -> Power:
    """A new line, or the same line under the version its page showed. `values`: section, name, power_kind, basis as in
    the form, posts by name, one a line."""
    _lock(bureau)
    saved = _save(bureau, power, version, values, places_of(bureau))
    word = "修改职权" if power else "新增职权"
    record(word, subject=saved, bureau=bureau, detail={"职权": saved.name}, by=by)
    return saved


@transaction.atomic
def take_in_powers(bureau: Unit, *, rows: Sequence[Mapping[str, Any]], by: User) -> tuple[int, int]:
    """Lines of a workbook, all or none; how many were added and how many changed. A line with `id` and `version` is
    changed, one without is added."""
    _lock(bureau)
    known = {str(power.pk): power for power in Power.objects.in_bureau(bureau).filter(active=True)}
    places = places_of(bureau)
    if len(known) + sum(not values.get("id") for values in rows) > MOST_POWERS:
        raise Refused(f"职权目录最多 {MOST_POWERS} 条。")
    for values in rows:
        power = known.get(values.get("id", ""))
        if values.get("id") and power is None:
            raise Stale(CHANGED)
        _save(bureau, power, values.get("version", 0), values, places)
    changed = sum(bool(values.get("id")) for values in rows)
    if rows:
        detail = {"新增": len(rows) - changed, "修改": changed}
        record("从 Excel 导入职权目录", subject=None, bureau=bureau, detail=detail, by=by)
    return len(rows) - changed, changed


@transaction.atomic
def retire_power(power: Power, *, by: User) -> None:
    """The bureau has this power no longer; tables that name it keep their words."""
    rows = Power.objects.in_bureau(power.bureau).filter(pk=power.pk, active=True)
    if not rows.update(active=False, version=F("version") + 1, saved_at=Now()):
        raise Stale(CHANGED)
    record("停用职权", subject=power, bureau=power.bureau, detail={"职权": power.name}, by=by)


def _lock(bureau: Unit) -> None:
    """One writer of a bureau's list at a time, so that no two add the same line."""
    Unit.objects.select_for_update().get(pk=bureau.pk)


Places = tuple[dict[str, Unit], dict[Any, dict[str, Post]]]
"""Sections by name; posts by section and name."""


def places_of(bureau: Unit) -> Places:
    """Where powers may lie, in the order of the house; two queries."""
    kinds = (Unit.Kind.SECTION, Unit.Kind.STATION, Unit.Kind.LEADERSHIP)
    sections = {unit.name: unit for unit in Unit.objects.under(bureau).filter(kind__in=kinds, active=True)}
    posts: dict[Any, dict[str, Post]] = {}
    for post in Post.objects.in_bureau(bureau).filter(active=True).order_by("order", "name"):
        posts.setdefault(post.unit_id, {})[post.name] = post
    ordered = sorted(sections.items(), key=lambda item: (item[1].order, item[0]))
    return dict(ordered), posts


def _save(bureau: Unit, power: Power | None, version: int, values: Mapping[str, Any], places: Places) -> Power:
    sections, posts = places
    section = sections[values["section"]]
    same = Power.objects.in_bureau(bureau).filter(unit=section, name=values["name"], active=True)
    if same.exclude(pk=power.pk if power else None).exists():
        raise Refused(TAKEN.format(section.name))
    plain = {name: values[name] for name in ("name", "power_kind", "basis")} | {"unit": section}
    if power is None:
        power = Power.objects.create(bureau=bureau, **plain)
    else:
        rows = Power.objects.in_bureau(bureau).filter(pk=power.pk, version=version, active=True)
        if not rows.update(**plain, version=F("version") + 1, saved_at=Now()):
            raise Stale(CHANGED)
        power.refresh_from_db()
    power.posts.set([posts[section.pk][name] for name in values["posts"].splitlines()])
    return power
