"""备案: sent to the superior office, answered by it, or recorded from paper; and what a receipt supersedes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import localtime

from assessments.actions.issued import issue_paper
from assessments.filings import body_of, content
from assessments.models import Campaign, Dossier, Filing, IssuedPaper, State
from lianzheng import clock
from lianzheng.attachments.actions import attach
from lianzheng.attachments.check import Scan
from lianzheng.audit.actions import keep, record
from lianzheng.flow import Refused, Said, Stale, move
from lianzheng.organisation.models import User

ABOVE = "上级纪检监察机关"


@transaction.atomic
def send_filing(
    campaign: Campaign, *, facts: Mapping[str, Any], chosen: Sequence[tuple[Dossier, int]], by: User
) -> Filing:
    """Send dossiers with a covering report; from here the superior office sees these, and no others. `facts`: sent_no,
    note."""
    to = body_of(campaign.bureau)
    if to is None:
        raise Refused("备案机关尚未在本系统办理备案，请在纸面报送后登记备案回执。")
    if Filing.objects.in_bureau(campaign.bureau).filter(sent_no=facts["sent_no"]).exists():
        raise Refused(f"报送文号“{facts['sent_no']}”已用过，请核对。")
    filing = _created(campaign, chosen, to=to, body=to.name, sent_on=clock.today(), sent_by=by, **facts)
    _move_all(chosen, "file_send", said=Said(opinion=f"报送备案，{filing.sent_no}。", facts={"filing": filing}), by=by)
    detail = {"表册": len(chosen)}
    _issue(filing, by=by)
    record("报送备案", subject=filing, bureau=campaign.bureau, digest=filing.digest, detail=detail, by=by)
    return filing


def _issue(filing: Filing, *, by: User) -> None:
    """The covering report leaves the house: it gets a code, and bears the newest seal of the journal."""
    title = f"{filing.bureau.name}{filing.campaign.year}年度备案报告"
    number = f"{filing.sent_no}（备案报告）"
    issue_paper(filing, kind=IssuedPaper.Kind.FILING, number=number, title=title, digest=filing.digest, by=by)


@transaction.atomic
def accept_filing(filing: Filing, *, receipt_no: str, received_on: date, opinion: str, by: User) -> Filing:
    """The receipt: everything that was sent is in force from its day."""
    _lock(filing)
    if received_on > clock.today() or received_on < filing.sent_on:
        raise Refused(f"备案日期应在报送日期（{filing.sent_on}）之后，且不能晚于今天。")
    _answer(filing, state=Filing.State.ACCEPTED, receipt_no=receipt_no, received_on=received_on, opinion=opinion, by=by)
    said = Said(opinion=_accepted(filing), facts={"filing": filing})
    _move_all(_in(filing), "file", said=said, by=by)
    record("同意备案", subject=filing, bureau=filing.bureau, detail={"备案编号": receipt_no}, by=by)
    return filing


@transaction.atomic
def return_filing(
    filing: Filing,
    *,
    opinion: str,
    mend: Collection[Dossier] = (),
    reason: str = "",
    due_on: date | None = None,
    by: User,
) -> Filing:
    """Sent back with an opinion: those to `mend` go to their writers with a reason class and a date, the rest wait to
    be sent again."""
    _lock(filing)
    if not opinion.strip():
        raise Refused("退回须写明意见。")
    _answer(filing, state=Filing.State.BACK, opinion=opinion, by=by)
    facts = {"filing": filing}
    bad = {dossier.pk for dossier in mend}
    sent = _in(filing)
    _move_all(
        [pair for pair in sent if pair[0].pk in bad],
        "return",
        said=Said(opinion=opinion, reason=reason, due_on=due_on, facts=facts),
        by=by,
    )
    _move_all(
        [pair for pair in sent if pair[0].pk not in bad], "file_back", said=Said(opinion=opinion, facts=facts), by=by
    )
    record("退回备案", subject=filing, bureau=filing.bureau, detail={"退回修改": len(bad)}, by=by)
    return filing


@transaction.atomic
def record_filing(
    campaign: Campaign, *, facts: Mapping[str, Any], chosen: Sequence[tuple[Dossier, int]], scan: Scan, by: User
) -> Filing:
    """A filing that went its way on paper: the office records the receipt with its scan. `facts`: receipt_no,
    received_on, opinion."""
    to = body_of(campaign.bureau)
    _check_number(campaign, facts["receipt_no"])
    filing = _created(
        campaign,
        chosen,
        to=to,
        body=to.name if to else campaign.bureau.filing_body or ABOVE,
        paper=True,
        sent_on=facts["received_on"],
        sent_by=by,
        state=Filing.State.ACCEPTED,
        answered_by=by,
        answered_at=Now(),
        **facts,
    )
    attach(scan, to=filing, name="备案回执扫描件", by=by)
    _move_all(chosen, "file_paper", said=Said(opinion=_accepted(filing), facts={"filing": filing}), by=by)
    detail = {"表册": len(chosen), "备案编号": filing.receipt_no}
    record("登记备案回执", subject=filing, bureau=campaign.bureau, digest=filing.digest, detail=detail, by=by)
    return filing


def _created(campaign: Campaign, chosen: Sequence[tuple[Dossier, int]], **values: Any) -> Filing:
    if not chosen:
        raise Refused("请至少选择一份要备案的表。")
    listed = content([dossier for dossier, _ in chosen])
    filing: Filing = Filing.objects.create(
        bureau=campaign.bureau, campaign=campaign, content=listed, digest=keep(listed), **values
    )
    return filing


def _check_number(campaign: Campaign, number: str) -> None:
    if Filing.objects.in_bureau(campaign.bureau).filter(receipt_no=number).exists():
        raise Refused(_used(number))


def _used(number: str) -> str:
    return f"备案编号“{number}”已用过，请核对。"


def _lock(filing: Filing) -> None:
    """Only what was sent and not yet answered can be answered; the second of two waits here and is told."""
    # Without a join: of a row that was waited for, PostgreSQL would give the others' columns as they were before.
    current: Filing = Filing.objects.across_bureaus().select_for_update().get(pk=filing.pk)
    if current.state != Filing.State.SENT:
        who = current.answered_by.name if current.answered_by else ""
        when = localtime(current.answered_at).strftime("%m-%d %H:%M") if current.answered_at else ""
        raise Stale(f"{who}已于 {when} 办理（{current.get_state_display()}），请按最新情况办理。")


def _answer(filing: Filing, *, by: User, **values: Any) -> None:
    rows = Filing.objects.across_bureaus().filter(pk=filing.pk)
    try:
        with transaction.atomic():
            rows.update(answered_by=by, answered_at=Now(), **values)
    except IntegrityError as error:
        raise Refused(_used(str(values.get("receipt_no", "")))) from error
    filing.refresh_from_db()


def _accepted(filing: Filing) -> str:
    return filing.opinion or f"同意备案，备案编号 {filing.receipt_no}。"


def _in(filing: Filing) -> list[tuple[Dossier, int]]:
    held = filing.dossiers.filter(state=State.FILING_SENT).order_by("unit__path", "kind", "title")
    return [(dossier, dossier.version) for dossier in held]


def _move_all(chosen: Sequence[tuple[Dossier, int]], action: str, *, said: Said, by: User) -> None:
    """Each through its own step; a refusal names the dossier and undoes them all."""
    for dossier, version in chosen:
        try:
            move(dossier, action, version=version, said=said, by=by)
        except Refused as refusal:
            raise type(refusal)(*(f"{dossier.title}：{sentence}" for sentence in refusal.sentences)) from refusal


@transaction.atomic
def supersede_before(dossier: Dossier, *, by: User) -> None:
    """Earlier dossiers in force for the same post, section or bureau give way to this one, each through its own
    step."""
    same = Q(bureau=dossier.bureau_id, kind=dossier.kind, unit=dossier.unit_id, state=State.IN_FORCE)
    finding = Q(stage=Dossier.Stage.FINDING)
    same &= finding if dossier.stage == Dossier.Stage.FINDING else ~finding
    if dossier.table.post_id:
        same &= Q(table__post=dossier.table.post_id)
    year, edition = dossier.campaign.year, dossier.table.edition
    before = Q(campaign__year__lt=year) | Q(campaign__year=year, table__edition__lt=edition)
    for old in Dossier.objects.across_bureaus().filter(same & before):
        move(old, "supersede", version=old.version, by=by)
