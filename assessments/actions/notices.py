"""Public notices: put up, prolonged, corrected, withdrawn, ended. A version that is replaced stays and says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from assessments import notices
from assessments.actions.issued import issue_paper, mark_paper
from assessments.models import Campaign, Dossier, IssuedPaper, NoticeItem, PublicNotice, State
from lianzheng import clock, workdays
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Said, Stale, digest, move
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import Unit, User

Scope, Fate = PublicNotice.Scope, PublicNotice.Fate
FACTS = ("title", "scope", "starts_on", "days", "phone", "place", "first_public")
FASTER = "已被他人处理，请按最新情况办理。"
Chosen = Sequence[tuple[Dossier, int]]


@transaction.atomic
def publish_notice(campaign: Campaign, *, facts: Mapping[str, Any], chosen: Chosen, by: User) -> PublicNotice:
    """Put results up. `facts`: title, scope, starts_on, days, phone, place, first_public; `chosen`: dossiers with the
    versions shown."""
    if not chosen:
        raise Refused("请至少选择一份要公示的表。")
    if facts["starts_on"] < clock.today():
        raise Refused("公示开始日期不能早于今天。")
    notice = _put_up(campaign, facts=facts, ends=_end(facts), dossiers=[dossier for dossier, _ in chosen], by=by)
    _move_all(chosen, "publish", said=Said(facts={"notice": notice}), by=by)
    record("发布公示", subject=notice, bureau=campaign.bureau, digest=notice.digest, by=by)
    return notice


@transaction.atomic
def extend_notice(notice: PublicNotice, *, days: int, reason: str, by: User) -> PublicNotice:
    """The same words for a longer period: a version of its own, the shorter one says 已延期."""
    old = _running(notice, reason=reason)
    facts = {name: getattr(old, name) for name in FACTS} | {"days": days}
    ends = _end(facts)
    if days <= old.days or ends <= old.ends_on:
        raise Refused(f"公示期只能延长：现为 {old.days} 个工作日，到 {old.ends_on:%Y-%m-%d} 为止。")
    said = notices.prolonged(old.content, ends=ends, days=days, today=clock.today())
    return _replace(old, facts=facts, ends=ends, said=said, fate=Fate.EXTENDED, reason=reason, by=by)


@transaction.atomic
def correct_notice(notice: PublicNotice, *, facts: Mapping[str, Any], reason: str, by: User) -> PublicNotice:
    """A new version takes the place of a wrong one; it may not end earlier (公示期 cannot be shortened)."""
    old = _running(notice, reason=reason)
    if facts["starts_on"] < clock.today():
        raise Refused("公示开始日期不能早于今天。")
    ends = _end(facts)
    if ends < old.ends_on:
        raise Refused(f"公示期不能缩短：更正后须到 {old.ends_on:%Y-%m-%d} 或以后为止。")
    return _replace(old, facts=facts, ends=ends, said=None, fate=Fate.CORRECTED, reason=reason, by=by)


@transaction.atomic
def withdraw_notice(notice: PublicNotice, *, reason: str, by: User) -> int:
    """Take a notice back; its forms wait for another one. The number of them."""
    old = _running(notice, reason=reason)
    held = _held(old)
    _move_all(held, "withdraw", said=Said(opinion=reason), by=by)
    _mark(old, fate=Fate.WITHDRAWN, reason=reason, by=by)
    record("撤回公示", subject=old, bureau=old.bureau, detail={"表册": len(held)}, by=by)
    return len(held)


@transaction.atomic
def send_objected_back(notice: PublicNotice, *, dossier: Dossier, said: Said, by: User) -> PublicNotice | None:
    """An upheld objection: the form goes back, and the notice stands on without it, as a corrected version; or falls
    when it was the only one, and then there is none."""
    old = _running(notice, reason="异议成立")
    move(dossier, "object", version=dossier.version, said=said, by=by)
    reason = "异议成立，有关内容退回修改"
    if held := [item for item, _ in _held(old)]:
        facts = {name: getattr(old, name) for name in FACTS}
        words = notices.build(old.bureau, facts=facts, ends=old.ends_on, dossiers=held, today=clock.today())
        return _replace(old, facts=facts, ends=old.ends_on, said=words, fate=Fate.CORRECTED, reason=reason, by=by)
    _mark(old, fate=Fate.WITHDRAWN, reason=reason, by=by)
    record("撤回公示", subject=old, bureau=old.bureau, detail={"表册": 1}, by=by)
    return None


@transaction.atomic
def close_notice(notice: PublicNotice, *, by: User) -> int:
    """End a notice whose period is over; the number of dossiers that went on."""
    held = _held(_locked(notice))
    _move_all(held, "close", said=Said(), by=by)
    PublicNotice.objects.in_bureau(notice.bureau).filter(pk=notice.pk, closed_at=None).update(
        closed_at=Now(), closed_by=by
    )
    if not held:
        raise Stale(FASTER)
    mark_paper(notice, state=IssuedPaper.State.ENDED, by=by)
    record("公示期满", subject=notice, bureau=notice.bureau, detail={"表册": len(held)}, by=by)
    return len(held)


def _end(facts: Mapping[str, Any]) -> date:
    return workdays.period_end(facts["starts_on"], days=facts["days"], exceptions=exceptions())


def _locked(notice: PublicNotice) -> PublicNotice:
    """The notice as it is now; an objection that comes in at this moment waits, or is seen."""
    rows = PublicNotice.objects.in_bureau(notice.bureau).select_for_update(of=("self",))
    found: PublicNotice = rows.select_related("bureau", "campaign__bureau").get(pk=notice.pk)
    return found


def _running(notice: PublicNotice, *, reason: str) -> PublicNotice:
    """The notice, locked, if it is still the one that counts, and a reason was given."""
    found = _locked(notice)
    if found.fate or found.closed_at is not None:
        raise Stale(FASTER)
    if not reason.strip():
        raise Refused("请写明原因。")
    if obstacles := notices.reason_obstacles(found, reason):
        raise Refused(*obstacles)
    return found


def _held(notice: PublicNotice) -> Chosen:
    related = ("bureau", "campaign", "table__post", "table__unit", "unit")
    held = notice.dossiers.filter(state=State.PUBLISHED).select_related(*related)
    return [(dossier, dossier.version) for dossier in held.order_by("unit__path", "kind", "title")]


def _move_all(chosen: Chosen, action: str, *, said: Said, by: User) -> None:
    for dossier, version in chosen:
        move(dossier, action, version=version, said=said, by=by)


def _replace(
    old: PublicNotice,
    *,
    facts: Mapping[str, Any],
    ends: date,
    said: Mapping[str, Any] | None,
    fate: str,
    reason: str,
    by: User,
) -> PublicNotice:
    """A new version in the place of the old one; `said` keeps its words, None builds them anew."""
    held = _held(old)
    if not held:
        raise Stale(FASTER)
    dossiers = [dossier for dossier, _ in held]
    new = _put_up(old.campaign, facts=facts, ends=ends, dossiers=dossiers, said=said, previous=old, by=by)
    _mark(old, fate=fate, reason=reason, by=by)
    action = "extend" if fate == Fate.EXTENDED else "correct"
    _move_all(held, action, said=Said(opinion=reason, facts={"notice": new}), by=by)
    record(
        "公示" + Fate(fate).label, subject=new, bureau=new.bureau, digest=new.digest, detail={"原": old.number}, by=by
    )
    return new


def _mark(old: PublicNotice, *, fate: str, reason: str, by: User) -> None:
    PublicNotice.objects.in_bureau(old.bureau).filter(pk=old.pk).update(fate=fate, fate_reason=reason)
    mark_paper(old, state=fate, by=by)


def _put_up(
    campaign: Campaign,
    *,
    facts: Mapping[str, Any],
    ends: date,
    dossiers: Sequence[Dossier],
    said: Mapping[str, Any] | None = None,
    previous: PublicNotice | None = None,
    by: User,
) -> PublicNotice:
    """A notice with its list, number and code, or a refusal that says what stands against it."""
    bureau = campaign.bureau
    words = said or _passed(bureau, facts=facts, ends=ends, dossiers=dossiers)
    Campaign.objects.in_bureau(bureau).select_for_update(of=("self",)).get(pk=campaign.pk)
    last = campaign.notices.aggregate(last=Max("number"))["last"] or 0
    notice: PublicNotice = PublicNotice.objects.create(
        bureau=bureau,
        campaign=campaign,
        number=last + 1,
        ends_on=ends,
        content=words,
        digest=digest(words),
        previous=previous,
        published_by=by,
        **facts,
    )
    NoticeItem.objects.bulk_create([NoticeItem(bureau=bureau, notice=notice, dossier=item) for item in dossiers])
    _issue(notice, by=by)
    return notice


def _passed(bureau: Unit, *, facts: Mapping[str, Any], ends: date, dossiers: Sequence[Dossier]) -> dict[str, Any]:
    """The words of a new notice, if nothing stands against them. Words that are up already are not asked again: a
    rule changed meanwhile holds for the notices after it."""
    words = notices.build(bureau, facts=facts, ends=ends, dossiers=dossiers, today=clock.today())
    if found := notices.obstacles(bureau, facts=facts, dossiers=dossiers, said=words):
        raise Refused(*found)
    return words


def _issue(notice: PublicNotice, *, by: User) -> None:
    issue_paper(
        notice,
        kind=IssuedPaper.Kind.NOTICE,
        number=notices.number_of(notice),
        title=notice.title,
        digest=notice.digest,
        period=f"{notice.starts_on:%Y-%m-%d} 至 {notice.ends_on:%Y-%m-%d}",
        until=notice.ends_on,
        by_number=notice.scope in (Scope.SYSTEM, Scope.PUBLIC),
        by=by,
    )
