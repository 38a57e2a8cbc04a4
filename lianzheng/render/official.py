"""An official document (公文) by GB/T 9704-2012 from plain data: letters, minutes, notices, warning notices.

A `Document` says what stands in it, `official.css` how it looks; `document` sets it in the press of
`lianzheng.render.pdf`. What the standard leaves open (size of a table's text) is said there.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import escape
from pathlib import Path

from lianzheng.render import fonts, pdf

AREA = 442  # points: 156 mm, the width of the type area
# Points of the red name: as large as fits on one line, never smaller than the title (7.2.4: 以醒目、美观、庄重为原则).
LARGEST_HEAD, SMALLEST_HEAD = 34, 22
# A name is set whole in one face: these marks end it.
_MARKS = re.compile(r"([\s，。；：、！？（）《》〈〉“”‘’〔〕【】…—·,.;:()]+)")


@dataclass(frozen=True)
class Paragraph:
    """Running text, its first line two characters in; `lead` is a first word in 黑体 (出席：)."""

    text: str
    lead: str = ""
    indent: bool = True


@dataclass(frozen=True)
class Heading:
    """结构层次: 1 is 一、in 黑体, 2 is （一）in 楷体, 3 is 1. in 仿宋; the number is part of the text."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Table:
    """A ruled table; its head repeats on each page. `widths` are shares, in Chinese characters by custom."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]
    caption: str = ""


@dataclass(frozen=True)
class Squares:
    """A picture of black and white squares, such as a QR code, with a line below it; nothing is fetched for it."""

    rows: Sequence[Sequence[bool]]
    caption: str = ""
    millimetres: int = 30


Block = Paragraph | Heading | Table | Squares


@dataclass(frozen=True)
class Annex:
    """附件: named below the text; where it has blocks of its own it follows on a new page."""

    title: str
    blocks: Sequence[Block] = ()


@dataclass(frozen=True)
class Document:
    """What an official document says.

    A line feed in `title` parts a long one where its words allow. `head` is the red name of the issuing body above
    the red line, "" for a paper without one; `number` 发文字号; `addressee` 主送机关; `organ` and `on` the signature,
    above which a seal has room; `notes` 附注; `copies` 抄送;
    `below` what stands under the signature, such as the code for verification;
    `fine` small print at the foot of the first page, such as the digest by which the paper is told from another.
    """

    title: str
    blocks: Sequence[Block]
    head: str = ""
    number: str = ""
    addressee: str = ""
    organ: str = ""
    on: date | None = None
    annexes: Sequence[Annex] = ()
    notes: str = ""
    copies: str = ""
    below: Sequence[Block] = ()
    fine: str = ""


def document(doc: Document, *, seconds: int = pdf.SECONDS) -> bytes:
    """The document as a PDF. Raises `pdf.PaperFailed`, whose message is a sentence for the user."""
    return pdf.typeset(page(doc), seconds=seconds)


def page(doc: Document) -> str:
    """The HTML from which the document is set; its own stylesheet stands before that of the forms."""
    fine = f'<div class="fine">{_text(doc.fine)}</div>' if doc.fine else ""
    parts = [fine, _head(doc), f'<h1 class="title">{_text(doc.title)}</h1>']
    if doc.addressee:
        parts.append(f'<p class="addressee">{_text(doc.addressee)}：</p>')
    parts += [_block(block) for block in doc.blocks]
    parts += [_list_of_annexes(doc.annexes), _signature(doc)]
    if doc.notes:
        parts.append(f"<p>（{_text(doc.notes)}）</p>")
    below = "".join(map(_block, doc.below))
    parts += [f'<div class="below">{below}</div>' if below else "", _copies(doc), *_annexes(doc.annexes)]
    return (
        f'<!DOCTYPE html><html lang="zh-Hans"><head><meta charset="utf-8"/>{_about(doc)}'
        f'<style>{stylesheet()}</style></head><body class="official">{"".join(parts)}</body></html>'
    )


@cache
def stylesheet() -> str:
    """official.css with the faces of this site."""
    return fonts.fill(Path(__file__).with_name("official.css").read_text(encoding="utf-8"))


def long_date(day: date) -> str:
    """成文日期 in Arabic figures without leading zeros (GB/T 9704 7.3.5.4)."""
    return f"{day.year}年{day.month}月{day.day}日"


def _about(doc: Document) -> str:
    """The properties of the file are ours: title and issuing body, no person, no program."""
    created = f'<meta name="dcterms.created" content="{doc.on.isoformat()}"/>' if doc.on else ""
    author = f'<meta name="author" content="{escape(doc.organ)}"/>' if doc.organ else ""
    title = escape(doc.title.replace("\n", ""))
    return f"<title>{title}</title>{author}{created}"


def _head(doc: Document) -> str:
    number = f'<p class="number">{_text(doc.number)}</p>' if doc.number else ""
    if not doc.head:
        return f'<div class="plain-head">{number}</div>' if number else ""
    size = max(SMALLEST_HEAD, min(LARGEST_HEAD, AREA // len(doc.head)))
    organ = f'<p class="organ" style="font-size:{size}pt">{_text(doc.head)}</p>'
    return f'<div class="red-head">{organ}{number}</div>'


def _text(text: str) -> str:
    """Escaped, line feeds kept; a word with a character that the body face lacks is set whole in the complete one."""
    words = [f'<span class="rare">{escape(word)}</span>' if _rare(word) else escape(word) for word in _words(text)]
    return "".join(words).replace("\n", "<br/>")


def _words(text: str) -> list[str]:
    return [word for word in _MARKS.split(text) if word]


def _rare(word: str) -> bool:
    return not _MARKS.fullmatch(word) and fonts.beyond_body(word)


def _block(block: Block) -> str:
    return _PAINTERS[type(block)](block)


def _paragraph(block: Paragraph) -> str:
    lead = f'<span class="lead">{escape(block.lead)}</span>' if block.lead else ""
    kind = "" if block.indent else ' class="flush"'
    return f"<p{kind}>{lead}{_text(block.text)}</p>"


def _heading(block: Heading) -> str:
    return f'<h2 class="level-{block.level}">{_text(block.text)}</h2>'


def _table(block: Table) -> str:
    total = sum(block.widths)
    columns = "".join(f'<col style="width:{width / total:.4%}"/>' for width in block.widths)
    headers = "".join(f'<th scope="col">{_text(text)}</th>' for text in block.headers)
    rows = "".join(f"<tr>{''.join(f'<td>{_text(text)}</td>' for text in row)}</tr>" for row in block.rows)
    caption = f"<caption>{_text(block.caption)}</caption>" if block.caption else ""
    return (
        f'<table class="list">{caption}<colgroup>{columns}</colgroup>'
        f"<thead><tr>{headers}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _squares(block: Squares) -> str:
    size = len(block.rows)
    black = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(block.rows) for x, filled in enumerate(row) if filled)
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" '
        f'width="{block.millimetres}mm" height="{block.millimetres}mm"><path d="{black}"/></svg>'
    )
    return f'<div class="squares">{picture}<p class="under">{_text(block.caption)}</p></div>'


_PAINTERS: dict[type, Callable[..., str]] = {
    Paragraph: _paragraph,
    Heading: _heading,
    Table: _table,
    Squares: _squares,
}


def _list_of_annexes(annexes: Sequence[Annex]) -> str:
    """附件说明: one is named without a number, several with 1. 2. (GB/T 9704 7.3.4)."""
    if not annexes:
        return ""
    several = len(annexes) > 1
    lines = [f"{n}. {annex.title}" if several else annex.title for n, annex in enumerate(annexes, start=1)]
    items = "".join(
        f'<p class="annex-name">{"附件：" if n == 0 else ""}{_text(text)}</p>' for n, text in enumerate(lines)
    )
    return f'<div class="annex-names{" annex-names--several" if several else ""}">{items}</div>'


def _signature(doc: Document) -> str:
    """Organ above date, the date four characters from the right, so that a seal covers both (7.3.5.1)."""
    if not (doc.organ or doc.on):
        return ""
    day = long_date(doc.on) if doc.on else ""
    return f'<div class="signature"><div><p>{_text(doc.organ)}</p><p>{day}</p></div></div>'


def _copies(doc: Document) -> str:
    return f'<div class="copies"><p>抄送：{_text(doc.copies)}。</p></div>' if doc.copies else ""


def _annexes(annexes: Sequence[Annex]) -> list[str]:
    several = len(annexes) > 1
    return [
        f'<section class="annex"><p class="annex-code">附件{n if several else ""}</p>'
        f'<h1 class="title">{_text(annex.title)}</h1>{"".join(map(_block, annex.blocks))}</section>'
        for n, annex in enumerate(annexes, start=1)
        if annex.blocks
    ]
