"""What goes into a package of a round's papers, and how each file is made. Writes nothing but what it issues itself.

A file is planned by what it is of, so that a job which was killed goes on from the files that are missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.urls import reverse

from assessments import filings, issued, ledger, minutes, notice_files, report
from assessments.ledger import Ledger
from assessments.models import Campaign, Dossier, Filing, IssuedPaper, Meeting, PublicNotice, State
from assessments.papers import grid_of, read_ahead, sheets_of
from assessments.views.printing import Drawn
from assessments.views.reach import RELATED
from lianzheng.desk.models import Package, PackageFile
from lianzheng.organisation.scoping import BureauModel
from lianzheng.render import docx, official, pdf, xlsx
from lianzheng.sheets import Grid, Sheet

Source = PackageFile.Source
LIST = "清单.txt"
READ_AT_ONCE = 100
"""Files whose forms are read together: one of them by itself takes longer to read than to draw."""
WRITING = (State.DRAFT, State.RETURNED)
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


@dataclass(frozen=True)
class Planned:
    """A file that is to be made: its path in the package, the record it is of, the sheet (附件1), the format."""

    name: str
    source: str
    form: str
    subject: UUID | None = None
    part: str = ""


@dataclass(frozen=True)
class Page:
    """A paper that still has to be typeset: its whole HTML."""

    html: str

    @property
    def recipe(self) -> str:
        """By which the same paper is known again, so that it is set once."""
        return sha256((pdf.edition() + self.html).encode()).hexdigest()


def forms_of(campaign: Campaign, *, drafts: bool) -> tuple[list[Dossier], list[Dossier]]:
    """The forms that go in, in the order of the house, and those that do not because they are still being written."""
    rows = campaign.dossiers.exclude(state=State.VOID).select_related(*RELATED)
    found = list(rows.order_by("unit__order", "unit__name", "kind", "table__post__order", "title", "stage"))
    left = [] if drafts else [dossier for dossier in found if dossier.state in WRITING]
    return [dossier for dossier in found if dossier not in left], left


def omitted_line(dossier: Dossier) -> str:
    """A form that is left out, by post and not by person: the list goes with the package."""
    return f"{dossier.form_name} {_place(dossier)}（{dossier.state_word}）"


def plan(campaign: Campaign, dossiers: Sequence[Dossier]) -> list[Planned]:
    """Every file of the package in its order, the list of all the others last."""
    found = [
        *_sheets(dossiers),
        *_notices(campaign),
        *_minutes(campaign),
        *_letters(campaign),
        Planned("排查情况报告.pdf", Source.REPORT, "pdf"),
        Planned("排查情况报告.docx", Source.REPORT, "docx"),
        Planned("台账.xlsx", Source.LEDGER, "xlsx"),
        Planned("汇总统计表.xlsx", Source.STATISTICS, "xlsx"),
        Planned("汇总统计表.pdf", Source.STATISTICS, "pdf"),
    ]
    return [*found, Planned(LIST, Source.LIST, "txt")]


def _sheets(dossiers: Iterable[Dossier]) -> Iterator[Planned]:
    counts: dict[str, int] = {}
    pairs = [(sheet, dossier) for dossier in dossiers for sheet in sheets_of(dossier)]
    for sheet, dossier in sorted(pairs, key=lambda pair: pair[0].code):
        counts[sheet.code] = number = counts.get(sheet.code, 0) + 1
        name = f"{sheet.code}/{number:03} {_named(_place(dossier))}"
        for form in ("xlsx", "pdf"):
            yield Planned(f"{name}.{form}", Source.SHEET, form, dossier.pk, sheet.code)


def _place(dossier: Dossier) -> str:
    post = dossier.table.post
    return f"{dossier.unit.name} {post.name}" if post else dossier.unit.name


def _named(text: str) -> str:
    """Part of a file's name that every system takes."""
    return _FORBIDDEN.sub("_", text).strip(" .")[:80]


def _notices(campaign: Campaign) -> Iterator[Planned]:
    """Notices as they stand: a later version takes the place of the one it corrects."""
    current = PublicNotice.objects.in_bureau(campaign.bureau).filter(campaign=campaign, fate="")
    for number, notice in enumerate(current.order_by("number"), start=1):
        for form in ("pdf", "xlsx"):
            name = f"公示/{number:02} {_named(notice_files.paper_of(notice).number)}.{form}"
            yield Planned(name, Source.NOTICE, form, notice.pk)


def _minutes(campaign: Campaign) -> Iterator[Planned]:
    for number, meeting in enumerate(campaign.meetings.order_by("held_on", "number"), start=1):
        words = _named(meeting.minutes_no or str(meeting))
        yield Planned(f"会议纪要/{number:02} {words}.pdf", Source.MINUTES, "pdf", meeting.pk)
        yield Planned(f"会议纪要/{number:02} {words} 会议决定一览表.xlsx", Source.MINUTES, "xlsx", meeting.pk)


def _letters(campaign: Campaign) -> Iterator[Planned]:
    sent = campaign.filings.exclude(sent_no="").order_by("sent_at")
    for number, filing in enumerate(sent, start=1):
        yield Planned(f"备案报告/{number:02} {_named(filing.sent_no)}.pdf", Source.LETTER, "pdf", filing.pk)


