"""Sign-in by an identity provider: only accounts that exist, only tokens made for us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.urls import reverse

from lianzheng.accounts import factor
from lianzheng.organisation.models import User
from tests.accounts.play import with_phone
from tests.accounts.provider import CLIENT, SECRET, Provider, running
from tests.cast import Cast


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    with running() as found:
        settings.OIDC, settings.OIDC_ISSUER = True, found.address
        settings.OIDC_RP_CLIENT_ID, settings.OIDC_RP_CLIENT_SECRET = CLIENT, SECRET
        settings.OIDC_OP_AUTHORIZATION_ENDPOINT = f"{found.address}/authorize"
        settings.OIDC_OP_TOKEN_ENDPOINT = f"{found.address}/token"
        settings.OIDC_OP_USER_ENDPOINT = f"{found.address}/userinfo"
        settings.OIDC_OP_JWKS_ENDPOINT = f"{found.address}/jwks"
        settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, "lianzheng.accounts.oidc.Backend"]
        settings.AXES_ENABLED = True
        yield found


def come_back(provider: Provider, client: Client, *, target: str = "", **changes: str) -> Any:
    """To the provider and back, as a browser goes."""
    there = client.get(reverse("oidc_start"), {"next": target})
    asked = {name: values[0] for name, values in parse_qs(urlsplit(there["Location"]).query).items()}
    provider.nonce, provider.challenge = asked["nonce"], asked["code_challenge"]
    return client.get(reverse("oidc_callback"), {"code": "a-code", "state": asked["state"]} | changes)


@pytest.mark.parametrize("named", ["username", "phone"])
def test_person_with_an_account_gets_in_and_where_they_meant_to(provider: Provider, cast: Cast, named: str) -> None:
    cast["张三"].phone = "0000-1"
    cast["张三"].save()
    provider.person["preferred_username"] = getattr(cast["张三"], named)
    client = Client()
    answer = come_back(provider, client, target="/help/")
    assert (answer.status_code, answer["Location"]) == (302, "/help/")
    assert client.get("/").context["request"].user == cast["张三"]


def test_page_of_the_door_offers_it(provider: Provider, cast: Cast, settings: Any) -> None:
    assert "统一身份认证登录" in Client().get("/sign-in/").content.decode()
    settings.OIDC = False
    assert "统一身份认证登录" not in Client().get("/sign-in/").content.decode()
    assert [Client().get(reverse(name)).status_code for name in ("oidc_start", "oidc_callback")] == [404, 404]


def test_code_of_the_phone_is_asked_after_it(provider: Provider, cast: Cast) -> None:
    secret = with_phone(cast["王五"])
    provider.person["preferred_username"] = cast["王五"].username
    client = Client()
    assert "第二步验证" in come_back(provider, client).content.decode()
    assert client.get("/").status_code == 302
    assert client.post(reverse("sign_in_code"), {"code": factor.code_of(secret)}).status_code == 302
    assert client.get("/").status_code == 200


WRONG: dict[str, Any] = {
    "unknown person": lambda provider, cast: provider.person.update(preferred_username="nobody"),
    "no name": lambda provider, cast: provider.person.pop("preferred_username"),
    "closed account": lambda provider, cast: User.objects.update(is_active=False),
    "another client's token": lambda provider, cast: provider.claims.update(aud="another"),
    "another provider's token": lambda provider, cast: provider.claims.update(iss="http://another.example"),
    "another sign-in's token": lambda provider, cast: provider.claims.update(nonce="another"),
    "expired token": lambda provider, cast: provider.claims.update(exp=1),
    "another person's token": lambda provider, cast: provider.claims.update(sub="2"),
    "another's signature": lambda provider, cast: setattr(provider, "signing", rsa.generate_private_key(65537, 2048)),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_whatever_is_wrong_leads_back_to_the_door_and_makes_no_account(
    provider: Provider, cast: Cast, wrong: str
) -> None:
    provider.person["preferred_username"] = cast["张三"].username
    WRONG[wrong](provider, cast)
    count = User.objects.count()
    client = Client()
    answer = come_back(provider, client)
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/")
    assert "统一身份认证没有通过" in client.get("/sign-in/").content.decode()
    assert (client.get("/").status_code, User.objects.count()) == (302, count)


@pytest.mark.parametrize(
    "changes", [{"state": "forged"}, {"code": "another"}, {"error": "access_denied"}, {"code": ""}]
)
def test_forged_way_back_leads_to_the_door(provider: Provider, cast: Cast, changes: dict[str, str]) -> None:
    provider.person["preferred_username"] = cast["张三"].username
    client = Client()
    assert come_back(provider, client, **changes)["Location"] == "/sign-in/"
    assert client.get("/").status_code == 302


def test_provider_that_is_down_leads_to_the_door(provider: Provider, cast: Cast, settings: Any) -> None:
    settings.OIDC_OP_TOKEN_ENDPOINT = "http://127.0.0.1:9/token"
    assert come_back(provider, Client())["Location"] == "/sign-in/"
