"""Signing in and out, and the one-click roles of a demo, which exist nowhere else."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from lianzheng.audit.actions import record
from lianzheng.organisation.access import SignedIn, kept, own_path, public, signed_in
from lianzheng.organisation.actions import set_password
from lianzheng.organisation.forms import PasswordForm, SignInForm
from lianzheng.organisation.models import User


@public
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The door. A form that was interrupted by the end of a session is carried through it."""
    form = SignInForm(request, data=request.POST or None)
    carried, path = kept(request), request.POST.get("kept_path", "")
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        return _entered(request, form.get_user(), carried=carried, path=path)
    context = {
        "form": form,
        "next": request.GET.get("next", ""),
        "kept": [(f"kept:{name}", value) for name, value in carried],
        "kept_path": path,
    }
    return render(request, "sign_in.html", context, status=422 if form.errors else 200)


def _entered(request: HttpRequest, user: User, *, carried: list[tuple[str, str]], path: str) -> HttpResponse:
    record("登录", bureau=user.home.bureau if user.home else None, by=user)
    if carried and own_path(path) != "/":
        return render(request, "resume.html", {"fields": carried, "path": own_path(path)})
    return redirect(own_path(request.POST.get("next", "")))


@public
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """One click to be somebody of the demo."""
    if not settings.DEMO:
        raise Http404
    user = get_object_or_404(User, username=request.POST.get("username", ""), is_active=True)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return _entered(request, user, carried=kept(request), path=request.POST.get("kept_path", ""))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: SignedIn) -> HttpResponse:
    """Change one's own password; other sessions of the person end with it."""
    form = PasswordForm(request.user, data=request.POST or None)
    if form.is_valid():
        set_password(request.user, password=form.cleaned_data["new_password1"], by=request.user)
        update_session_auth_hash(request, request.user)
        messages.success(request, "密码已修改。")
        return redirect("home")
    return render(request, "desk/password.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
@require_POST
def sign_out(request: SignedIn) -> HttpResponse:
    record("退出", bureau=request.user.home.bureau if request.user.home else None, by=request.user)
    logout(request)
    response = redirect("sign_in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
