"""账号管理: who has an account in the bureau; make one, close one, give a first password, open a locked door.

Passwords and second factors are two people's: the system administrator gives a new first password, the security
administrator takes a second factor away, so that neither alone can come in as somebody else.
"""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lianzheng import clock
from lianzheng.accounts import actions as accounts
from lianzheng.accounts.models import Authenticator
from lianzheng.accounts.proof import recent
from lianzheng.organisation import actions
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.establish import first_password
from lianzheng.organisation.forms import CleanForm
from lianzheng.organisation.models import Post, Tenure, Unit, UnitUserGrant, User
from lianzheng.organisation.rights import bureaus_below, holds
from lianzheng.organisation.roles import Right
from lianzheng.organisation.staff_forms import checked_since, username_field

READERS = (Right.ADMINISTER, Right.GRANT_RIGHTS)


def of_bureaus(units: Iterable[Unit]) -> list[User]:
    """Who works or worked in the bureaus of these units, or holds a role in one of the units; each with their post."""
    units = list(units)
    bureaus = {unit.bureau_id for unit in units if unit.bureau_id}
    held = Tenure.objects.within(Q(bureau__in=bureaus, person=OuterRef("pk")))
    granted = UnitUserGrant.objects.filter(user=OuterRef("pk"), content_object__in=units)
    found = list(User.objects.filter(Exists(held) | Exists(granted)).order_by("name", "username"))
    homes: dict[UUID, Tenure] = {}
    rows = Tenure.objects.within(Q(person__in=found, until=None)).select_related("post__unit", "bureau")
    for tenure in rows.order_by("since"):
        homes[tenure.person_id] = tenure
    for user in found:
        user.__dict__["home"] = homes.get(user.pk)  # read already: the list prints each one's section
    return [user for user in found if user.home is None or user.home.bureau_id in bureaus]


class AccountForm(CleanForm):
    """A new person in a post."""

    username = username_field()
    name = forms.CharField(label="姓名", max_length=30)
    phone = forms.CharField(label="手机号", max_length=20, required=False, help_text="可以代替用户名登录，也可以不填。")
    political = forms.CharField(label="政治面貌", max_length=20, required=False)
    post = forms.ChoiceField(label="岗位")
    since = forms.DateField(label="任职起始", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, posts: list[Post], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["post"]
        choice.choices = [("", "请选择"), *((str(post.pk), f"{post.unit.name} {post.name}") for post in posts)]

    def clean_username(self) -> str:
        typed: str = self.cleaned_data["username"]
        if User.objects.filter(username=typed).exists():
            raise ValidationError("这个用户名已经有了，请换一个。")
        return typed

    def clean_phone(self) -> str:
        typed: str = self.cleaned_data["phone"]
        if typed and User.objects.with_phone(typed).exists():
            raise ValidationError("这个手机号已经登记在别的账号上。")
        return typed

    def clean_since(self) -> Any:
        return checked_since(self.cleaned_data["since"], today=clock.today())


def _bureaus(user: User, *rights: str) -> list[Unit]:
    return list(bureaus_below(user, rights))


@may(*READERS)
@require_safe
def page(request: SignedIn) -> HttpResponse:
    """The accounts of one's bureaus, and what one may do with each."""
    groups = []
    for bureau in _bureaus(request.user, *READERS):
        people = of_bureaus(Unit.objects.under(bureau))
        factors = set(Authenticator.objects.filter(person__in=people, confirmed_at__isnull=False).values_list("person"))
        rights = {right: holds(request.user, right, unit=bureau) for right in READERS}
        lines = [_line(user, (user.pk,) in factors, rights, me=request.user) for user in people]
        waiting = len(without_passwords(people, but=request.user))
        may_create = rights[Right.ADMINISTER]
        groups.append({"bureau": bureau, "lines": lines, "may_create": may_create, "waiting": waiting})
    return render(request, "desk/people.html", {"groups": groups})


def without_passwords(people: Iterable[User], *, but: User) -> list[User]:
    """Accounts that are open and never had a password; nobody gives one to themselves."""
    return [user for user in people if user.is_active and user.password_at is None and user.pk != but.pk]


def _line(user: User, has_factor: bool, rights: dict[Right, bool], *, me: User) -> dict[str, Any]:  # noqa: FBT001
    administers = rights[Right.ADMINISTER] and user.pk != me.pk
    secures = rights[Right.GRANT_RIGHTS] and user.pk != me.pk
    acts = [
        ("reset", "发初始密码", administers and user.is_active),
        ("close", "停用", administers and user.is_active),
        ("open", "启用", administers and not user.is_active),
        ("unlock", "解除锁定", (administers or secures) and user.is_active),
        ("factor", "重置第二验证", secures and has_factor),
    ]
    return {
        "id": str(user.pk),
        "name": user.name,
        "username": user.username,
        "post": f"{user.home.post.unit.name} {user.home.post.name}" if user.home else "（无任职）",
        "state": "已停用" if not user.is_active else "待首次登录" if user.first_until else "启用",
        "tone": "danger" if not user.is_active else "attention" if user.first_until else "ok",
        "factor": has_factor,
        "acts": [{"do": do, "label": label} for do, label, open_ in acts if open_],
    }


@may(Right.ADMINISTER)
@recent()
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: SignedIn) -> HttpResponse:
    """A new account with its first password, on a slip that is shown this once."""
    bureaus = _bureaus(request.user, Right.ADMINISTER)
    posts = list(Post.objects.within(Q(bureau__in=bureaus, active=True)).select_related("unit", "bureau"))
    form = AccountForm(request.POST or None, posts=posts, initial={"since": clock.today()})
    if not form.is_valid():
        return render(request, "desk/person_new.html", {"form": form}, status=422 if form.errors else 200)
    data = dict(form.cleaned_data)
    username, chosen = data.pop("username"), data.pop("post")
    post = next(post for post in posts if str(post.pk) == chosen)
    with transaction.atomic():
        person = actions.create_account(username, post=post, **data, by=request.user)
        return _slip(request, person)


