"""Filling in a table in Excel: the template out, the filled one in, what it would change, and taking it over."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.models import Dossier
from assessments.views import foreign, reach, rows
from assessments.views.comparing import Upload, closed, compared, opened, sealed, show, stored, template_of, unsealed
from assessments.views.dossier import back_to
from assessments.views.rows import undo_key
from lianzheng.audit.actions import record
from lianzheng.flow import Refused
from lianzheng.intake import reader, workbook
from lianzheng.intake.comparison import counts, rows_to_take
from lianzheng.intake.guard import Unfit
from lianzheng.intake.way import NOT_ALL, NOTHING_NEW, file_of
from lianzheng.organisation.access import SignedIn, signed_in
from lianzheng.render.response import WORKBOOK, file_response
from registers import actions


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """Choose a file; a chosen one is read, compared and shown, and changes nothing yet. One that is not ours goes the
    way of foreign tables."""
    found = reach.dossier(request, pk)
    if not opened(found, request):
        return closed(request, found)
    if request.method != "POST":
        return show(request, found)
    try:
        content, name = file_of(request)
        cells = {} if name.lower().endswith(".xls") else reader.read(content, name=name, sheets=workbook.READ)
        if workbook.META not in cells:
            return foreign.offer(request, found, reader.read_foreign(content, name=name))
        upload = Upload(workbook.parse(cells, template=template_of(found), table=str(found.table_id)))
        token = sealed(upload, found=found, request=request)
    except Unfit as unfit:
        return show(request, found, errors=(str(unfit),), status=422)
    return show(request, found, upload=upload, token=token)


@signed_in
@require_safe
def template(request: SignedIn, pk: UUID) -> HttpResponse:
    """The workbook to fill in, with the rows as they are saved now."""
    found = reach.dossier(request, pk)
    if not opened(found, request):
        return closed(request, found)
    sheet = rows.sheet_of(found)
    lines = [workbook.Handed(row.texts, row.key) for row in stored(found)]
    content = workbook.written(template_of(found), table=str(found.table_id), lines=lines)
    return _file(request, found, content, name=f"{sheet.code}填写模板.xlsx")


def _file(request: SignedIn, found: Dossier, content: bytes, *, name: str) -> HttpResponse:
    detail = {"表": rows.sheet_of(found).code, "格式": "Excel 模板"}
    record("导出", subject=found, bureau=found.bureau, detail=detail, by=request.user)
    return file_response(content, name=name, kind=WORKBOOK)


@signed_in
@require_POST
def take(request: SignedIn, pk: UUID) -> HttpResponse:
    """What follows a comparison: `do` is all (nothing may be wrong), good (the right rows), or mend (the workbook with
    the wrong cells marked)."""
    found = reach.dossier(request, pk)
    if not opened(found, request):
        return closed(request, found)
    try:
        upload = unsealed(request, found)
    except Refused as refusal:
        return show(request, found, errors=refusal.sentences, status=422)
    if request.POST.get("do") == "mend":
        return _to_mend(request, found, upload)
    try:
        added, changed = _taken(request, found, upload)
    except Refused as refusal:
        token = request.POST["lines"]
        return show(request, found, upload=upload, token=token, errors=refusal.sentences, status=409)
    said = f"已从 Excel 导入：新增 {added} 行，修改 {changed} 行。"
    messages.success(request, said if added or changed else NOTHING_NEW)
    return back_to(found, anchor="rows")


def _to_mend(request: SignedIn, found: Dossier, upload: Upload) -> HttpResponse:
    sheet = rows.sheet_of(found)
    template, table = template_of(found), str(found.table_id)
    marked = workbook.to_mend(compared(found, upload), template)
    content = workbook.written(template, table=table, lines=marked, mending=True)
    return _file(request, found, content, name=f"{sheet.code}修改表.xlsx")


@transaction.atomic
def _taken(request: SignedIn, found: Dossier, upload: Upload) -> tuple[int, int]:
    """Compare once more with the table locked, so that sending the page twice adds nothing twice."""
    actions.open_for_writing(found.table, by=request.user)
    verdicts = compared(found, upload)
    if counts(verdicts)["wrong"] and request.POST.get("do") != "good":
        raise Refused(NOT_ALL)
    before = set(found.table.rows().values_list("pk", flat=True))
    counted = actions.take_in(found.table, rows=rows_to_take(verdicts), by=request.user)
    after = found.table.rows().values_list("pk", flat=True)
    request.session[undo_key(found)] = [str(row) for row in after if row not in before]
    return counted
