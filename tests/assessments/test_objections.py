"""Objections: taken in without a name, seen by two desks alone, answered by number, and in the way until closed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import actions
from assessments.models import Dossier, Objection, PublicNotice, State
from lianzheng import clock
from lianzheng.audit.models import Entry, Snapshot
from lianzheng.flow import NotReady, Refused, Said, Stale
from tests.cast import Round, again, client_of, judge, tomorrow

SECRET = "第3行写的不是实情，其人收受好处。"
WHO = {"name": "陈九", "contact": "13900139000"}


@pytest.fixture
def notice(year: Round) -> PublicNotice:
    """张三's finding, up for the bureau."""
    return year.publish([year.bring(year.own, State.NOTICE)])


def send(year: Round, notice: PublicNotice, who: str | None, **facts: Any) -> Any:
    client = client_of(year.cast[who] if who else None)
    return client.post(reverse("objection_new", args=[notice.pk]), {"content": SECRET} | facts)


def test_objection_is_taken_in_without_saying_who(year: Round, notice: PublicNotice) -> None:
    answer = send(year, notice, "张三")
    found = Objection.unscoped.get()
    assert (answer.status_code, found.content, found.name, found.contact) == (200, SECRET, "", "")
    entry = Entry.objects.get(act="收到公示异议")
    assert (entry.by, entry.detail, entry.subject) == (None, {}, found.pk)


def test_words_and_sender_of_an_objection_stand_in_no_journal(year: Round, notice: PublicNotice) -> None:
    send(year, notice, "张三", **WHO)
    found = Objection.unscoped.get()
    actions.answer_objection(found, state="rejected", answer="经核实，不属实。", by=again(year.cast["赵六"]))
    journal = repr(list(Entry.objects.values())) + repr(list(Snapshot.objects.values()))
    assert [word for word in (SECRET, WHO["contact"], "经核实") if word in journal] == []


def test_objection_to_a_public_notice_needs_no_sign_in(year: Round) -> None:
    judge("施工许可岗", rank=1)
    dossier = year.bring(year.rating("施工许可岗"), State.NOTICE)
    up = year.publish([dossier], scope="public", first_public=True)
    assert send(year, up, None).status_code == 200
    assert Objection.unscoped.get().notice == up


def test_objection_to_a_notice_one_may_not_read_is_not_there(year: Round, notice: PublicNotice) -> None:
    assert {send(year, notice, name).status_code for name in (None, "外人", "郑十")} == {404}
    assert Objection.unscoped.count() == 0


@pytest.mark.parametrize(
    ("facts", "field"),
    [({"content": ""}, "content"), ({"content": "长" * 2001}, "content"), ({"name": "长" * 31}, "name")],
)
def test_objection_out_of_bounds_is_refused_and_kept_on_the_page(
    year: Round, notice: PublicNotice, facts: dict[str, str], field: str
) -> None:
    answer = send(year, notice, "张三", contact="我打的字还在", **facts)
    assert (answer.status_code, Objection.unscoped.count()) == (422, 0)
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert "我打的字还在" in answer.content.decode()


def test_objection_after_the_period_or_to_an_old_version_is_refused(
    year: Round, notice: PublicNotice, moving_clock: None
) -> None:
    new = year.correct(notice)
    assert send(year, notice, "张三").status_code == 409
    year.pass_days((new.ends_on - clock.today()).days + 1)
    late = send(year, new, "张三")
    assert late.status_code == 409
    assert "公示期已结束" in late.content.decode()
    assert SECRET in late.content.decode()
    assert Objection.unscoped.count() == 0


def test_objection_is_for_the_office_and_the_inspection_and_for_nobody_else(year: Round, notice: PublicNotice) -> None:
    found, _ = year.objection(notice, content=SECRET)
    url = reverse("objection", args=[found.pk])
    opened = {name for name, person in year.cast.people.items() if client_of(person).get(url).status_code == 200}
    assert opened == {"王五", "赵六"}
    listed = {
        name
        for name, person in year.cast.people.items()
        if url in client_of(person).get(reverse("objections")).content.decode()
    }
    assert listed == {"王五", "赵六"}


def test_objection_shows_on_no_page_of_the_notice(year: Round, notice: PublicNotice) -> None:
    clients = [client_of(year.cast[name]) for name in ("张三", "王五", "孙八")]
    urls = [reverse("notice", args=[notice.pk]), reverse("notices_public"), reverse("notice_list")]

    def pages() -> list[bytes]:
        token = b"csrfmiddlewaretoken"
        contents = [client.get(url).content for client in clients for url in urls]
        return [line for content in contents for line in content.split(b"\n") if token not in line]

    before = pages()
    year.objection(notice, content=SECRET)
    assert pages() == before


