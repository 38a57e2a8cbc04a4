"""预警信息员网络: who reports for which unit; kept by the discipline inspection."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.views.decorators.http import require_http_methods, require_POST

from assessments.views.present import day
from early_warning import actions, network
from early_warning.forms import SeatForm
from early_warning.models import NetworkSeat
from early_warning.subjects import reach
from early_warning.views.overview import bureau_for
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.models import Tenure, Unit, User
from lianzheng.organisation.roles import Right


@may(Right.HANDLE_WARNINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn) -> HttpResponse:
    """The network as a tree, and the form that appoints."""
    bureau = bureau_for(request.user, Right.HANDLE_WARNINGS)
    units, people = _offered(request.user, bureau)
    form = SeatForm(request.POST or None, units=units, people=people)
    if form.is_valid() and _appointed(request, form, units, people):
        return redirect("network")
    waiting = network.unconfirmed(bureau)
    found = [_lines(point, waiting) for point in network.points(bureau)]
    context = {"bureau": bureau, "centre": network.centre(bureau), "points": found, "form": form}
    return render(request, "early_warning/network.html", context, status=422 if form.errors else 200)


def _offered(user: User, bureau: Unit) -> tuple[list[Unit], list[User]]:
    """Units of the bureau, and who works in them."""
    units = [unit for unit in reach(user, Right.HANDLE_WARNINGS) if unit.bureau_id == bureau.pk]
    held = Tenure.objects.in_bureau(bureau).filter(until=None, person__is_active=True).select_related("person")
    people = {tenure.person_id: tenure.person for tenure in held.order_by("post__unit__path", "post__order")}
    return units, list(people.values())


def _appointed(request: SignedIn, form: SeatForm, units: list[Unit], people: list[User]) -> bool:
    data = form.cleaned_data
    unit = next(unit for unit in units if str(unit.pk) == data["unit"])
    person = next(person for person in people if str(person.pk) == data["person"])
    try:
        seat = actions.appoint_seat(person, unit=unit, tier=data["tier"], by=request.user)
    except Refused as refusal:
        form.add_error(None, " ".join(refusal.sentences))
        return False
    done = f"已聘任{person.name}为{unit.name}的{seat.get_tier_display()}"
    given = network.reports(person, unit=unit)
    messages.success(request, f"{done}。" if given else f"{done}，报送权限待安全管理员确认。")
    return True


def _lines(point: network.Point, waiting: set[UUID]) -> dict[str, Any]:
    return {"keeper": _line(point.keeper, waiting), "informants": [_line(seat, waiting) for seat in point.informants]}


def _line(seat: NetworkSeat, waiting: set[UUID]) -> dict[str, Any]:
    since = day(localtime(seat.appointed_at).date())
    names = {"unit": seat.unit.name, "person": seat.person.name}
    return names | {"id": str(seat.pk), "since": since, "waiting": seat.pk in waiting}


@may(Right.HANDLE_WARNINGS)
@require_POST
def end(request: SignedIn, pk: UUID) -> HttpResponse:
    """解聘."""
    bureau = bureau_for(request.user, Right.HANDLE_WARNINGS)
    rows = NetworkSeat.objects.in_bureau(bureau).select_related("unit", "person", "bureau")
    seat = rows.filter(pk=pk).first()
    if seat is None:
        raise Http404
    try:
        actions.end_seat(seat, by=request.user)
    except Refused as refusal:
        messages.error(request, " ".join(refusal.sentences))
    else:
        messages.success(request, f"已解聘{seat.unit.name}的{seat.get_tier_display()}。")
    return redirect("network")
