"""预警通知书 and 回执 as official documents, and the register (台账) as a sheet. No paper names an informant."""

from collections.abc import Iterable, Sequence
from typing import Any

from early_warning.limits import ADMONITIONS, DISPOSALS, FEEDBACKS
from early_warning.models import ColourChoices, State, WarningNotice, WarningReview
from lianzheng.render.official import Annex, Block, Document, Heading, Paragraph, Table, long_date
from lianzheng.sheets import Column, Grid, HeadField, Sheet, lay_out

LAW = "如构成轻微违纪，按干部管理权限另行办理。"
BLANK = "　　　　年　　月　　日"


def measures_of(warning: WarningNotice) -> str:
    """处置, 诫勉 and 反馈 in words."""
    fed = "、".join(FEEDBACKS[code] for code in warning.feedbacks)
    return f"{DISPOSALS[warning.disposal]}；{ADMONITIONS[warning.admonition]}；{fed}"


def notice(warning: WarningNotice, *, below: Sequence[Block] = ()) -> Document:
    """The notice as issued, with the return of service as its annex. `below`: what lets a reader check it."""
    assert warning.issued_on is not None
    colour = ColourChoices(warning.issued_colour or warning.colour).label
    blocks: list[Block] = [
        Paragraph(f"经研判，决定对你（单位）发出廉政{colour}预警。请认真对待，按要求整改。{LAW}"),
        *_part("一、信息来源类别", warning.get_source_display()),
        *_part("二、存在的廉政风险", warning.facts),
        *_points(warning),
        *_part("三、研判意见", warning.opinion or "属于廉政风险预警的情形。"),
        *_part("四、处置方式", measures_of(warning)),
        *_part("五、整改要求", warning.demands),
        *_part("六、期限", _limits(warning)),
    ]
    contact = f"联系人：{warning.contact} {warning.phone}" if warning.contact else f"联系电话：{warning.phone}"
    return Document(
        title="廉政预警通知书",
        number=warning.number,
        head=warning.bureau.name,
        addressee=warning.called,
        blocks=blocks,
        organ=warning.bureau.name,
        on=warning.issued_on,
        annexes=[Annex("送达回证", [_service(warning)])],
        notes=contact,
        below=below,
        copies=warning.copies,
    )


def _part(title: str, text: str) -> list[Block]:
    return [Heading(title), *(Paragraph(line) for line in text.split("\n") if line.strip())]


def _points(warning: WarningNotice) -> list[Block]:
    names = list(warning.points.values_list("name", flat=True))
    return [Paragraph("；".join(names) + "。", lead="涉及风险点：")] if names else []


def _limits(warning: WarningNotice) -> str:
    assert warning.sign_by
    assert warning.reply_by
    assert warning.first_finish_by
    first = f"请于{long_date(warning.sign_by)}前签收，{long_date(warning.reply_by)}前书面回告"
    return f"{first}，{long_date(warning.first_finish_by)}前完成整改并报告。"


def _service(warning: WarningNotice) -> Table:
    served = long_date(warning.served_on) if warning.served_on else BLANK
    how = warning.get_service_display() if warning.service else ""
    rows = [["文书", f"廉政预警通知书 {warning.number}"], ["送达对象", warning.called], ["送达方式", how]]
    return Table(["项目", "内容"], [*rows, ["签收人", warning.signer], ["签收时间", served]], [6, 18])


def slip(warning: WarningNotice) -> Document:
    """回执: what the subject answers, with the reviewers' words once there are any."""
    written = getattr(warning, "rectification", None)
    received = long_date(warning.served_on) if warning.served_on else BLANK
    blocks: list[Block] = [
        Paragraph(f"《廉政预警通知书》（{warning.number}）于{received}收到，现将整改情况回告如下。"),
        *_part("一、成因剖析", written.causes if written else ""),
        Heading("二、整改措施"),
        _items(warning),
        *_part("三、建章立制", (written.rules if written else "") or "无。"),
        *_outcome(warning),
    ]
    reported = warning.reported_on or warning.replied_on
    return Document(
        title="廉政预警整改回执",
        blocks=blocks,
        addressee=warning.bureau.name,
        organ=warning.called,
        on=reported,
        below=[Paragraph("承办人（签字）：　　　　　　　　股室负责人（签字）：", indent=False)],
    )


def _items(warning: WarningNotice) -> Table:
    rows = [
        [str(n), item.measure, item.responsible, item.due_on.isoformat(), item.result, str(item.evidence.count() or "")]
        for n, item in enumerate(warning.items.all(), start=1)
    ]
    heads = ["序号", "整改措施", "责任人", "完成时限", "完成情况", "佐证（份）"]
    return Table(heads, rows or [["", "", "", "", "", ""]], [3, 9, 4, 6, 9, 4])


def _outcome(warning: WarningNotice) -> list[Block]:
    reviews = list(warning.reviews.select_related("reviewer"))
    changes = list(warning.changes.all())
    if not reviews:
        return []
    lines: list[Block] = [Heading("四、复核")]
    lines += [Paragraph(review_line(review)) for review in reviews]
    lines += [
        Paragraph(f"{long_date(c.confirmed_on)}由{c.get_before_display()}提级为{c.get_after_display()}。")
        for c in changes
    ]
    if warning.closed_on:
        lines.append(Paragraph(f"{long_date(warning.closed_on)}销号。"))
    return lines


def review_line(review: WarningReview) -> str:
    """第1次复核 第一复核人 …: 合格。意见."""
    verdict = "合格" if review.passed else "不合格"
    return f"第{review.round}次复核，{review.get_seat_display()}{review.reviewer.name}：{verdict}。{review.opinion}"


REGISTER = Sheet(
    code="",
    title="廉政预警台账",
    head=(),
    line=(HeadField("单位", "bureau_name"), HeadField("打印日期", "on")),
    columns=(
        Column("", "序号", 3),
        Column("number", "文号", 9),
        Column("colour", "预警颜色", 4, align="center"),
        Column("subject", "预警对象", 8),
        Column("source", "信息来源类别", 5),
        Column("measures", "处置方式", 9),
        Column("issued_on", "签发", 5),
        Column("served_on", "送达", 5),
        Column("replied_on", "书面回告", 5),
        Column("finish_by", "整改期限", 5),
        Column("state", "状态", 5),
        Column("closed_on", "销号", 5),
        Column("left", "剩余天数", 3, align="center"),
    ),
)


def register_grid(found: Iterable[WarningNotice], *, bureau: str, today: Any) -> Grid:
    """The register, one row a warning; facts stay on the warning's own page."""
    return lay_out(REGISTER, owner={"bureau_name": bureau, "on": today}, rows=[row(w, today=today) for w in found])


def row(warning: WarningNotice, *, today: Any) -> dict[str, Any]:
    running = warning.finish_by and warning.state not in (State.CLOSED, State.VOID)
    return {
        "number": warning.number or "（未签发）",
        "colour": warning.get_colour_display(),
        "rank": warning.colour,
        "subject": warning.called,
        "source": warning.get_source_display(),
        "measures": measures_of(warning),
        "issued_on": _day(warning.issued_on),
        "served_on": _day(warning.served_on),
        "replied_on": _day(warning.replied_on),
        "finish_by": _day(warning.finish_by),
        "closed_on": _day(warning.closed_on),
        "state": warning.state_word,
        "left": str((warning.finish_by - today).days) if running else "",
        "url": warning.get_absolute_url(),
    }


def _day(value: Any) -> str:
    return value.isoformat() if value else ""
