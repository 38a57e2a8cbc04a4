"""What people send: too long, unprintable, old, twice, after the session ended. Answered in words, never lost."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from assessments.models import Dossier, Meeting, Rating, State
from lianzheng import clock
from registers.models import RiskPoint
from tests.cast import Round, client_of, row

FIELDS = {
    "risk_type": "duty",
    "name": "风险点",
    "manifestation": "表现",
    "measures": "措施一\n措施二",
    "responsible": "张三",
}
CONTROL = "含有看不见的控制字符，请删去后重新粘贴。"


@pytest.fixture
def page(year: Round) -> tuple[Client, Dossier, RiskPoint]:
    """张三's browser, dossier and its one row."""
    point = year.fill(year.own)[0]
    return client_of(year.cast["张三"]), year.own, point


def send(page: tuple[Client, Dossier, RiskPoint], **values: Any) -> Any:
    client, dossier, point = page
    url = reverse("row", args=[dossier.pk, point.pk])
    return client.post(url, {"version": point.version} | FIELDS | values)


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_row_that_is_right_is_saved(page: Any) -> None:
    response = send(page)
    assert (response.status_code, response["Location"]) == (302, f"{page[1].get_absolute_url()}#row-{page[2].pk}")
    page[2].refresh_from_db()
    assert {name: getattr(page[2], name) for name in FIELDS if name != "measures"} | {
        "measures": page[2].measures_text
    } == FIELDS


BAD = {
    "name": ("长" * 201, "manifestation"),
    "manifestation": ("长" * 10_000, "name"),
    "measures": ("长" * 10_000, "name"),
    "responsible": ("长" * 61, "name"),
    "risk_type": ("unknown", "name"),
}


@pytest.mark.parametrize("name", BAD)
def test_text_out_of_bounds_is_refused_and_the_rest_is_still_there(page: Any, name: str) -> None:
    response = send(page, **{name: BAD[name][0], BAD[name][1]: "我打的字还在"})
    assert response.status_code == 422
    assert "我打的字还在" in text_of(response)
    assert re.search(f'id="row-{page[2].pk}-{name}_error"', text_of(response)) is not None
    assert page[1].table.rows().get().version == 1


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\u202e", "\u2066", "\u200b", "\ufeff", "\x9f"])
@pytest.mark.parametrize("name", ["name", "manifestation", "measures", "responsible"])
def test_invisible_character_is_refused_with_a_sentence(page: Any, name: str, bad: str) -> None:
    response = send(page, **{name: f"文{bad}字"})
    assert response.status_code == 422
    text = text_of(response)
    assert CONTROL in text or "不允许是用空字符" in text
    assert page[1].table.rows().get().version == 1


@pytest.mark.parametrize("version", ["", "-1", "1.5", "abc", "9" * 40, "²", "１", "\x00"])
def test_malformed_version_of_a_row_is_refused_in_words(page: Any, version: str) -> None:
    response = send(page, version=version, manifestation="我打的字还在")
    assert response.status_code in (409, 422, 302)
    if version != "１":  # a full-width digit is a digit
        assert "我打的字还在" in text_of(response)
        assert page[1].table.rows().get().version == 1


def test_row_changed_in_another_window_shows_both_texts(page: Any) -> None:
    send(page, manifestation="别的窗口先存的")
    response = send(page, manifestation="我打的字还在")
    assert response.status_code == 409
    assert [word in text_of(response) for word in ("我打的字还在", "别的窗口先存的", "没有覆盖它")] == [True] * 3
    assert page[1].table.rows().get().manifestation == "别的窗口先存的"


def test_row_sent_twice_is_saved_once(page: Any) -> None:
    assert [send(page).status_code, send(page).status_code] == [302, 302]
    assert page[1].table.rows().get().version == 2


def test_autosave_answers_in_data_and_names_the_field(page: Any) -> None:
    client, dossier, point = page
    url, header = reverse("row", args=[dossier.pk, point.pk]), {"X-Requested-With": "autosave"}
    good = client.post(url, FIELDS | {"version": 1}, headers=header)
    assert (good.status_code, good.json()["version"]) == (200, 2)
    bad = client.post(url, FIELDS | {"version": 2, "name": "长" * 201}, headers=header)
    assert (bad.status_code, list(bad.json()["errors"])) == (422, ["name"])
    late = client.post(url, FIELDS | {"version": 1, "name": "迟到"}, headers=header)
    assert (late.status_code, list(late.json())) == (409, ["errors", "conflict"])


def test_autosave_after_the_session_ended_is_told_so(page: Any) -> None:
    url = reverse("row", args=[page[1].pk, page[2].pk])
    response = client_of(None).post(url, FIELDS, headers={"X-Requested-With": "autosave"})
    assert (response.status_code, list(response.json())) == (401, ["conflict"])


@pytest.mark.parametrize("do", ["", "up", "nonsense", "remove", "restore", "\x00"])
@pytest.mark.parametrize("target", ["", "none", "\x00"])
def test_unknown_row_or_button_is_refused_in_words(page: Any, do: str, target: str) -> None:
    response = page[0].post(reverse("rows", args=[page[1].pk]), {"do": do, "row": target})
    assert response.status_code == 409
    assert "没有找到这一行，请刷新页面。" in text_of(response)


