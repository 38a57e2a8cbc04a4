"""权限一览表: who may do what over a bureau, from the grants and the deputations of today; read, printed, exported.

The rights in words come from the one declaration in `organisation.roles`; nothing of it is typed here again.
"""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.models import Deputy, Tenure, Unit, UnitUserGrant, User
from lianzheng.organisation.rights import bureaus_below, standing
from lianzheng.organisation.roles import DEPUTISED, ROLES, Right, bundled, role
from lianzheng.render import html, pdf, xlsx
from lianzheng.render.response import DOCUMENT, WORKBOOK, file_response
from lianzheng.sheets import Column, Grid, HeadField, Sheet, lay_out

READERS = (Right.RUN_OFFICE, Right.INSPECT, Right.ADMINISTER, Right.GRANT_RIGHTS, Right.AUDIT_JOURNAL)
Row = dict[str, object]

TABLE = Sheet(
    code="",
    title="权限一览表",
    head=(),
    columns=(
        Column("", "序号", 3, align="center"),
        Column("name", "姓名", 6, align="center"),
        Column("place", "股室、岗位", 11),
        Column("account", "账号", 5, align="center"),
        Column("role", "角色", 8),
        Column("unit", "适用机构（含下级）", 11),
        Column("rights", "权限", 16),
        Column("basis", "依据", 11),
    ),
    line=(HeadField("单位", "bureau_name"), HeadField("截至日期", "on")),
)
ROLE_TABLE = Sheet(
    code="",
    title="角色权限对照表",
    head=(),
    columns=(
        Column("", "序号", 3, align="center"),
        Column("role", "角色", 12),
        Column("rights", "权限", 40),
        Column("lent", "可否代理", 6, align="center"),
    ),
    line=TABLE.line,
)


@may(*READERS)
@require_safe
def page(request: SignedIn, pk: UUID | None = None) -> HttpResponse:
    """The table of one bureau, the first of the person's where none was chosen."""
    bureaus = list(bureaus_below(request.user, READERS))
    bureau = _chosen(bureaus, pk)
    tables = [{"title": grid.name, "table": html.table(grid)} for grid in grids(bureau)]
    return render(request, "desk/authority.html", {"bureau": bureau, "bureaus": bureaus, "tables": tables})


@may(*READERS)
@require_safe
def file(request: SignedIn, pk: UUID, form: str) -> HttpResponse:
    """The same as a workbook or on paper."""
    bureau = _chosen(list(bureaus_below(request.user, READERS)), pk)
    if form not in ("xlsx", "pdf"):
        raise Http404
    record("导出权限一览表", subject=bureau, bureau=bureau, detail={"格式": form}, by=request.user)
    if form == "xlsx":
        return file_response(xlsx.workbook(grids(bureau)), name="权限一览表.xlsx", kind=WORKBOOK)
    if reason := pdf.available():
        return HttpResponse(reason, status=503, content_type="text/plain; charset=utf-8")
    return file_response(pdf.document(grids(bureau)), name="权限一览表.pdf", kind=DOCUMENT, inline=True)


def _chosen(bureaus: list[Unit], pk: UUID | None) -> Unit:
    found = next((bureau for bureau in bureaus if pk in (None, bureau.pk)), None)
    if found is None:
        raise Http404
    return found


def grids(bureau: Unit) -> list[Grid]:
    """The persons, and what each role means."""
    owner = {"bureau_name": bureau.name, "on": clock.today()}
    return [lay_out(TABLE, owner=owner, rows=rows(bureau)), lay_out(ROLE_TABLE, owner=owner, rows=roles())]


def roles() -> list[Row]:
    """Every declared role, whether anybody has it or not."""
    return [
        {"role": item.label, "rights": _words(item.rights), "lent": "可以" if item in DEPUTISED else "不可以"}
        for item in ROLES
    ]


def rows(bureau: Unit) -> list[Row]:
    """A row for each role of each person on each unit: of the bureau, below it, and above where it holds for it too."""
    over = Q(path__startswith=bureau.path) | Q(pk__in=bureau.lineage())
    units = list(Unit.objects.filter(over))
    grants = UnitUserGrant.objects.filter(content_object__in=units)
    held: dict[tuple[User, Unit], set[str]] = {}
    for grant in grants.select_related("user", "content_object", "permission"):
        held.setdefault((grant.user, grant.content_object), set()).add(grant.permission.codename)
    lent = list(standing().filter(unit__in=units).select_related("deputy", "principal", "unit"))
    places = _places([user for user, _ in held] + [row.deputy for row in lent])
    lines = [(user, unit, _own(user, unit, rights)) for (user, unit), rights in held.items()]
    lines += [(row.deputy, row.unit, [_lent(row, rights)]) for row in lent if (rights := _still(row, held))]
    lines.sort(key=lambda line: (line[0].name, line[0].username, line[1].path))
    return [_person(user, places) | part for user, _, parts in lines for part in parts]


def _own(user: User, unit: Unit, rights: Collection[str]) -> list[Row]:
    """The roles of one grant; a right that makes no whole role is shown by itself and never left out."""
    whole = bundled(rights)
    rest = set(rights) - {right for item in whole for right in item.rights}
    parts = [(item.label, item.rights) for item in whole] + [("单项权限", [right]) for right in sorted(rest)]
    name = unit.name if unit.active else f"{unit.name}（已停用，权限无效）"
    basis = "授权" if user.is_active else "授权（账号停用，权限无效）"
    return [{"role": label, "unit": name, "rights": _words(own), "basis": basis} for label, own in parts]


def _still(row: Deputy, held: dict[tuple[User, Unit], set[str]]) -> list[str]:
    """Rights that the principal has to lend today: a deputy has no more than that."""
    own = held.get((row.principal, row.unit), set()) if row.unit.active else set()
    return [right for right in role(row.role).rights if right in own]


def _lent(row: Deputy, rights: Iterable[str]) -> Row:
    basis = f"代{row.principal.name}，{row.since} 至 {row.until}"
    return {"role": role(row.role).label, "unit": row.unit.name, "rights": _words(rights), "basis": basis}


def _words(rights: Iterable[str]) -> str:
    return "；".join(str(Right(right).label) for right in rights)


def _places(people: list[User]) -> dict[UUID, str]:
    """Section and post of each person, all in one query; the latest where somebody holds several."""
    held = Tenure.objects.within(Q(person__in=people, until=None)).select_related("post__unit").order_by("since")
    return {tenure.person_id: f"{tenure.post.unit.name}\n{tenure.post.name}" for tenure in held}


def _person(user: User, places: dict[UUID, str]) -> dict[str, Any]:
    account = "启用" if user.is_active else "已停用"
    return {"name": user.name, "place": places.get(user.pk, "（无任职）"), "account": account}
