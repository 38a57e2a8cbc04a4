"""The only writers of units, posts, tenures, people and grants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from guardian.shortcuts import assign_perm, remove_perm

from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.criteria import SHIPPED
from lianzheng.organisation.models import (
    OWN_BUREAU,
    Criterion,
    DemoShift,
    Deputy,
    GrantRequest,
    Holiday,
    Post,
    Tenure,
    Unit,
    UnitUserGrant,
    User,
)
from lianzheng.organisation.rights import acting, holds, roles_of
from lianzheng.organisation.roles import BUSINESS, DEPUTISED, THREE, Right, Role, function_of
from lianzheng.organisation.roles import role as role_of


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
def take_over(post: Post, *, person: User, by: User) -> Tenure | None:
    """The post passes to this person today; None when he holds it already."""
    today = clock.today()
    held = Tenure.objects.in_bureau(post.bureau).filter(post=post, until=None)
    if held.filter(person=person).exists():
        return None
    held.update(until=today)
    return start_tenure(person, post=post, since=today, by=by)


@transaction.atomic
def close_post(post: Post, *, by: User) -> None:
    """The post is no more: its tenures end today, it gets no forms any longer."""
    Tenure.objects.in_bureau(post.bureau).filter(post=post, until=None).update(until=clock.today())
    Post.objects.in_bureau(post.bureau).filter(pk=post.pk).update(active=False)
    record("撤销岗位", subject=post, bureau=post.bureau, detail={"名称": post.name}, by=by)


@transaction.atomic
def grant(role: Role, *, unit: Unit, to: User, by: User | None) -> None:
    """Give a person a role in a unit and below; one of the three administrators is nothing else."""
    User.objects.select_for_update().get(pk=to.pk)  # two grants to one person follow one another
    if sentence := mixes(role, person=to):
        raise Refused(sentence)
    for right in role.rights:
        assign_perm(f"organisation.{right}", to, unit)
    record("授权", subject=unit, bureau=unit.bureau, detail={"角色": role.label, "人员": str(to.pk)}, by=by)


@transaction.atomic
def revoke(role: Role, *, unit: Unit, to: User, by: User | None) -> None:
    """Take a role away; effective with the person's next request."""
    for right in role.rights:
        remove_perm(f"organisation.{right}", to, unit)
    record("收回授权", subject=unit, bureau=unit.bureau, detail={"角色": role.label, "人员": str(to.pk)}, by=by)


def mixes(role: Role, *, person: User) -> str:
    """Why this role does not go with what the person has already (三员分立); else nothing."""
    held = UnitUserGrant.objects.filter(user=person).exclude(function=function_of(role))
    if role in THREE and Deputy.objects.within(Q(deputy=person, revoked_at=None, until__gte=clock.today())).exists():
        return f"{person.name}正代理他人的职责，不能担任{role.label}，请先终止代理。"
    if held.exists():
        return f"系统、安全、审计管理员三者不得兼任，也不得兼任业务角色：{person.name}已有其他职能的角色。"
    return ""


def may_ask(by: User, *, unit: Unit) -> bool:
    """Who asks for a role to be given or taken away."""
    return holds(by, Right.ADMINISTER, unit=unit) or holds(by, Right.GRANT_RIGHTS, unit=unit)


@transaction.atomic
def ask_grant(role: Role, *, unit: Unit, person: User, takes: bool, reason: str, by: User) -> GrantRequest:
    """Ask for a role to be given, or taken away; nothing changes before somebody else has confirmed it."""
    if not may_ask(by, unit=unit):
        raise Refused("授权由系统管理员或者安全管理员申请。")
    return request_grant(role, unit=unit, person=person, takes=takes, reason=reason, by=by)


