"""A recorded meeting as its minutes: the content under the digest, the official document, the list of decisions."""

from collections.abc import Mapping, Sequence
from typing import Any

from assessments.levels import VOCABULARIES
from assessments.models import Attendee, Meeting, MeetingItem, Recusal, ReturnReason
from lianzheng.render.official import Annex, Block, Document, Heading, Paragraph, Table, long_date
from lianzheng.sheets import Column, Grid, HeadField, Sheet, lay_out

Part = Attendee.Part
Outcome = MeetingItem.Outcome
DIGITS = "〇一二三四五六七八九十"

DECISIONS = Sheet(
    code="",
    title="会议决定一览表",
    head=(
        (HeadField("会议名称", "meeting", 3), HeadField("纪要编号", "minutes_no", 2), HeadField("会议日期", "held_on")),
        (HeadField("主持人", "chair"), HeadField("记录人", "minute_taker"), HeadField("应到/实到", "counts", 2)),
        (HeadField("出席人员", "present", 3),),
        (HeadField("列席人员", "observers", 2), HeadField("缺席人员及原因", "absent", 3)),
    ),
    columns=(
        Column("", "序号", 3, align="center"),
        Column("form", "表", 4, align="center"),
        Column("section", "股室", 7),
        Column("title", "名称", 10),
        Column("proposed", "建议等级", 4, align="center"),
        Column("reviewed", "审核等级", 4, align="center"),
        Column("decided", "会议决定", 5, align="center"),
        Column("why", "理由（退回原因）", 12),
        Column("recused", "回避", 8),
        Column("votes", "表决", 7),
        Column("points", "讨论要点", 12),
    ),
    line=(HeadField("单位", "bureau_name"), HeadField("登记日期", "recorded_on")),
)


def content_of(
    meeting: Meeting,
    *,
    attendees: Sequence[Attendee],
    items: Sequence[MeetingItem],
    recusals: Sequence[Recusal],
) -> dict[str, Any]:
    """JSON of what the minutes say; its digest is kept with the meeting and in the journal."""
    away: dict[Any, list[list[Any]]] = {}
    for line in recusals:
        away.setdefault(line.item_id, []).append([line.attendee.name, line.reason, line.own])
    names = ("name", "number", "minutes_no", "place", "chair", "minute_taker", "expected", "present")
    return {name: getattr(meeting, name) for name in names} | {
        "held_on": meeting.held_on.isoformat(),
        "recorded_on": meeting.recorded_on.isoformat(),
        "attendees": [[line.name, line.part, line.reason] for line in attendees],
        "items": [_item_content(item, away.get(item.pk, [])) for item in items],
    }


def _item_content(item: MeetingItem, away: list[list[Any]]) -> dict[str, Any]:
    names = ("order", "proposed_rank", "reviewed_rank", "outcome", "rank", "reason", "return_reason", "points")
    return {name: getattr(item, name) for name in names} | {
        "dossier": str(item.dossier_id),
        "title": item.dossier.title,
        "form": item.dossier.form_name,
        "due_on": item.due_on.isoformat() if item.due_on else "",
        "votes": [item.agree, item.oppose, item.abstain],
        "recused": sorted(away),
    }


class Minutes:
    """A meeting with its rows, read once in four queries."""

    def __init__(self, meeting: Meeting) -> None:
        self.meeting = meeting
        self.words: Mapping[int, str] = VOCABULARIES[meeting.bureau.vocabulary]
        self.attendees: list[Attendee] = list(meeting.attendees.all())
        self.items: list[MeetingItem] = list(meeting.items.select_related("dossier__unit", "dossier__campaign"))
        found = Recusal.objects.in_bureau(meeting.bureau).filter(item__meeting=meeting)
        self.recusals: list[Recusal] = list(found.select_related("attendee").order_by("attendee__order"))

    def content(self) -> dict[str, Any]:
        return content_of(self.meeting, attendees=self.attendees, items=self.items, recusals=self.recusals)

    def named(self, part: str) -> str:
        """Names of one column of the attendance list; reasons with those who were absent."""
        lines = [line for line in self.attendees if line.part == part]
        return "、".join(line.name + (f"（{line.reason}）" if line.reason else "") for line in lines)

    def away(self, item: MeetingItem) -> str:
        """Who had no vote on the item, and why."""
        lines = [line for line in self.recusals if line.item_id == item.pk]
        return "；".join(f"{line.attendee.name}（{line.reason}）" for line in lines)

    def word(self, rank: int | None) -> str:
        return self.words.get(rank or 0, "")

    def counts(self) -> str:
        warning = "" if self.meeting.quorate else "（实到人数未超过应到人数的半数）"
        return f"应到{self.meeting.expected}人，实到{self.meeting.present}人{warning}"

    def decided(self, item: MeetingItem) -> str:
        return "退回修改" if item.outcome == Outcome.RETURN else self.word(item.rank)

    def why(self, item: MeetingItem) -> str:
        """The reason; with a return its class and the day it is due again."""
        if item.outcome != Outcome.RETURN:
            return item.reason
        due = f"，{long_date(item.due_on)}前完善" if item.due_on else ""
        return f"{ReturnReason(item.return_reason).label}：{item.reason}{due}"

    def rows(self) -> list[dict[str, Any]]:
        """The items as a list prints them."""
        return [
            {
                "form": item.dossier.form_name,
                "section": item.dossier.unit.name,
                "title": item.dossier.title,
                "proposed": self.word(item.proposed_rank),
                "reviewed": self.word(item.reviewed_rank),
                "decided": self.decided(item),
                "why": self.why(item),
                "recused": self.away(item),
                "votes": item.votes.text,
                "points": item.points,
            }
            for item in self.items
        ]


