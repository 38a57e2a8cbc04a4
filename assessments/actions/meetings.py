"""What a meeting decided, and the draft in which it is prepared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.timezone import localtime

from assessments import readiness, votes
from assessments.actions.issued import issue_paper
from assessments.levels import VOCABULARIES
from assessments.minutes import content_of
from assessments.models import Attendee, Campaign, Dossier, IssuedPaper, Meeting, MeetingDraft, MeetingItem, Recusal
from assessments.votes import Votes
from lianzheng import clock
from lianzheng.audit.actions import keep, record
from lianzheng.flow import NotYours, Refused, Said, Stale, move
from lianzheng.organisation.models import User
from lianzheng.organisation.rights import holds
from lianzheng.organisation.roles import Right

Part = Attendee.Part
Outcome = MeetingItem.Outcome
OWN = "本人议题"


@dataclass(frozen=True)
class Presence:
    """One line of the attendance list."""

    name: str
    part: str = Part.PRESENT
    reason: str = ""
    person: User | None = None

    def owns(self, dossier: Dossier) -> bool:
        """Is it this person's form? A name that fits several people counts as theirs: 回避 errs on the safe side."""
        if dossier.holder is None:
            return False
        return self.person == dossier.holder if self.person else self.name == dossier.holder.name


@dataclass(frozen=True)
class Decision:
    """What the meeting decided on one dossier, at the version that lay before it: a level, or back with a reason.

    Without `votes` all who may vote agreed; `recused` are names with reasons, the form's own person is added.
    """

    dossier: Dossier
    version: int
    rank: int | None
    said: Said
    points: str = ""
    votes: Votes | None = None
    recused: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def record_meeting(
    campaign: Campaign,
    *,
    facts: Mapping[str, Any],
    attendees: Sequence[Presence],
    decisions: Sequence[Decision],
    draft: int | None = None,
    by: User,
) -> Meeting:
    """The meeting with all its decisions, or nothing: each goes through `move()`. `draft` is the version of the draft
    that the page showed; what is wrong with any item is said of all of them at once."""
    prepared = _claim(campaign, version=draft, by=by)
    if not decisions:
        raise Refused("请至少选择一个议题。")
    _check_attendance(attendees, chair=str(facts["chair"]))
    meeting = _meeting(campaign, facts=facts, attendees=attendees, by=by)
    rows = _attendees(meeting, attendees)
    items: list[MeetingItem] = []
    recusals: list[Recusal] = []
    for order, decision in enumerate(decisions, start=1):
        item, recused = _item(meeting, order, decision, attendees=attendees, rows=rows)
        items.append(item)
        recusals += recused
    # The decisions come first: the rows they refer to are checked by the database at the end of the transaction.
    _decide_all(meeting, decisions, items=items, recusals=recusals, by=by)
    meeting.digest = keep(content_of(meeting, attendees=rows, items=items, recusals=recusals))
    _save(meeting, rows=rows, items=items, recusals=recusals)
    _write(prepared, typed={}, recorded=meeting, by=by)
    detail: dict[str, Any] = {"议题": len(decisions)}
    if meeting.late:
        detail |= {"补录": True, "会议日期": meeting.held_on.isoformat()}
    _issue(meeting, by=by)
    record("登记会议决定", subject=meeting, bureau=campaign.bureau, digest=meeting.digest, detail=detail, by=by)
    return meeting


def _issue(meeting: Meeting, *, by: User) -> None:
    """The minutes get a code and bear the newest seal of the journal."""
    number = f"{meeting.name}纪要{meeting.minutes_no}"
    issue_paper(meeting, kind=IssuedPaper.Kind.MINUTES, number=number, title=str(meeting), digest=meeting.digest, by=by)


