"""What has to hold of the journal, read only: the seals over it, the contents under their digests, and the seals that
left the house, printed on papers or kept as anchors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from uuid import UUID

from assessments.models import IssuedPaper
from lianzheng.audit.actions import verify
from lianzheng.audit.models import Seal, Snapshot
from lianzheng.desk.anchors import Tip
from lianzheng.flow import digest
from lianzheng.organisation.models import Unit

PRINTED = re.compile(r"第(\d+)封 ([0-9a-f]{64})")
BATCH = 500


def problems(known: Iterable[Tip]) -> Iterator[str]:
    """A sentence for each thing that does not hold."""
    for bureau in [None, *Unit.objects.filter(pk__in=Seal.objects.values("bureau"))]:
        for sentence in verify(bureau):
            yield f"{bureau or '全县'} {sentence}"
    yield from _contents()
    yield from _papers()
    yield from _anchors(known)


def _contents() -> Iterator[str]:
    for kept in Snapshot.objects.order_by("digest").iterator(chunk_size=BATCH):
        if digest(kept.content) != kept.digest:
            yield f"内容快照 {kept.digest[:12]} 与其摘要不符"


def _papers() -> Iterator[str]:
    """Each paper with the seal it bears: whoever holds the paper holds a witness of the journal up to that day."""
    made = {(str(bureau), f"第{number}封 {value}") for bureau, number, value in _seals()}
    papers = IssuedPaper.objects.across_bureaus().exclude(seal="").order_by("number")
    for paper in papers.only("bureau_id", "number", "seal").iterator(chunk_size=BATCH):
        if not PRINTED.fullmatch(paper.seal) or (str(paper.bureau_id), paper.seal) not in made:
            yield f"文书 {paper.number} 上印有{paper.seal[:24]}，日志中没有这个封印"


def _anchors(known: Iterable[Tip]) -> Iterator[str]:
    made = {(str(bureau or ""), number, value) for bureau, number, value in _seals()}
    for tip in known:
        if (tip.bureau, tip.number, tip.value) not in made:
            yield f"没有锚点所记的第{tip.number}封（{tip.value[:12]}）"


def _seals() -> Iterator[tuple[UUID | None, int, str]]:
    return Seal.objects.values_list("bureau", "number", "value").iterator(chunk_size=BATCH)


def printed(text: str) -> str:
    """What the seal on somebody's paper is to this journal, in a sentence; typed or copied from the paper."""
    found = PRINTED.search(" ".join(text.split()))
    if found is None:
        return "请照纸面完整填写，例如：第12封 加64位字母数字。"
    seal = Seal.objects.filter(number=int(found[1]), value=found[2]).select_related("bureau").first()
    if seal is None:
        return "日志中没有这个封印：纸面不是本系统发出的，或日志被替换过。"
    wrong = verify(seal.bureau)
    return f"{seal.bureau or '全县'}第{seal.number}封在日志中，" + (
        "；".join(wrong) if wrong else "截至今天的封印全部相符。"
    )
