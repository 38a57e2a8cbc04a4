"""Every address for every role: who gets in, what the others see, and what each answer carries.

One world serves all of it: each request is undone, and pages are not drawn where only the answer's kind matters.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from django.template.backends.django import Template
from django.urls import get_resolver, reverse
from django.utils.safestring import SafeString

from assessments.flow import DOSSIERS
from assessments.models import Dossier, State
from assessments.rules import visible
from lianzheng.organisation.rights import scopes
from tests.addresses import ALLOWED, EVERYBODY, FILES
from tests.cast import again, client_of
from tests.test_access import patterns
from tests.world import World, ask, send, undone

CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


HEADERS |= {
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), usb=(), "
    "serial=()",
}
PUBLIC = {item.name for item in patterns(get_resolver()) if getattr(item.callback, "access", ()) == ("public",)}


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Templates draw nothing: two thirds of a page's time."""
    monkeypatch.setattr(Template, "render", lambda *args: SafeString(""))


def test_table_of_access_names_every_address(world: World) -> None:
    assert {item.name for item in patterns()} == set(ALLOWED)
    assert set(world.full) == set(ALLOWED)


# Not there outside a demo or without an identity provider; without a warning to see.
NARROWER = {"demo_sign_in", "demo_clock", "oidc_start", "oidc_callback", "signals", "warnings"}


@pytest.mark.usefixtures("undrawn")
def test_address_is_open_to_those_named_and_not_there_for_the_others(world: World) -> None:
    opened: dict[str, set[str]] = {name: set() for name in ALLOWED}
    for person in EVERYBODY:
        client = client_of(world.cast[person])
        for name in sorted(ALLOWED, key=lambda name: name == "sign_out"):
            if send(client, name, world.full[name]).status_code != 404:
                opened[name].add(person)
    assert opened == {name: set(allowed) for name, (_, allowed) in ALLOWED.items()}


def test_table_of_access_says_what_the_views_declare(world: World) -> None:
    """Where no record is named, the declaration decides alone; where one is, it can only be narrower."""
    held = {person: set(scopes(again(world.cast[person]))) for person in EVERYBODY}
    narrower = set()
    for item in patterns():
        name = str(item.name)
        view: Any = item.callback
        access = view.access
        declared = {
            person for person in EVERYBODY if access in (("signed_in",), ("public",)) or held[person] & set(access)
        }
        listed = set(ALLOWED[name][1])
        assert listed <= declared, name
        if listed != declared and not world.full[name]:
            narrower.add(name)
    assert narrower == NARROWER


@pytest.mark.usefixtures("undrawn")
def test_address_sends_the_anonymous_to_the_door(world: World) -> None:
    for name, arguments in world.full.items():
        if name in PUBLIC:
            continue
        response = ask(world, name, None)
        if ALLOWED[name][0] == "GET":
            url = reverse(name, kwargs=arguments)
            assert (response.status_code, response["Location"]) == (302, f"/sign-in/?next={quote(url)}")
        else:
            assert response.status_code == 401, name


def test_notice_for_the_bureau_is_not_there_without_sign_in(world: World) -> None:
    assert ask(world, "notice", None).status_code == 404


def test_unknown_record_and_record_of_another_bureau_look_the_same(world: World) -> None:
    client = client_of(world.cast["外人"])
    for name, arguments in world.full.items():
        if "pk" not in arguments:
            continue
        unknown = {key: uuid4() if isinstance(value, UUID) else value for key, value in arguments.items()}
        foreign, missing = send(client, name, arguments), send(client, name, unknown)
        assert (foreign.status_code, foreign.content) == (404, missing.content), name
        assert missing.status_code == 404, name


@pytest.mark.usefixtures("undrawn")
def test_step_is_taken_by_those_to_whom_its_state_opens_it_and_by_nobody_else(world: World) -> None:
    """URL × role × state: the same POST by everybody in every state, against what the declared steps say."""
    own = world.year.dossier("施工许可岗")
    url = reverse("step", args=[own.pk])
    people = {name: again(world.cast[name]) for name in EVERYBODY}
    clients = {name: client_of(person) for name, person in people.items()}
    for state in State:
        for name, person in people.items():
            with undone():
                Dossier.unscoped.filter(pk=own.pk).update(state=state)
                own.refresh_from_db()
                steps = DOSSIERS.open_to(own, person)
                seen = Dossier.objects.within(visible(person)).filter(pk=own.pk).exists()
                action = steps[0].action if steps else "pass"
                typed = {"action": action, "version": own.version, "opinion": "同意。"}
                answer = clients[name].post(url, typed)
                own.refresh_from_db()
                moved = own.state != state
            if not seen:
                assert (answer.status_code, moved) == (404, False), (state, name)
            elif not steps:
                assert (answer.status_code, moved) == (409, False), (state, name)
            else:
                assert answer.status_code in (302, 409, 422), (state, name)


