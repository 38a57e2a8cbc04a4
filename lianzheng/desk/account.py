"""账号安全: one's own password, second factor and sessions."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lianzheng.accounts import actions, factor, sessions
from lianzheng.accounts.models import RecoveryCode
from lianzheng.accounts.owed import before_all
from lianzheng.accounts.proof import recent, without_password
from lianzheng.accounts.sessions import FACTOR, OWES_PASSWORD
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, signed_in
from lianzheng.organisation.actions import set_password
from lianzheng.organisation.forms import CodeForm, PasswordForm


@signed_in
@require_safe
def page(request: SignedIn) -> HttpResponse:
    user = request.user
    own = request.session.session_key
    lines = [
        {
            "key": row.begun_at.isoformat() if row.begun_at else "",
            "begun": row.begun_at,
            "seen": row.seen_at,
            "address": row.address or "（未知）",
            "browser": browser_of(row.agent),
            "own": row.session_key == own,
        }
        for row in sessions.of(user)
    ]
    context = {
        "lines": lines,
        "has_password": not without_password(user),
        "factor": factor.of(user),
        "factor_required": factor.required(user),
        "idle": int(settings.SESSION_IDLE.total_seconds() // 60),
        "longest": int(settings.SESSION_LONGEST.total_seconds() // 3600),
    }
    return render(request, "desk/account.html", context)


_BROWSERS = (("MicroMessenger", "微信"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chromium 内核浏览器"))
_SYSTEMS = (
    ("Windows", "Windows"),
    ("UOS", "统信 UOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("Linux", "Linux"),
)


def browser_of(agent: str) -> str:
    """What a person recognises of a User-Agent."""
    words = [next((word for mark, word in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return "，".join(word for word in words if word) or "其他程序"


@signed_in
@require_POST
def end_session(request: SignedIn) -> HttpResponse:
    """End another of one's own sessions (named by when it was begun), or all others."""
    user, own = request.user, request.session.session_key or ""
    if request.POST.get("which") == "others":
        ended = actions.end_sessions(user, but=own, by=user)
    else:
        key = _key(request)
        ended = int(bool(key) and key != own and actions.end_session(user, key=key, by=user))
    if ended:
        messages.success(request, f"已终止 {ended} 个会话，对应的浏览器须重新登录。")
    else:
        messages.error(request, "没有可以终止的会话，可能已经结束。")
    return redirect("account")


def _key(request: SignedIn) -> str:
    """The session that this line of the page stood for: keys themselves never leave the server."""
    begun = request.POST.get("which", "")
    rows = {row.begun_at.isoformat(): row.session_key for row in sessions.of(request.user) if row.begun_at}
    return rows.get(begun, "")


@before_all
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: SignedIn) -> HttpResponse:
    """Change one's own password; other sessions of the person end with it."""
    user = request.user
    form = PasswordForm(user, data=request.POST or None)
    if form.is_valid():
        set_password(user, password=form.cleaned_data["new_password1"], by=user)
        update_session_auth_hash(request, user)
        request.session[OWES_PASSWORD] = False
        actions.end_sessions(user, but=request.session.session_key or "", by=user)
        messages.success(request, "密码已修改，其他地方的登录已全部终止。")
        return redirect("home")
    context = {"form": form, "owed": request.session.get(OWES_PASSWORD)}
    return render(request, "desk/password.html", context, status=422 if form.errors else 200)


@before_all
@signed_in
@recent()
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: SignedIn) -> HttpResponse:
    """Turn it on (a picture to scan, a code to show), renew the recovery codes, or turn it off."""
    user = request.user
    found = factor.of(user)
    if found is None:
        return _enrol(request)
    do = request.POST.get("do", "")
    if do == "renew":
        return _codes(request, actions.make_recovery_codes(user, by=user))
    if do == "off" and not factor.required(user):
        actions.drop_factor(user, by=user)
        request.session[FACTOR] = False
        messages.success(request, "第二验证已停用。")
        return redirect("account")
    left = RecoveryCode.objects.filter(person=user, used_at=None).count()
    context = {"found": found, "left": left, "required": factor.required(user)}
    return render(request, "desk/factor.html", context, status=422 if do else 200)


def _enrol(request: SignedIn) -> HttpResponse:
    user = request.user
    form = CodeForm(request.POST if "code" in request.POST else None)
    row = actions.start_factor(user, by=user)
    if form.is_valid():
        try:
            codes = actions.confirm_factor(user, code=form.cleaned_data["code"], by=user)
        except Refused as refusal:
            form.add_error("code", " ".join(refusal.sentences))
        else:
            request.session[FACTOR] = True
            actions.end_sessions(user, but=request.session.session_key or "", by=user)
            return _codes(request, codes)
    context: dict[str, Any] = {
        "form": form,
        "key": factor.key_of(row.secret),
        "picture": factor.picture_of(row.secret, username=user.username),
        "required": factor.required(user),
    }
    return render(request, "desk/factor_start.html", context, status=422 if form.errors else 200)


def _codes(request: SignedIn, codes: list[str]) -> HttpResponse:
    """The only answer that ever shows them."""
    return render(request, "desk/recovery_codes.html", {"codes": codes})
