"""Accounts under the rights the web really has: sessions, factors and codes are among the few rows it may remove."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from lianzheng.accounts import actions
from lianzheng.accounts.models import Authenticator, RecoveryCode, Session
from lianzheng.organisation.models import GrantRequest
from lianzheng.organisation.rights import scopes
from tests.accounts.play import enter, with_password, with_phone
from tests.cast import Round, again, client_of
from tests.roles import as_role


def test_door_and_second_factor_work_as_the_web_role(committed: Round, settings: object) -> None:
    settings.AXES_ENABLED = True  # type: ignore[attr-defined]
    person = with_password(committed.cast["张三"])
    with as_role("runtime"):
        enter(person, "不对的密码")
        client, answer = enter(person)
        assert (answer.status_code, client.get("/").status_code) == (302, 200)
        client.post(reverse("sign_out"))
        assert Session.objects.filter(person=person).count() == 0
        here: Client = client_of(person)
        client_of(person)
        here.post(reverse("end_session"), {"which": "others"})
        with_phone(person)
        here.post(reverse("factor"), {"do": "renew"})
        here.post(reverse("factor"), {"do": "off"})
        actions.unlock(person, by=committed.cast["管理员"])
        counts = [model.objects.filter(person=person).count() for model in (Session, Authenticator, RecoveryCode)]
    assert counts == [1, 0, 0]


def test_role_is_given_and_taken_as_the_web_role(committed: Round) -> None:
    cast = committed.cast
    typed = {"person": cast["陈九"].pk, "role": "informant", "unit": cast.units["建筑业股"].pk, "reason": "分工调整"}
    with as_role("runtime"):
        for takes, held in (("give", {"report_signal"}), ("take", set())):
            client_of(cast["管理员"]).post(reverse("grants"), typed | {"takes": takes})
            row = GrantRequest.objects.get(outcome="")
            client_of(cast["安全员"]).post(reverse("grant_decide", args=[row.pk]), {"outcome": "confirmed"})
            assert set(scopes(again(cast["陈九"]))) == held
