"""A bulletin as an official document."""

from __future__ import annotations

import re

from assessments.actions import keep_file
from assessments.models import IssuedFile, IssuedPaper
from early_warning import figures
from early_warning.models import Bulletin
from lianzheng import codes
from lianzheng.organisation.models import User
from lianzheng.render import official, qr
from lianzheng.render.official import Block, Document, Heading, Paragraph, Squares, Table

_NUMBERED = re.compile(r"^[一二三四五六七八九十]+、")
WIDTHS = (8, 10, 4)


def paper_of(bulletin: Bulletin) -> IssuedPaper | None:
    found: IssuedPaper | None = IssuedPaper.objects.in_bureau(bulletin.bureau).filter(subject=bulletin.pk).first()
    return found


def file_of(bulletin: Bulletin, *, address: str, by: User) -> bytes:
    """The PDF: as issued, made once and kept; of a draft, anew each time. Raises `pdf.PaperFailed`."""
    paper = paper_of(bulletin)
    if paper is None:
        return official.document(document_of(bulletin))
    kept = paper.files.filter(kind=IssuedFile.Kind.PDF).first()
    if kept is None:
        made = official.document(document_of(bulletin, paper=paper, address=address))
        kept = keep_file(paper, kind=IssuedFile.Kind.PDF, content=made, by=by)
    return bytes(kept.content)


def document_of(bulletin: Bulletin, *, paper: IssuedPaper | None = None, address: str = "") -> Document:
    """Text, the table of figures and, once issued, what lets a reader verify it."""
    below: list[Block] = []
    if paper is not None:
        below = [
            Squares(qr.squares(address), caption="扫码核验"),
            Paragraph(f"验证码：{codes.grouped(paper.token)}", indent=False),
            Paragraph(f"内容摘要（SHA-256）：{paper.digest}", indent=False),
        ]
    return Document(
        title=bulletin.title,
        head=f"{bulletin.bureau.name}文件" if paper else "",
        number=bulletin.number or "（拟稿，未签发）",
        blocks=[*map(_block, bulletin.text.splitlines()), _table(bulletin)],
        organ=bulletin.bureau.name,
        on=bulletin.issued_on,
        below=below,
    )


def _block(line: str) -> Block:
    return Heading(line) if _NUMBERED.match(line) else Paragraph(line)


def _table(bulletin: Bulletin) -> Table:
    rows = [list(row) for row in figures.table(figures.unpacked(bulletin.figures))]
    return Table(("类别", "项目", "数量"), rows, WIDTHS, caption="数据表（1、2以“<3”表示）")
