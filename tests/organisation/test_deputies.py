"""代理: by date, by person, and never on a form of one's own or of whom one stands in for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.flow import DOSSIERS
from assessments.models import Dossier, State
from assessments.papers import grid_of, sheets_of
from lianzheng import clock
from lianzheng.audit.models import Entry
from lianzheng.flow import NotYours, Refused, Said, move
from lianzheng.organisation.actions import appoint_deputy, create_post, grant, revoke, revoke_deputy, start_tenure
from lianzheng.organisation.models import Deputy, User
from lianzheng.organisation.rights import scopes
from lianzheng.organisation.roles import Right, role
from tests.cast import SINCE, Cast, Round, again, client_of

HEAD = ("李四", "section_head", "建筑业股")


def appoint(cast: Cast, deputy: str = "陈九", *, of: tuple[str, str, str] = HEAD, by: str = "", **days: int) -> Deputy:
    """`deputy` stands in from today for a week, or from and until so many days from today."""
    principal, code, unit = of
    today = clock.today()
    return appoint_deputy(
        cast[principal],
        deputy=cast[deputy],
        role=role(code),
        unit=cast.units[unit],
        since=today + timedelta(days=days.get("since", 0)),
        until=today + timedelta(days=days.get("until", 7)),
        reason="出差",
        by=again(cast[by or principal]),
    )


def who_may(cast: Cast, dossier: Dossier, action: str = "pass") -> set[str]:
    return {
        name
        for name, person in cast.people.items()
        if any(step.action == action for step in DOSSIERS.open_to(dossier, again(person)))
    }


def test_deputy_acts_and_the_log_and_the_sheet_say_for_whom(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    appoint(year.cast)
    year.take(dossier, "pass", "陈九", opinion="同意。")
    log = dossier.moves.get(action="pass")
    assert (log.by.name, log.on_behalf, log.hat) == ("陈九", year.cast["李四"], "股室负责人（代李四）")
    assert Entry.objects.filter(subject=dossier.pk).first().hat == "股室负责人（代李四）"
    dossier = year.own
    texts = [cell.text for cell in grid_of(dossier, sheets_of(dossier)[0]).cells]
    assert [text.split("　")[0] for text in texts if "陈九" in text] == ["股室负责人：陈九（代李四）"]


def test_person_with_a_right_of_their_own_acts_in_their_own_name(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    grant(role("section_head"), unit=year.cast.units["建筑业股"], to=year.cast["陈九"], by=None)
    appoint(year.cast)
    year.take(dossier, "pass", "陈九")
    log = dossier.moves.get(action="pass")
    assert (log.on_behalf, log.hat) == (None, "股室负责人")


def test_inbox_of_the_deputy_lists_the_items_and_the_principal_keeps_them(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    appoint(year.cast)
    for name in ("李四", "陈九"):
        waiting = DOSSIERS.waiting_for(again(year.cast[name])).filter(state=State.SECTION)
        assert [item.pk for item in waiting] == [dossier.pk]


DAYS = [(0, 0, True), (-9, 0, True), (1, 5, False), (-9, -1, False)]


@pytest.mark.parametrize(("since", "until", "holds"), DAYS)
def test_deputation_begins_and_ends_by_itself(year: Round, since: int, until: int, holds: bool) -> None:
    row = appoint(year.cast)
    today = clock.today()
    Deputy.unscoped.filter(pk=row.pk).update(since=today + timedelta(days=since), until=today + timedelta(days=until))
    assert (Right.REVIEW_SECTION in scopes(again(year.cast["陈九"]))) is holds


def test_deputation_ends_with_the_calendar_of_a_demo(year: Round, moving_clock: None) -> None:
    appoint(year.cast, until=3)
    year.pass_days(4)
    assert scopes(again(year.cast["陈九"])) == {}


def test_deputation_ends_when_it_is_revoked_or_the_principal_loses_the_role(year: Round) -> None:
    row = appoint(year.cast)
    revoke(role("section_head"), unit=year.cast.units["建筑业股"], to=year.cast["李四"], by=None)
    assert scopes(again(year.cast["陈九"])) == {}
    grant(role("section_head"), unit=year.cast.units["建筑业股"], to=year.cast["李四"], by=None)
    assert scopes(again(year.cast["陈九"])) != {}
    revoke_deputy(row, by=again(year.cast["李四"]))
    assert scopes(again(year.cast["陈九"])) == {}
    with pytest.raises(Refused, match="已经终止"):
        revoke_deputy(row, by=again(year.cast["李四"]))


def test_scopes_with_deputations_are_one_query(year: Round) -> None:
    appoint(year.cast)
    person = again(year.cast["陈九"])
    with CaptureQueriesContext(connection) as asked:
        scopes(person)
        DOSSIERS.waiting_for(person)
    assert len(asked) == 1


def test_deputy_never_reviews_the_own_form(year: Round) -> None:
    dossier = year.dossier("质量监督岗")
    year._prepare(dossier)
    year.take(dossier, "submit", "陈九")
    appoint(year.cast)
    assert who_may(year.cast, dossier) == {"钱七"}
    with pytest.raises(NotYours, match="这是您本人的表"):
        move(dossier, "pass", version=dossier.version, by=again(year.cast["陈九"]))


def test_deputy_never_reviews_the_form_of_the_principal_under_any_hat(year: Round) -> None:
    """李四's form goes up to 钱七, who reviews it in his own right; standing in for 李四 he may not."""
    dossier = year.dossier("股长")
    year._prepare(dossier)
    year.take(dossier, "submit", "李四")
    assert who_may(year.cast, dossier) == {"钱七"}
    appoint(year.cast, "钱七")
    assert who_may(year.cast, dossier) == {"孙八"}
    with pytest.raises(NotYours, match="您所代理的人的表"):
        move(dossier, "pass", version=dossier.version, by=again(year.cast["钱七"]))


