"""代理: who stands in for whom and until when, entered by the one who is away, the leader or the office."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from lianzheng import clock
from lianzheng.flow import Refused
from lianzheng.organisation import actions
from lianzheng.organisation.access import SignedIn, signed_in
from lianzheng.organisation.forms import CleanForm
from lianzheng.organisation.models import Deputy, Tenure, Unit, User
from lianzheng.organisation.rights import acting, roles_of, scopes
from lianzheng.organisation.roles import DEPUTISED, Right, Role, role

MAKERS = (Right.HEAD_BUREAU, Right.RUN_OFFICE)
Seat = tuple[User, Role, Unit]


def _date(label: str) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class DeputyForm(CleanForm):
    """Which role of whom, by whom, from when to when, and why."""

    seat = forms.ChoiceField(label="代理谁的哪项职责")
    deputy = forms.ChoiceField(label="代理人")
    since = _date("开始日期")
    until = _date("结束日期")
    reason = forms.CharField(label="事由", max_length=200, help_text="例如：出差、学习、病假。")

    def __init__(self, *args: Any, seats: list[Seat], people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["seat"]
        choice.choices = [("", "请选择"), *((key(seat), words(seat)) for seat in seats)]
        choice = self.fields["deputy"]
        choice.choices = [("", "请选择"), *((str(user.pk), f"{user.name}（{user.section_name}）") for user in people)]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", "结束日期不能早于开始日期。")
        return data


def key(seat: Seat) -> str:
    user, item, unit = seat
    return f"{user.pk}.{item.code}.{unit.pk}"


def words(seat: Seat) -> str:
    user, item, unit = seat
    return f"{user.name}：{item.label}（{unit.name}）"


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn) -> HttpResponse:
    """The deputations the person may see, and the form for a new one."""
    seats, people = _seats(request.user), _people(request.user)
    form = DeputyForm(request.POST or None, seats=seats, people=people, initial={"since": clock.today()})
    if form.is_valid() and _appointed(request, form, seats, people):
        return redirect("deputies")
    context = {"form": form if seats else None, "lines": _lines(request.user)}
    return render(request, "desk/deputies.html", context, status=422 if form.errors else 200)


def _appointed(request: SignedIn, form: DeputyForm, seats: list[Seat], people: list[User]) -> bool:
    data = form.cleaned_data
    principal, item, unit = next(seat for seat in seats if key(seat) == data["seat"])
    deputy = next(user for user in people if str(user.pk) == data["deputy"])
    days = {name: data[name] for name in ("since", "until", "reason")}
    try:
        actions.appoint_deputy(principal, deputy=deputy, role=item, unit=unit, **days, by=request.user)
    except Refused as refusal:
        form.add_error(None, " ".join(refusal.sentences))
        return False
    messages.success(request, f"已登记：{deputy.name}代{principal.name}（{item.label}），到 {data['until']} 自动终止。")
    return True


def _run(user: User) -> Q:
    """Units over which the person arranges deputations by a right of their own."""
    own = scopes(acting(user, None))
    found = Q(pk__in=[])
    for path in {path for right in MAKERS for path in own.get(right, ())}:
        found |= Q(path__startswith=path)
    return found


def _seats(user: User) -> list[Seat]:
    """Roles that can be stood in for: one's own, and those of the bureau for the leader and the office."""
    units = Unit.objects.filter(_run(user))
    return [seat for seat in roles_of(Q(user=user) | Q(content_object__in=units)) if seat[1] in DEPUTISED]


def _people(user: User) -> list[User]:
    """Who may stand in: everybody who works in one's bureau, by section and post."""
    run = Q(bureau__in=Unit.objects.filter(_run(user)).values("bureau"))
    there = run | Q(bureau=user.home.bureau) if user.home else run
    rows = Tenure.objects.within(there & Q(until=None, person__is_active=True)).select_related("person", "post__unit")
    homes: dict[UUID, Tenure] = {}
    for tenure in rows.order_by("person", "-since"):
        homes.setdefault(tenure.person_id, tenure)
    found = sorted(homes.values(), key=lambda home: (home.post.unit.path, home.post.order, home.person.name))
    for home in found:
        home.person.__dict__.setdefault("home", home)  # read already: the list prints each one's section
    return [home.person for home in found]


def _visible(user: User) -> Q:
    return Q(principal=user) | Q(deputy=user) | Q(unit__in=Unit.objects.filter(_run(user)))


def _lines(user: User) -> list[dict[str, Any]]:
    today = clock.today()
    rows = Deputy.objects.within(_visible(user)).select_related("principal", "deputy", "unit", "made_by")
    return [_line(row, user, today) for row in rows.order_by("-until", "-made_at")[:100]]


def _line(row: Deputy, user: User, today: Any) -> dict[str, Any]:
    ended = row.revoked_at is not None or row.until < today
    state = "已终止" if row.revoked_at else "已到期" if ended else "未开始" if row.since > today else "代理中"
    return {
        "id": str(row.pk),
        "deputy": row.deputy.name,
        "principal": row.principal.name,
        "role": role(row.role).label,
        "unit": row.unit.name,
        "since": row.since.isoformat(),
        "until": row.until.isoformat(),
        "reason": row.reason,
        "made_by": row.made_by.name,
        "state": state,
        "tone": {"代理中": "ok", "未开始": "info"}.get(state, "neutral"),
        "open": not ended and actions.may_appoint(user, principal=row.principal, unit=row.unit),
    }


@signed_in
@require_POST
def revoke(request: SignedIn, pk: UUID) -> HttpResponse:
    """End one now."""
    rows = Deputy.objects.within(_visible(request.user)).select_related("principal", "unit", "bureau")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    try:
        actions.revoke_deputy(found, by=request.user)
    except Refused as refusal:
        messages.error(request, " ".join(refusal.sentences))
    else:
        messages.success(request, "已终止代理。")
    return redirect("deputies")