def grid_of(minutes: Minutes) -> Grid:
    """The list of decisions, for a workbook."""
    meeting = minutes.meeting
    owner: dict[str, Any] = {
        "bureau_name": meeting.bureau.name,
        "meeting": str(meeting),
        "minutes_no": meeting.minutes_no,
        "held_on": meeting.held_on,
        "recorded_on": f"{long_date(meeting.recorded_on)}{'（补录）' if meeting.late else ''}",
        "chair": meeting.chair,
        "minute_taker": meeting.minute_taker,
        "counts": minutes.counts(),
        "present": minutes.named(Part.PRESENT),
        "observers": minutes.named(Part.OBSERVER) or "无",
        "absent": minutes.named(Part.ABSENT) or "无",
    }
    return lay_out(DECISIONS, owner=owner, rows=minutes.rows())


def document_of(minutes: Minutes, *, below: Sequence[Block] = ()) -> Document:
    """会议纪要 (GB/T 9704 10.3): attendance after the opening, each item with its decision, the list as an annex.
    `below`: what lets a reader check it."""
    meeting = minutes.meeting
    blocks: list[Block] = [
        Paragraph(_opening(minutes)),
        Heading("一、会议情况"),
        *_attendance(minutes),
        Heading("二、研究决定事项"),
    ]
    for item in minutes.items:
        title = f"（{chinese(item.order)}）{item.dossier.form_name}　{item.dossier.title}"
        blocks += [Heading(title, 2), *_paragraphs(minutes, item)]
    return Document(
        head=f"{_named_once(meeting.bureau.name, meeting.name)}纪要",
        number=meeting.minutes_no,
        title=f"研究{meeting.campaign.year}年度廉政风险等级会议纪要",
        blocks=blocks,
        organ=meeting.bureau.name,
        on=meeting.recorded_on,
        annexes=(Annex("会议决定一览表", (_list(minutes),)),),
        below=below,
        fine=f"内容摘要 SHA-256：{meeting.digest}",
    )


def _named_once(bureau: str, meeting: str) -> str:
    """县住建局 and 局办公会议 are 县住建局办公会议."""
    return bureau + (meeting[1:] if bureau[-1:] == meeting[:1] else meeting)


def _opening(minutes: Minutes) -> str:
    meeting = minutes.meeting
    place = f"在{meeting.place}" if meeting.place else ""
    late = f"（{long_date(meeting.recorded_on)}补录）" if meeting.late else ""
    return (
        f"{long_date(meeting.held_on)}，{meeting.chair}{place}主持召开{meeting}{late}，"
        f"研究{meeting.campaign.year}年度廉政风险等级，共{len(minutes.items)}项议题。会议情况和决定事项纪要如下。"
    )


def _attendance(minutes: Minutes) -> list[Paragraph]:
    lines = (
        ("出席：", minutes.named(Part.PRESENT)),
        ("列席：", minutes.named(Part.OBSERVER)),
        ("缺席：", minutes.named(Part.ABSENT)),
        ("主持：", minutes.meeting.chair),
        ("记录：", minutes.meeting.minute_taker),
    )
    return [Paragraph(f"{minutes.counts()}。"), *(Paragraph(text, lead=lead) for lead, text in lines if text)]


def _paragraphs(minutes: Minutes, item: MeetingItem) -> list[Paragraph]:
    levels = (("建议等级", item.proposed_rank), ("审核等级", item.reviewed_rank))
    before = "，".join(f"{name}{minutes.word(rank)}" for name, rank in levels if rank)
    found = [Paragraph(f"{before}。")] if before else []
    if item.points:
        found.append(Paragraph(item.points, lead="讨论要点："))
    if away := minutes.away(item):
        found.append(Paragraph(f"{away}，未参加本议题表决。", lead="回避："))
    return [
        *found,
        Paragraph(f"{item.votes.text}。", lead="表决："),
        Paragraph(_sentence(minutes, item), lead="决定："),
    ]


def _sentence(minutes: Minutes, item: MeetingItem) -> str:
    reason = f"理由：{item.reason}" if item.reason else ""
    if item.outcome == Outcome.RETURN:
        return f"退回修改。{minutes.why(item)}。"
    if item.outcome == Outcome.AGREE:
        return f"同意确定为{minutes.word(item.rank)}。{reason}"
    return f"由{minutes.word(item.reviewed_rank)}调整为{minutes.word(item.rank)}。{reason}"


def _list(minutes: Minutes) -> Table:
    keys = ("form", "section", "title", "proposed", "decided", "why")
    rows = [(str(n), *(row[key] for key in keys)) for n, row in enumerate(minutes.rows(), start=1)]
    return Table(("序号", "表", "股室", "名称", "建议", "决定", "理由"), rows, (3, 4, 6, 8, 4, 5, 8))


def chinese(number: int) -> str:
    """一, 十, 十二, 二十三 … 九十九; Arabic beyond."""
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    lead = "" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十"
    return lead + (DIGITS[ones] if ones else "")