def test_form_handed_in_for_the_principal_is_reviewed_by_neither(year: Round) -> None:
    """The one who handed it in and the one for whom: both are bound, also after the deputation has ended."""
    grant(role("vice_leader"), unit=year.cast.bureau, to=year.cast["李四"], by=None)
    row = appoint(year.cast)
    dossier = year.dossier("建筑业股")
    year.fill(dossier)
    year.take(dossier, "submit", "陈九")
    assert (dossier.holder, dossier.stands_for) == (year.cast["陈九"], year.cast["李四"])
    assert dossier.moves.get().hat == "填报人（代李四）"
    revoke_deputy(row, by=again(year.cast["李四"]))
    assert (dossier.state, who_may(year.cast, dossier)) == (State.VICE, {"孙八"})


def test_own_post_form_of_the_principal_is_not_the_deputys_to_fill(year: Round) -> None:
    dossier = year.dossier("股长")
    appoint(year.cast)
    year._prepare(dossier)
    with pytest.raises(NotYours):
        move(dossier, "submit", version=dossier.version, by=again(year.cast["陈九"]))


MAKERS = [("李四", ""), ("孙八", ""), ("王五", ""), ("张三", "由被代理人本人"), ("外人", "由被代理人本人")]


@pytest.mark.parametrize(("by", "refusal"), MAKERS)
def test_deputation_is_made_by_the_principal_the_leader_or_the_office(cast: Cast, by: str, refusal: str) -> None:
    if refusal:
        with pytest.raises(Refused, match=refusal):
            appoint(cast, by=by)
    else:
        appoint(cast, by=by)
    assert Deputy.unscoped.count() == (not refusal)
    assert Entry.objects.filter(act="登记代理").count() == (not refusal)


def test_nobody_appoints_themselves(cast: Cast) -> None:
    with pytest.raises(Refused, match="不能指定自己"):
        appoint(cast, "王五", by="王五")
    with pytest.raises(Refused, match="不能是被代理人本人"):
        appoint(cast, "李四")


def test_deputy_of_the_office_lends_nothing_on(cast: Cast) -> None:
    appoint(cast, of=("王五", "office", "县住建局"))
    with pytest.raises(Refused, match="由被代理人本人"):
        appoint(cast, "张三", by="陈九")


def test_role_has_one_deputy_at_a_time_and_deputies_have_none(cast: Cast) -> None:
    appoint(cast)
    with pytest.raises(Refused, match="已由陈九代理"):
        appoint(cast, "张三")
    with pytest.raises(Refused, match="李四在此期间已由他人代理"):
        appoint(cast, "李四", of=("钱七", "vice_leader", "县住建局"))
    grant(role("section_head"), unit=cast.units["办公室"], to=cast["陈九"], by=None)
    with pytest.raises(Refused, match="代理不能转托"):
        appoint(cast, "张三", of=("陈九", "section_head", "办公室"))
    appoint(cast, "张三", since=8, until=9)


