"""预警信息 by Excel, for whoever may report: a workbook with nothing in it out, the filled one in. Neither is in the
journal: who took a template could be found there as the source."""

from collections.abc import Sequence
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from early_warning import subjects
from early_warning.actions import Reported, known_lines, take_in_signals
from early_warning.rules import REPORTING
from early_warning.signal_sheet import CODE, SignalCheck, known_by, template_of
from early_warning.views.signals import names_others, offered_to, source_of
from lianzheng.intake import way, workbook
from lianzheng.intake.comparison import Stored, Verdict, compare
from lianzheng.intake.template import Template
from lianzheng.intake.way import Book, Way
from lianzheng.organisation.access import SignedIn, may


class SignalsWay(Way):
    """Signals that one person reports. A template belongs to nobody: it has a random name of its own, which goes
    along from the upload to its confirmation and into the workbook to mend."""

    code = CODE
    back = "报送预警信息"
    advice = (
        "下载空白模板，一行写一条；反映的对象、信息来源从下拉列表选择。",
        "上传核对：错误逐格列出；确认后登记，由纪检组研判。同一个文件再次上传，已登记的行不会重复登记。",
        "文件含有预警信息，请妥善保管，上传后及时删除。内容和提供人登记后加密保存。",
    )

    def __init__(self, request: SignedIn) -> None:
        super().__init__(request)
        self.table = request.POST.get("table", "")
        self.template_url, self.upload_url = reverse("signals_template"), reverse("signals_intake")
        self.take_url, self.back_url = reverse("signals_take"), reverse("signal_new")
        self.offered, self.named = offered_to(request.user), names_others(request.user)

    def templates(self) -> Sequence[Template]:
        return [template_of(self.offered, named=self.named)]

    def stored(self) -> Sequence[Sequence[Stored]]:
        """Nothing that is registered is handed out, or shown again."""
        return [[]]

    def read(self, cells: workbook.Cells) -> Book:
        templates = self.templates()
        self.table = workbook.table_of(cells, code=CODE, pages=[templates[0].page])
        (lines,) = workbook.parse_book(cells, templates=templates, code=CODE, table=self.table)
        return [known_by(lines, batch=self.table)]

    def compared(self, book: Book) -> list[list[Verdict]]:
        known, (template,) = known_lines([line.mark for line in book[0]]), self.templates()
        fresh = [line for line in book[0] if line.mark not in known]
        check = SignalCheck(self.offered, named=self.named)
        made = {item.line.number: item for item in compare(fresh, stored=[], template=template, check=check)}
        return [[made.get(line.number) or Verdict(line, "same") for line in book[0]]]

    def lock(self) -> None:
        """The writer waits for itself."""

    def write(self, verdicts: Sequence[Sequence[Verdict]]) -> HttpResponse:
        lines = [self._reported(verdict) for verdict in verdicts[0] if verdict.state == "new"]
        count = take_in_signals(lines, by=self.request.user)
        said = f"已登记 {count} 条预警信息，由纪检组研判。"
        messages.success(self.request, said if count else way.NOTHING_NEW)
        return redirect("signal_new")

    def _reported(self, verdict: Verdict) -> Reported:
        values = dict(verdict.values or {})
        source = source_of(values, self.request.user)
        return Reported(subjects.found(values["subject"]), values, **source, line=verdict.line.mark)

    def note_handed_out(self) -> None:
        """Nothing: see above."""


@may(*REPORTING)
@require_safe
def template(request: SignedIn) -> HttpResponse:
    """A workbook to fill in, with a name that no other has."""
    found = SignalsWay(request)
    found.table = uuid4().hex
    return way.template(found)


@may(*REPORTING)
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: SignedIn) -> HttpResponse:
    """A filled workbook is read, checked and shown, and registers nothing yet."""
    return way.upload(SignalsWay(request))


@require_POST
@may(*REPORTING)
def take(request: SignedIn) -> HttpResponse:
    """What follows: all, the right lines alone, or the workbook with the wrong cells marked."""
    return way.take(SignalsWay(request))