@transaction.atomic
def save_draft(campaign: Campaign, *, typed: Mapping[str, Sequence[str]], version: int, by: User) -> MeetingDraft:
    """Keep what was typed so far, nothing of it checked. Raises Stale when somebody else has saved or recorded."""
    if not any(holds(by, right, unit=campaign.bureau) for right in (Right.RECORD_MEETING, Right.HEAD_BUREAU)):
        raise NotYours("会议不由您登记。")
    draft = _claim(campaign, version=version, by=by)
    _write(draft, typed=dict(typed), by=by)
    record("保存会议草稿", subject=draft, bureau=campaign.bureau, by=by)
    return draft


def _claim(campaign: Campaign, *, version: int | None, by: User) -> MeetingDraft:
    """The draft, locked; the second of two who write at once waits here and is then told."""
    MeetingDraft.objects.bulk_create(
        [MeetingDraft(bureau_id=campaign.bureau_id, campaign=campaign)], ignore_conflicts=True
    )
    # Without a join: of a row that was waited for, PostgreSQL would give the others' columns as they were before.
    draft: MeetingDraft = MeetingDraft.objects.across_bureaus().select_for_update().get(campaign=campaign)
    if version is not None and draft.version != version:
        raise Stale(_changed(draft))
    return draft


def _changed(draft: MeetingDraft) -> str:
    who = draft.saved_by.name if draft.saved_by else ""
    when = localtime(draft.saved_at).strftime("%m-%d %H:%M")
    if not draft.typed and draft.recorded:
        return f"{who}已于 {when} 登记了{draft.recorded}。您填写的内容还在本页，请核对编号和议题后再登记。"
    return (
        f"{who}已于 {when} 保存过这份草稿，没有被覆盖，您填写的内容也还在本页。"
        "请在新窗口打开本页对照；再次保存或登记，将以您的内容为准。"
    )


def _write(draft: MeetingDraft, *, by: User, **values: Any) -> None:
    changes = values | {"version": draft.version + 1, "saved_by": by, "saved_at": Now()}
    MeetingDraft.objects.across_bureaus().filter(pk=draft.pk).update(**changes)
    draft.refresh_from_db()


def _check_attendance(attendees: Sequence[Presence], *, chair: str) -> None:
    names = [line.name for line in attendees]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise Refused(f"参会人员中“{twice}”写了两次，同名的请加注职务。")
    here = [line.name for line in attendees if line.part == Part.PRESENT]
    if not here:
        raise Refused("请至少填写一名出席人员。")
    if chair not in here:
        raise Refused(f"主持人“{chair}”不在出席人员中，请核对。")
    if absent := next((line for line in attendees if line.part == Part.ABSENT and not line.reason), None):
        raise Refused(f"请写明{absent.name}的缺席原因。")


def _meeting(campaign: Campaign, *, facts: Mapping[str, Any], attendees: Sequence[Presence], by: User) -> Meeting:
    today = clock.today()
    if facts["held_on"] > today:
        raise Refused("会议日期不能晚于今天。")
    if Meeting.objects.in_bureau(campaign.bureau).filter(minutes_no=facts["minutes_no"]).exists():
        raise Refused(_used(facts["minutes_no"]))
    present = sum(line.part == Part.PRESENT for line in attendees)
    return Meeting(
        bureau=campaign.bureau,
        campaign=campaign,
        recorder=by,
        recorded_on=today,
        present=present,
        expected=present + sum(line.part == Part.ABSENT for line in attendees),
        **facts,
    )


def _used(number: str) -> str:
    return f"纪要编号“{number}”已用过，请核对。"


def _attendees(meeting: Meeting, lines: Sequence[Presence]) -> list[Attendee]:
    return [
        Attendee(
            bureau_id=meeting.bureau_id,
            meeting=meeting,
            order=order,
            name=line.name,
            part=line.part,
            reason=line.reason if line.part == Part.ABSENT else "",
            person=line.person,
        )
        for order, line in enumerate(lines, start=1)
    ]