class Painter:
    """Makes the files of one package; what several need is read once."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._read: dict[UUID | None, Dossier] = {}
        self._last: tuple[tuple[UUID | None, str], Grid] | None = None

    def make(self, file: PackageFile) -> bytes | Page:
        """The file, or the page that has to be typeset for it. A paper that was issued is taken as it was issued."""
        return _MAKERS[Source(file.source)](self, file)

    @cached_property
    def ledger(self) -> Ledger:
        """Of the forms that are in the package."""
        chosen = self.package.files.filter(source=Source.SHEET).values("subject")
        related = (*RELATED, "table__unit")
        rows = Dossier.objects.in_bureau(self.package.bureau).filter(pk__in=chosen).select_related(*related)
        return Ledger(self.package.campaign, dossiers=rows)

    def sheet(self, file: PackageFile) -> bytes | Page:
        """The workbook of a sheet comes right before its PDF: it is read once for both."""
        key = (file.subject, file.part)
        if self._last is None or self._last[0] != key:
            self._last = (key, self._grid(file))
        return _painted(self._last[1], form=file.form)

    def _grid(self, file: PackageFile) -> Grid:
        if file.subject not in self._read:
            self._read = {dossier.pk: dossier for dossier in self._dossiers(file)}
        dossier = self._read[file.subject]
        wanted: Sheet = next(sheet for sheet in sheets_of(dossier) if sheet.code == file.part)
        return grid_of(dossier, wanted)

    def _dossiers(self, file: PackageFile) -> list[Dossier]:
        """The form of this file and those of the next ones."""
        following = self.package.files.filter(source=Source.SHEET, order__gte=file.order).order_by("order")
        rows = Dossier.objects.in_bureau(self.package.bureau).select_related(*RELATED)
        found = list(rows.filter(pk__in=list(following.values_list("subject", flat=True)[:READ_AT_ONCE])))
        for dossier in found:
            dossier.table.bureau = dossier.bureau
        read_ahead(found)
        return found

    def notice(self, file: PackageFile) -> bytes:
        notice = PublicNotice.objects.in_bureau(self.package.bureau).get(pk=file.subject)
        address = self._verified_at(notice_files.paper_of(notice))
        return notice_files.file_of(notice, kind=file.form, address=address, by=self.package.asked_by)

    def minutes(self, file: PackageFile) -> bytes | Page:
        rows = Meeting.objects.in_bureau(self.package.bureau).select_related("bureau", "recorder", "campaign")
        found = minutes.Minutes(rows.get(pk=file.subject))
        if file.form == "xlsx":
            return xlsx.workbook([minutes.grid_of(found)])
        return self._issued(found.meeting, draw=lambda below: minutes.document_of(found, below=below))

    def letter(self, file: PackageFile) -> bytes | Page:
        rows = Filing.objects.in_bureau(self.package.bureau).select_related("bureau", "campaign")
        found = rows.get(pk=file.subject)
        return self._issued(found, draw=lambda below: filings.letter_of(found, below=below))

    def _verified_at(self, paper: IssuedPaper) -> str:
        return self.package.site + reverse("verify_paper", args=[paper.token])

    def _issued(self, subject: BureauModel, *, draw: Drawn) -> bytes | Page:
        """As it was issued; what was recorded before papers bore a code is drawn without one."""
        paper = issued.paper_of(subject)
        if paper is None:
            return Page(official.page(draw(())))
        below = issued.proof(paper, address=self._verified_at(paper))
        by = self.package.asked_by
        return issued.file_of(paper, kind=issued.PDF, make=lambda: official.document(draw(below)), by=by)

    def report(self, file: PackageFile) -> bytes | Page:
        drafted = report.document_of(self.package.campaign)
        return docx.document(drafted) if file.form == "docx" else Page(official.page(drafted))

    def of_ledger(self, file: PackageFile) -> bytes | Page:
        grid = ledger.ledger_grid if file.source == Source.LEDGER else ledger.statistics_grid
        return _painted(grid(self.ledger), form=file.form)

    def digests(self, file: PackageFile) -> bytes:
        """The digests of all that was made, in the spelling of sha256sum, and what is missing with its reason."""
        files = self.package.files.exclude(pk=file.pk).defer("content")
        made = [f"{item.sha256}  {item.name}" for item in files if item.sha256]
        failed = [f"# 未生成 {item.name}：{item.failure}" for item in files if not item.sha256]
        left = [f"# 未收入 {line}" for line in self.package.omitted]
        head = f"# {self.package}，共 {len(made)} 个文件；可用 sha256sum -c 核对"
        return ("\n".join([head, *failed, *left, *made]) + "\n").encode()


def _painted(grid: Grid, *, form: str) -> bytes | Page:
    return xlsx.workbook([grid]) if form == "xlsx" else Page(pdf.page([grid]))


_MAKERS: dict[Source, Callable[[Painter, Any], bytes | Page]] = {
    Source.SHEET: Painter.sheet,
    Source.NOTICE: Painter.notice,
    Source.MINUTES: Painter.minutes,
    Source.LETTER: Painter.letter,
    Source.REPORT: Painter.report,
    Source.LEDGER: Painter.of_ledger,
    Source.STATISTICS: Painter.of_ledger,
    Source.LIST: Painter.digests,
}
