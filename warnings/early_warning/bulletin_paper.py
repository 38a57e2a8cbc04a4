"""A bulletin as an official document."""

from __future__ import annotations

import re
from collections.abc import Sequence

from early_warning import figures
from early_warning.models import Bulletin
from lianzheng.render.official import Block, Document, Heading, Paragraph, Table

_NUMBERED = re.compile(r"^[一二三四五六七八九十]+、")
WIDTHS = (8, 10, 4)


def document_of(bulletin: Bulletin, *, below: Sequence[Block] = ()) -> Document:
    """Text, the table of figures and, once issued, what lets a reader check it (`below`)."""
    return Document(
        title=bulletin.title,
        head=f"{bulletin.bureau.name}文件" if below else "",
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