@transaction.atomic
def request_grant(role: Role, *, unit: Unit, person: User, takes: bool, reason: str, by: User) -> GrantRequest:
    """The same, where another act (离岗交接) entitles to ask."""
    held = any(item == role for _, item, _ in roles_of(Q(user=person, content_object=unit)))
    if by.pk == person.pk:
        raise Refused("不能为本人申请，请由其他有权的人申请。")
    if held != takes:
        raise Refused(f"{person.name}{'没有' if takes else '已有'}这个角色。")
    if not takes and (sentence := mixes(role, person=person)):
        raise Refused(sentence)
    waiting = {"unit": unit, "person": person, "role": role.code, "outcome": ""}
    row, made = GrantRequest.objects.get_or_create(
        **waiting, defaults={"takes": takes, "reason": reason, "asked_by": by}
    )
    if not made:
        raise Refused("同样的申请正在等待确认。")
    record("申请收回授权" if takes else "申请授权", subject=row, bureau=unit.bureau, detail=_said(row), by=by)
    return row


@transaction.atomic
def withdraw_requests(role: Role, *, unit: Unit, person: User, by: User) -> None:
    """What an act asked for that has been undone meanwhile waits for nobody any more."""
    rows = GrantRequest.objects.select_for_update(of=("self",)).filter(unit=unit, person=person, role=role.code)
    for row in rows.filter(outcome=""):
        GrantRequest.objects.filter(pk=row.pk).update(
            outcome=GrantRequest.Outcome.WITHDRAWN, decided_by=by, decided_at=Now()
        )
        record("撤回授权申请", subject=row, bureau=unit.bureau, detail=_said(row), by=by)


def _said(row: GrantRequest) -> dict[str, str]:
    return {"角色": role_of(row.role).label, "人员": str(row.person_id), "机构": str(row.unit_id)}


@transaction.atomic
def decide_grant(row: GrantRequest, *, outcome: str, by: User) -> None:
    """Confirm or refuse what another asked for, or withdraw what one asked for oneself."""
    kinds = GrantRequest.Outcome
    row = GrantRequest.objects.select_for_update(of=("self",)).select_related("unit", "person").get(pk=row.pk)
    if row.outcome:
        raise Stale("这项申请已经办结。")
    if sentence := _not_his(row, outcome, by):
        raise Refused(sentence)
    GrantRequest.objects.filter(pk=row.pk).update(outcome=outcome, decided_by=by, decided_at=Now())
    record(f"授权申请{kinds(outcome).label}", subject=row, bureau=row.unit.bureau, detail=_said(row), by=by)
    if outcome == kinds.CONFIRMED:
        act = revoke if row.takes else grant
        act(role_of(row.role), unit=row.unit, to=row.person, by=by)


def _not_his(row: GrantRequest, outcome: str, by: User) -> str:
    if outcome == GrantRequest.Outcome.WITHDRAWN:
        return "" if by.pk == row.asked_by_id else "只有申请人可以撤回。"
    if not holds(by, Right.GRANT_RIGHTS, unit=row.unit):
        return "授权由安全管理员确认。"
    if by.pk == row.person_id:
        return "不能确认本人的授权。"
    if by.pk == row.asked_by_id:
        return "自己申请的授权须由另一名安全管理员确认。"
    if not row.person.is_active and not row.takes:
        return "账号已停用的人员不能授权。"
    return ""


@transaction.atomic
def adopt_criteria(bureau: Unit, *, profile: str, by: User | None) -> int:
    """Take a shipped table of criteria into the bureau's own; lines it has already stay as they are. The number new."""
    known = set(Criterion.objects.in_bureau(bureau).filter(active=True).values_list("kind", "text"))
    lines = [line for line in SHIPPED[profile] if (line.kind, line.text) not in known]
    Criterion.objects.bulk_create(
        Criterion(bureau=bureau, kind=line.kind, rank=line.rank, text=line.text, source=line.source, order=n)
        for n, line in enumerate(lines, start=1)
    )
    record("采用划分标准", subject=bureau, bureau=bureau, detail={"新增": len(lines)}, by=by)
    return len(lines)


@transaction.atomic
def add_criterion(bureau: Unit, *, kind: str, rank: int, text: str, source: str = "", by: User | None) -> Criterion:
    """A new line of the bureau's table; the same line in use is refused."""
    if Criterion.objects.in_bureau(bureau).filter(kind=kind, text=text, active=True).exists():
        raise Refused("这条标准已经有了。")
    line: Criterion = Criterion.objects.create(bureau=bureau, kind=kind, rank=rank, text=text, source=source)
    record("新增划分标准", subject=line, bureau=bureau, detail={"标准": text, "等级": rank}, by=by)
    return line


