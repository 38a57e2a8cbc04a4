"""职权目录: list, add, edit, retire; out and in as a workbook, by the same way as the risk tables."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.flow import Refused, Stale
from lianzheng.intake import carried, guard, reader
from lianzheng.intake.guard import Unfit
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.rights import bodies, holds
from lianzheng.organisation.roles import Right
from lianzheng.render import xlsx
from lianzheng.render.response import WORKBOOK, file_response
from lianzheng.sheets import lay_out
from registers import powers, shown, workbook
from registers.actions.powers import MOST_POWERS, retire_power, save_power, take_in_powers
from registers.comparison import Line, Verdict, compare, counts, rows_to_take
from registers.models import Power
from registers.sheets import POWERS

READERS = (Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT)
NOT_ALL = "还有错误没有改好，没有导入任何内容。请改好后重新上传。"
NO_FILE = "请先选择要上传的文件。"


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


@may(Right.RUN_OFFICE)
@require_safe
def template(request: SignedIn) -> HttpResponse:
    """The workbook to fill in, with the lines as they are saved now."""
    bureau = _bureau(request.user, Right.RUN_OFFICE)
    lines = [workbook.Handed(row.texts, row.key) for row in powers.stored(powers.powers_of(bureau))]
    return _handed_out(request, bureau, lines, name="职权目录填写模板.xlsx")


def _handed_out(
    request: SignedIn, bureau: Unit, lines: list[workbook.Handed], *, name: str, mending: bool = False
) -> HttpResponse:
    guidance = powers.guidance(bureau)
    content = workbook.template(POWERS, table=str(bureau.pk), lines=lines, mending=mending, guidance=guidance)
    record("导出", subject=bureau, bureau=bureau, detail={"表": POWERS.code, "格式": "Excel 模板"}, by=request.user)
    return file_response(content, name=name, kind=WORKBOOK)


@may(Right.RUN_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: SignedIn) -> HttpResponse:
    """A filled template is read, compared and shown, and changes nothing yet."""
    bureau = _bureau(request.user, Right.RUN_OFFICE)
    if request.method != "POST":
        return _show(request, bureau)
    try:
        lines = _uploaded(request, bureau)
        token = carried.pack([_packed(line) for line in lines], salt=_salt(request, bureau))
    except Unfit as unfit:
        return _show(request, bureau, errors=(str(unfit),), status=422)
    return _show(request, bureau, lines=lines, token=token)


def _uploaded(request: SignedIn, bureau: Unit) -> list[Line]:
    file = request.FILES.get("file")
    if file is None:
        raise Unfit(NO_FILE)
    if (file.size or 0) > guard.BYTES:
        raise Unfit(guard.TOO_BIG)
    cells = reader.read(file.read(), name=file.name or "", sheets=workbook.READ)
    return workbook.parse(cells, sheet=POWERS, table=str(bureau.pk), most=MOST_POWERS)


def _salt(request: SignedIn, bureau: Unit) -> str:
    return f"registers.powers:{bureau.pk}:{request.user.pk}"


def _packed(line: Line) -> list[Any]:
    return [line.number, line.id, line.version, line.mark, *line.texts.values()]


def _unpacked(request: SignedIn, bureau: Unit) -> list[Line]:
    plain = carried.unpack(request.POST.get("lines", ""), salt=_salt(request, bureau))
    return [
        Line(number, dict(zip(powers.SOURCES, texts, strict=True)), row, version, mark)
        for number, row, version, mark, *texts in plain
    ]


def _compared(bureau: Unit, lines: list[Line]) -> list[Verdict]:
    now, check = powers.stored(powers.powers_of(bureau)), powers.check_of(bureau)
    return compare(lines, stored=now, sheet=POWERS, check=check, most=MOST_POWERS)


def _show(
    request: SignedIn,
    bureau: Unit,
    *,
    lines: list[Line] | None = None,
    token: str = "",
    errors: Any = (),
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "code": POWERS.code,
        "errors": [{"text": text, "href": "#file"} for text in errors],
        "take_url": reverse("powers_take"),
        "back_url": reverse("powers"),
    }
    if lines is not None:
        verdicts = _compared(bureau, lines)
        ids = [str(pk) for pk in powers.powers_of(bureau).values_list("pk", flat=True)]
        context |= {"result": shown.result(verdicts, sheet=POWERS, letters={}, ids=ids), "token": token}
    return render(request, "registers/powers_intake.html", context, status=status)


@may(Right.RUN_OFFICE)
@require_POST
def take(request: SignedIn) -> HttpResponse:
    """What follows a comparison: all, the right lines alone, or the workbook with the wrong cells marked."""
    bureau = _bureau(request.user, Right.RUN_OFFICE)
    try:
        lines = _unpacked(request, bureau)
    except Refused as refusal:
        return _show(request, bureau, errors=refusal.sentences, status=422)
    if request.POST.get("do") == "mend":
        marked = workbook.to_mend(_compared(bureau, lines))
        return _handed_out(request, bureau, marked, name="职权目录修改表.xlsx", mending=True)
    try:
        added, changed = _taken(request, bureau, lines)
    except Refused as refusal:
        token = request.POST["lines"]
        return _show(request, bureau, lines=lines, token=token, errors=refusal.sentences, status=409)
    said = f"已从 Excel 导入：新增 {added} 条，修改 {changed} 条。"
    messages.success(request, said if added or changed else "文件与现有内容相同，没有需要导入的内容。")
    return redirect("powers")


@transaction.atomic
def _taken(request: SignedIn, bureau: Unit, lines: list[Line]) -> tuple[int, int]:
    """Compare once more with the list locked, so that sending the page twice adds nothing twice."""
    Unit.objects.select_for_update().get(pk=bureau.pk)
    verdicts = _compared(bureau, lines)
    if counts(verdicts)["wrong"] and request.POST.get("do") != "good":
        raise Refused(NOT_ALL)
    return take_in_powers(bureau, rows=rows_to_take(verdicts), by=request.user)
