"""The only writers of units, posts, tenures, people and grants."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from guardian.shortcuts import assign_perm, remove_perm

from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.models import DemoShift, Deputy, Post, Tenure, Unit, User
from lianzheng.organisation.rights import acting, holds, roles_of
from lianzheng.organisation.roles import DEPUTISED, Right, Role

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


def may_appoint(by: User, *, principal: User, unit: Unit) -> bool:
    """The principal, or by a right of their own the leader or the office; a deputy lends nothing on."""
    self_ = acting(by, None)
    return by.pk == principal.pk or any(
        holds(self_, right, unit=unit) for right in (Right.HEAD_BUREAU, Right.RUN_OFFICE)
    )


@transaction.atomic
def appoint_deputy(
    principal: User, *, deputy: User, role: Role, unit: Unit, since: date, until: date, reason: str, by: User
) -> Deputy:
    """From one day to another `deputy` does what this role of the principal's lets that one do (代理)."""
    people = {row.pk: row for row in User.objects.select_for_update().filter(pk__in=[principal.pk, deputy.pk])}
    bureau = unit.bureau or (principal.home.bureau if principal.home else None)
    if sentence := _unfit(people, principal, deputy, role, unit, by) or _clash(
        principal, deputy, role, unit, since, until
    ):
        raise Refused(sentence)
    if until < since or until < clock.today():
        raise Refused("结束日期不能早于开始日期，也不能早于今天。")
    if bureau is None:
        raise Refused("被代理人没有任职单位，不能登记代理。")
    row: Deputy = Deputy.objects.create(
        bureau=bureau,
        principal=principal,
        deputy=deputy,
        role=role.code,
        unit=unit,
        since=since,
        until=until,
        reason=reason,
        made_by=by,
    )
    detail = {"角色": role.label, "被代理人": str(principal.pk), "代理人": str(deputy.pk), "至": until.isoformat()}
    record("登记代理", subject=row, bureau=bureau, detail=detail, by=by)
    return row


def _unfit(people: dict[Any, User], principal: User, deputy: User, role: Role, unit: Unit, by: User) -> str:
    """Why these two cannot be principal and deputy, or why it is not this person's to say; else nothing."""
    if principal.pk == deputy.pk:
        return "代理人不能是被代理人本人。"
    if not may_appoint(by, principal=principal, unit=unit):
        return "代理由被代理人本人、本单位主要负责人或者廉政办登记。"
    if by.pk == deputy.pk:
        return "不能指定自己为代理人，请由被代理人本人或者其他有权的人登记。"
    if not all(row.is_active for row in people.values()):
        return "账号已停用的人员不能代理，也不能被代理。"
    held = roles_of(Q(user=principal, content_object=unit))
    if role not in DEPUTISED or role not in [item for _, item, _ in held]:
        return "被代理人没有这项职责，不能登记代理。"
    return ""


def _clash(principal: User, deputy: User, role: Role, unit: Unit, since: date, until: date) -> str:
    """A role has one deputy at a time, and who is away cannot stand in for others meanwhile."""
    meanwhile = Deputy.objects.within(Q(revoked_at=None, since__lte=until, until__gte=since))
    if other := meanwhile.filter(principal=principal, role=role.code, unit=unit).select_related("deputy").first():
        return f"这项职责在 {other.since} 至 {other.until} 已由{other.deputy.name}代理，请先终止。"
    if meanwhile.filter(principal=deputy).exists():
        return f"{deputy.name}在此期间已由他人代理，不能再代理别人。"
    if meanwhile.filter(deputy=principal).exists():
        return f"{principal.name}在此期间正代理别人，请先终止该代理；代理不能转托。"
    return ""


@transaction.atomic
def revoke_deputy(deputation: Deputy, *, by: User) -> None:
    """End it before its day; effective with the deputy's next request."""
    if not may_appoint(by, principal=deputation.principal, unit=deputation.unit):
        raise Refused("代理由被代理人本人、本单位主要负责人或者廉政办终止。")
    rows = Deputy.objects.across_bureaus().filter(pk=deputation.pk, revoked_at=None)
    if not rows.update(revoked_at=Now(), revoked_by=by):
        raise Stale("这项代理已经终止。")
    record("终止代理", subject=deputation, bureau=deputation.bureau, by=by)


@transaction.atomic
def end_deputations(person: User, *, bureau: Unit, by: User) -> None:
    """A person who leaves stands in for nobody, and nobody for them."""
    rows = Deputy.objects.in_bureau(bureau).filter(Q(principal=person) | Q(deputy=person), revoked_at=None)
    for row in rows.filter(until__gte=clock.today()):
        Deputy.objects.across_bureaus().filter(pk=row.pk).update(revoked_at=Now(), revoked_by=by)
        record("终止代理", subject=row, bureau=bureau, by=by)


@transaction.atomic
def end_tenure(tenure: Tenure, *, until: date, by: User | None) -> None:
    """The last day on which the person held the post."""
    if until < tenure.since:
        raise Refused("离任日期不能早于任职起始日期。")
    Tenure.objects.across_bureaus().filter(pk=tenure.pk, until=None).update(until=until)
    record("离任", subject=tenure, bureau=tenure.bureau, by=by)


@transaction.atomic
def deactivate(person: User, *, bureau: Unit, by: User) -> None:
    """The account is closed; what the person signed keeps the name."""
    User.objects.filter(pk=person.pk).update(is_active=False)
    record("停用账号", bureau=bureau, detail={"人员": str(person.pk)}, by=by)
