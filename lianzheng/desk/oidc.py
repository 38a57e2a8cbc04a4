"""The door of the identity provider: there and back again. Not there where the site names none."""

import logging

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe
from jwt.exceptions import PyJWTError
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView
from requests.exceptions import RequestException

from lianzheng.desk.door import half_in
from lianzheng.organisation.access import own_path, public

BACKEND = "lianzheng.accounts.oidc.Backend"
NEXT = "oidc_next"
log = logging.getLogger(__name__)


class _Back(OIDCAuthenticationCallbackView):  # type: ignore[misc]  # untyped
    """What follows is our own door's: second factor, session, journal."""

    def login_success(self) -> HttpResponseBase:
        target = self.request.session.pop(NEXT, "")
        self.request.GET = self.request.GET.copy()
        self.request.GET["next"] = own_path(target)
        return half_in(self.request, self.user, backend=BACKEND)

    def login_failure(self) -> HttpResponseBase:
        return failed(self.request)


def failed(request: HttpRequest) -> HttpResponseBase:
    """The same for whatever went wrong."""
    messages.error(request, "统一身份认证没有通过，或者本系统没有您的账号。请重试，或用密码登录。")
    return redirect("sign_in")


@public
@require_safe
def start(request: HttpRequest) -> HttpResponseBase:
    """To the provider, with a secret of this browser (state, nonce, PKCE)."""
    if not settings.OIDC:
        raise Http404
    request.session[NEXT] = own_path(request.GET.get("next", ""))
    answer: HttpResponseBase = OIDCAuthenticationRequestView.as_view()(request)
    return answer


@public
@require_safe
def callback(request: HttpRequest) -> HttpResponseBase:
    """Back from it. What the provider says is looked at, never shown; a failure is logged by its kind alone."""
    if not settings.OIDC:
        raise Http404
    try:
        answer: HttpResponseBase = _Back.as_view()(request)
    except (SuspiciousOperation, RequestException, PyJWTError, KeyError, ValueError) as error:
        log.warning("OIDC sign-in failed: %s", type(error).__name__)
        return failed(request)
    return answer
