"""Signing in and out: by password, then by a code where one is asked for; and the one-click roles of a demo, which
exist nowhere else."""

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from lianzheng.accounts import actions, factor, sessions
from lianzheng.accounts.attempts import locked
from lianzheng.accounts.owed import before_all
from lianzheng.accounts.passwords import lapsed
from lianzheng.organisation.access import SignedIn, kept, own_path, public, signed_in
from lianzheng.organisation.forms import CodeForm, SignInForm
from lianzheng.organisation.models import User

MODEL = "django.contrib.auth.backends.ModelBackend"
HALF = "half"
HALF_LASTS = 300
"""Between password and code: whose, by which door, since when. Seconds it is good for."""
CLOSED = "不正确的次数过多，这个账号在本机所在网络暂停登录，请 15 分钟后再试，或请系统管理员解除锁定。"
LAPSED = "初始密码已过期，请系统管理员重新发放。"


@public
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The door. A form that was interrupted by the end of a session is carried through it."""
    form = SignInForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.get_user()
        if not lapsed(user):
            return half_in(request, user, backend=MODEL)
        form.add_error(None, LAPSED)
    if request.method == "POST":
        _failed(request, form)
    context = {
        "form": form,
        "next": request.GET.get("next", ""),
        "oidc": settings.OIDC and settings.OIDC_LABEL,
    } | carried(request)
    return render(request, "sign_in.html", context, status=422 if form.errors else 200)


def _failed(request: HttpRequest, form: SignInForm) -> None:
    """Say whether the door is closed now; the journal keeps failures of accounts that exist."""
    if locked(request):
        form.errors.clear()
        form.add_error(None, CLOSED)
    owner = User.objects.filter(username=form.cleaned_data.get("username", "")).first()
    if owner is not None and form.non_field_errors():
        actions.note("登录锁定" if locked(request) else "登录失败", owner, by=None)


def carried(request: HttpRequest) -> dict[str, Any]:
    """The fields of an interrupted form, for the hidden ones of the next page."""
    fields = [(f"kept:{name}", value) for name, value in kept(request)]
    return {"kept": fields, "kept_path": request.POST.get("kept_path", "")}


def half_in(request: HttpRequest, user: User, *, backend: str) -> HttpResponse:
    """Who they are is known; in at once where no second factor stands between."""
    if factor.of(user) is None:
        return _in(request, user, backend=backend)
    request.session[HALF] = {"person": str(user.pk), "backend": backend, "at": sessions.now()}
    return _ask_code(request, CodeForm())


def _ask_code(request: HttpRequest, form: CodeForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "next": request.POST.get("next") or request.GET.get("next", "")} | carried(request)
    return render(request, "sign_in_code.html", context, status=status)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second step, for who has just shown a password."""
    half = request.session.get(HALF)
    user = User.objects.filter(pk=half["person"], is_active=True).first() if half else None
    if half is None or user is None or not 0 <= sessions.now() - half["at"] <= HALF_LASTS:
        return redirect("sign_in")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        if actions.show_factor(user, code=form.cleaned_data["code"]):
            del request.session[HALF]
            return _in(request, user, backend=half["backend"], factor_shown=True)
        actions.note("第二验证失败", user, by=None)
        form.add_error("code", "验证码不正确或已用过；连续输错时请稍等片刻，等手机显示新的验证码再输入。")
    return _ask_code(request, form, status=422 if form.errors else 200)


def _in(request: HttpRequest, user: User, *, backend: str, factor_shown: bool = False) -> HttpResponse:
    sessions.begin(request, user, backend=backend, factor=factor_shown)
    actions.note("登录", user, by=user)
    fields, path = kept(request), own_path(request.POST.get("kept_path", ""))
    if fields and path != "/":
        return render(request, "resume.html", {"fields": fields, "path": path})
    return redirect(own_path(request.POST.get("next") or request.GET.get("next", "")))


@public
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """One click to be somebody of the demo."""
    if not settings.DEMO:
        raise Http404
    user = get_object_or_404(User, username=request.POST.get("username", ""), is_active=True)
    return half_in(request, user, backend=MODEL)


@before_all
@signed_in
@require_POST
def sign_out(request: SignedIn) -> HttpResponse:
    actions.note("退出", request.user, by=request.user)
    logout(request)
    response = redirect("sign_in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
