"""Dangerous acts ask again who is there, and lose nothing of what was typed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from assessments.models import Meeting, PublicNotice, State
from early_warning.models import State as Warned
from early_warning.models import WarningNotice
from lianzheng.accounts import factor as phones
from lianzheng.accounts.proof import PROOF
from tests.accounts.play import SECRET, age, with_password, with_phone
from tests.cast import Round, again, client_of
from tests.test_access import patterns

DANGEROUS = {
    "step",
    "review_row",
    "meeting_new",
    "notice_new",
    "notice_correct",
    "warning_step",
    "warnings_file",
    "journal_export",
    "factor",
}


def test_dangerous_views_are_these() -> None:
    assert {item.name for item in patterns(get_resolver()) if hasattr(item.callback, "recent")} >= DANGEROUS


def stale(client: Client) -> Client:
    age(client, begun=timedelta(minutes=6))
    return client


def answered(client: Client, url: str, page: Any, proof: str) -> Any:
    """Send the page that asks, as a browser would: its hidden fields and the password."""
    fields: dict[str, list[str]] = {}
    for name, value in page.context["fields"]:
        fields.setdefault(name, []).append(value)
    return client.post(url, fields | {PROOF: [proof], "proof_for": [page.context["meant"]]})


@pytest.fixture
def publishing(year: Round) -> tuple[Client, str, dict[str, Any]]:
    """The office about to put a notice up, seen and agreed."""
    office = with_password(year.cast["王五"])
    dossier = year.bring(year.rating("质量监督岗"), State.NOTICE)
    client, url = client_of(office), reverse("notice_new", args=[year.campaign.pk])
    page = client.get(url)
    fields = {name: page.context["form"].initial.get(name) or "" for name in page.context["form"].fields}
    fields |= {"phone": "0000-1", "pick": [str(dossier.pk)], f"version-{dossier.pk}": dossier.version}
    fields = {name: value for name, value in fields.items() if value not in (None, False)}
    fields["starts_on"] = fields["starts_on"].isoformat()
    preview = client.post(url, fields | {"do": "preview"})
    assert preview.context["errors"] == [], preview.context["form"].errors
    return client, url, fields | {"do": "publish", "digest": preview.context["digest"]}


def test_act_within_five_minutes_goes_through(publishing: Any) -> None:
    client, url, fields = publishing
    assert client.post(url, fields).status_code == 302
    assert PublicNotice.unscoped.count() == 1


def test_act_after_five_minutes_asks_and_then_goes_through_with_all_that_was_typed(publishing: Any) -> None:
    client, url, fields = publishing
    page = stale(client).post(url, fields)
    assert (page.status_code, PublicNotice.unscoped.count()) == (401, 0)
    sent: dict[str, Any] = {}
    for name, value in page.context["fields"]:
        sent.setdefault(name, []).append(value)
    assert sent == {
        name: [str(item) for item in (value if isinstance(value, list) else [value])] for name, value in fields.items()
    }
    wrong = answered(client, url, page, "不对的密码")
    assert (wrong.status_code, PublicNotice.unscoped.count()) == (422, 0)
    assert answered(client, url, wrong, SECRET).status_code == 302
    assert PublicNotice.unscoped.count() == 1


def test_code_of_the_phone_is_a_proof_as_well(publishing: Any, year: Round) -> None:
    client, url, fields = publishing
    secret = with_phone(year.cast["王五"])
    page = stale(client).post(url, fields)
    assert answered(client, url, page, phones.code_of(secret)).status_code == 302


def test_wrong_passwords_close_this_door_too(publishing: Any, settings: Any) -> None:
    settings.AXES_ENABLED = True
    client, url, fields = publishing
    page = stale(client).post(url, fields)
    for _ in range(5):
        page = answered(client, url, page, "不对的密码")
    assert "次数过多" in answered(client, url, page, SECRET).content.decode()
    assert PublicNotice.unscoped.count() == 0


def test_what_is_not_dangerous_asks_nothing(year: Round) -> None:
    year.fill(year.own)
    client = stale(client_of(year.cast["张三"]))
    sent = client.post(
        reverse("step", args=[year.own.pk]), {"action": "submit", "version": year.own.version, "opinion": ""}
    )
    assert sent.status_code == 302


def test_level_set_at_a_desk_asks(year: Round) -> None:
    year.bring(year.rating("质量监督岗"), State.OFFICE)
    client = stale(client_of(with_password(year.cast["王五"])))
    dossier = year.dossier("质量监督岗", stage="rating")
    url = reverse("step", args=[dossier.pk])
    typed = {"action": "pass", "version": dossier.version, "opinion": "同意。", "rank": "3", "rank_reason": "理由"}
    assert client.post(url, typed).status_code == 401
    dossier.refresh_from_db()
    assert dossier.state == State.OFFICE


def test_demo_accounts_prove_themselves_by_a_click_in_a_demo_only(publishing: Any, year: Round, settings: Any) -> None:
    client, url, fields = publishing
    office = year.cast["王五"]
    office.set_unusable_password()
    office.save()
    client = stale(client_of(again(office)))
    page = client.post(url, fields)
    assert answered(client, url, page, "-").status_code == 422
    settings.DEMO = True
    assert answered(client, url, page, "-").status_code == 302


def test_file_is_fetched_after_the_proof(year: Round) -> None:
    from tests.early_warning.play import arguments_of_warnings

    arguments_of_warnings(year.cast)
    client = stale(client_of(with_password(year.cast["赵六"])))
    url = reverse("warnings_file", args=["xlsx"])
    page = client.get(url + "?state=")
    assert page.status_code == 401
    sent = answered(client, url + "?state=", page, SECRET)
    assert (sent.status_code, sent["Location"]) == (302, url + "?state=")
    assert client.get(url).status_code == 200


def test_issue_of_a_warning_asks_and_a_reply_does_not(year: Round) -> None:
    from tests.early_warning.play import arguments_of_warnings

    found = arguments_of_warnings(year.cast)["warning_step"]
    client = stale(client_of(with_password(year.cast["钱七"])))
    url = reverse("warning_step", kwargs=found)
    assert client.post(url, {"action": "issue", "version": "1"}).status_code == 401
    assert client.post(url, {"action": "reply", "version": "1"}).status_code != 401
    assert WarningNotice.unscoped.filter(state=Warned.ISSUED, number="").count() == 0
    assert Meeting.unscoped.count() == 0