def test_look_at_an_objection_is_recorded(year: Round, notice: PublicNotice) -> None:
    found, _ = year.objection(notice)
    client_of(year.cast["赵六"]).get(reverse("objection", args=[found.pk]))
    entry = Entry.objects.get(act="查看公示异议")
    assert (entry.by, entry.subject) == (year.cast["赵六"], found.pk)


def ask(receipt: str) -> Any:
    return client_of(None).post(reverse("objection_answer"), {"receipt": receipt})


def test_answer_is_read_with_the_receipt_number_alone(year: Round, notice: PublicNotice) -> None:
    found, receipt = year.objection(notice, content=SECRET, **WHO)
    waiting = ask(receipt).content.decode()
    assert "待核实" in waiting
    actions.answer_objection(found, state="partly", answer="已改第3行。", by=again(year.cast["王五"]))
    answered = ask(f" {receipt.lower()[:5]}－{receipt[5:]} ").content.decode()
    assert ("部分属实" in answered, "已改第3行。" in answered) == (True, True)
    assert [word for word in (SECRET, *WHO.values(), "王五") if word in waiting + answered] == []
    wrong = ask("2" * 20)
    assert (wrong.status_code, "没有找到这个回执号" in wrong.content.decode()) == (422, True)


def test_receipt_number_is_shown_once_and_kept_nowhere(year: Round, notice: PublicNotice) -> None:
    page = send(year, notice, "张三").content.decode()
    found = Objection.unscoped.get()
    printed = re.findall(r"<strong>([0-9A-Z-]{23})</strong>", page)[0]
    assert ask(printed).status_code == 200
    assert printed.replace("-", "") not in repr(Objection.unscoped.values().get())
    assert found.receipt_digest not in page


def post_answer(year: Round, found: Objection, name: str = "王五", **facts: Any) -> Any:
    values = {"state": "rejected", "answer": "经核实，不属实。"} | facts
    return client_of(year.cast[name]).post(reverse("objection", args=[found.pk]), values)


def test_answer_without_a_finding_or_a_word_is_refused(year: Round, notice: PublicNotice) -> None:
    found, _ = year.objection(notice)
    assert post_answer(year, found, state="").status_code == 422
    assert post_answer(year, found, answer=" ").status_code == 422
    assert post_answer(year, found, state="open").status_code == 422
    found.refresh_from_db()
    assert (found.state, found.answered_by) == ("open", None)


def test_second_answer_finds_the_first(year: Round, notice: PublicNotice) -> None:
    found, _ = year.objection(notice)
    assert post_answer(year, found, "赵六").status_code == 302
    late = post_answer(year, found, state="upheld", answer="属实。")
    assert late.status_code == 409
    found.refresh_from_db()
    assert (found.state, found.answered_by) == ("rejected", year.cast["赵六"])
    with pytest.raises(Stale):
        actions.answer_objection(found, state="upheld", answer="属实。", by=again(year.cast["王五"]))


def test_objection_handed_over_is_withheld(year: Round, notice: PublicNotice) -> None:
    found, _ = year.objection(notice, content=SECRET, state="moved", **WHO)
    for name in ("王五", "赵六"):
        page = client_of(year.cast[name]).get(reverse("objection", args=[found.pk])).content.decode()
        assert "已移交" in page
        assert [word for word in (SECRET, *WHO.values()) if word in page] == []


def let_pass(year: Round, notice: PublicNotice) -> None:
    year.pass_days((notice.ends_on - clock.today()).days + 1)


def end(year: Round, notice: PublicNotice) -> int:
    return actions.close_notice(notice, by=again(year.cast["王五"]))


def test_open_objection_blocks_the_end_and_says_only_how_many(
    year: Round, notice: PublicNotice, moving_clock: None
) -> None:
    one, _ = year.objection(notice, content=SECRET)
    year.objection(notice, state="rejected")
    let_pass(year, notice)
    with pytest.raises(NotReady) as refusal:
        end(year, notice)
    assert refusal.value.sentences == ("还有 1 条异议没有办结，办结后才能进入下一环节。",)
    actions.answer_objection(one, state="moved", answer="已移交。", by=again(year.cast["赵六"]))
    assert end(year, notice) == 1


def test_open_objection_to_an_earlier_version_blocks_as_well(
    year: Round, notice: PublicNotice, moving_clock: None
) -> None:
    year.objection(notice)
    new = year.extend(notice)
    let_pass(year, new)
    with pytest.raises(NotReady):
        end(year, new)


