"""Undoing the last import of a form: what was added goes out again, and can be put back row by row."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from assessments.views import reach
from assessments.views.comparing import closed, opened
from assessments.views.dossier import back_to
from assessments.views.rows import undo_key
from lianzheng.organisation.access import SignedIn, signed_in
from registers import actions


@signed_in
@require_POST
def undo(request: SignedIn, pk: UUID) -> HttpResponse:
    """撤销导入."""
    found = reach.dossier(request, pk)
    if not opened(found, request):
        return closed(request, found)
    rows = request.session.pop(undo_key(found), [])
    count = actions.take_out(found.table, rows=rows, by=request.user)
    if count:
        messages.success(request, f"已撤销导入，去掉 {count} 行；导入后又改过的行没有动。")
    else:
        messages.info(request, "没有可以撤销的导入。")
    return back_to(found, anchor="rows")
