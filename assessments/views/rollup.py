"""归类汇总: rows of posts into the section's table, of sections into the bureau's."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from assessments.models import Dossier, State
from assessments.views import reach
from assessments.views.dossier import back_to
from assessments.views.picking import uuid_or_none
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, signed_in
from registers import actions
from registers.models import RiskPoint, RiskTable, RiskType
from registers.rollup import Row, groups

BELOW = {RiskTable.Kind.SECTION: RiskTable.Kind.POST, RiskTable.Kind.BUREAU: RiskTable.Kind.SECTION}
# A table counts once its first desk has passed it: what is still being written or looked at may yet change.
_NOT_YET = (State.DRAFT, State.RETURNED, State.VOID)
_FIRST_DESK = {RiskTable.Kind.POST: State.SECTION, RiskTable.Kind.SECTION: State.VICE}


@signed_in
@require_safe
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """Rows that may be rolled up, those alike side by side."""
    return show(request, _target(request, pk))


def _target(request: SignedIn, pk: UUID) -> Dossier:
    found = reach.dossier(request, pk)
    if found.kind not in BELOW or not found.writes_rows:
        raise Http404
    return found


def show(request: SignedIn, found: Dossier, *, errors: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    sources = list(_sources(found))
    used = set(
        RiskPoint.unscoped.filter(rolled_into__table=found.table, rolled_into__removed_at=None).values_list(
            "pk", flat=True
        )
    )
    rows = [actions.as_row(point) for point in sources]
    context = {
        "dossier": found,
        "groups": [_group(group, {str(pk) for pk in used}) for group in groups(rows)],
        "waiting": _waiting(found),
        "errors": [{"text": text, "href": ""} for text in errors],
    }
    return render(request, "assessments/rollup.html", context, status=status)


def _below(found: Dossier) -> Any:
    """Dossiers one floor down, in this dossier's year."""
    kind = BELOW[RiskTable.Kind(found.kind)]
    below = found.campaign.dossiers.filter(kind=kind, stage=found.stage).exclude(state=State.VOID)
    return below.filter(unit=found.unit_id) if kind == RiskTable.Kind.POST else below


def _sources(found: Dossier) -> Any:
    kind = BELOW[RiskTable.Kind(found.kind)]
    passed = _below(found).exclude(state__in=(*_NOT_YET, _FIRST_DESK[kind])).values("table")
    return (
        RiskPoint.unscoped.filter(bureau=found.bureau_id, table__in=passed, removed_at=None)
        .select_related("table__post", "table__unit")
        .prefetch_related("measures")
        .order_by("table__unit__order", "table__post__order", "order")
    )


def _waiting(found: Dossier) -> list[str]:
    """Tables that are not there yet."""
    kind = BELOW[RiskTable.Kind(found.kind)]
    late = _below(found).filter(state__in=(*_NOT_YET, _FIRST_DESK[kind]))
    return [f"{title}（{State(state).label}）" for title, state in late.values_list("title", "state")]


def _group(group: list[Row], used: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "origin": row.origin,
            "type": RiskType(row.risk_type).label if row.risk_type else "",
            "name": row.name,
            "manifestation": row.manifestation,
            "measures": row.measures,
            "used": row.id in used,
        }
        for row in group
    ]


@signed_in
@require_POST
def roll(request: SignedIn, pk: UUID) -> HttpResponse:
    """Take the picked rows in: each its own row, or merged into one."""
    found = _target(request, pk)
    picked = {uuid_or_none(value) for value in request.POST.getlist("pick")}
    sources = [point for point in _sources(found) if point.pk in picked]
    if not sources:
        return show(request, found, errors=("请至少选择一行。",), status=422)
    try:
        added = actions.roll_up(found.table, sources=sources, merge=request.POST.get("do") == "merge", by=request.user)
    except Refused as refusal:
        return show(request, found, errors=refusal.sentences, status=409)
    messages.success(request, f"已汇总 {len(sources)} 行为 {len(added)} 行，请在表中补充业务环节和责任人。")
    return back_to(found, anchor="rows")
