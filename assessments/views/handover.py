"""离岗交接: the people of the bureau, and one page for everything that is open with one of them."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from assessments import actions
from assessments.actions import handover
from assessments.board import WRITING
from assessments.flow import DOSSIERS
from assessments.models import Dossier, State
from lianzheng import clock
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.forms import CleanForm
from lianzheng.organisation.models import Tenure, Unit, User
from lianzheng.organisation.rights import acting, bureaus_below, roles_of, standing
from lianzheng.organisation.roles import Right

_ENDED = (*WRITING, State.ARCHIVED, State.IN_FORCE, State.SUPERSEDED, State.VOID)
_MULTIPLE = forms.CheckboxSelectMultiple


class HandoverForm(CleanForm):
    """To whom, from which day, and what becomes of posts and drafts."""

    to = forms.ChoiceField(label="接任人")
    last_day = forms.DateField(
        label="离任日期",
        help_text="在岗的最后一天。",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(label="离岗原因", max_length=200, help_text="例如：退休、调出、轮岗。")
    posts = forms.MultipleChoiceField(label="由接任人任职的岗位", required=False, widget=_MULTIPLE)
    voided = forms.MultipleChoiceField(label="作废的表（不作废的由接任人填报）", required=False, widget=_MULTIPLE)
    deactivate = forms.BooleanField(label="停用离岗人员的账号", required=False)

    def __init__(
        self, *args: Any, people: list[User], tenures: list[Tenure], drafts: list[Dossier], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offered = {
            "to": [("", "请选择"), *((str(user.pk), user.name) for user in people)],
            "posts": [(str(item.pk), f"{item.post.name}（{item.post.unit.name}）") for item in tenures],
            "voided": [(str(item.pk), f"{item.form_name} {item.title}（{item.state_word}）") for item in drafts],
        }
        for name, choices in offered.items():
            field: Any = self.fields[name]
            field.choices = choices
        for name in ("posts", "voided"):
            if not offered[name]:
                del self.fields[name]

    def plan(self) -> actions.Plan:
        data = self.cleaned_data
        return actions.Plan(
            last_day=data["last_day"],
            reason=data["reason"],
            posts=frozenset(map(UUID, data.get("posts", ()))),
            voided=frozenset(map(UUID, data.get("voided", ()))),
            deactivate=data["deactivate"],
        )


def _bureaus(user: User) -> list[Unit]:
    """Bureaus whose hand-overs the person arranges, by a right of their own."""
    return list(bureaus_below(acting(user, None), handover.RIGHTS))


def _people(bureau: Unit) -> list[User]:
    """Who holds a post in the bureau, or still has a form there."""
    posts = Tenure.objects.in_bureau(bureau).filter(person=OuterRef("pk"), until=None)
    forms_ = Dossier.objects.in_bureau(bureau).filter(holder=OuterRef("pk"), state__in=WRITING)
    return list(User.objects.filter(Exists(posts) | Exists(forms_)).order_by("name", "pk"))


@may(Right.RUN_OFFICE)
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """Choose who leaves."""
    groups = []
    for bureau in _bureaus(request.user):
        rows = Tenure.objects.in_bureau(bureau).filter(until=None).select_related("post__unit")
        posts: dict[Any, list[str]] = {}
        for tenure in rows.order_by("post__unit__path", "post__order", "since"):
            posts.setdefault(tenure.person_id, []).append(f"{tenure.post.unit.name} {tenure.post.name}")
        place = {pk: number for number, pk in enumerate(posts)}
        people = [
            {
                "id": str(user.pk),
                "name": user.name,
                "posts": "；".join(posts.get(user.pk, [])) or "已离任，还有表未交接",
            }
            for user in sorted(_people(bureau), key=lambda user: place.get(user.pk, len(place)))
        ]
        groups.append({"bureau": bureau.name, "people": people})
    if not groups:
        raise Http404
    return render(request, "assessments/handovers.html", {"groups": groups})


@may(Right.RUN_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """Everything open with this person, and to whom it goes."""
    bureau, people = _place(request.user, pk)
    person = next(user for user in people if user.pk == pk)
    tenures, drafts = handover.tenures_of(person, bureau=bureau), handover.drafts_of(person, bureau=bureau)
    form = HandoverForm(
        request.POST or None,
        people=[user for user in people if user.pk != pk and user.is_active],
        tenures=tenures,
        drafts=drafts,
        initial={"last_day": clock.today(), "posts": [str(item.pk) for item in tenures]},
    )
    if form.is_valid():
        to = next(user for user in people if str(user.pk) == form.cleaned_data["to"])
        try:
            done = actions.hand_over(person, to=to, bureau=bureau, plan=form.plan(), by=request.user)
        except Refused as refusal:
            form.add_error(None, " ".join(refusal.sentences))
        else:
            counted = f"岗位 {done.tenures} 个、表 {done.forms} 份，作废 {done.voided} 份"
            messages.success(request, f"{person.name}的工作已交接给{to.name}：{counted}。")
            if done.roles:
                messages.warning(request, f"职责 {done.roles} 项已收回，已提请安全管理员确认授予{to.name}。")
            return redirect("handovers")
    context = {
        "person": person,
        "form": form,
        "boxes": [form[name] for name in ("posts", "voided") if name in form.fields],
        "open": _open(person, bureau, tenures, drafts),
    }
    return render(request, "assessments/handover.html", context, status=422 if form.errors else 200)


def _place(user: User, pk: UUID) -> tuple[Unit, list[User]]:
    """The bureau in which this person is found, with its people; 404 beyond one's own bureaus."""
    for bureau in _bureaus(user):
        people = _people(bureau)
        if any(person.pk == pk for person in people):
            return bureau, people
    raise Http404


def _open(person: User, bureau: Unit, tenures: list[Tenure], drafts: list[Dossier]) -> list[dict[str, Any]]:
    """What is open, in words: posts, drafts, forms on their way, desks, deputations."""
    moving = Dossier.objects.in_bureau(bureau).filter(holder=person).exclude(state__in=_ENDED).order_by("title")
    desks = DOSSIERS.waiting_for(person).exclude(state__in=WRITING).filter(bureau=bureau).count()
    deputies = standing().filter(Q(principal=person) | Q(deputy=person), bureau=bureau)
    return [
        {"term": "任职", "lines": [f"{item.post.unit.name} {item.post.name}（{item.since} 起）" for item in tenures]},
        {"term": "没有交的表", "lines": [f"{item.form_name} {item.title}（{item.state_word}）" for item in drafts]},
        {
            "term": "在审的表（保留原填报人；如被退回，请再办一次交接）",
            "lines": [f"{item.form_name} {item.title}（{item.state_word}）" for item in moving],
        },
        {"term": "审核职责（全部收回，提请安全管理员授予接任人）", "lines": _seats(person, bureau)},
        {"term": "待办", "lines": [f"等待审核 {desks} 件"] if desks else []},
        {
            "term": "代理（全部终止）",
            "lines": [f"{row}，至 {row.until}" for row in deputies.select_related("deputy", "principal")],
        },
    ]


def _seats(person: User, bureau: Unit) -> list[str]:
    """Roles, and whether anybody else holds each of them there."""
    inside = roles_of(Q(content_object__path__startswith=bureau.path))
    return [
        f"{role.label}（{unit.name}）" + ("" if _shared(person, role, unit, inside) else "，仅此一人")
        for user, role, unit in inside
        if user.pk == person.pk
    ]


def _shared(person: User, role: Any, unit: Unit, inside: list[Any]) -> bool:
    return any(other.pk != person.pk and held == role and place == unit for other, held, place in inside)