def _item(
    meeting: Meeting, order: int, decision: Decision, *, attendees: Sequence[Presence], rows: Sequence[Attendee]
) -> tuple[MeetingItem, list[Recusal]]:
    """The item with those who had no vote on it."""
    dossier, said, back = decision.dossier, decision.said, decision.rank is None
    before = readiness.level_before(dossier)
    own = {line.name for line in attendees if line.part == Part.PRESENT and line.owns(dossier)}
    away = own | set(decision.recused)
    voters = meeting.present - sum(row.part == Part.PRESENT and row.name in away for row in rows)
    given = decision.votes or Votes(voters)
    item = MeetingItem(
        bureau_id=meeting.bureau_id,
        meeting=meeting,
        order=order,
        dossier=dossier,
        proposed_rank=dossier.proposed_rank,
        reviewed_rank=before,
        outcome=Outcome.RETURN if back else Outcome.AGREE if decision.rank == before else Outcome.CHANGE,
        rank=decision.rank,
        reason=said.opinion if back else str(said.facts.get("reason", "")),
        return_reason=said.reason if back else "",
        due_on=said.due_on if back else None,
        points=decision.points,
        agree=given.agree,
        oppose=given.oppose,
        abstain=given.abstain,
    )
    recusals = [
        Recusal(bureau_id=meeting.bureau_id, item=item, attendee=row, reason=why, own=row.name in own)
        for row in rows
        if (why := OWN if row.name in own else decision.recused.get(row.name, ""))
    ]
    return item, recusals


def _decide_all(
    meeting: Meeting,
    decisions: Sequence[Decision],
    *,
    items: Sequence[MeetingItem],
    recusals: Sequence[Recusal],
    by: User,
) -> None:
    """Every decision through its step; what is wrong is collected, named by its item, and undoes them all."""
    problems: list[str] = []
    stale = False
    for decision, item in zip(decisions, items, strict=True):
        away = [line for line in recusals if line.item is item]
        try:
            _check_votes(decision, item, away=away, present=meeting.present)
            _decide(decision, meeting=meeting, by=by)
        except Refused as refusal:
            stale = stale or isinstance(refusal, Stale)
            problems += [f"{decision.dossier.title}：{sentence}" for sentence in refusal.sentences]
    if problems:
        raise (Stale if stale else Refused)(*problems)


def _check_votes(decision: Decision, item: MeetingItem, *, away: Sequence[Recusal], present: int) -> None:
    here = {line.attendee.name for line in away if line.attendee.part == Part.PRESENT}
    if missing := [name for name in decision.recused if name not in here]:
        raise Refused(f"回避人员“{missing[0]}”不在出席人员中，请核对。")
    if sentence := votes.problem(item.votes, voters=present - len(here), decides=decision.rank is not None):
        raise Refused(sentence)


def _decide(item: Decision, *, meeting: Meeting, by: User) -> None:
    facts: dict[str, Any] = {"meeting": meeting}
    if item.rank is None:
        said = Said(opinion=item.said.opinion, reason=item.said.reason, due_on=item.said.due_on, facts=facts)
        move(item.dossier, "return", version=item.version, said=said, by=by)
        return
    reason = str(item.said.facts.get("reason", ""))
    said = Said(
        opinion=_decided(meeting, rank=item.rank, reason=reason), facts=facts | {"rank": item.rank, "reason": reason}
    )
    move(item.dossier, "decide", version=item.version, said=said, by=by)


def _decided(meeting: Meeting, *, rank: int, reason: str) -> str:
    """The decision as the form prints it; a reason, needed for another level than the reviewed one, with it
    (附件4、5)."""
    word = VOCABULARIES[meeting.bureau.vocabulary].get(rank, "")
    return f"经{meeting}研究，确定为{word}。" + (f"理由：{reason}" if reason else "")


def _save(
    meeting: Meeting, *, rows: Sequence[Attendee], items: Sequence[MeetingItem], recusals: Sequence[Recusal]
) -> None:
    try:
        with transaction.atomic():
            meeting.save(force_insert=True)
    except IntegrityError as error:
        # Recorded by somebody else between the question and the answer; the database is the last to know.
        raise Refused(_used(meeting.minutes_no)) from error
    Attendee.objects.bulk_create(rows)
    MeetingItem.objects.bulk_create(items)
    Recusal.objects.bulk_create(recusals)
