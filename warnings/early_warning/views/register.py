"""台账: the warnings a person may see, as page, workbook and PDF. There is none for who has nothing in it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from early_warning.models import ColourChoices, State, WarningNotice
from early_warning.papers import register_grid, row
from early_warning.rules import has_warnings
from early_warning.views import reach
from lianzheng import clock
from lianzheng.accounts.proof import always, recent
from lianzheng.audit.actions import record
from lianzheng.organisation.access import SignedIn, signed_in
from lianzheng.render import pdf, xlsx
from lianzheng.render.response import DOCUMENT, WORKBOOK, file_response

MOST = 500
STATES = [(state.value, state.label) for state in State]


@signed_in
@require_safe
def page(request: SignedIn) -> HttpResponse:
    """The register with its two filters."""
    found, chosen = _chosen(request)
    today = clock.today()
    record("查看预警台账", detail={"条数": len(found)}, by=request.user)
    context = {
        "lines": [row(warning, today=today) for warning in found],
        "states": STATES,
        "colours": ColourChoices.choices,
        "chosen": chosen,
        "query": request.GET.urlencode(),
    }
    return render(request, "early_warning/register.html", context)


def _chosen(request: SignedIn) -> tuple[list[WarningNotice], dict[str, str]]:
    if not has_warnings(request.user):
        raise Http404
    chosen = {"state": request.GET.get("state", ""), "colour": request.GET.get("colour", "")}
    rows: Any = reach.warnings(request)
    if chosen["state"] in State.values:
        rows = rows.filter(state=chosen["state"])
    if chosen["colour"] in ("1", "2", "3"):
        rows = rows.filter(colour=int(chosen["colour"]))
    return list(rows.order_by("-issued_on", "-pk")[:MOST]), chosen


@signed_in
@recent(always)
@require_safe
def file(request: SignedIn, form: str) -> HttpResponse:
    """The register as xlsx or pdf; the export is recorded."""
    if form not in ("xlsx", "pdf"):
        raise Http404
    found, _ = _chosen(request)
    home = request.user.home
    grid = register_grid(found, bureau=home.bureau.name if home else "", today=clock.today())
    record("导出预警台账", detail={"格式": form, "条数": len(found)}, by=request.user)
    if form == "xlsx":
        return file_response(xlsx.workbook([grid]), name="廉政预警台账.xlsx", kind=WORKBOOK)
    if reason := pdf.available():
        return HttpResponse(reason, status=503, content_type="text/plain; charset=utf-8")
    return file_response(pdf.document([grid]), name="廉政预警台账.pdf", kind=DOCUMENT, inline=True)
