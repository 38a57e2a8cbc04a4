"""The way of a workbook through the product, once for every form: handed out, uploaded, compared, mended, taken over.

A form says what it consists of (`Way`); its views only declare who may. No file is kept: the lines of an upload travel
to the next step in the page, signed for this form, owner and person.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render

from lianzheng.flow import Refused
from lianzheng.intake import carried, guard, reader, shown, workbook
from lianzheng.intake.comparison import Line, Stored, Verdict, counts
from lianzheng.intake.guard import Unfit
from lianzheng.intake.template import Template
from lianzheng.organisation.access import SignedIn
from lianzheng.render.response import WORKBOOK, file_response

NO_FILE = "请先选择要上传的文件。"
NOT_ALL = "还有错误没有改好，没有导入任何内容。请改好后重新上传。"
NOTHING_NEW = "文件与现有内容相同，没有需要导入的内容。"

Book = Sequence[Sequence[Line]]
"""The filled lines of each worksheet."""


class Way(ABC):
    """A form that is filled in offline, for one request."""

    code: str
    """What the form is called: on the page, in the seal of its templates, in the names of files."""
    table: str
    """Whose it is (a key); a template of another one is not taken."""
    template_url: str
    upload_url: str
    take_url: str
    back_url: str
    back: str
    """What stands at the end of back_url."""
    advice: Sequence[str] = ()
    """How it is done, above the first upload."""

    def __init__(self, request: SignedIn) -> None:
        self.request = request

    @abstractmethod
    def templates(self) -> Sequence[Template]:
        """The worksheets."""

    @abstractmethod
    def stored(self) -> Sequence[Sequence[Stored]]:
        """The saved rows of each worksheet."""

    @abstractmethod
    def compared(self, book: Book) -> list[list[Verdict]]:
        """What the lines of each worksheet would do to what is saved now."""

    @abstractmethod
    def lock(self) -> None:
        """Nobody else writes these rows until the transaction has ended."""

    @abstractmethod
    def write(self, verdicts: Sequence[Sequence[Verdict]]) -> HttpResponse:
        """Take the new and changed lines over, and go on. Raises Refused."""

    @abstractmethod
    def note_handed_out(self) -> None:
        """The journal's row for a workbook that leaves the house."""

    def lacking(self, place: int) -> shown.Lacking:
        """What may stay empty in a draft of this worksheet."""
        return shown.nothing

    def read(self, cells: workbook.Cells) -> Book:
        """The lines of an upload. Raises Unfit."""
        return workbook.parse_book(cells, templates=self.templates(), code=self.code, table=self.table)

    @property
    def salt(self) -> str:
        return f"{type(self).__module__}:{self.table}:{self.request.user.pk}"


def template(way: Way) -> HttpResponse:
    """The workbook to fill in, with the rows as they are saved now."""
    lines = [[workbook.Handed(row.texts, row.key) for row in rows] for rows in way.stored()]
    return _handed_out(way, lines, name=f"{way.code}填写模板.xlsx")


def _handed_out(
    way: Way, lines: Sequence[Sequence[workbook.Handed]], *, name: str, mending: bool = False
) -> HttpResponse:
    parts = list(zip(way.templates(), lines, strict=True))
    content = workbook.book_of(parts, code=way.code, table=way.table, mending=mending)
    way.note_handed_out()
    return file_response(content, name=name, kind=WORKBOOK)


def upload(way: Way) -> HttpResponse:
    """A filled template is read, compared and shown, and changes nothing yet."""
    if way.request.method != "POST":
        return show(way)
    try:
        content, name = file_of(way.request)
        pages = [item.page for item in way.templates()]
        book = way.read(reader.read(content, name=name, sheets=[*pages, workbook.META]))
        token = carried.pack(carried.plain_of(book), salt=way.salt)
    except Unfit as unfit:
        return show(way, errors=(str(unfit),), status=422)
    return show(way, book=book, token=token)


def file_of(request: SignedIn) -> tuple[bytes, str]:
    """The file that came with the request, and what the browser calls it. Raises Unfit."""
    file = request.FILES.get("file")
    if file is None:
        raise Unfit(NO_FILE)
    if (file.size or 0) > guard.BYTES:
        raise Unfit(guard.TOO_BIG)
    return file.read(), file.name or ""


def take(way: Way) -> HttpResponse:
    """What follows a comparison: `do` is all (nothing may be wrong), good (the right lines), or mend (the workbook with
    the wrong cells marked)."""
    try:
        book = _unpacked(way)
    except Refused as refusal:
        return show(way, errors=refusal.sentences, status=422)
    if way.request.POST.get("do") == "mend":
        compared = zip(way.compared(book), way.templates(), strict=True)
        marked = [workbook.to_mend(verdicts, item) for verdicts, item in compared]
        return _handed_out(way, marked, name=f"{way.code}修改表.xlsx", mending=True)
    try:
        return _taken(way, book)
    except Refused as refusal:
        token = way.request.POST["lines"]
        return show(way, book=book, token=token, errors=refusal.sentences, status=409)


def _unpacked(way: Way) -> Book:
    """The lines that an earlier page showed to this person. Raises Refused."""
    plain = carried.unpack(way.request.POST.get("lines", ""), salt=way.salt)
    sources = [[column.source for column in item.columns] for item in way.templates()]
    return carried.book_of(plain, sources=sources)


@transaction.atomic
def _taken(way: Way, book: Book) -> HttpResponse:
    """Compare once more under the lock, so that sending the page twice adds nothing twice."""
    way.lock()
    verdicts = way.compared(book)
    if any(counts(rows)["wrong"] for rows in verdicts) and way.request.POST.get("do") != "good":
        raise Refused(NOT_ALL)
    return way.write(verdicts)


def show(
    way: Way, *, book: Book | None = None, token: str = "", errors: Sequence[str] = (), status: int = 200
) -> HttpResponse:
    """The page of an import: to choose a file, or with what an upload would change."""
    context: dict[str, Any] = {
        "way": way,
        "code": way.code,
        "errors": [{"text": text, "href": "#file"} for text in errors],
        "take_url": way.take_url,
        "back_url": way.back_url,
    }
    if book is not None:
        parts = _results(way, book)
        context |= {"parts": parts, "result": _total(parts), "token": token}
    return render(way.request, "intake/page.html", context, status=status)


def _results(way: Way, book: Book) -> list[dict[str, Any]]:
    found = []
    rows = zip(way.compared(book), way.templates(), way.stored(), strict=True)
    for place, (verdicts, item, saved) in enumerate(rows):
        part = shown.result(verdicts, template=item, stored=saved, lacking=way.lacking(place))
        found.append(part | {"name": item.page if len(book) > 1 else "", "place": place + 1})
    return found


def _total(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of all worksheets together."""
    tally = {state: sum(part["counts"][state] for part in parts) for state in ("new", "changed", "same", "wrong")}
    return {"counts": tally, "good": tally["new"] + tally["changed"], "missing": sum(p["missing"] for p in parts)}
