"""离岗交接: everything that is open with a person goes to a successor in one transaction, or nothing does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from assessments.board import WRITING
from assessments.models import Dossier
from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Said, move
from lianzheng.organisation import actions as organisation
from lianzheng.organisation.models import Tenure, Unit, User
from lianzheng.organisation.rights import acting, holds, roles_of
from lianzheng.organisation.roles import Right
from registers import actions as registers

RIGHTS = (Right.RUN_OFFICE,)


@dataclass(frozen=True)
class Plan:
    """What is to become of it: the last day in the posts, which posts the successor takes, which drafts are void."""

    last_day: date
    reason: str
    posts: frozenset[Any] = frozenset()
    voided: frozenset[Any] = frozenset()
    deactivate: bool = False


@dataclass(frozen=True)
class Handed:
    """What was handed over, for the sentence on the page and for the journal."""

    forms: int
    voided: int
    roles: int
    tenures: int


def tenures_of(person: User, *, bureau: Unit) -> list[Tenure]:
    """The posts the person holds."""
    rows = Tenure.objects.in_bureau(bureau).filter(person=person, until=None)
    return list(rows.select_related("post__unit", "bureau").order_by("since"))


def drafts_of(person: User, *, bureau: Unit) -> list[Dossier]:
    """Forms of posts that are the person's to fill in now."""
    rows = Dossier.objects.in_bureau(bureau).filter(holder=person, kind="post", state__in=WRITING)
    return list(rows.select_related("table__post", "unit", "campaign").order_by("stage", "title"))


def roles_in(person: User, *, bureau: Unit) -> list[Any]:
    """Roles the person holds in the bureau and below."""
    return roles_of(Q(user=person, content_object__path__startswith=bureau.path))


@transaction.atomic
def hand_over(person: User, *, to: User, bureau: Unit, plan: Plan, by: User) -> Handed:
    """End the posts and deputations, move the forms, take the roles away and ask for the successor to
    be given them, close the account on request. What was signed keeps the
    name of who signed it."""
    list(User.objects.select_for_update().filter(pk__in=[person.pk, to.pk]).order_by("pk"))
    roles = roles_in(person, bureau=bureau)
    if sentence := _unfit(person, to, bureau, plan, roles=roles, by=by):
        raise Refused(sentence)
    given, voided = _hand_over_forms(person, to, bureau, plan, by=by)
    tenures = _hand_over_posts(person, to, bureau, plan, by=by)
    for _, role, unit in roles:
        organisation.revoke(role, unit=unit, to=person, by=by)
        organisation.request_grant(
            role, unit=unit, person=to, takes=False, reason=f"离岗交接：{plan.reason}"[:200], by=by
        )
    organisation.end_deputations(person, bureau=bureau, by=by)
    if plan.deactivate:
        organisation.deactivate(person, bureau=bureau, by=by)
    detail = {
        "接任人": str(to.pk),
        "原因": plan.reason,
        "表册": given,
        "作废": voided,
        "角色": len(roles),
        "岗位": tenures,
    }
    record("离岗交接", subject=person, bureau=bureau, detail=detail, by=by)
    return Handed(forms=given, voided=voided, roles=len(roles), tenures=tenures)


def _unfit(person: User, to: User, bureau: Unit, plan: Plan, *, roles: list[Any], by: User) -> str:
    own = acting(by, None)
    if not any(holds(own, right, unit=bureau) for right in RIGHTS):
        return "离岗交接由廉政办办理。"
    if person.pk == by.pk:
        return "不能办理本人的交接，请由其他有权的人办理。"
    if person.pk == to.pk:
        return "接任人不能是离岗人员本人。"
    if to.pk == by.pk and roles:
        return "不能把审核职责移交给自己，请由其他有权的人办理。"
    if not User.objects.filter(pk=to.pk, is_active=True).exists():
        return "接任人的账号已停用。"
    if plan.last_day > clock.today():
        return "离任日期不能晚于今天；交接请在离任当天或者以后办理。"
    return ""


def _hand_over_forms(person: User, to: User, bureau: Unit, plan: Plan, *, by: User) -> tuple[int, int]:
    """Drafts go to the successor or are void; how many of each."""
    given = voided = 0
    for dossier in drafts_of(person, bureau=bureau):
        if dossier.pk in plan.voided:
            said = Said(opinion=f"离岗交接：{plan.reason}")
            _refusing(dossier, lambda one=dossier, said=said: move(one, "void", version=one.version, said=said, by=by))
            voided += 1
        else:
            _refusing(dossier, lambda one=dossier: _give(one, to, by=by))
            given += 1
    return given, voided


def _refusing(dossier: Dossier, act: Any) -> None:
    """A refusal names the form it is about."""
    try:
        act()
    except Refused as refusal:
        raise Refused(*(f"{dossier.title}（{dossier.form_name}）：{text}" for text in refusal.sentences)) from refusal


def _give(dossier: Dossier, to: User, *, by: User) -> None:
    """The form and, where its rows are written in it, the table are the successor's to fill in."""
    post = dossier.table.post
    assert post is not None
    if dossier.writes_rows:
        registers.give_table(dossier.table, to=to, by=by)
    rows = Dossier.objects.across_bureaus().filter(pk=dossier.pk)
    rows.update(holder=to, stands_for=None, title=f"{post.name}（{to.name}）")


def _hand_over_posts(person: User, to: User, bureau: Unit, plan: Plan, *, by: User) -> int:
    tenures = tenures_of(person, bureau=bureau)
    held = {tenure.post_id for tenure in tenures_of(to, bureau=bureau)}
    for tenure in tenures:
        organisation.end_tenure(tenure, until=plan.last_day, by=by)
        if tenure.pk in plan.posts and tenure.post_id not in held:
            organisation.start_tenure(to, post=tenure.post, since=plan.last_day + timedelta(days=1), by=by)
    return len(tenures)