def test_row_of_another_table_is_not_there(page: Any, year: Round) -> None:
    foreign = year.fill(year.dossier("质量监督岗"))[0]
    for name in ("row", "grade"):
        url = reverse(name, args=[page[1].pk, foreign.pk])
        assert page[0].post(url, FIELDS | {"version": 1}).status_code == 404
    missing = page[0].post(reverse("rows", args=[page[1].pk]), {"do": "remove", "row": str(uuid4())})
    assert missing.status_code == 404


def test_row_of_a_form_that_was_handed_in_is_refused_and_still_there(page: Any, year: Round) -> None:
    year.take(page[1], "submit", "张三")
    response = send(page, manifestation="交了以后又打的字")
    assert response.status_code in (409, 422)
    assert year.own.table.rows().get().manifestation == row()["manifestation"]


def test_restoring_a_removed_row_is_offered_once(page: Any) -> None:
    client, dossier, point = page
    url = reverse("rows", args=[dossier.pk])
    client.post(url, {"do": "remove", "row": str(point.pk)})
    assert 'value="restore"' in text_of(client.get(dossier.get_absolute_url()))
    client.post(url, {"do": "restore", "row": str(point.pk)})
    assert list(dossier.table.rows()) == [point]


STEPS = [
    {},
    {"action": "pass"},
    {"action": "pass", "version": "abc"},
    {"action": "pass", "version": "9" * 30},
    {"action": "\x00", "version": "2"},
    {"action": "长" * 10_000, "version": "2"},
    {"action": "pass", "version": "2", "opinion": "长" * 10_000},
    {"action": "pass", "version": "2", "opinion": "反\u202e转"},
    {"action": "return", "version": "2", "due_on": "明天"},
    {"action": "return", "version": "2", "reason": "none"},
    {"action": "pass", "version": "2", "rank": "7"},
]


@pytest.mark.parametrize("sent", STEPS)
def test_malformed_step_is_refused_and_the_opinion_is_still_there(year: Round, sent: dict[str, str]) -> None:
    dossier = year.bring(year.own, State.SECTION)
    values = {"opinion": "我写的意见还在"} | sent
    response = client_of(year.cast["李四"]).post(reverse("step", args=[dossier.pk]), values)
    assert response.status_code == 422
    assert values["opinion"] in text_of(response)
    assert (year.own.state, year.own.version) == (State.SECTION, 2)


