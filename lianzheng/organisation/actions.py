"""The only writers of units, posts, tenures, people and grants."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from guardian.shortcuts import assign_perm, remove_perm

from lianzheng.audit.actions import record
from lianzheng.organisation.models import DemoShift, Holiday, Post, Tenure, Unit, User
from lianzheng.organisation.roles import Role

OWN_BUREAU = (Unit.Kind.BUREAU, Unit.Kind.TOWN, Unit.Kind.AUTHORITY)


@transaction.atomic
def create_unit(name: str, *, kind: str, parent: Unit | None = None, by: User | None, **values: Any) -> Unit:
    """A new node below `parent`; a bureau, town or authority is its own bureau, everything below belongs to it."""
    unit = Unit(name=name, kind=kind, parent=parent, **values)
    unit.path = (parent.path if parent else "") + f"{unit.id.hex}/"
    unit.bureau_id = unit.pk if kind in OWN_BUREAU else parent.bureau_id if parent else None
    unit.save(force_insert=True)
    record("新建机构", subject=unit, bureau=unit.bureau, detail={"名称": name}, by=by)
    return unit


@transaction.atomic
def create_post(unit: Unit, *, name: str, by: User | None, **values: Any) -> Post:
    """A new post of a section."""
    post: Post = Post.objects.create(bureau_id=unit.bureau_id, unit=unit, name=name, **values)
    record("新建岗位", subject=post, bureau=unit.bureau, detail={"名称": name}, by=by)
    return post


@transaction.atomic
def start_tenure(person: User, *, post: Post, since: date, by: User | None) -> Tenure:
    """From this day the person holds the post."""
    tenure: Tenure = Tenure.objects.create(bureau_id=post.bureau_id, person=person, post=post, since=since)
    record("任职", subject=tenure, bureau=post.bureau, by=by)
    return tenure


@transaction.atomic
def grant(role: Role, *, unit: Unit, to: User, by: User | None) -> None:
    """Give a person a role in a unit and below."""
    for right in role.rights:
        assign_perm(f"organisation.{right}", to, unit)
    record("授权", subject=unit, bureau=unit.bureau, detail={"角色": role.label, "人员": str(to.pk)}, by=by)


@transaction.atomic
def revoke(role: Role, *, unit: Unit, to: User, by: User | None) -> None:
    """Take a role away; effective with the person's next request."""
    for right in role.rights:
        remove_perm(f"organisation.{right}", to, unit)
    record("收回授权", subject=unit, bureau=unit.bureau, detail={"角色": role.label, "人员": str(to.pk)}, by=by)


@transaction.atomic
def set_notice_rule(bureau: Unit, *, rule: str, by: User) -> None:
    """Which level of risk the bureau puts up how widely; notices that are up keep their scope."""
    before = bureau.notice_rule
    Unit.objects.filter(pk=bureau.pk).update(notice_rule=rule)
    bureau.notice_rule = rule
    record("修改公示规则", subject=bureau, bureau=bureau.bureau, detail={"原": before, "新": rule}, by=by)


@transaction.atomic
def set_holiday(day: date, *, works: bool, name: str, by: User) -> None:
    """A day off, or a weekend day that works. Periods already computed keep their end."""
    before = Holiday.objects.filter(day=day).first()
    Holiday.objects.update_or_create(day=day, defaults={"works": works, "name": name})
    detail = {"日期": day.isoformat(), "原": _spelled(before), "新": _spelled(Holiday(day=day, works=works, name=name))}
    record("修改节假日", detail=detail, by=by)


@transaction.atomic
def remove_holiday(day: date, *, by: User) -> bool:
    """The day follows the week again; False when it already did."""
    before = Holiday.objects.select_for_update().filter(day=day).first()
    if before is None:
        return False
    before.delete()
    record("删除节假日", detail={"日期": day.isoformat(), "原": _spelled(before)}, by=by)
    return True


def _spelled(holiday: Holiday | None) -> str:
    return f"{'上班' if holiday.works else '放假'} {holiday.name}".strip() if holiday else ""


@transaction.atomic
def set_large_type(person: User, *, on: bool, by: User) -> None:
    User.objects.filter(pk=person.pk).update(large_type=on)


@transaction.atomic
def shift_demo(days: int, *, by: User) -> None:
    """Move the demo's calendar forward; the guard that this is a demo is the view's and the clock's."""
    DemoShift.objects.create(days=days)
    record("演示日期前移", detail={"天数": days}, by=by)


@transaction.atomic
def set_password(person: User, *, password: str, by: User | None) -> None:
    """Give a password (a first one, or the person's own choice); never logged, never shown again."""
    person.set_password(password)
    person.save(update_fields=["password"])
    bureau = person.home.bureau if person.home else None
    record("设置密码", bureau=bureau, detail={"人员": str(person.pk)}, by=by)