def _slip(request: SignedIn, person: User) -> HttpResponse:
    """The only answer that ever shows the password; nobody chooses it."""
    password = first_password()
    accounts.end_sessions(person, by=request.user)
    actions.set_password(person, password=password, first=True, by=request.user)
    return render(request, "desk/slip.html", {"person": person, "password": password})


Act = Callable[[SignedIn, User, Unit], HttpResponse | None]


def _close(request: SignedIn, person: User, bureau: Unit) -> None:
    with transaction.atomic():
        actions.deactivate(person, bureau=bureau, by=request.user)
        accounts.end_sessions(person, by=request.user)
    messages.success(request, f"{person.name}的账号已停用，正在进行的登录已终止。")


def _open(request: SignedIn, person: User, bureau: Unit) -> None:
    actions.activate(person, bureau=bureau, by=request.user)
    messages.success(request, f"{person.name}的账号已启用。")


def _unlock(request: SignedIn, person: User, bureau: Unit) -> None:
    accounts.unlock(person, by=request.user)
    messages.success(request, f"{person.name}可以重新登录了。")


def _factor(request: SignedIn, person: User, bureau: Unit) -> None:
    with transaction.atomic():
        accounts.drop_factor(person, by=request.user)
        accounts.end_sessions(person, by=request.user)
    messages.success(request, f"{person.name}的第二验证已重置，请本人登录后重新启用。")


ACTS: dict[str, tuple[tuple[Right, ...], Act]] = {
    "reset": ((Right.ADMINISTER,), lambda request, person, _: _slip(request, person)),
    "close": ((Right.ADMINISTER,), _close),
    "open": ((Right.ADMINISTER,), _open),
    "unlock": (READERS, _unlock),
    "factor": ((Right.GRANT_RIGHTS,), _factor),
}


@may(*READERS)
@recent()
@require_POST
def act(request: SignedIn, pk: UUID) -> HttpResponse:
    """One of the buttons; not for one's own account."""
    rights, what = ACTS.get(request.POST.get("do", ""), ((), _open))
    found = next(
        (
            (person, bureau)
            for bureau in _bureaus(request.user, *READERS)
            for person in of_bureaus(Unit.objects.under(bureau))
            if person.pk == pk
        ),
        None,
    )
    if found is None:
        raise Http404
    person, bureau = found
    if person.pk == request.user.pk or not any(holds(request.user, right, unit=bureau) for right in rights):
        messages.error(request, "这一步不由您办理。")
        return redirect("people")
    return what(request, person, bureau) or redirect("people")
