"""操作日志 for the auditor: who did what, when, in which office, on which content by its digest, under which seal.

Contents and free text (`Entry.detail`) are not shown: the auditor sees that something was done, not what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.apps import apps
from django.contrib import messages
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from assessments.models import Dossier, State
from lianzheng import clock
from lianzheng.accounts.proof import always, recent
from lianzheng.audit.actions import record, verify
from lianzheng.audit.models import Entry, Seal
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.forms import CleanForm
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.rights import scopes
from lianzheng.organisation.roles import Right
from lianzheng.render import xlsx
from lianzheng.render.response import WORKBOOK, file_response
from lianzheng.sheets import Column, Grid, HeadField, Sheet, lay_out

PAGE = 50
MOST = 5000  # rows of a workbook: what is set in a few seconds
BLOCKS = 20  # seals shown and walked on demand; `manage.py verify` walks them all
LINE = (HeadField("导出范围", "bureau_name"), HeadField("说明", "note"))
ENTRIES = Sheet(
    code="",
    title="操作日志",
    head=(),
    columns=(
        Column("no", "编号", 6, align="center"),
        Column("at", "时间", 11, align="center"),
        Column("bureau", "单位", 9),
        Column("by", "办理人", 6, align="center"),
        Column("hat", "身份", 9),
        Column("act", "事项", 9),
        Column("kind", "对象类别", 7),
        Column("subject", "对象编号", 19),
        Column("change", "状态变化", 12),
        Column("digest", "内容摘要（SHA-256）", 33),
        Column("seal", "封印", 5, align="center"),
    ),
    line=LINE,
)
SEALS = Sheet(
    code="",
    title="日志封印",
    head=(),
    columns=(
        Column("bureau", "单位", 9),
        Column("number", "序号", 5, align="center"),
        Column("count", "条数", 5, align="center"),
        Column("at", "时间", 11, align="center"),
        Column("value", "封印（SHA-256）", 33),
        Column("sm3", "国密封印（SM3）", 33),
    ),
    line=LINE,
)


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class JournalForm(CleanForm):
    """What the list is narrowed to."""

    since = _day("开始日期")
    until = _day("结束日期")
    person = forms.CharField(label="办理人", max_length=30, required=False)
    act = forms.CharField(label="事项", max_length=40, required=False)
    subject = forms.UUIDField(label="对象编号", required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = data.get("since"), data.get("until")
        for name, day in (("since", since), ("until", until)):
            if day and not 2000 <= day.year <= 2100:
                self.add_error(name, "年份请填 2000 至 2100。")
        if since and until and until < since:
            self.add_error("until", "结束日期不能早于开始日期。")
        return data

    def wanted(self) -> Q:
        """The conditions as typed; everything where nothing was."""
        data, found = self.cleaned_data, Q()
        if data["since"]:
            found &= Q(at__gte=_midnight(data["since"]))
        if data["until"]:
            found &= Q(at__lt=_midnight(data["until"] + timedelta(days=1)))
        names = {"person": "by__name", "act": "act__icontains", "subject": "subject"}
        given = {lookup: data[name] for name, lookup in names.items() if data[name]}
        return found & Q(**given)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(clock.ZONE))


@may(Right.AUDIT_JOURNAL)
@require_safe
def page(request: SignedIn) -> HttpResponse:
    """A page of the journal, the newest first; pages go on from a number, however long the journal has become."""
    form = JournalForm(request.GET)
    rows, older, newer = _page(_entries(request.user, form.wanted()), request.GET) if form.is_valid() else ([], 0, 0)
    context = {
        "form": form,
        "lines": [_line(row) for row in rows],
        "older": older,
        "newer": newer,
        "seals": [_seal(seal) for seal in _seals(request.user)[:BLOCKS]],
    }
    return render(request, "desk/journal.html", context, status=200 if form.is_valid() else 422)


@may(Right.AUDIT_JOURNAL)
@recent(always)
@require_safe
def export(request: SignedIn) -> HttpResponse:
    """What the conditions admit, as a workbook; the export is itself an act in the journal."""
    form = JournalForm(request.GET)
    if not form.is_valid():
        return render(request, "desk/journal.html", {"form": form}, status=422)
    rows = list(_entries(request.user, form.wanted()).order_by("-id")[: MOST + 1])
    note = f"符合条件的超过 {MOST} 条，这里是最近 {MOST} 条" if len(rows) > MOST else f"共 {len(rows)} 条"
    units = list(_bureaus(request.user))
    owner = {"bureau_name": "、".join(unit.name for unit in units), "note": note}
    content = xlsx.workbook(_grids(rows[:MOST], list(_seals(request.user)[:MOST]), owner))
    for unit in units:
        record("导出操作日志", bureau=unit, detail={"条数": min(len(rows), MOST)}, by=request.user)
    return file_response(content, name="操作日志.xlsx", kind=WORKBOOK)


@may(Right.AUDIT_JOURNAL)
@require_POST
def check(request: SignedIn) -> HttpResponse:
    """Walk the newest seals now."""
    for unit in _bureaus(request.user):
        if not Seal.objects.filter(bureau=unit).exists():
            messages.info(request, f"{unit.name}：还没有封印，没有可核验的。")
            continue
        problems = verify(unit, newest=BLOCKS)
        record("核验日志封印", bureau=unit, detail={"不符": len(problems)}, by=request.user)
        if problems:
            messages.error(request, f"{unit.name}：" + "；".join(problems))
        else:
            messages.success(request, f"{unit.name}：最近 {BLOCKS} 个封印与所封日志全部相符。")
    return redirect("journal")


def _bureaus(user: User) -> QuerySet[Unit]:
    """Units with a journal of their own where the person audits."""
    held = Q(pk__in=[])
    for path in scopes(user).get(Right.AUDIT_JOURNAL, ()):
        held |= Q(path__startswith=path)
    return Unit.objects.filter(held, pk__in=Unit.objects.exclude(bureau=None).values("bureau")).order_by("path")


def _entries(user: User, wanted: Q) -> QuerySet[Entry]:
    """The rows with the number of the seal that closed each, none while it is open."""
    of_block = Seal.objects.filter(bureau=OuterRef("bureau"), until__gt=OuterRef("transaction")).order_by("number")
    rows = Entry.objects.filter(wanted, bureau__in=_bureaus(user)).select_related("by", "bureau")
    return rows.annotate(sealed=Subquery(of_block.values("number")[:1]))


def _seals(user: User) -> QuerySet[Seal]:
    return Seal.objects.filter(bureau__in=_bureaus(user)).select_related("bureau").order_by("-at", "bureau", "-number")


def _page(rows: QuerySet[Entry], asked: QueryDict) -> tuple[list[Entry], int, int]:
    """A page, and the numbers from which the older and the newer one go on (0: there is none)."""
    after, before = _number(asked, "after"), _number(asked, "before")
    if after:
        found = list(rows.filter(id__gt=after).order_by("id")[: PAGE + 1])
        more, found = len(found) > PAGE, found[:PAGE][::-1]
        return found, found[-1].id if found else 0, found[0].id if more else 0
    found = list((rows.filter(id__lt=before) if before else rows).order_by("-id")[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    return found, found[-1].id if more else 0, found[0].id if before and found else 0


def _number(asked: QueryDict, name: str) -> int:
    """A number of the journal; 0 for whatever is none."""
    text = asked.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _time(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(clock.ZONE)):%Y-%m-%d %H:%M:%S}"


def _line(row: Entry) -> dict[str, Any]:
    kind, states = _words(row.subject_kind)
    number = getattr(row, "sealed", None)
    change = [states.get(state, state) for state in (row.source, row.target)]
    return {
        "no": row.id,
        "at": _time(row.at),
        "bureau": row.bureau.name if row.bureau else "",
        "by": row.by.name if row.by else "（系统）",
        "hat": row.hat,
        "act": row.act,
        "kind": kind,
        "subject": str(row.subject or ""),
        "change": " → ".join(change) if any(change) else "",
        "digest": row.digest,
        "seal": f"第{number}封" if number else "未封",
    }


def _words(label: str) -> tuple[str, Mapping[str, str]]:
    """What a kind of record is called, and the words of its states."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return label, {}
    states: Any = State if model is Dossier else getattr(model, "State", None)
    return str(model._meta.verbose_name), dict(states.choices) if states else {}


def _seal(seal: Seal) -> dict[str, Any]:
    names = ("number", "count", "value", "sm3")
    bureau = seal.bureau.name if seal.bureau else ""
    return {name: getattr(seal, name) for name in names} | {"bureau": bureau, "at": _time(seal.at)}


def _grids(rows: Iterable[Entry], seals: Iterable[Seal], owner: Mapping[str, object]) -> list[Grid]:
    lines, blocks = [_line(row) for row in rows], [_seal(seal) for seal in seals]
    return [lay_out(ENTRIES, owner=owner, rows=lines), lay_out(SEALS, owner=owner, rows=blocks)]
