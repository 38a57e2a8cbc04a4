"""三员分立: three administrators who are nothing else, and no role without a second person."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import State
from lianzheng import clock
from lianzheng.audit.models import Entry
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.actions import appoint_deputy, ask_grant, decide_grant, grant, revoke
from lianzheng.organisation.models import GrantRequest, UnitUserGrant, User
from lianzheng.organisation.rights import scopes
from lianzheng.organisation.roles import ROLES, THREE, Role, function_of, role
from tests.at_once import at_once
from tests.cast import Cast, Round, again, client_of, row

PAIRS = list(combinations(ROLES, 2))
INFORMANT = role("informant")


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda item: item.code)
def test_one_person_holds_roles_of_one_function_only(cast: Cast, first: Role, second: Role) -> None:
    person, bureau = cast["陈九"], cast.bureau
    grant(first, unit=bureau, to=person, by=None)
    if function_of(first) == function_of(second):
        grant(second, unit=bureau, to=person, by=None)
        return
    with pytest.raises(Refused, match="不得兼任"):
        grant(second, unit=bureau, to=person, by=None)
    right = Permission.objects.get(codename=second.rights[0])
    with pytest.raises(IntegrityError, match="grant_one_function_a_person"), transaction.atomic():
        UnitUserGrant.objects.create(user=person, permission=right, content_object=bureau, function="business")


def test_two_grants_at_the_same_moment_leave_one_function(committed: Round) -> None:
    cast = committed.cast

    def give(n: int) -> str:
        grant(role(("auditor", "inspector")[n % 2]), unit=cast.bureau, to=again(cast["陈九"]), by=None)
        return "granted"

    answers = at_once(give, threads=4)
    assert (answers["granted"], answers.total()) == (2, 4)
    assert len(set(UnitUserGrant.objects.filter(user=cast["陈九"]).values_list("function", flat=True))) == 1


def deputise(cast: Cast, deputy: str) -> None:
    today = clock.today()
    appoint_deputy(
        cast["李四"],
        deputy=cast[deputy],
        role=role("section_head"),
        unit=cast.units["建筑业股"],
        since=today,
        until=today + timedelta(days=3),
        reason="出差",
        by=cast["李四"],
    )


def test_administrator_stands_in_for_nobody_and_a_deputy_becomes_none(cast: Cast) -> None:
    for name in ("管理员", "安全员", "审计员"):
        with pytest.raises(Refused, match="不能代理业务职责"):
            deputise(cast, name)
    deputise(cast, "陈九")
    with pytest.raises(Refused, match="请先终止代理"):
        grant(role("auditor"), unit=cast.bureau, to=cast["陈九"], by=None)


ASKED: dict[str, Any] = {"takes": False, "reason": "分工调整"}


def ask(cast: Cast, *, by: str = "管理员", person: str = "陈九", item: Role = INFORMANT, **said: Any) -> GrantRequest:
    unit = cast.units["建筑业股"]
    return ask_grant(item, unit=unit, person=cast[person], **(ASKED | said), by=again(cast[by]))


def test_role_is_there_once_another_confirmed_it_and_gone_likewise(cast: Cast) -> None:
    found = ask(cast)
    assert scopes(again(cast["陈九"])) == {}
    decide_grant(found, outcome="confirmed", by=cast["安全员"])
    assert set(scopes(again(cast["陈九"]))) == {"report_signal"}
    gone = ask(cast, takes=True)
    assert set(scopes(again(cast["陈九"]))) == {"report_signal"}
    decide_grant(gone, outcome="confirmed", by=cast["安全员"])
    assert scopes(again(cast["陈九"])) == {}
    acts = list(Entry.objects.filter(subject__in=[found.pk, gone.pk]).order_by("id").values_list("act", "by__name"))
    assert acts == [
        ("申请授权", "管理员"),
        ("授权申请已确认", "安全员"),
        ("申请收回授权", "管理员"),
        ("授权申请已确认", "安全员"),
    ]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("own", {"by": "管理员", "person": "管理员"}, "不能为本人申请"),
    ("not an asker", {"by": "王五"}, "由系统管理员或者安全管理员申请"),
    ("of another bureau", {"by": "外人"}, "由系统管理员或者安全管理员申请"),
    ("held already", {"person": "李四", "item": role("section_head")}, "已有这个角色"),
    ("not held", {"takes": True}, "没有这个角色"),
    ("mixed", {"person": "李四", "item": role("auditor")}, "不得兼任"),
]


@pytest.mark.parametrize(("said", "sentence"), [pair[1:] for pair in WRONG], ids=[pair[0] for pair in WRONG])
def test_request_that_cannot_be_is_refused(cast: Cast, said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        ask(cast, **said)
    assert GrantRequest.objects.count() == 0


def test_request_waits_once(cast: Cast) -> None:
    ask(cast)
    with pytest.raises(Refused, match="正在等待确认"):
        ask(cast, by="安全员")


def test_who_asked_and_who_is_meant_do_not_confirm(cast: Cast) -> None:
    grant(role("security"), unit=cast.bureau, to=cast["陈九"], by=None)
    second = cast["陈九"]
    mine = ask(cast, by="安全员", person="张三")
    for by, sentence in (("安全员", "另一名安全管理员"), ("管理员", "由安全管理员确认"), ("王五", "由安全管理员确认")):
        with pytest.raises(Refused, match=sentence):
            decide_grant(mine, outcome="confirmed", by=again(cast[by]))
    about_second = ask(cast, person="陈九", item=role("security"), takes=False)
    with pytest.raises(Refused, match="不能确认本人的授权"):
        decide_grant(about_second, outcome="confirmed", by=again(second))
    decide_grant(mine, outcome="confirmed", by=again(second))
    with pytest.raises(Stale):
        decide_grant(mine, outcome="refused", by=again(second))


def test_database_holds_that_two_people_were_there(cast: Cast) -> None:
    found = ask(cast)
    for by in ("管理员", "陈九"):
        with pytest.raises(IntegrityError, match="grant_confirmed_by_another"), transaction.atomic():
            GrantRequest.objects.filter(pk=found.pk).update(outcome="confirmed", decided_by=cast[by])


def test_refused_or_withdrawn_request_gives_nothing(cast: Cast) -> None:
    decide_grant(ask(cast), outcome="refused", by=cast["安全员"])
    again_ = ask(cast)
    with pytest.raises(Refused, match="只有申请人可以撤回"):
        decide_grant(again_, outcome="withdrawn", by=cast["安全员"])
    decide_grant(again_, outcome="withdrawn", by=cast["管理员"])
    assert scopes(again(cast["陈九"])) == {}


def test_page_asks_shows_and_confirms(cast: Cast) -> None:
    asker, second = client_of(cast["管理员"]), client_of(cast["安全员"])
    url = reverse("grants")
    typed = {"person": cast["陈九"].pk, "role": "informant", "unit": cast.units["建筑业股"].pk, "takes": "give"}
    empty = asker.post(url, typed | {"reason": ""})
    assert (empty.status_code, empty.context["form"]["person"].value()) == (422, str(cast["陈九"].pk))
    assert asker.post(url, typed | {"reason": "分工调整"}).status_code == 302
    found = GrantRequest.objects.get()
    assert [(line["may_decide"], line["may_withdraw"]) for line in asker.get(url).context["waiting"]] == [(False, True)]
    assert [(line["may_decide"], line["may_withdraw"]) for line in second.get(url).context["waiting"]] == [
        (True, False)
    ]
    asker.post(reverse("grant_decide", args=[found.pk]), {"outcome": "confirmed"})
    assert scopes(again(cast["陈九"])) == {}
    second.post(reverse("grant_decide", args=[found.pk]), {"outcome": "confirmed"})
    assert set(scopes(again(cast["陈九"]))) == {"report_signal"}
    assert second.get(url).context["decided"][0]["decided_by"] == "安全员"


def test_page_offers_nobody_and_nothing_of_another_bureau(cast: Cast) -> None:
    form = client_of(cast["管理员"]).get(reverse("grants")).context["form"]
    words = "".join(label for name in ("person", "unit") for _, label in form.fields[name].choices)
    assert [word for word in ("外人", "水政股", "县水利局", "管理员") if word in words] == []


def test_right_taken_away_is_gone_at_the_next_request_of_the_same_browser(cast: Cast) -> None:
    client: Client = client_of(cast["王五"])
    assert client.get(reverse("campaigns")).status_code == 200
    revoke(role("office"), unit=cast.bureau, to=cast["王五"], by=None)
    assert client.get(reverse("campaigns")).status_code == 404
    grant(role("office"), unit=cast.bureau, to=cast["王五"], by=None)
    assert client.get(reverse("campaigns")).status_code == 200


BLIND = ("home", "help", "deputies", "batch", "duties", "bulletins", "notice_list", "people", "grants", "authority")


@pytest.mark.parametrize("name", ["管理员", "安全员", "审计员"])
def test_three_administrators_see_no_business_content(year: Round, name: str) -> None:
    year.fill(year.own, [row(name="不许看的风险", manifestation="不许看的表现")])
    year.take(year.own, "submit", "张三")
    rating = year.bring(year.rating("质量监督岗"), State.NOTICE)
    year.publish([rating])
    client = client_of(year.cast[name])
    pages = [client.get(reverse(place)).content.decode() for place in BLIND]
    pages += [client.get(reverse("inbox", args=[tab])).content.decode() for tab in ("todo", "done", "sent")]
    assert [
        word for page in pages for word in ("不许看", "审批把关不严", "68.00", "质量监督岗（") if word in page
    ] == []


def test_first_administrators_are_appointed_at_the_terminal(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("appoint", cast["陈九"].username, "安全管理员", "县住建局")
    assert set(scopes(again(cast["陈九"]))) == {"grant_rights"}
    for arguments in (("nobody", "审计管理员", "县住建局"), (cast["王五"].username, "审计管理员", "县住建局")):
        with pytest.raises(CommandError):
            call_command("appoint", *arguments)


@pytest.mark.parametrize("place", ["people", "grants"])
def test_list_asks_as_much_for_three_as_for_one(cast: Cast, place: str) -> None:
    counts = []
    client = client_of(cast["安全员"])
    for number in (1, 3):
        for _ in range(number):
            person = User.objects.create_user(f"more{User.objects.count()}", name="某人")
            grant(INFORMANT, unit=cast.units["办公室"], to=person, by=None)
            ask(cast, person="张三", item=INFORMANT) if number == 1 else None
            client.get(reverse(place))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse(place))
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 25


def test_three_are_declared_once() -> None:
    assert [item.label for item in THREE] == ["系统管理员", "安全管理员", "审计管理员"]
