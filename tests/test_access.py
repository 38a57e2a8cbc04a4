"""Every address for every role: who gets in, what the others see, and what each answer carries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver, path, reverse

from assessments.models import Dossier, State
from lianzheng.organisation.access import signed_in
from tests.cast import Round, client_of, judge


def patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    """Every pattern of the URLconf, however deep."""
    for item in (resolver or get_resolver()).url_patterns:
        if isinstance(item, URLResolver):
            yield from patterns(item)
        else:
            yield item


def undeclared() -> list[str]:
    return [str(item.pattern) for item in patterns() if not getattr(item.callback, "access", None)]


def test_every_view_declares_who_may_open_it() -> None:
    assert undeclared() == []


def bare(request: Any) -> HttpResponse:
    return HttpResponse("secret")


@signed_in
def held(request: Any) -> HttpResponse:
    return HttpResponse("open")


urlpatterns = [path("bare/", bare, name="bare"), path("held/", held, name="held")]


@override_settings(ROOT_URLCONF="tests.test_access")
def test_view_that_declares_nothing_is_found_by_the_walk() -> None:
    assert undeclared() == ["bare/"]


@override_settings(ROOT_URLCONF="tests.test_access")
def test_view_that_declares_nothing_is_not_there(cast: Any) -> None:
    assert client_of(cast["王五"]).get("/bare/").status_code == 404


def test_notice_for_the_public_is_there_without_sign_in_and_names_nobody(year: Round) -> None:
    judge("施工许可岗", rank=1)
    dossier = year.bring(year.rating("施工许可岗"), State.NOTICE)
    notice = year.publish([dossier], scope="public", first_public=True)
    response = client_of(None).get(reverse("notice", args=[notice.pk]))
    assert response.status_code == 200
    assert [word for word in ("张三", "68.00") if word in response.content.decode()] == []


def test_signing_out_clears_what_the_browser_keeps(year: Round) -> None:
    client = client_of(year.cast["张三"])
    response = client.post(reverse("sign_out"))
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get(reverse("home")).status_code == 302


REDIRECTS = [
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
]


@pytest.mark.parametrize("target", REDIRECTS)
def test_redirect_never_leaves_the_house(year: Round, target: str) -> None:
    client = client_of(year.cast["张三"])
    assert client.post(reverse("large_type"), {"next": target})["Location"] == "/"
    person = year.cast["张三"]
    person.set_password("Hang3-zhou-xi-hu")
    person.save()
    entered = {"username": person.username, "password": "Hang3-zhou-xi-hu", "next": target}
    assert client_of(None).post(reverse("sign_in"), entered)["Location"] == "/"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("meeting_new", State.MEETING),
        ("notice_new", State.NOTICE),
        ("notices", State.PUBLISHED),
        ("filing", State.FILING),
        ("filing", State.FILING_SENT),
    ],
)
def test_page_of_a_step_is_open_to_whoever_owes_it(year: Round, answer: str, state: str, moving_clock: None) -> None:
    """A step taken on a page of its own would be a dead end for a person who may not open that page."""
    from assessments.flow import DOSSIERS

    dossier = year.bring(year.rating("施工许可岗"), state)
    own = year.dossier("办公室主任", stage="finding")
    Dossier.unscoped.filter(pk=own.pk).update(state=dossier.state, route=dossier.route, filing=dossier.filing)
    own.refresh_from_db()
    for record in (dossier, own):
        owing = {
            name
            for name, person in year.cast.people.items()
            if any(step.duty and step.place == answer for step in DOSSIERS.open_to(record, person))
        }
        assert owing != set()
        for name in owing:
            url = reverse(answer, args=[year.campaign.pk])
            assert client_of(year.cast[name]).get(url).status_code == 200, (record, name)
