"""A paper that left the house, whatever it is made of: what lets a reader check it, and its files as issued."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from assessments.actions import keep_file
from assessments.models import IssuedFile, IssuedPaper
from lianzheng import codes
from lianzheng.organisation.models import User
from lianzheng.organisation.scoping import BureauModel
from lianzheng.render import qr, signature
from lianzheng.render.official import Block, Paragraph, Squares

PDF = IssuedFile.Kind.PDF


def paper_of(subject: BureauModel) -> IssuedPaper | None:
    """Number, code and seal; None for what was never issued or was made before papers bore a code."""
    found: IssuedPaper | None = IssuedPaper.objects.in_bureau(subject.bureau).filter(subject=subject.pk).first()
    return found


def proof_lines(paper: IssuedPaper, *, address: str) -> list[str]:
    """Number, code, address, digest, newest seal of the journal."""
    lines = [f"编号：{paper.number}", f"验证码：{codes.grouped(paper.token)}", f"核验网址：{address}"]
    lines.append(f"内容摘要（SHA-256）：{paper.digest}")
    return [*lines, f"日志封印：{paper.seal}"] if paper.seal else lines


def proof(paper: IssuedPaper, *, address: str) -> list[Block]:
    """The same for the foot of an official document, with the code as squares."""
    lines: Iterable[Block] = (Paragraph(line, indent=False) for line in proof_lines(paper, address=address))
    return [Squares(qr.squares(address), caption="扫码核验"), *lines]


def file_of(paper: IssuedPaper, *, kind: str, make: Callable[[], bytes], by: User) -> bytes:
    """The file as issued; made now if nobody asked for it before, a PDF signed where the site has a key. Raises
    `pdf.PaperFailed`."""
    kept = paper.files.filter(kind=kind).first()
    if kept is None:
        made = make()
        content = signature.sign(made, code=paper.token) if kind == PDF else made
        kept = keep_file(paper, kind=kind, content=content, by=by)
    return bytes(kept.content)
