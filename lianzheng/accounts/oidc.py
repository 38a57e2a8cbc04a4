"""Sign-in by an identity provider (OpenID Connect): it says who somebody is, we whether there is such an account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db.models import Q, QuerySet
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from lianzheng.organisation.models import User


class Backend(OIDCAuthenticationBackend):  # type: ignore[misc]  # untyped
    """Makes no account, and takes no token that was made for another site or by another provider."""

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().verify_token(token, **kwargs)
        meant = found.get("aud")
        if self.OIDC_RP_CLIENT_ID not in (meant if isinstance(meant, list) else [meant]):
            raise SuspiciousOperation("token of another client")
        if str(found.get("iss", "")).rstrip("/") != settings.OIDC_ISSUER:
            raise SuspiciousOperation("token of another issuer")
        return found

    def get_userinfo(self, access_token: str, id_token: str, payload: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = super().get_userinfo(access_token, id_token, payload)
        if found.get("sub") != payload.get("sub"):
            raise SuspiciousOperation("token and person do not belong together")
        return found

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        return bool(claims.get(settings.OIDC_CLAIM))

    def filter_users_by_claims(self, claims: dict[str, Any]) -> QuerySet[User]:
        name = str(claims[settings.OIDC_CLAIM])
        return User.objects.filter(Q(username=name) | User.phone.found_by(User, name), is_active=True)