def test_objection_to_a_withdrawn_notice_blocks_the_next_one(
    year: Round, notice: PublicNotice, moving_clock: None
) -> None:
    year.objection(notice)
    year.withdraw(notice)
    new = year.publish([year.own])
    let_pass(year, new)
    with pytest.raises(NotReady):
        end(year, new)


def back(year: Round, notice: PublicNotice, dossier: Dossier) -> PublicNotice | None:
    said = Said(opinion="请改第1行", reason="inaccurate", due_on=tomorrow())
    return actions.send_objected_back(notice, dossier=dossier, said=said, by=again(year.cast["王五"]))


def test_upheld_objection_sends_the_form_back_and_a_new_notice_is_needed(year: Round, notice: PublicNotice) -> None:
    assert year.uphold(year.own) is None
    notice.refresh_from_db()
    own = year.own
    assert (own.state, own.notice, own.due_on, own.table.sealed_at) == (State.RETURNED, None, tomorrow(), None)
    assert notice.fate == "withdrawn"
    last = own.moves.order_by("seq").last()
    assert (last.label, last.opinion, last.reason) == ("异议成立，退回修改", "请改第1行", "inaccurate")
    page = client_of(year.cast["张三"]).get(own.get_absolute_url()).content.decode()
    assert "请改第1行" in page
    year.bring(own, State.NOTICE)
    assert year.publish([year.own]).number == 2


def test_upheld_objection_leaves_the_other_forms_up_in_a_corrected_version(year: Round) -> None:
    own, other = (year.bring(year.dossier(title), State.NOTICE) for title in ("施工许可岗", "质量监督岗"))
    notice = year.publish([own, other])
    own.refresh_from_db()
    new = year.uphold(own)
    assert new is not None
    notice.refresh_from_db()
    other.refresh_from_db()
    assert (notice.fate, new.previous, new.ends_on) == ("corrected", notice, notice.ends_on)
    assert [cells[2] for cells in new.content["rows"]] == ["质量监督岗"]
    assert (other.state, other.notice) == (State.PUBLISHED, new)


def test_form_is_not_sent_back_without_an_upheld_objection(year: Round, notice: PublicNotice) -> None:
    year.objection(notice, state="rejected")
    with pytest.raises(NotReady) as refusal:
        back(year, notice, year.own)
    assert refusal.value.sentences == ("没有核实属实的异议，不能以异议退回。",)
    assert year.own.state == State.PUBLISHED


def test_one_upheld_objection_sends_a_form_back_once(year: Round, notice: PublicNotice) -> None:
    year.uphold(year.own)
    again_up = year.publish([year.bring(year.own, State.NOTICE)])
    with pytest.raises(NotReady):
        back(year, again_up, year.own)


def test_upheld_objection_without_consequence_blocks_the_end(
    year: Round, notice: PublicNotice, moving_clock: None
) -> None:
    year.objection(notice, state="upheld")
    let_pass(year, notice)
    with pytest.raises(NotReady) as refusal:
        end(year, notice)
    assert refusal.value.sentences == ("有异议核实属实，请先在公示管理页把有关的表退回修改。",)


def test_page_sends_a_form_back_with_class_words_and_date(year: Round, notice: PublicNotice) -> None:
    client = client_of(year.cast["王五"])
    manage, url = (reverse(name, args=[notice.pk]) for name in ("notice_manage", "notice_send_back"))
    assert "back-opinion" not in client.get(manage).content.decode()
    year.objection(notice, state="partly")
    assert "back-opinion" in client.get(manage).content.decode()
    typed = {"back-dossier": str(year.own.pk), "back-opinion": "请改第1行", "back-reason": "vague"}
    missing = client.post(url, typed)
    assert (missing.status_code, "请改第1行" in missing.content.decode()) == (422, True)
    assert client.post(url, typed | {"back-due_on": tomorrow().isoformat()}).status_code == 302
    assert year.own.state == State.RETURNED


def test_finding_does_not_go_back_under_a_rating_on_its_way(year: Round) -> None:
    rating = year.bring(year.rating("施工许可岗"), State.SECTION)
    notice = year.publish([year.own])
    year.objection(notice, state="upheld")
    with pytest.raises(Refused) as refusal:
        back(year, notice, year.own)
    assert refusal.value.sentences == ("等级确定表已在办理，请先退回等级确定表。",)
    rating.refresh_from_db()
    assert rating.state == State.SECTION


def test_list_of_three_objections_costs_no_more_queries_than_one_of_one(year: Round, notice: PublicNotice) -> None:
    def cost() -> int:
        client = client_of(year.cast["赵六"])
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("objections")).status_code == 200
        return len(queries)

    year.objection(notice)
    one = cost()
    year.objection(notice)
    year.objection(notice)
    assert cost() == one
