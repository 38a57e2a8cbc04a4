"""The second factor: asked of whoever holds a protected right, opened by a code once, or by a code on paper once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP

from lianzheng.accounts import actions, factor
from lianzheng.accounts.models import Authenticator, RecoveryCode
from lianzheng.audit.models import Entry
from lianzheng.flow import Refused
from lianzheng.organisation.models import User
from lianzheng.organisation.roles import PROTECTED, ROLES
from tests.accounts.play import enter, with_password, with_phone
from tests.addresses import EVERYBODY, THREE
from tests.cast import Cast, client_of

PROTECTED_PEOPLE = {"王五", "孙八", "赵六", "周一", "吴二", "郑十", "外人", *THREE}


@pytest.fixture
def person(cast: Cast) -> User:
    return with_password(cast["王五"])


@pytest.fixture
def phone(person: User) -> str:
    return with_phone(person)


def send(client: Client, code: str) -> Any:
    return client.post(reverse("sign_in_code"), {"code": code})


def test_person_with_a_phone_is_in_after_the_code_and_not_before(person: User, phone: str) -> None:
    client, answer = enter(person)
    assert (answer.status_code, "第二步验证" in answer.content.decode()) == (200, True)
    assert client.get("/").status_code == 302
    assert send(client, "000000" if factor.code_of(phone) != "000000" else "111111").status_code == 422
    Authenticator.objects.update(throttling_failure_count=0)
    assert send(client, factor.code_of(phone)).status_code == 302
    assert client.get("/").status_code == 200


def test_code_opens_once(person: User, phone: str) -> None:
    code = factor.code_of(phone)
    assert [send(enter(person)[0], code).status_code for _ in range(2)] == [302, 422]


@pytest.mark.parametrize(("back", "good"), [(-3, False), (-1, True), (0, True), (3, False)])
def test_code_is_good_for_a_step_before_and_after(phone: str, back: int, good: bool) -> None:
    clock = TOTP(bytes.fromhex(phone))
    clock.time = int(clock.time) + 30 * back
    code = f"{clock.token():06}"
    clock.time = int(timezone.now().timestamp())
    assert (factor.step_of(phone, code, after=-1) is not None) is good


def test_wrong_codes_make_the_next_one_wait(person: User, phone: str) -> None:
    client, _ = enter(person)
    wrong = "000000" if factor.code_of(phone) != "000000" else "111111"
    for _ in range(6):
        send(client, wrong)
        Authenticator.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(seconds=20))
    assert Authenticator.objects.get().throttling_failure_count == 6
    assert send(client, factor.code_of(phone)).status_code == 422
    Authenticator.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(seconds=33))
    assert send(client, factor.code_of(phone)).status_code == 302


def test_code_without_password_before_it_leads_to_the_door(person: User, phone: str) -> None:
    client = Client()
    assert send(client, factor.code_of(phone))["Location"] == "/sign-in/"
    session = client.session
    session["half"] = {"person": str(person.pk), "backend": "x", "at": timezone.now().timestamp() - 301}
    session.save()
    client.cookies["sessionid"] = str(session.session_key)
    assert send(client, factor.code_of(phone))["Location"] == "/sign-in/"


def test_recovery_code_opens_once_in_any_spelling(person: User, phone: str) -> None:
    codes = actions.make_recovery_codes(person, by=person)
    assert len(set(codes)) == 10
    spelled = codes[0].lower().replace("-", " ")
    assert [send(enter(person)[0], text).status_code for text in (spelled, codes[0])] == [302, 422]
    assert [code for code in codes if RecoveryCode.objects.filter(digest__contains=code).exists()] == []
    assert Entry.objects.filter(act="使用恢复码").count() == 1


def test_secret_is_sealed_in_the_database_and_in_no_journal_row(person: User, phone: str) -> None:
    row = Authenticator.objects.values().get()
    assert [value for value in row.values() if phone in str(value)] == []
    assert [entry for entry in Entry.objects.all() if phone in str(entry.detail)] == []


def test_enrolling_shows_a_picture_and_asks_for_a_code(person: User) -> None:
    client = client_of(person, factor=False)
    page = client.get(reverse("factor"))
    row = Authenticator.objects.get(person=person)
    assert page.context["key"].replace(" ", "") in page.content.decode().replace(" ", "")
    assert fromstring(_svg(page.content.decode())).tag.endswith("svg")
    assert client.post(reverse("factor"), {"code": "12345"}).status_code == 422
    done = client.post(reverse("factor"), {"code": factor.code_of(row.secret)})
    assert len(re.findall(r"<code>[A-Z2-9-]{19}</code>", done.content.decode())) == 10
    assert client.get("/").status_code == 200
    assert Entry.objects.filter(act="启用第二验证", by=person).count() == 1


def _svg(page: str) -> str:
    from html import unescape
    from urllib.parse import unquote

    found = re.search('src="data:image/svg[^,]*,([^"]*)"', page)
    assert found is not None
    return unquote(unescape(found[1]))


def test_turning_it_off_is_for_those_of_whom_it_is_not_asked(cast: Cast) -> None:
    for name, left in (("张三", 0), ("王五", 1)):
        person = cast[name]
        with_phone(person)
        client_of(person).post(reverse("factor"), {"do": "off"})
        assert Authenticator.objects.filter(person=person).count() == left


def test_renewed_recovery_codes_void_those_before(person: User, phone: str) -> None:
    before = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert client_of(person).post(reverse("factor"), {"do": "renew"}).status_code == 200
    after = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert (len(after), before & after) == (10, set())


def test_whoever_holds_a_protected_right_is_led_to_it_from_every_page(cast: Cast) -> None:
    led = set()
    for name in EVERYBODY:
        client = client_of(cast[name], factor=False)
        answers = {client.get(reverse(place)).get("Location") for place in ("home", "help", "account", "deputies")}
        assert answers in ({None}, {reverse("factor")})
        led |= {name} if answers == {reverse("factor")} else set()
    assert led == PROTECTED_PEOPLE & set(EVERYBODY)


def test_site_may_do_without(cast: Cast, settings: Any) -> None:
    settings.SECOND_FACTOR = False
    assert client_of(cast["王五"], factor=False).get("/").status_code == 200


def test_protected_are_all_rights_that_reach_beyond_a_section() -> None:
    rest = {right for item in ROLES for right in item.rights} - PROTECTED
    assert rest == {"review_section", "lead_sections", "report_signal"}


def test_wrong_code_at_enrolling_changes_nothing(person: User) -> None:
    row = actions.start_factor(person, by=person)
    with pytest.raises(Refused):
        actions.confirm_factor(person, code="abcdef", by=person)
    assert factor.of(person) is None
    assert actions.start_factor(person, by=person).secret == row.secret