def test_step_clicked_twice_is_taken_once_and_said_so(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    client, url = client_of(year.cast["李四"]), reverse("step", args=[dossier.pk])
    sent = {"action": "pass", "version": "2", "opinion": "同意。"}
    assert client.post(url, sent).status_code == 302
    second = client.post(url, sent)
    assert second.status_code == 409
    assert "您已办理过这一步，不必重复操作。" in text_of(second)
    assert (year.own.state, year.own.version) == (State.OFFICE, 3)


def test_return_without_its_reason_says_what_is_missing_and_keeps_the_opinion(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    sent = {"action": "return", "version": "2", "opinion": "我写的意见还在"}
    response = client_of(year.cast["李四"]).post(reverse("step", args=[dossier.pk]), sent)
    assert response.status_code == 409
    assert [word in text_of(response) for word in ("请选择退回原因。", "我写的意见还在")] == [True, True]


@pytest.mark.parametrize(
    "grades",
    [
        {"importance": "6"},
        {"importance": "0"},
        {"importance": "NaN"},
        {"importance": "1e400"},
        {"importance_why": "长" * 10_000},
        {"version": "x"},
        {"version": ""},
    ],
)
def test_malformed_grades_are_refused_and_the_reason_is_still_there(year: Round, grades: dict[str, str]) -> None:
    dossier = year.rating("施工许可岗")
    url = reverse("grade", args=[dossier.pk, dossier.table.rows().get().pk])
    sent = {"version": "0", "harm": "3", "harm_why": "我写的理由还在"} | grades
    response = client_of(year.cast["张三"]).post(url, sent)
    assert response.status_code == 422
    assert "我写的理由还在" in text_of(response)
    assert Rating.unscoped.count() == 0


def test_meeting_with_one_refused_decision_keeps_everything_that_was_typed(year: Round) -> None:
    dossier = year.bring(year.rating("施工许可岗"), State.MEETING)
    sent = {
        "name": "局办公会议", "number": "1", "minutes_no": "纪要1", "held_on": clock.today(), "place": "我打的地点",
        "chair": "孙八", "minute_taker": "王五", "rows": "1", "a1-name": "孙八", "a1-part": "present", "version": "0",
        "pick": str(dossier.pk), f"version-{dossier.pk}": str(dossier.version), f"rank-{dossier.pk}": "3",
        f"why-{dossier.pk}": "", f"points-{dossier.pk}": "我打的要点",
    }  # fmt: skip
    response = client_of(year.cast["王五"]).post(reverse("meeting_new", args=[year.campaign.pk]), sent)
    assert response.status_code == 422
    wanted = ("决定等级低于建议等级，请写明理由。", "我打的地点", "我打的要点")
    assert [word for word in wanted if word not in text_of(response)] == []
    assert Meeting.unscoped.count() == 0


@pytest.mark.parametrize("name", ["meeting_new", "notice_new", "filing"])
@pytest.mark.parametrize("value", ["\x00", "长" * 10_000, "反\u202e转", ""])
def test_batch_page_refuses_what_nobody_types_without_an_error(year: Round, name: str, value: str) -> None:
    dossier = year.dossier("县住建局") if name == "filing" else year.rating("施工许可岗")
    names = ("name", "number", "minutes_no", "held_on", "attendance", "title", "phone", "receipt_no", "opinion", "pick")
    sent = dict.fromkeys((*names, f"rank-{dossier.pk}", f"version-{dossier.pk}", "starts_on", "days"), value)
    response = client_of(year.cast["王五"]).post(reverse(name, args=[year.campaign.pk]), sent)
    assert response.status_code == 422


@pytest.mark.parametrize("query", ["\x00", "长" * 3000, "%", "'; --", "反\u202e转"])
def test_search_of_anything_answers(year: Round, query: str) -> None:
    client = client_of(year.cast["张三"])
    for url in (reverse("inbox", args=["todo"]), reverse("library", args=[year.own.pk])):
        assert client.get(url, {"q": query, "type": query}).status_code == 200


@pytest.mark.parametrize("year_", ["", "x", "9" * 30, "²", "2025"])
def test_unknown_year_is_said_so(year: Round, year_: str) -> None:
    response = client_of(year.cast["张三"]).get(reverse("choose_year"), {"year": year_}, follow=True)
    assert "没有这个年度的排查。" in text_of(response)


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def test_form_sent_after_the_session_ended_arrives_after_signing_in(page: Any, year: Round) -> None:
    _, dossier, point = page
    person = year.cast["张三"]
    person.set_password("Hang3-zhou-xi-hu")
    person.save()
    browser, url = client_of(None), reverse("row", args=[dossier.pk, point.pk])
    door = browser.post(url, FIELDS | {"version": "1", "name": "没有丢的字"})
    assert door.status_code == 401
    fields = hidden(text_of(door))
    assert (fields["kept_path"], fields["kept:name"]) == (url, "没有丢的字")
    wrong = browser.post(reverse("sign_in"), fields | {"username": person.username, "password": "wrong"})
    assert (wrong.status_code, hidden(text_of(wrong))) == (422, fields)
    resumed = browser.post(reverse("sign_in"), fields | {"username": person.username, "password": "Hang3-zhou-xi-hu"})
    assert resumed.status_code == 200
    assert f'action="{url}"' in text_of(resumed)
    sent = browser.post(url, hidden(text_of(resumed)))
    assert sent.status_code == 302
    assert dossier.table.rows().get().name == "没有丢的字"


@pytest.mark.parametrize("target", ["//evil.example/x", "https://evil.example/x", "/\\evil.example/x"])
def test_kept_form_is_never_carried_to_another_house(page: Any, year: Round, target: str) -> None:
    person = year.cast["张三"]
    person.set_password("Hang3-zhou-xi-hu")
    person.save()
    sent = {"username": person.username, "password": "Hang3-zhou-xi-hu", "kept_path": target, "kept:name": "x"}
    response = client_of(None).post(reverse("sign_in"), sent)
    assert "evil.example" not in text_of(response)


XSS = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def test_markup_typed_into_every_field_stays_text_on_every_page(year: Round) -> None:
    texts = dict.fromkeys(("power", "name", "manifestation", "measures"), XSS)
    year.fill(year.own, [row(**texts)])
    dossier = year.own
    writer, head = client_of(year.cast["张三"]), client_of(year.cast["李四"])
    pages = [writer.get(reverse(name, args=[dossier.pk])) for name in ("dossier", "check")]
    year.take(dossier, "submit", "张三")
    pages.append(head.get(dossier.get_absolute_url()))
    year.take(dossier, "pass", "李四", opinion=XSS)
    section = year.dossier("建筑业股")
    pages += [head.get(dossier.get_absolute_url()), head.get(reverse("rollup", args=[section.pk]))]
    for page in pages:
        assert page.status_code == 200
        assert [word for word in ("<script>alert", "<img src=x") if word in text_of(page)] == []
        assert "&lt;script&gt;alert(1)" in text_of(page)


def test_page_older_than_the_sign_in_offers_what_was_typed_again(year: Round) -> None:
    """Somebody signed in again in another window: the token of this page is stale, its text is not lost."""
    holder = year.cast["张三"]
    client = client_of(holder, enforce_csrf_checks=True)
    answer = client.post("/large-type/", {"csrfmiddlewaretoken": "x" * 64, "next": "/", "note": "写了半天的话"})
    assert answer.status_code == 403
    assert "写了半天的话" in answer.content.decode()
    assert "请再提交一次" in answer.content.decode()


def test_page_without_a_session_gets_nothing_back_for_a_wrong_token() -> None:
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "张三", "note": "写了半天的话"})
    assert answer.status_code == 403
    assert "写了半天的话" not in answer.content.decode()
