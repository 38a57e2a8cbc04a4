"""Writing the rows of a dossier: save one, add, copy, shift, remove and put back, take from last year or the
library."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from assessments.forms import point_form
from assessments.models import Dossier
from assessments.views import reach, rows
from assessments.views.dossier import back_to, show
from assessments.views.picking import uuid_or_none
from lianzheng import clock
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.access import SignedIn, signed_in
from registers import actions
from registers.models import LibraryPoint, RiskPoint, RiskType

MOST_FOUND = 60


def autosave(request: SignedIn) -> bool:
    return request.headers.get("X-Requested-With") == "autosave"


@signed_in
@require_POST
def save(request: SignedIn, pk: UUID, row: UUID) -> HttpResponse:
    """Save one row under the version its page showed."""
    found = reach.dossier(request, pk)
    point = reach.point(found, row)
    form = point_form(rows.sheet_of(found))(request.POST, instance=RiskPoint(bureau_id=point.bureau_id))
    version = request.POST.get("version", "")
    if not version.isdecimal() or len(version) > 9:
        form.add_error(None, "页面已过期，请刷新后重新填写。")
    if not form.is_valid():
        return not_saved(request, found, point, form, key=point.pk)
    values = {name: form.cleaned_data[name] for name in rows.form_fields(found)}
    try:
        saved = actions.save_point(point, version=int(version), values=values, by=request.user)
    except Refused as refusal:
        form.add_error(None, " ".join(refusal.sentences))
        status = 409 if isinstance(refusal, Stale) else 422
        return not_saved(request, found, point, form, key=point.pk, status=status)
    if autosave(request):
        return JsonResponse({"saved": clock.time_of_day(), "version": saved})
    messages.success(request, "本行已保存。")
    return back_to(found, anchor=f"row-{point.pk}")


def not_saved(
    request: SignedIn, found: Dossier, point: RiskPoint, form: Any, *, key: Any, status: int = 422
) -> HttpResponse:
    """The reason at the field, the typed text kept under `key`; a stale row shows beside it what is stored now."""
    if autosave(request):
        fields = {name: [str(text) for text in texts] for name, texts in form.errors.items() if name != "__all__"}
        conflict = " ".join(form.non_field_errors())
        return JsonResponse({"errors": fields} | ({"conflict": conflict} if conflict else {}), status=status)
    errors = [
        {"text": str(text), "href": f"#row-{point.pk}-{name}" if name in form.fields else f"#row-{point.pk}"}
        for name, texts in form.errors.items()
        for text in texts
    ]
    return show(request, found, typed={key: form}, errors=errors, status=status)


@signed_in
@require_POST
def change(request: SignedIn, pk: UUID) -> HttpResponse:
    """The buttons of the table: `do` names what, `row` which."""
    found = reach.dossier(request, pk)
    do = request.POST.get("do", "")
    try:
        anchor = _TABLE[do](request, found) if do in _TABLE else _row_change(request, found, do)
    except Refused as refusal:
        return show(request, found, errors=[{"text": text, "href": "#rows"} for text in refusal.sentences], status=409)
    return back_to(found, anchor=anchor)


def _row_change(request: SignedIn, found: Dossier, do: str) -> str:
    raw = request.POST.get("row", "")
    try:
        point = reach.point(found, UUID(raw))
    except ValueError as error:
        raise Refused("没有找到这一行，请刷新页面。") from error
    if do not in _ROW:
        raise Refused("没有这个操作。")
    return _ROW[do](request, found, point)


def _add(request: SignedIn, found: Dossier) -> str:
    row = {"responsible": rows.default_responsible(found)}
    added = actions.add_points(found.table, rows=[row], by=request.user)
    return f"row-{added[0].pk}"


def _take_last_year(request: SignedIn, found: Dossier) -> str:
    taken = actions.confirm_same(found.table, by=request.user)
    messages.success(request, f"已沿用上年 {taken} 行，请逐行核对。" if taken else "上年的内容都已在本表中。")
    return "rows"


def _shift(request: SignedIn, found: Dossier, point: RiskPoint) -> str:
    actions.shift_point(point, up=request.POST["do"] == "up", by=request.user)
    return f"row-{point.pk}"


def _copy(request: SignedIn, found: Dossier, point: RiskPoint) -> str:
    values = {name: getattr(point, name) for name in actions.FIELDS} | {"measures": point.measures_text}
    added = actions.add_points(found.table, rows=[values], by=request.user)
    return f"row-{added[0].pk}"


def _remove(request: SignedIn, found: Dossier, point: RiskPoint) -> str:
    actions.remove_point(point, by=request.user)
    request.session["removed_point"] = str(point.pk)
    return "rows"


def _restore(request: SignedIn, found: Dossier, point: RiskPoint) -> str:
    actions.restore_point(point, by=request.user)
    messages.success(request, "已恢复刚才删除的一行。")
    return f"row-{point.pk}"


_TABLE = {"add": _add, "last_year": _take_last_year}
_ROW = {"up": _shift, "down": _shift, "copy": _copy, "remove": _remove, "restore": _restore}


@signed_in
@require_safe
def library(request: SignedIn, pk: UUID) -> HttpResponse:
    """The library to pick from: by type and words."""
    found = reach.dossier(request, pk)
    return _library(request, found)


def _library(request: SignedIn, found: Dossier, *, errors: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:50].replace("\x00", "")
    kind = request.GET.get("type", "")
    points = LibraryPoint.objects.prefetch_related("measures")
    if kind in RiskType.values:
        points = points.filter(risk_type=kind)
    for word in words.split():
        points = points.filter(Q(text__icontains=word) | Q(category__icontains=word))
    context = {
        "dossier": found,
        "points": [_offer(point) for point in points[:MOST_FOUND]],
        "types": RiskType.choices,
        "kind": kind,
        "words": words,
        "errors": [{"text": text, "href": ""} for text in errors],
    }
    return render(request, "assessments/library.html", context, status=status)


def _offer(point: LibraryPoint) -> dict[str, Any]:
    return {
        "id": str(point.pk),
        "type": point.get_risk_type_display(),
        "category": point.category,
        "text": point.text,
        "source": point.source,
        "measures": [measure.text for measure in point.measures.all()],
    }


@signed_in
@require_POST
def take(request: SignedIn, pk: UUID) -> HttpResponse:
    """Put the picked library points into the table, with their measures."""
    found = reach.dossier(request, pk)
    picked = [value for value in request.POST.getlist("pick") if uuid_or_none(value)]
    chosen = list(LibraryPoint.objects.filter(pk__in=picked).prefetch_related("measures"))
    if not chosen:
        return _library(request, found, errors=("请至少选择一条。",), status=422)
    try:
        actions.add_from_library(
            found.table, chosen=chosen, responsible=rows.default_responsible(found), by=request.user
        )
    except Refused as refusal:
        return _library(request, found, errors=refusal.sentences, status=409)
    messages.success(request, f"已从库中加入 {len(chosen)} 行，请结合本岗位修改。")
    return back_to(found, anchor="rows")
