"""Filling in a table in Excel: the template out, the filled one in, what it would change, and taking it over.

No file is kept: the lines of an upload travel to the next step in the page, signed for this table and person.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.forms import point_form
from assessments.models import Dossier
from assessments.views import reach, rows
from assessments.views.dossier import back_to
from lianzheng.audit.actions import record
from lianzheng.flow import Refused
from lianzheng.intake import guard, reader
from lianzheng.intake.guard import Unfit
from lianzheng.organisation.access import SignedIn, signed_in
from lianzheng.render.response import WORKBOOK, file_response
from registers import actions, workbook
from registers.comparison import (
    Check,
    Line,
    Stored,
    Verdict,
    columns,
    compare,
    counts,
    differing,
    letter,
    rows_to_take,
    stored_rows,
)
from registers.completeness import REQUIRED
from registers.models import RiskPoint, RiskTable
from registers.rules import writable

SECONDS = 3600
LARGEST = 4 << 20  # characters of the signed lines; a form's fields may have five megabytes in all

NO_FILE = "请先选择要上传的文件。"
CLOSED = "本表现在不由您填写，不能用 Excel 导入。"
TOO_LATE = "核对结果已超过一小时，请重新上传。"
NOT_OURS = "没有找到核对结果，请重新上传。"
NOT_ALL = "还有错误没有改好，没有导入任何内容。请改好后重新上传。"
MEND = {
    "max_length": "请缩短后再上传",
    "control": "请删去后重新输入",
    "surrogate": "请删去后重新输入",
    "null_characters_not_allowed": "请删去后重新输入",
}


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """Choose a file; a chosen one is read, compared and shown, and changes nothing yet."""
    found = reach.dossier(request, pk)
    if not _open(found, request):
        return _closed(request, found)
    if request.method != "POST":
        return _show(request, found)
    try:
        lines = _uploaded(request, found)
        token = _sealed(lines, found=found, request=request)
    except Unfit as unfit:
        return _show(request, found, errors=(str(unfit),), status=422)
    return _show(request, found, lines=lines, token=token)


def _open(found: Dossier, request: SignedIn) -> bool:
    """Asked before a page is drawn; the writer asks again under its lock."""
    mine = RiskTable.objects.within(writable(request.user))
    return found.writes_rows and mine.filter(pk=found.table_id).exists()


def _closed(request: SignedIn, found: Dossier) -> HttpResponse:
    messages.info(request, CLOSED)
    return redirect(found)


def _uploaded(request: SignedIn, found: Dossier) -> list[Line]:
    """The lines of the file that came with the request. Raises Unfit."""
    file = request.FILES.get("file")
    if file is None:
        raise Unfit(NO_FILE)
    if (file.size or 0) > guard.BYTES:
        raise Unfit(guard.TOO_BIG)
    cells = reader.read(file.read(), name=file.name or "", sheets=workbook.READ)
    return workbook.parse(cells, sheet=rows.sheet_of(found), table=str(found.table_id))


def _salt(found: Dossier, request: SignedIn) -> str:
    return f"assessments.intake:{found.table_id}:{request.user.pk}"


def _sealed(lines: Sequence[Line], *, found: Dossier, request: SignedIn) -> str:
    plain = [[line.number, line.id, line.version, line.mark, *line.texts.values()] for line in lines]
    token = signing.dumps(plain, salt=_salt(found, request), compress=True)
    if len(token) > LARGEST:
        raise Unfit("文件的文字过多，请分几次导入。")
    return token


def _unsealed(request: SignedIn, found: Dossier) -> list[Line]:
    """The lines that an earlier page showed to this person for this table. Raises Refused."""
    try:
        plain = signing.loads(request.POST.get("lines", ""), salt=_salt(found, request), max_age=SECONDS)
    except signing.SignatureExpired as late:
        raise Refused(TOO_LATE) from late
    except signing.BadSignature as bad:
        raise Refused(NOT_OURS) from bad
    sources = rows.form_fields(found)
    return [
        Line(number, dict(zip(sources, texts, strict=True)), row, version, mark)
        for number, row, version, mark, *texts in plain
    ]


def _stored(found: Dossier) -> list[Stored]:
    return stored_rows(found.table.rows(), sheet=rows.sheet_of(found))


def _compared(found: Dossier, lines: Sequence[Line]) -> list[Verdict]:
    return compare(lines, stored=_stored(found), sheet=rows.sheet_of(found), check=_check(found))


def _check(found: Dossier) -> Check:
    """The form of the page, asked about the values of one line."""
    form_of = point_form(rows.sheet_of(found))
    names = rows.form_fields(found)

    def check(values: Mapping[str, str]) -> tuple[Mapping[str, str], Mapping[str, tuple[str, str]]]:
        form = form_of(values, instance=RiskPoint(bureau_id=found.bureau_id))
        refused = {name: _reason(errors) for name, errors in form.errors.as_data().items()}
        return {name: form.cleaned_data[name] for name in names if name in form.cleaned_data}, refused

    return check


def _reason(errors: Sequence[ValidationError]) -> tuple[str, str]:
    text = "；".join(message.rstrip("。") for error in errors for message in error.messages)
    return text, MEND.get(errors[0].code or "", "请修改后再上传")


@signed_in
@require_safe
def template(request: SignedIn, pk: UUID) -> HttpResponse:
    """The workbook to fill in, with the rows as they are saved now."""
    found = reach.dossier(request, pk)
    if not _open(found, request):
        return _closed(request, found)
    sheet = rows.sheet_of(found)
    lines = [workbook.Handed(row.texts, row.key) for row in _stored(found)]
    content = workbook.template(sheet, table=str(found.table_id), lines=lines)
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
    if not _open(found, request):
        return _closed(request, found)
    try:
        lines = _unsealed(request, found)
    except Refused as refusal:
        return _show(request, found, errors=refusal.sentences, status=422)
    if request.POST.get("do") == "mend":
        return _to_mend(request, found, lines)
    try:
        added, changed = _taken(request, found, lines)
    except Refused as refusal:
        token = request.POST["lines"]
        return _show(request, found, lines=lines, token=token, errors=refusal.sentences, status=409)
    said = f"已从 Excel 导入：新增 {added} 行，修改 {changed} 行。"
    messages.success(request, said if added or changed else "文件与现有内容相同，没有需要导入的内容。")
    return back_to(found, anchor="rows")


def _to_mend(request: SignedIn, found: Dossier, lines: Sequence[Line]) -> HttpResponse:
    sheet = rows.sheet_of(found)
    marked = workbook.to_mend(_compared(found, lines))
    content = workbook.template(sheet, table=str(found.table_id), lines=marked, mending=True)
    return _file(request, found, content, name=f"{sheet.code}修改表.xlsx")


@transaction.atomic
def _taken(request: SignedIn, found: Dossier, lines: Sequence[Line]) -> tuple[int, int]:
    """Compare once more with the table locked, so that sending the page twice adds nothing twice."""
    actions.open_for_writing(found.table, by=request.user)
    verdicts = _compared(found, lines)
    if counts(verdicts)["wrong"] and request.POST.get("do") != "good":
        raise Refused(NOT_ALL)
    return actions.take_in(found.table, rows=rows_to_take(verdicts), by=request.user)


def _show(
    request: SignedIn,
    found: Dossier,
    *,
    lines: Sequence[Line] | None = None,
    token: str = "",
    errors: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "dossier": found,
        "code": rows.sheet_of(found).code,
        "errors": [{"text": text, "href": "#file"} for text in errors],
        "most_rows": actions.MOST_ROWS,
    }
    if lines is not None:
        context |= {"result": _result(found, lines), "token": token}
    return render(request, "assessments/intake.html", context, status=status)


def _result(found: Dossier, lines: Sequence[Line]) -> dict[str, Any]:
    """The comparison as the page prints it."""
    stored = _stored(found)
    verdicts = compare(lines, stored=stored, sheet=rows.sheet_of(found), check=_check(found))
    named = {verdict.stored.id for verdict in verdicts if verdict.stored}
    tally = counts(verdicts)
    of_state = {state: [v for v in verdicts if v.state == state] for state in tally}
    return {
        "counts": tally,
        "good": tally["new"] + tally["changed"],
        "faults": [fault for verdict in of_state["wrong"] for fault in _faults(found, verdict)],
        "stale": [_both(found, v) for v in verdicts if v.stale],
        "changes": [change for verdict in of_state["changed"] for change in _changes(found, verdict)],
        "headers": [column.header for column in columns(rows.sheet_of(found))],
        "fresh": [{"number": v.line.number, "texts": list(v.line.texts.values())} for v in of_state["new"]],
        "notes": [_both(found, verdict) | {"text": verdict.note} for verdict in verdicts if verdict.note],
        "missing": sum(row.id not in named for row in stored),
        "lacking": _lacking(found, [v for v in verdicts if v.state in ("new", "changed")]),
    }


def _faults(found: Dossier, verdict: Verdict) -> list[dict[str, Any]]:
    texts = verdict.line.texts
    return [
        {"number": verdict.line.number, "cell": fault.cell, "text": fault.text, "mend": fault.mend}
        | {"value": texts[fault.source] if fault.source else ""}
        for fault in verdict.faults
    ]


def _changes(found: Dossier, verdict: Verdict) -> list[dict[str, Any]]:
    """Old and new text of each cell in which a line differs from its stored row."""
    sheet, row, number = rows.sheet_of(found), verdict.stored, verdict.line.number
    headers = {column.source: column.header for column in columns(sheet)}
    return [
        {
            "number": number,
            "cell": f"{letter(sheet, source)}{number}",
            "header": headers[source],
            "old": row.texts[source] if row else "",
            "new": verdict.line.texts[source],
        }
        for source in differing(verdict)
    ]


def _both(found: Dossier, verdict: Verdict) -> dict[str, Any]:
    """A line beside what is saved now."""
    return {"number": verdict.line.number, "cells": _changes(found, verdict)}


def _lacking(found: Dossier, verdicts: Sequence[Verdict]) -> list[str]:
    """Cells that may stay empty in a draft but not when the form is handed in."""
    sheet = rows.sheet_of(found)
    return [
        f"{letter(sheet, source)}{verdict.line.number} {sentence}"
        for verdict in verdicts
        for source, sentence in REQUIRED
        if verdict.line.texts.get(source) == ""
    ]
