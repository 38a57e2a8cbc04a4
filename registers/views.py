"""职权目录: list, add, edit, retire; out and in as a workbook, by the same way as the risk tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.intake import way
from lianzheng.intake.comparison import Stored, Verdict, compare, rows_to_take
from lianzheng.intake.template import Template
from lianzheng.intake.way import Book, Way
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.rights import bodies, holds
from lianzheng.organisation.roles import Right
from lianzheng.render import xlsx
from lianzheng.render.response import WORKBOOK, file_response
from lianzheng.sheets import lay_out
from registers import powers
from registers.actions.powers import retire_power, save_power, take_in_powers
from registers.models import Power
from registers.sheets import POWERS

READERS = (Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT)


def _bureau(user: User, *rights: str) -> Unit:
    """The body for which the person holds one of the rights; the first where there are several."""
    for right in rights:
        for body in bodies(user, right):
            return body
    raise Http404


def _writes(request: SignedIn, bureau: Unit) -> bool:
    return holds(request.user, Right.RUN_OFFICE, unit=bureau)


@may(*READERS)
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """The list, for those who organise, lead or inspect."""
    bureau = _bureau(request.user, *READERS)
    lines = [powers.texts(power) | {"id": str(power.pk)} for power in powers.powers_of(bureau)]
    for line in lines:
        line["posts"] = line["posts"].replace("\n", "、")
    context = {"bureau": bureau, "lines": lines, "writes": _writes(request, bureau)}
    return render(request, "registers/powers.html", context)


@may(*READERS)
@require_safe
def export(request: SignedIn) -> HttpResponse:
    """The list as a workbook to print."""
    bureau = _bureau(request.user, *READERS)
    rows = [powers.texts(power) for power in powers.powers_of(bureau)]
    grid = lay_out(POWERS, owner={"bureau_name": bureau.name, "on": clock.today()}, rows=rows)
    record("导出", subject=bureau, bureau=bureau, detail={"表": POWERS.code, "格式": "xlsx"}, by=request.user)
    return file_response(xlsx.workbook([grid]), name="职权目录.xlsx", kind=WORKBOOK)


@may(Right.RUN_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedIn, pk: UUID | None = None) -> HttpResponse:
    """A line, new or as it is."""
    bureau = _bureau(request.user, Right.RUN_OFFICE)
    power = _power(bureau, pk) if pk else None
    initial = powers.texts(power) | {"power_kind": power.power_kind} if power else None
    form = powers.form_of(bureau, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_power(
                bureau, power=power, version=_version(request), values=form.cleaned_data, by=request.user
            )
        except Refused as refusal:
            form.add_error(None, " ".join(refusal.sentences))
            status = 409 if isinstance(refusal, Stale) else 422
            return _show_form(request, form, power, status=status)
        messages.success(request, f"已保存“{saved.name}”。")
        return redirect("powers")
    return _show_form(request, form, power, status=422 if form.errors else 200)


def _show_form(request: SignedIn, form: Any, power: Power | None, *, status: int) -> HttpResponse:
    return render(request, "registers/power.html", {"form": form, "power": power}, status=status)


def _power(bureau: Unit, pk: UUID) -> Power:
    found: Power = get_object_or_404(powers.powers_of(bureau), pk=pk)
    return found


def _version(request: SignedIn) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


@may(Right.RUN_OFFICE)
@require_POST
def retire(request: SignedIn, pk: UUID) -> HttpResponse:
    """停用."""
    power = _power(_bureau(request.user, Right.RUN_OFFICE), pk)
    retire_power(power, by=request.user)
    messages.success(request, f"已停用“{power.name}”。")
    return redirect("powers")


class PowersWay(Way):
    """职权目录 of the bureau whose office the person runs."""

    code = POWERS.code
    back = "职权目录"

    def __init__(self, request: SignedIn) -> None:
        super().__init__(request)
        self.bureau = _bureau(request.user, Right.RUN_OFFICE)
        self.table = str(self.bureau.pk)
        self.template_url, self.upload_url = reverse("powers_template"), reverse("powers_intake")
        self.take_url, self.back_url = reverse("powers_take"), reverse("powers")

    def templates(self) -> Sequence[Template]:
        return [powers.template_of(self.bureau)]

    def stored(self) -> Sequence[Sequence[Stored]]:
        return [powers.stored(powers.powers_of(self.bureau))]

    def compared(self, book: Book) -> list[list[Verdict]]:
        check, (template,) = powers.check_of(self.bureau), self.templates()
        return [compare(book[0], stored=self.stored()[0], template=template, check=check)]

    def lock(self) -> None:
        Unit.objects.select_for_update().get(pk=self.bureau.pk)

    def write(self, verdicts: Sequence[Sequence[Verdict]]) -> HttpResponse:
        added, changed = take_in_powers(self.bureau, rows=rows_to_take(verdicts[0]), by=self.request.user)
        said = f"已从 Excel 导入：新增 {added} 条，修改 {changed} 条。"
        messages.success(self.request, said if added or changed else way.NOTHING_NEW)
        return redirect("powers")

    def note_handed_out(self) -> None:
        detail = {"表": POWERS.code, "格式": "Excel 模板"}
        record("导出", subject=self.bureau, bureau=self.bureau, detail=detail, by=self.request.user)


@may(Right.RUN_OFFICE)
@require_safe
def template(request: SignedIn) -> HttpResponse:
    """The workbook to fill in, with the lines as they are saved now."""
    return way.template(PowersWay(request))


@may(Right.RUN_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: SignedIn) -> HttpResponse:
    """A filled template is read, compared and shown, and changes nothing yet."""
    return way.upload(PowersWay(request))


@may(Right.RUN_OFFICE)
@require_POST
def take(request: SignedIn) -> HttpResponse:
    """What follows a comparison: all, the right lines alone, or the workbook with the wrong cells marked."""
    return way.take(PowersWay(request))