@transaction.atomic
def save_criterion(
    line: Criterion, *, version: int, rank: int, text: str, source: str, active: bool, by: User
) -> Criterion:
    """Change or retire a line under the version its page showed."""
    of_bureau = Criterion.objects.in_bureau(line.bureau)
    if active and of_bureau.filter(kind=line.kind, text=text, active=True).exclude(pk=line.pk).exists():
        raise Refused("这条标准已经有了。")
    values = {"rank": rank, "text": text, "source": source, "active": active}
    if not of_bureau.filter(pk=line.pk, version=version).update(**values, version=version + 1):
        raise Stale("这条标准已被他人修改，请按最新内容办理。")
    line.refresh_from_db()
    record("修改划分标准", subject=line, bureau=line.bureau, detail={"标准": text, "等级": rank, "在用": active}, by=by)
    return line


@transaction.atomic
def apply_criterion(owner: Post | Unit, *, line: Criterion | None, note: str = "", by: User | None) -> None:
    """Say which line of the table a post or section falls under, with a word of why where the line is general."""
    assert owner.bureau is not None
    wanted = Criterion.Kind.POST if isinstance(owner, Post) else Criterion.Kind.SECTION
    if line is not None and (line.bureau_id != owner.bureau_id or line.kind != wanted or not line.active):
        raise Refused("这条标准不适用，请重新选择。")
    rows = Post.objects.in_bureau(owner.bureau) if isinstance(owner, Post) else Unit.objects.under(owner.bureau)
    rows.filter(pk=owner.pk).update(criterion=line, criterion_note=note)
    owner.criterion, owner.criterion_note = line, note
    detail = {"标准": str(line or "无")}
    record("对应划分标准", subject=owner, bureau=owner.bureau, detail=detail, by=by)


@transaction.atomic
def set_options(bureau: Unit, *, vocabulary: str, switches: Sequence[str], by: User) -> None:
    """The bureau's words for levels and its choice of optional steps; papers already on their way keep theirs."""
    Unit.objects.filter(pk=bureau.pk).update(vocabulary=vocabulary, switches=sorted(switches))
    bureau.refresh_from_db()
    detail = {"等级用语": vocabulary, "流程选项": list(switches)}
    record("修改本单位设置", subject=bureau, bureau=bureau, detail=detail, by=by)


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


FIRST_PASSWORD = timedelta(hours=72)


@transaction.atomic
def set_password(person: User, *, password: str, first: bool = False, by: User | None) -> None:
    """Give a password, never logged, never shown again: the person's own choice, or a `first` one, which is good for
    72 hours and has to be changed at the first sign-in (ASVS 6.4.1)."""
    person.set_password(password)
    until = Now() + FIRST_PASSWORD if first else None
    User.objects.filter(pk=person.pk).update(password=person.password, password_at=Now(), first_until=until)
    bureau = person.home.bureau if person.home else None
    record("给予初始密码" if first else "设置密码", bureau=bureau, detail={"人员": str(person.pk)}, by=by)


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
    if UnitUserGrant.objects.filter(user=deputy).exclude(function=BUSINESS).exists():
        return "系统管理员、安全管理员、审计管理员不能代理业务职责。"
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
def create_account(
    username: str, *, name: str, post: Post, since: date, phone: str = "", political: str = "", by: User
) -> User:
    """A new person in a post; the first password is given apart."""
    person = User.objects.create_user(username, name=name, phone=phone, political=political)
    record("新建账号", bureau=post.bureau, detail={"人员": str(person.pk)}, by=by)
    start_tenure(person, post=post, since=since, by=by)
    return person


@transaction.atomic
def activate(person: User, *, bureau: Unit, by: User) -> None:
    """The account opens again."""
    User.objects.filter(pk=person.pk).update(is_active=True)
    record("启用账号", bureau=bureau, detail={"人员": str(person.pk)}, by=by)


@transaction.atomic
def deactivate(person: User, *, bureau: Unit, by: User) -> None:
    """The account is closed; what the person signed keeps the name."""
    User.objects.filter(pk=person.pk).update(is_active=False)
    record("停用账号", bureau=bureau, detail={"人员": str(person.pk)}, by=by)
