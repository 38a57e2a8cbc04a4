"""授权: one person asks for a role to be given or taken away, another confirms it. Nobody asks or confirms for
themselves; the journal has both."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from lianzheng.accounts.proof import recent
from lianzheng.desk.people import of_bureaus
from lianzheng.flow import Refused, Stale
from lianzheng.organisation import actions
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.forms import CleanForm
from lianzheng.organisation.models import GrantRequest, Unit, User
from lianzheng.organisation.rights import holds, scopes
from lianzheng.organisation.roles import ROLES, Right, role

ASKERS = (Right.ADMINISTER, Right.GRANT_RIGHTS)
SHOWN = 50
Outcome = GrantRequest.Outcome


class GrantForm(CleanForm):
    """Which role, of whom, where, given or taken, and why."""

    person = forms.ChoiceField(label="人员")
    role = forms.ChoiceField(label="角色", choices=[("", "请选择"), *((item.code, item.label) for item in ROLES)])
    unit = forms.ChoiceField(label="适用机构（含下级）")
    takes = forms.TypedChoiceField(
        label="申请", choices=[("give", "授予"), ("take", "收回")], coerce=lambda value: value == "take"
    )
    reason = forms.CharField(label="理由", max_length=200, help_text="写明任免文件或者分工调整的依据。")

    def __init__(self, *args: Any, people: list[User], units: list[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered: dict[str, list[tuple[str, str]]] = {
            "person": [(str(user.pk), f"{user.name}（{user.section_name or '无任职'}）") for user in people],
            "unit": [(str(unit.pk), unit.name) for unit in units],
        }
        for name, choices in offered.items():
            field: Any = self.fields[name]
            field.choices = [("", "请选择"), *choices]


def _units(user: User) -> list[Unit]:
    """Units for which the person may ask."""
    held = Q(pk__in=[])
    for path in {path for right in ASKERS for path in scopes(user).get(right, ())}:
        held |= Q(path__startswith=path)
    return list(Unit.objects.filter(held, active=True).select_related("bureau").order_by("path"))


@may(*ASKERS)
@recent()
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn) -> HttpResponse:
    """What waits, what was decided, and the form."""
    units = _units(request.user)
    people = [user for user in of_bureaus(units) if user.is_active and user.pk != request.user.pk]
    form = GrantForm(request.POST or None, people=people, units=units)
    if form.is_valid() and _asked(request, form, people, units):
        return redirect("grants")
    rows = GrantRequest.objects.filter(unit__in=units).select_related("unit", "person", "asked_by", "decided_by")
    context = {
        "form": form,
        "waiting": [_line(row, request.user) for row in rows.filter(outcome="").order_by("asked_at")],
        "decided": [_line(row, request.user) for row in rows.exclude(outcome="").order_by("-decided_at")[:SHOWN]],
    }
    return render(request, "desk/grants.html", context, status=422 if form.errors else 200)


def _asked(request: SignedIn, form: GrantForm, people: list[User], units: list[Unit]) -> bool:
    data = form.cleaned_data
    person = next(user for user in people if str(user.pk) == data["person"])
    unit = next(unit for unit in units if str(unit.pk) == data["unit"])
    wanted = role(data["role"])
    try:
        actions.ask_grant(wanted, unit=unit, person=person, takes=data["takes"], reason=data["reason"], by=request.user)
    except Refused as refusal:
        form.add_error(None, " ".join(refusal.sentences))
        return False
    what = f"{'收回' if data['takes'] else '授予'}{person.name}{wanted.label}"
    messages.success(request, f"已申请{what}，等待确认后生效。")
    return True


def _line(row: GrantRequest, user: User) -> dict[str, Any]:
    strange = user.pk not in (row.asked_by_id, row.person_id)
    return {
        "id": str(row.pk),
        "what": "收回" if row.takes else "授予",
        "person": row.person.name,
        "role": role(row.role).label,
        "unit": row.unit.name,
        "reason": row.reason,
        "asked_by": row.asked_by.name,
        "asked_at": row.asked_at,
        "state": row.get_outcome_display() if row.outcome else "等待确认",
        "tone": {"confirmed": "ok", "refused": "danger"}.get(row.outcome, "neutral"),
        "decided_by": row.decided_by.name if row.decided_by else "",
        "decided_at": row.decided_at,
        "may_decide": strange and holds(user, Right.GRANT_RIGHTS, unit=row.unit),
        "may_withdraw": user.pk == row.asked_by_id,
    }


@may(*ASKERS)
@recent()
@require_POST
def decide(request: SignedIn, pk: UUID) -> HttpResponse:
    """Confirm, refuse or withdraw."""
    row = GrantRequest.objects.filter(pk=pk, unit__in=_units(request.user)).first()
    outcome = request.POST.get("outcome", "")
    if row is None:
        raise Http404
    if outcome not in Outcome.values:
        messages.error(request, "请选择确认或者不同意。")
        return redirect("grants")
    try:
        actions.decide_grant(row, outcome=outcome, by=request.user)
    except (Refused, Stale) as refusal:
        messages.error(request, " ".join(refusal.sentences))
    else:
        messages.success(request, f"{Outcome(outcome).label}。" + ("已生效。" if outcome == Outcome.CONFIRMED else ""))
    return redirect("grants")
