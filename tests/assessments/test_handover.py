"""离岗交接: all that is open with a person goes to the successor at once; what was signed keeps its name."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import actions
from assessments.flow import DOSSIERS
from assessments.models import Dossier, State
from assessments.papers import owner_of
from lianzheng import clock
from lianzheng.audit.models import Entry
from lianzheng.flow import Refused
from lianzheng.organisation.actions import appoint_deputy, create_post, decide_grant, grant, start_tenure
from lianzheng.organisation.models import Deputy, GrantRequest, Tenure, User
from lianzheng.organisation.rights import scopes
from lianzheng.organisation.roles import Right, role
from tests.cast import SINCE, Cast, Round, again, client_of


def plan(**changes: Any) -> actions.Plan:
    return actions.Plan(**{"last_day": clock.today(), "reason": "退休"} | changes)


def hand_over(cast: Cast, person: str, to: str, *, by: str = "王五", **changes: Any) -> actions.Handed:
    return actions.hand_over(
        again(cast[person]), to=again(cast[to]), bureau=cast.bureau, plan=plan(**changes), by=again(cast[by])
    )


def tenure(cast: Cast, name: str) -> Tenure:
    found: Tenure = Tenure.objects.in_bureau(cast.bureau).get(person=cast[name], until=None)
    return found


def test_draft_and_its_rows_are_the_successors_to_fill_in(year: Round) -> None:
    year.fill(year.own)
    hand_over(year.cast, "张三", "陈九", posts=frozenset([tenure(year.cast, "张三").pk]))
    dossier = year.dossier("施工许可岗")
    assert (dossier.title, dossier.holder, dossier.state) == ("施工许可岗（陈九）", year.cast["陈九"], State.DRAFT)
    year.fill(dossier)
    year.take(dossier, "submit", "陈九")
    assert dossier.state == State.SECTION


def test_post_ends_and_begins_and_the_person_may_do_nothing_more(year: Round) -> None:
    post = tenure(year.cast, "李四")
    hand_over(year.cast, "李四", "陈九", posts=frozenset([post.pk]), deactivate=True)
    post.refresh_from_db()
    today = clock.today()
    assert post.until == today
    held = Tenure.objects.in_bureau(year.cast.bureau).filter(person=year.cast["陈九"], until=None)
    assert sorted(held.values_list("post__name", "since")) == [
        ("股长", today + timedelta(days=1)),
        ("质量监督岗", SINCE),
    ]
    assert (again(year.cast["李四"]).is_active, scopes(again(year.cast["李四"]))) == (False, {})
    assert scopes(again(year.cast["陈九"])) == {}
    confirm_all(year.cast)
    assert set(scopes(again(year.cast["陈九"]))) == {Right.REVIEW_SECTION}


def confirm_all(cast: Cast) -> None:
    """The security administrator confirms what the hand-over asked for."""
    for row in GrantRequest.objects.filter(outcome=""):
        decide_grant(row, outcome="confirmed", by=again(cast["安全员"]))


def test_role_goes_to_the_successor_once_a_second_person_confirmed_and_up_until_then(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    hand_over(year.cast, "李四", "陈九")
    waiting = {
        name
        for name in ("李四", "陈九", "钱七")
        if DOSSIERS.waiting_for(again(year.cast[name])).filter(pk=dossier.pk, state="section")
    }
    assert waiting == {"钱七"}
    confirm_all(year.cast)
    assert [item.pk for item in DOSSIERS.waiting_for(again(year.cast["陈九"])).filter(state="section")] == [dossier.pk]
    assert year.take(dossier, "pass", "陈九").state == State.OFFICE


def test_signed_record_keeps_the_old_name(year: Round) -> None:
    """附件1 is approved under 张三; its rating, still a draft, goes to 陈九."""
    rating = year.rating("施工许可岗")
    finding = year.own
    hand_over(year.cast, "张三", "陈九")
    finding.refresh_from_db()
    rating.refresh_from_db()
    assert (owner_of(finding)["person"], owner_of(rating)["person"]) == ("张三", "陈九")
    assert finding.moves.get(action="submit").by == year.cast["张三"]
    assert finding.title == "施工许可岗（张三）"


def test_draft_is_void_on_request_with_the_reason(year: Round) -> None:
    done = hand_over(year.cast, "张三", "陈九", voided=frozenset([year.own.pk]))
    assert (year.own.state, done.voided) == (State.VOID, 1)
    assert year.own.moves.get().opinion == "离岗交接：退休"


REFUSED = [
    ("张三", "张三", "王五", {}, "接任人不能是离岗人员本人"),
    ("王五", "陈九", "王五", {}, "不能办理本人的交接"),
    ("赵六", "王五", "王五", {}, "不能把审核职责移交给自己"),
    ("张三", "陈九", "管理员", {}, "由廉政办办理"),
    ("张三", "陈九", "李四", {}, "由廉政办办理"),
    ("张三", "陈九", "外人", {}, "由廉政办办理"),
    ("张三", "陈九", "王五", {"last_day": date(2999, 1, 1)}, "离任日期不能晚于今天"),
    ("张三", "陈九", "王五", {"last_day": date(2000, 1, 1)}, "离任日期不能早于任职起始日期"),
]


@pytest.mark.parametrize(("person", "to", "by", "changes", "sentence"), REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(
    year: Round, person: str, to: str, by: str, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        hand_over(year.cast, person, to, by=by, **changes)
    assert tenure(year.cast, person).until is None
    assert year.own.holder == year.cast["张三"]
    assert Entry.objects.filter(act="离岗交接").count() == 0


def test_successor_with_a_table_of_their_own_in_the_post_is_refused(cast: Cast) -> None:
    start_tenure(cast["陈九"], post=cast.posts["建筑业股/施工许可岗"], since=SINCE, by=None)
    year = Round(cast)
    with pytest.raises(Refused, match="陈九在这个岗位已有自己的表"):
        hand_over(cast, "张三", "陈九")
    mine = year.campaign.dossiers.get(title="施工许可岗（张三）")
    hand_over(cast, "张三", "陈九", voided=frozenset([mine.pk]))
    assert year.campaign.dossiers.get(pk=mine.pk).state == State.VOID


def test_deputations_of_both_kinds_end(year: Round) -> None:
    cast, today = year.cast, clock.today()
    days = {"since": today, "until": today, "reason": "出差"}
    appoint_deputy(
        cast["李四"],
        deputy=cast["张三"],
        role=role("section_head"),
        unit=cast.units["建筑业股"],
        by=cast["李四"],
        **days,
    )
    hand_over(cast, "张三", "陈九")
    assert Deputy.unscoped.get().revoked_by == cast["王五"]


def test_journal_says_who_handed_what_to_whom(year: Round) -> None:
    hand_over(year.cast, "李四", "陈九")
    entry = Entry.objects.get(act="离岗交接")
    assert (entry.by, entry.subject) == (year.cast["王五"], year.cast["李四"].pk)
    detail = {"接任人": str(year.cast["陈九"].pk), "原因": "退休", "表册": 1, "作废": 0, "角色": 1, "岗位": 1}
    assert entry.detail == detail


def typed(year: Round, **changes: Any) -> dict[str, Any]:
    return {"to": str(year.cast["陈九"].pk), "last_day": clock.today().isoformat(), "reason": "调出"} | changes


def test_page_shows_what_is_open_and_hands_it_over(year: Round) -> None:
    year.bring(year.own, State.SECTION)
    client, url = client_of(year.cast["王五"]), reverse("handover", args=[year.cast["李四"].pk])
    page = client.get(url).content.decode()
    wanted = ("股室负责人（建筑业股），仅此一人", "等待审核 1 件", "附件1 股长（李四）（填写中）", "建筑业股 股长")
    assert [text for text in wanted if text not in page] == []
    assert client.post(url, typed(year)).status_code == 302
    assert year.dossier("股长").holder == year.cast["陈九"]


BAD = [{"to": ""}, {"to": "x"}, {"last_day": "昨天"}, {"reason": ""}, {"reason": "看\u202e不见"}, {"posts": ["x"]}]


@pytest.mark.parametrize("changes", BAD)
def test_page_refuses_in_words_and_changes_nothing(year: Round, changes: dict[str, Any]) -> None:
    url = reverse("handover", args=[year.cast["张三"].pk])
    response = client_of(year.cast["王五"]).post(url, typed(year, **changes))
    assert (response.status_code, "错误：" in response.content.decode()) == (422, True)
    assert year.own.holder == year.cast["张三"]


def test_person_of_another_bureau_is_not_there(year: Round) -> None:
    url = reverse("handover", args=[year.cast["外人"].pk])
    assert client_of(year.cast["王五"]).get(url).status_code == 404


def test_successor_of_another_bureau_cannot_be_forged(year: Round) -> None:
    url = reverse("handover", args=[year.cast["张三"].pk])
    response = client_of(year.cast["王五"]).post(url, typed(year, to=str(year.cast["外人"].pk)))
    assert response.status_code == 422


def test_pages_ask_as_many_questions_for_three_people_as_for_one(year: Round) -> None:
    counts: dict[str, list[int]] = {}
    client = client_of(year.cast["王五"])
    for number in range(3):
        post = create_post(year.cast.units["办公室"], name=f"岗{number}", by=None)
        person = User.objects.create_user(f"more{number}", name=f"人{number}")
        start_tenure(person, post=post, since=SINCE, by=None)
        grant(role("section_head"), unit=year.cast.units["办公室"], to=person, by=None)
        for name, arguments in (("handovers", []), ("handover", [year.cast["李四"].pk])):
            with CaptureQueriesContext(connection) as asked:
                assert client.get(reverse(name, args=arguments)).status_code == 200
            counts.setdefault(name, []).append(len(asked))
    assert {name: pair for name, pair in counts.items() if pair[0] != pair[2] or pair[0] > 25} == {}


def test_form_on_its_way_stays_with_who_signed_it_and_can_be_handed_over_once_returned(year: Round) -> None:
    dossier: Dossier = year.bring(year.own, State.SECTION)
    hand_over(year.cast, "张三", "陈九")
    assert year.own.holder == year.cast["张三"]
    year.take(dossier, "return", "李四", opinion="请补充", reason="vague", due_on=clock.today())
    page = client_of(year.cast["王五"]).get(reverse("handovers")).content.decode()
    assert "已离任，还有表未交接" in page
    hand_over(year.cast, "张三", "陈九")
    assert year.dossier("施工许可岗").holder == year.cast["陈九"]
