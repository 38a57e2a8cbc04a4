"""Tables that are not ours: a foreign workbook or pasted cells, their columns assigned on screen, then compared like a
template."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST
from openpyxl.utils import get_column_letter

from assessments.models import Dossier
from assessments.views import reach, rows
from assessments.views.comparing import Upload, closed, opened, opened_token, sealed, show, signed
from lianzheng.flow import Refused
from lianzheng.intake.guard import Unfit
from lianzheng.intake.template import columns
from lianzheng.organisation.access import SignedIn, signed_in
from registers import foreign
from registers.actions import known_columns, remember_columns
from registers.foreign import Choice, Rows

TABLES = 3
"""Worksheets of a file that are offered."""
SAMPLES = 2
SAMPLE = 60  # characters of a cell
WIDEST = 40  # columns that are offered
LONGEST = 400_000  # characters of the clipboard


def offer(request: SignedIn, found: Dossier, book: Mapping[str, Rows]) -> HttpResponse:
    """The tables of a file with what their columns seem to be. Raises Unfit."""
    tables = foreign.tables(book, sheet=rows.sheet_of(found), remembered=known_columns(found.bureau))
    parts = [
        _part(request, found, item.rows[item.head :], item.headers, item.choice, first=item.head + 1, name=item.sheet)
        for item in tables[:TABLES]
    ]
    return _page(request, found, parts)


def _part(
    request: SignedIn,
    found: Dossier,
    body: Rows,
    headers: Sequence[str],
    choice: Choice,
    *,
    first: int,
    name: str = "",
) -> dict[str, Any]:
    """One table as the page prints it: a line for each column, with what stands in it."""
    width = min(WIDEST, max([len(headers), *(len(row) for row in body)]))
    carried = {"rows": [list(row) for row in body], "headers": list(headers), "first": first, "name": name}
    return {
        "name": name,
        "token": signed(carried, kind="foreign", found=found, request=request),
        "count": sum(any(row) for row in body),
        "columns": [_column(number, body, headers, choice) for number in range(width)],
        "choices": [("", "不导入"), *((column.source, column.header) for column in columns(rows.sheet_of(found)))],
    }


def _column(number: int, body: Rows, headers: Sequence[str], choice: Choice) -> dict[str, Any]:
    seen = [row[number][:SAMPLE] for row in body if number < len(row) and row[number]]
    header = headers[number] if number < len(headers) else ""
    return {
        "number": number,
        "letter": get_column_letter(number + 1),
        "header": " ".join(header.split()) or f"第 {number + 1} 列",
        "samples": list(dict.fromkeys(seen))[:SAMPLES],
        "chosen": choice.get(number, ""),
    }


def _page(
    request: SignedIn, found: Dossier, parts: Sequence[dict[str, Any]], *, errors: Sequence[str] = (), status: int = 200
) -> HttpResponse:
    context = {
        "dossier": found,
        "parts": parts,
        "errors": [{"text": text, "href": "#table-1"} for text in errors],
    }
    return render(request, "assessments/intake_columns.html", context, status=status)


@signed_in
@require_POST
def assign(request: SignedIn, pk: UUID) -> HttpResponse:
    """The columns as the person assigned them; remembered for the bureau, the lines compared and shown."""
    found = reach.dossier(request, pk)
    if not opened(found, request):
        return closed(request, found)
    try:
        carried = opened_token("table", kind="foreign", found=found, request=request)
    except Refused as refusal:
        return show(request, found, errors=refusal.sentences, status=422)
    choice = _chosen(request, found)
    body, headers, first = carried["rows"], carried["headers"], carried["first"]
    try:
        upload = _upload(found, body, choice, first=first)
        token = sealed(upload, found=found, request=request)
    except Unfit as unfit:
        part = _part(request, found, body, headers, choice, first=first, name=carried["name"])
        return _page(request, found, [part], errors=[str(unfit)], status=422)
    _remember(request, found, headers, choice)
    return show(request, found, upload=upload, token=token)


def _chosen(request: SignedIn, found: Dossier) -> dict[int, str]:
    sources = [column.source for column in columns(rows.sheet_of(found))]
    given = {number: request.POST.get(f"column-{number}", "") for number in range(WIDEST)}
    return {number: source for number, source in given.items() if source in sources}


def _upload(found: Dossier, body: Rows, choice: Choice, *, first: int) -> Upload:
    lines = foreign.lines(body, first=first, choice=choice, sheet=rows.sheet_of(found))
    return Upload(lines, foreign.letters(choice))


def _remember(request: SignedIn, found: Dossier, headers: Sequence[str], choice: Choice) -> None:
    """What was said of each named column, and that some were left out."""
    words = {foreign.bare(header)[:100]: choice.get(n, "") for n, header in enumerate(headers) if n < WIDEST}
    remember_columns(found.bureau, chosen={word: one for word, one in words.items() if word}, by=request.user)


@signed_in
@require_POST
def paste(request: SignedIn, pk: UUID) -> HttpResponse:
    """Cells from the clipboard; compared at once where their columns are plain, else assigned first."""
    found = reach.dossier(request, pk)
    if not opened(found, request):
        return closed(request, found)
    text = request.POST.get("cells", "")
    try:
        if len(text) > LONGEST:
            raise Unfit(f"粘贴的内容超过 {LONGEST // 10_000} 万字，请分几次粘贴。")
        cells = foreign.pasted(text)
        heads, choice = foreign.guessed(cells, sheet=rows.sheet_of(found), remembered=known_columns(found.bureau))
        if foreign.problem(choice, sheet=rows.sheet_of(found)):
            part = _part(request, found, cells[heads:], cells[0] if heads else (), choice, first=heads + 1)
            return _page(request, found, [part])
        upload = _upload(found, cells[heads:], choice, first=heads + 1)
        token = sealed(upload, found=found, request=request)
    except Unfit as unfit:
        return show(request, found, errors=(str(unfit),), status=422, cells=text)
    return show(request, found, upload=upload, token=token)