def test_role_that_is_not_held_or_not_lent_is_refused(cast: Cast) -> None:
    for of in (("李四", "leader", "县住建局"), ("李四", "section_head", "办公室")):
        with pytest.raises(Refused, match="没有这项职责"):
            appoint(cast, of=of, by="孙八")
    with pytest.raises(Refused, match="没有这项职责"):
        appoint(cast, of=("管理员", "administrator", "县住建局"), by="孙八")


def test_deputation_that_ends_before_it_begins_or_before_today_is_refused(cast: Cast) -> None:
    for days in ({"since": 2, "until": 1}, {"since": -3, "until": -1}):
        with pytest.raises(Refused, match="结束日期不能早于"):
            appoint(cast, **days)
    row = appoint(cast)
    for change in ({"until": row.since - timedelta(days=1)}, {"deputy": row.principal}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Deputy.unscoped.filter(pk=row.pk).update(**change)


def typed(cast: Cast, **changes: Any) -> dict[str, Any]:
    today = clock.today()
    seat = f"{cast['李四'].pk}.section_head.{cast.units['建筑业股'].pk}"
    days = {"since": today.isoformat(), "until": (today + timedelta(days=2)).isoformat()}
    return {"seat": seat, "deputy": str(cast["陈九"].pk), "reason": "学习"} | days | changes


def test_page_makes_and_ends_a_deputation(cast: Cast) -> None:
    client = client_of(cast["李四"])
    assert client.post(reverse("deputies"), typed(cast)).status_code == 302
    row = Deputy.unscoped.get()
    page = client.get(reverse("deputies")).content.decode()
    assert ("代理中" in page, "：陈九代李四<" in page) == (True, True)
    assert "代理中" in client_of(cast["陈九"]).get(reverse("deputies")).content.decode()
    assert client_of(cast["外人"]).post(reverse("deputy_revoke", args=[row.pk])).status_code == 404
    assert client.post(reverse("deputy_revoke", args=[row.pk])).status_code == 302
    assert Deputy.unscoped.get().revoked_by == cast["李四"]


BAD = [{"seat": "x"}, {"deputy": ""}, {"until": "2020-01-01"}, {"until": "明天"}, {"reason": "长" * 201}]


@pytest.mark.parametrize("changes", BAD)
def test_page_refuses_in_words_and_keeps_what_was_typed(cast: Cast, changes: dict[str, str]) -> None:
    response = client_of(cast["李四"]).post(reverse("deputies"), typed(cast) | {"reason": "学习班"} | changes)
    assert (response.status_code, Deputy.unscoped.count()) == (422, 0)
    assert "错误：" in response.content.decode()
    assert ("学习班" in response.content.decode()) is ("reason" not in changes)


def test_seat_of_another_cannot_be_forged_into_the_page(cast: Cast) -> None:
    forged = f"{cast['孙八'].pk}.leader.{cast.bureau.pk}"
    assert client_of(cast["李四"]).post(reverse("deputies"), typed(cast, seat=forged)).status_code == 422
    assert Deputy.unscoped.count() == 0


def test_page_asks_as_many_questions_for_three_lines_as_for_one(cast: Cast) -> None:
    counts = []
    for number in range(3):
        person = User.objects.create_user(f"more{number}", name=f"人{number}")
        post = create_post(cast.units["办公室"], name=f"岗{number}", by=None)
        start_tenure(person, post=post, since=SINCE, by=None)
        cast.people[person.name] = person
        appoint(cast, person.name, since=number * 9, until=number * 9 + 1)
        client = client_of(cast["孙八"])
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("deputies"))
        counts.append(len(asked))
    assert counts[0] == counts[2]
    assert counts[0] <= 20


def test_desk_on_the_page_names_the_deputy(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    appoint(year.cast)
    page = client_of(year.cast["张三"]).get(dossier.get_absolute_url()).content.decode()
    assert "股室负责人：李四、陈九（代李四）" in page
    move(dossier, "pass", version=dossier.version, said=Said(), by=again(year.cast["陈九"]))
