"""The lines of a workbook, of a foreign table or of the clipboard against what is saved: carried, compared, shown.

No file is kept: the lines of an upload travel to the next step in the page, signed for this table and person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from assessments.forms import point_form
from assessments.models import Dossier
from assessments.views import rows
from lianzheng.intake import carried, shown
from lianzheng.intake.comparison import Check, Letters, Line, Stored, Verdict, compare
from lianzheng.intake.template import Template
from lianzheng.organisation.access import SignedIn
from registers import actions, templates
from registers.models import RiskPoint, RiskTable
from registers.rules import writable

CLOSED = "本表现在不由您填写，不能用 Excel 导入。"


@dataclass(frozen=True)
class Upload:
    """The lines that came in, and where a foreign table has its columns."""

    lines: Sequence[Line]
    letters: Letters = field(default_factory=dict)


def opened(found: Dossier, request: SignedIn) -> bool:
    """Asked before a page is drawn; the writer asks again under its lock."""
    mine = RiskTable.objects.within(writable(request.user))
    return found.writes_rows and mine.filter(pk=found.table_id).exists()


def closed(request: SignedIn, found: Dossier) -> HttpResponse:
    messages.info(request, CLOSED)
    return redirect(found)


def signed(value: Any, *, kind: str, found: Dossier, request: SignedIn) -> str:
    """What travels in the page, for this table and person alone. Raises Unfit."""
    return carried.pack(value, salt=_salt(kind, found, request))


def opened_token(name: str, *, kind: str, found: Dossier, request: SignedIn) -> Any:
    """What an earlier page carried in this field. Raises Refused."""
    return carried.unpack(request.POST.get(name, ""), salt=_salt(kind, found, request))


def _salt(kind: str, found: Dossier, request: SignedIn) -> str:
    return f"assessments.{kind}:{found.table_id}:{request.user.pk}"


def sealed(upload: Upload, *, found: Dossier, request: SignedIn) -> str:
    plain = carried.plain_of([upload.lines])
    return signed([plain, dict(upload.letters)], kind="intake", found=found, request=request)


def unsealed(request: SignedIn, found: Dossier) -> Upload:
    """The lines that an earlier page showed to this person for this table. Raises Refused."""
    plain, letters = opened_token("lines", kind="intake", found=found, request=request)
    return Upload(carried.book_of(plain, sources=[rows.form_fields(found)])[0], letters)


def template_of(found: Dossier) -> Template:
    return templates.template_of(rows.sheet_of(found))


def stored(found: Dossier) -> list[Stored]:
    return templates.stored_rows(found.table.rows(), sheet=rows.sheet_of(found))


def compared(found: Dossier, upload: Upload) -> list[Verdict]:
    return compare(
        upload.lines,
        stored=stored(found),
        template=template_of(found),
        check=_check(found),
        letters=upload.letters,
    )


def _check(found: Dossier) -> Check:
    """The form of the page, asked about the values of one line."""
    form_of = point_form(rows.sheet_of(found))
    names = rows.form_fields(found)

    def check(values: Mapping[str, str], row: Stored | None) -> shown.Asked:
        return shown.asked(form_of(values, instance=RiskPoint(bureau_id=found.bureau_id)), names=names)

    return check


def show(
    request: SignedIn,
    found: Dossier,
    *,
    upload: Upload | None = None,
    token: str = "",
    errors: Sequence[str] = (),
    status: int = 200,
    cells: str = "",
) -> HttpResponse:
    """The page of an import: `cells` is what was pasted and refused."""
    context: dict[str, Any] = {
        "cells": cells,
        "dossier": found,
        "code": rows.sheet_of(found).code,
        "errors": [{"text": text, "href": "#file"} for text in errors],
        "most_rows": actions.MOST_ROWS,
        "take_url": reverse("intake_take", args=[found.pk]),
        "back_url": found.get_absolute_url(),
    }
    if upload is not None:
        result = _result(found, upload)
        context |= {"result": result, "parts": [result | {"place": 1}], "token": token}
    return render(request, "assessments/intake.html", context, status=status)


def _result(found: Dossier, upload: Upload) -> dict[str, Any]:
    verdicts, letters = compared(found, upload), upload.letters
    return shown.result(
        verdicts,
        template=template_of(found),
        letters=letters,
        stored=[] if letters else stored(found),
        lacking=templates.lacking,
    )
