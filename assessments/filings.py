"""A filing as papers: the list that is sent, the covering report, the receipt; reads only."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from assessments import numbers
from assessments.levels import VOCABULARIES
from assessments.models import Dossier, Filing, IssuedPaper
from lianzheng.organisation.models import Unit
from lianzheng.render.official import Annex, Block, Document, Paragraph, Table, long_date

COLUMNS = ("序号", "表", "股室（站所）", "名称", "等级", "公示期")
WIDTHS = (3, 5, 8, 11, 4, 9)
FOUND = "廉政风险点查找和防控措施制定，经逐级审核、归类汇总并公示期满"
DONE = "廉政风险点查找、防控措施制定和等级确定，经逐级审核、会议研究并公示期满"


def body_of(bureau: Unit) -> Unit | None:
    """The unit that receives the bureau's filings: the authority of its county that bears the name; None when that
    office does not work here and files on paper."""
    beside = Unit.objects.filter(kind=Unit.Kind.AUTHORITY, parent=bureau.parent_id, active=True)
    return beside.filter(name=bureau.filing_body).first() if bureau.filing_body else None


def content(dossiers: Sequence[Dossier]) -> dict[str, Any]:
    """What is sent, as it stands at this moment: column heads and rows of texts, and the ids they stand for."""
    return {
        "columns": list(COLUMNS),
        "rows": [[str(n), *_texts(dossier)] for n, dossier in enumerate(dossiers, start=1)],
        "ids": [str(dossier.pk) for dossier in dossiers],
    }


def _texts(dossier: Dossier) -> list[str]:
    rank, notice = dossier.decided_rank, dossier.notice
    return [
        dossier.form_name,
        dossier.unit.name,
        dossier.title,
        VOCABULARIES[dossier.bureau.vocabulary][rank] if rank else "",
        f"{notice.starts_on}至{notice.ends_on}" if notice else "",
    ]


def next_sent_no(bureau: Unit, *, year: int) -> str:
    """Proposed 发文字号 of the covering report: the next of the bureau's own series of the year."""
    used = Filing.objects.in_bureau(bureau).exclude(sent_no="").order_by("-sent_at")
    return numbers.following(
        used.values_list("sent_no", flat=True), year=year, word=f"{bureau.short_name or bureau.name}廉"
    )


def next_receipt_no(filing: Filing, *, day: date) -> str:
    """Proposed number of the receipt: the next of the authority's own series of the year."""
    used = Filing.objects.across_bureaus().filter(to=filing.to).exclude(receipt_no="").order_by("-answered_at")
    return numbers.following(used.values_list("receipt_no", flat=True), year=day.year, word="廉备")


def letter_of(filing: Filing, *, below: Sequence[Block] = ()) -> Document:
    """备案报告: an upward report with the list as its annex (GB/T 9704 7.3). `below`: what lets a reader check it."""
    year, count = filing.campaign.year, len(filing.content["rows"])
    done = DONE if _ranks(filing) else FOUND
    blocks: list[Block] = [
        Paragraph(
            f"根据廉政风险防控工作要求，我单位已完成{year}年度{done}，现将{count}份表册报请备案。{_levels(filing)}"
        )
    ]
    blocks += [Paragraph(line) for line in filing.note.splitlines() if line.strip()]
    return Document(
        head=filing.bureau.name,
        number=filing.sent_no,
        title=_title(filing, gap="\n"),
        addressee=filing.body,
        blocks=[*blocks, Paragraph("特此报告。")],
        organ=filing.bureau.name,
        on=filing.sent_on,
        annexes=(Annex("备案表册清单", (Table(COLUMNS, filing.content["rows"], WIDTHS),)),),
        below=below,
        fine=f"内容摘要 SHA-256：{filing.digest}",
    )


def _title(filing: Filing, *, gap: str = "") -> str:
    """`gap` stands where the title may go on in a second line."""
    what = "廉政风险等级" if _ranks(filing) else "廉政风险点"
    return f"关于报送{filing.campaign.year}年度{what}{gap}和防控措施备案的报告"


def _ranks(filing: Filing) -> list[str]:
    """The levels in the list; none in what is filed before the rating («实施方案» 六（二）1: 附件3)."""
    return [row[4] for row in filing.content["rows"] if row[4]]


def _levels(filing: Filing) -> str:
    """How many of each level are in the list, the heaviest first."""
    words, given = VOCABULARIES[filing.bureau.vocabulary].values(), _ranks(filing)
    counts = "、".join(f"{word}{given.count(word)}份" for word in words if word in given)
    return f"其中{counts}。" if counts else ""


def _received(filing: Filing) -> str:
    """The digest of the list that was sent, and the newest seal of the bureau's journal at that time."""
    paper = IssuedPaper.objects.across_bureaus().filter(subject=filing.pk).first()
    seal = f"\n日志封印：{paper.seal}" if paper and paper.seal else ""
    return f"报送内容摘要 SHA-256：{filing.digest}{seal}"


def receipt_of(filing: Filing) -> Document:
    """备案回执 of the filing body."""
    assert filing.received_on is not None
    count = len(filing.content["rows"])
    blocks = [
        Paragraph(
            f"你单位{long_date(filing.sent_on)}报送的《{_title(filing)}》"
            f"（{filing.sent_no}）及所附表册{count}份收悉，经审查，同意备案。备案编号：{filing.receipt_no}。"
        )
    ]
    if filing.opinion:
        blocks.append(Paragraph(filing.opinion, lead="备案意见："))
    return Document(
        head=filing.body,
        number=filing.receipt_no,
        title="备案回执",
        addressee=filing.bureau.name,
        blocks=blocks,
        organ=filing.body,
        on=filing.received_on,
        fine=_received(filing),
    )
