"""A public notice as files: printed version, workbook and web page, each made once and kept, and the package of all
three with a list of their digests, as the county's portal takes it."""

import io
import re
import zipfile
from datetime import date
from hashlib import sha256
from typing import Any

from django.template.loader import render_to_string

from assessments import issued
from assessments.models import IssuedFile, IssuedPaper, PublicNotice
from lianzheng.organisation.models import User
from lianzheng.render import official, xlsx
from lianzheng.render.official import Document, Paragraph, Table
from lianzheng.sheets import Column, Grid, HeadField, Sheet, lay_out

Kind = IssuedFile.Kind
WIDTHS = {
    "序号": 3,
    "股室": 5,
    "岗位": 5,
    "风险类别": 4,
    "风险点": 6,
    "廉政风险内容及表现形式": 14,
    "风险等级": 4,
    "防控措施": 16,
}
NAMES = {Kind.HTML: "公示.html", Kind.XLSX: "公示.xlsx", Kind.PDF: "公示.pdf"}
LIST = "清单.txt"
LINE = 20
"""Characters of the title's size in one line of the page."""


def paper_of(notice: PublicNotice) -> IssuedPaper:
    """Number, code and seal of the notice."""
    found = issued.paper_of(notice)
    assert found is not None  # a notice is never put up without it
    return found


def file_of(notice: PublicNotice, *, kind: str, address: str, by: User) -> bytes:
    """The file as issued; made now if nobody asked for it before. `address` is where the paper is verified. Raises
    `pdf.PaperFailed`."""
    paper = paper_of(notice)
    return issued.file_of(paper, kind=kind, make=lambda: _MAKERS[Kind(kind)](notice.content, paper, address), by=by)


def package(notice: PublicNotice, *, address: str, by: User) -> bytes:
    """The three files and the list of their digests, in the spelling of sha256sum."""
    files = {name: file_of(notice, kind=kind, address=address, by=by) for kind, name in NAMES.items()}
    paper = paper_of(notice)
    lines = [f"{sha256(content).hexdigest()}  {name}" for name, content in files.items()]
    head = [f"# {paper.number} {paper.title}", f"# 内容摘要（SHA-256）{paper.digest}", f"# 核验 {address}"]
    files[LIST] = ("\n".join([*head, *lines]) + "\n").encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def period_line(said: dict[str, Any]) -> str:
    """The sentence that names the period, the same on the page and on paper."""
    return f"公示期为{said['starts']}至{said['ends']}，共{said['days']}个工作日。"


def feedback_line(said: dict[str, Any]) -> str:
    received = f"受理：{said['place']}。" if said["place"] else ""
    return f"公示期内如有意见，请反映。监督电话：{said['phone']}。{received}"


def parted(title: str, *, behind: str) -> str:
    """A title too long for its line goes on behind the bureau's name (GB/T 9704-2012 7.3.1: 回行时要做到词意完整)."""
    rest = title.removeprefix(behind)
    return f"{behind}\n{rest}" if len(title) > LINE and rest not in ("", title) else title


def _printed(said: dict[str, Any], paper: IssuedPaper, address: str) -> bytes:
    widths = [WIDTHS[head] for head in said["columns"]]
    signed = date(*(int(part) for part in re.findall(r"\d+", said["signed"])))
    doc = Document(
        title=parted(said["title"], behind=said["bureau"]),
        number=paper.number,
        blocks=[
            Paragraph(said["basis"] + period_line(said)),
            Table(said["columns"], said["rows"], widths),
            Paragraph(feedback_line(said)),
        ],
        organ=said["bureau"],
        on=signed,
        below=issued.proof(paper, address=address),
    )
    return official.document(doc)


def grid_of(said: dict[str, Any], paper: IssuedPaper) -> Grid:
    """The table of the notice as a worksheet, with number and digest above it."""
    columns = tuple(Column(head if n else "", head, WIDTHS[head]) for n, head in enumerate(said["columns"]))
    line = (HeadField("公示编号", "number"), HeadField("公示期", "period"), HeadField("内容摘要（SHA-256）", "digest"))
    sheet = Sheet(code="", title=said["title"], head=(), columns=columns, line=line)
    rows = [dict(zip(said["columns"], row, strict=True)) for row in said["rows"]]
    owner = {"bureau_name": "", "number": paper.number, "period": paper.period, "digest": paper.digest}
    return lay_out(sheet, owner=owner, rows=rows)


def _workbook(said: dict[str, Any], paper: IssuedPaper, address: str) -> bytes:
    return xlsx.workbook([grid_of(said, paper)])


def _webpage(said: dict[str, Any], paper: IssuedPaper, address: str) -> bytes:
    context = {
        "paper": said,
        "period": period_line(said),
        "feedback": feedback_line(said),
        "proof": issued.proof_lines(paper, address=address),
    }
    return render_to_string("assessments/notice_file.html", context).encode()


_MAKERS = {Kind.HTML: _webpage, Kind.XLSX: _workbook, Kind.PDF: _printed}