def test_post_without_token_is_refused(world: World) -> None:
    posts = [name for name, (method, _) in ALLOWED.items() if method == "POST"]
    posts += ["sign_in", "sign_in_code", "campaign_new", "meeting_new", "notice_new", "filing", "filing_paper"]
    posts += ["password", "factor", "grants", "person_new"]
    client = client_of(world.cast["王五"], enforce_csrf_checks=True)
    answers = {name: client.post(reverse(name, kwargs=world.full[name])).status_code for name in posts}
    assert answers == dict.fromkeys(posts, 403)


METHODS = ("PUT", "PATCH", "DELETE")


@pytest.mark.usefixtures("undrawn")
def test_address_answers_to_its_methods_alone(world: World) -> None:
    clients = {person: client_of(world.cast[person]) for person in EVERYBODY}
    for name, (method, allowed) in ALLOWED.items():
        client = clients[allowed[0] if allowed else "王五"]
        for other in (*METHODS, *(["GET"] if method == "POST" else [])):
            answer = client.generic(other, reverse(name, kwargs=world.full[name]))
            assert answer.status_code == (405 if allowed else answer.status_code), (name, other)
            assert answer.status_code in (404, 405), (name, other)


def check_headers(response: Any, place: str) -> None:
    assert {part.strip() for part in response["Content-Security-Policy"].split(";")} == CSP, place
    assert {name: response[name] for name in HEADERS} == HEADERS, place
    assert response["Cache-Control"] == "no-store", place


@pytest.mark.usefixtures("undrawn")
def test_every_answer_carries_the_protective_headers(world: World) -> None:
    for person in ("王五", None):
        client = client_of(world.cast[person] if person else None)
        for name, arguments in world.full.items():
            check_headers(send(client, name, arguments), name)
        for url in ("/nowhere/", "/dossiers/none/", "/inbox/unknown/"):
            check_headers(client.get(url), url)
        for method in ("HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"):
            check_headers(client.generic(method, "/"), method)
            check_headers(client.generic(method, reverse("sign_in")), method)


def test_page_contains_no_inline_script_style_or_handler(world: World) -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=|javascript:|https?://(?!www\.w3\.org)")
    client = client_of(world.cast["王五"])
    for name, arguments in world.full.items():
        if ALLOWED[name][0] == "GET" and name not in FILES:
            assert inline.findall(send(client, name, arguments).content.decode()) == [], name


class Thrown(Exception):
    """What a view may come to."""


SECRET = "138-0000-0000 SELECT_FROM_USERS /srv/hidden-place KEY_OF_THE_SITE"


@pytest.fixture
def broken_views(settings: Any) -> None:
    """Every view throws, with something in its message that nobody should read."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.test_matrix.throwing"]


def throwing(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        return get_response(request)

    def process_view(request: Any, view: Any, args: Any, kwargs: Any) -> None:
        raise Thrown(SECRET)

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


@pytest.mark.usefixtures("broken_views")
def test_view_that_throws_shows_a_code_and_logs_where_it_was_under_the_same_code(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    from lianzheng.desk.logs import OneLine

    client = client_of(world.cast["王五"], raise_request_exception=False)
    bodies = set()
    for name, arguments in world.full.items():
        caplog.clear()
        response = send(client, name, arguments)
        body = response.content.decode()
        (code,) = re.findall("错误编号 ([0-9A-F]{8})", body)
        (line,) = [OneLine().format(record) for record in caplog.records if record.name == "django.request"]
        assert (response.status_code, code in line, "Thrown" in line) == (500, True, True), name
        assert [word for word in SECRET.split() if word in body + line] == [], name
        assert "\n" not in line
        check_headers(response, name)
        bodies.add(body.replace(code, ""))
    assert len(bodies) == 1
