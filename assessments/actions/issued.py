"""Papers that leave the house: a number and a code for each, its state, and its files kept as they were issued."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from django.db import transaction

from assessments.models import IssuedFile, IssuedPaper
from lianzheng import codes
from lianzheng.audit.actions import record
from lianzheng.audit.actions import seal as close_block
from lianzheng.audit.models import Seal
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.scoping import BureauModel


@transaction.atomic
def issue_paper(
    subject: BureauModel,
    *,
    kind: str,
    number: str,
    title: str,
    digest: str,
    period: str = "",
    until: date | None = None,
    by_number: bool = False,
    by: User,
) -> IssuedPaper:
    """Give a paper its code; the newest seal of the bureau's journal is printed on it. `by_number` lets anybody
    verify it who only knows the number."""
    paper: IssuedPaper = IssuedPaper.objects.create(
        bureau=subject.bureau,
        kind=kind,
        subject=subject.pk,
        number=number,
        token=codes.new(),
        title=title,
        digest=digest,
        period=period,
        until=until,
        by_number=by_number,
        seal=newest_seal(subject.bureau),
        issued_by=by,
    )
    record("签发文书", subject=paper, bureau=subject.bureau, digest=digest, detail={"编号": number}, by=by)
    return paper


def newest_seal(bureau: Unit) -> str:
    """The journal so far, closed for this paper, as the paper prints it."""
    close_block(bureau)
    seal = Seal.objects.filter(bureau=bureau).order_by("-number").first()
    return f"第{seal.number}封 {seal.value}" if seal else ""


@transaction.atomic
def mark_paper(subject: Any, *, state: str, by: User) -> None:
    """The paper of this record is no longer simply valid; whoever verifies it learns so."""
    IssuedPaper.objects.across_bureaus().filter(subject=subject.pk).update(state=state)
    record("文书状态变动", subject=subject, bureau=subject.bureau, detail={"状态": str(state)}, by=by)


@transaction.atomic
def keep_file(paper: IssuedPaper, *, kind: str, content: bytes, by: User) -> IssuedFile:
    """The file as issued. Made twice at the same moment, the first stays."""
    sha256 = hashlib.sha256(content).hexdigest()
    values = {"bureau": paper.bureau, "sha256": sha256, "content": content}
    kept: IssuedFile
    kept, made = IssuedFile.objects.across_bureaus().get_or_create(paper=paper, kind=kind, defaults=values)
    if made:
        record("生成文书文件", subject=paper, bureau=paper.bureau, digest=sha256, detail={"格式": kind}, by=by)
    return kept
