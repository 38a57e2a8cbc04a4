"""The public notice: what it shows in which scope, what is refused, its versions, and who reads it where."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import actions, masking, notices
from assessments.models import Dossier, IssuedPaper, NoticeItem, PublicNotice, State
from lianzheng import clock, codes
from lianzheng.audit.models import Entry
from lianzheng.flow import NotReady, Refused, Stale
from lianzheng.organisation.models import Holiday, Unit
from tests.cast import Round, again, client_of, judge, row

TEL = "138 0013 8000"
PHONE = {"title": "公示", "scope": "bureau", "days": 5, "phone": "0751-8831234", "place": "办公室"}


def refused(act: Any, *args: Any, **options: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as refusal:
        act(*args, **options)
    return refusal.value.sentences


def waiting(year: Round, title: str = "施工许可岗", *, rank: int | None = None) -> Dossier:
    """A rating that waits for its notice; the criteria decide the level if one is given."""
    if rank:
        judge(title, rank=rank)
    return year.bring(year.rating(title), State.NOTICE)


@pytest.mark.parametrize(
    ("rule", "kind", "rank", "ticked", "span"),
    [
        ("usual", "post", None, False, ("section", "bureau")),
        ("usual", "post", 2, True, ("section", "bureau")),
        ("usual", "section", 3, True, ("section", "system")),
        ("usual", "bureau", 2, False, ("bureau", "system")),
        ("usual", "post", 1, False, ("section", "bureau")),
        ("usual", "post", 1, True, ("section", "public")),
        ("usual", "bureau", 1, True, ("bureau", "public")),
        ("first_public", "post", 1, False, ("public", "public")),
        ("first_public", "section", 1, True, ("public", "public")),
        ("first_public", "post", 2, False, ("section", "bureau")),
    ],
)
def test_rule_says_how_widely_a_form_is_put_up(
    rule: str, kind: str, rank: int | None, ticked: bool, span: tuple[str, str]
) -> None:
    assert masking.bounds(rule, kind=kind, rank=rank, ticked=ticked) == span


def test_columns_of_a_notice_are_these_and_no_score_or_name_among_them() -> None:
    heads = ["序号", "股室", "岗位", "风险类别", "风险点", "廉政风险内容及表现形式", "风险等级", "防控措施"]
    shown = {scope: [masking.TEXTS[key] for key in mask.columns] for scope, mask in masking.MASKS.items()}
    assert shown == dict.fromkeys(masking.SCOPES, heads)
    assert {scope for scope, mask in masking.MASKS.items() if mask.names} == {"section", "bureau"}
    assert {scope for scope, mask in masking.MASKS.items() if mask.moral} == {"section", "bureau", "system"}


def test_notice_has_a_column_for_the_level_as_soon_as_one_is_decided(year: Round) -> None:
    found, rated = year.bring(year.own, State.NOTICE), year.bring(year.rating("质量监督岗"), State.NOTICE)
    first, second = (notices.content([dossier], scope="bureau") for dossier in (found, rated))
    assert [head for head in second["columns"] if head not in first["columns"]] == ["风险等级"]
    assert {len(row) for row in first["rows"]} == {7}
    assert [row[6] for row in second["rows"]] == ["二级"]


def test_name_in_a_text_gives_way_to_the_post_outside_the_bureau(year: Round) -> None:
    year.fill(year.own, [row(measures="张三受理，李四复核。")])
    dossier = year.bring(year.own, State.NOTICE)
    said = {scope: notices.content([dossier], scope=scope)["rows"][0][-1] for scope in masking.SCOPES}
    plain, masked = "张三受理，李四复核。", "施工许可岗受理，股长复核。"
    assert said == {"section": plain, "bureau": plain, "system": masked, "public": masked}


def test_scope_wider_than_the_rule_is_refused_with_a_sentence(year: Round) -> None:
    dossier = waiting(year, rank=1)
    sentence = (f"“{dossier.title}”最多在“本单位”公示，不能在“社会公开”公示。",)
    assert refused(year.publish, [dossier], scope="public") == sentence
    assert year.publish([dossier], scope="public", first_public=True).scope == "public"


def test_level_one_goes_to_the_public_where_the_bureau_follows_source_004(year: Round) -> None:
    Unit.objects.filter(pk=year.cast.bureau.pk).update(notice_rule="first_public")
    dossier = waiting(year, rank=1)
    year.campaign.refresh_from_db()
    year.campaign.bureau.refresh_from_db()
    sentence = (f"“{dossier.title}”须在“社会公开”公示，不能只在“本单位”公示。",)
    assert refused(year.publish, [dossier]) == sentence
    assert year.publish([dossier], scope="public").scope == "public"


def test_form_offers_the_scopes_of_the_rule_and_the_tick_for_level_one(year: Round) -> None:
    def offered() -> tuple[list[str], bool]:
        page = client_of(year.cast["王五"]).get(reverse("notice_new", args=[year.campaign.pk])).content.decode()
        return re.findall(r'<option value="(section|bureau|system|public)"', page), "first_public" in page

    waiting(year, "质量监督岗")
    assert offered() == (["section", "bureau"], False)
    waiting(year, rank=1)
    assert offered() == (["section", "bureau", "system", "public"], True)


def test_rule_is_changed_by_the_office_and_journalled(year: Round) -> None:
    url = reverse("notice_rule", args=[year.campaign.pk])
    assert client_of(year.cast["王五"]).post(url, {"rule": "first_public"}).status_code == 302
    assert Unit.objects.get(pk=year.cast.bureau.pk).notice_rule == "first_public"
    entry = Entry.objects.filter(act="修改公示规则").get()
    assert entry.detail == {"原": "usual", "新": "first_public"}
    client_of(year.cast["王五"]).post(url, {"rule": "nothing"})
    assert Unit.objects.get(pk=year.cast.bureau.pk).notice_rule == "first_public"


def test_hidden_number_is_refused_by_row_and_column(year: Round) -> None:
    year.fill(year.own, [row(), row(measures="有事联系1３8\u30000013 8000。")])
    dossier = year.bring(year.own, State.NOTICE)
    assert refused(year.publish, [dossier]) == (
        "第2行“防控措施”中有手机号“1３8 0013 8000”，公示中不能出现，请删去后再公示。",
    )
    assert (PublicNotice.unscoped.count(), year.own.state) == (0, State.NOTICE)


def test_hidden_number_in_title_or_place_is_refused_and_the_telephone_of_the_notice_is_not(year: Round) -> None:
    dossier = year.bring(year.own, State.NOTICE)
    assert refused(year.publish, [dossier], title=f"公示 {TEL}") == (
        f"“标题”中有手机号“{TEL}”，公示中不能出现，请删去后再公示。",
    )
    assert refused(year.publish, [dossier], phone="11010519491231002X") == (
        "“监督电话”中有身份证号“11010519491231002X”，公示中不能出现，请删去后再公示。",
    )
    assert year.publish([dossier], phone=TEL).content["phone"] == TEL


def test_name_in_the_head_of_a_public_notice_is_refused(year: Round) -> None:
    dossier = waiting(year, rank=1)
    assert refused(year.publish, [dossier], scope="public", first_public=True, place="找王五") == (
        "“意见信箱及地址”中有姓名“王五”，在这个范围公示时只写职务，不写姓名。",
    )


def draft(year: Round, dossiers: list[Dossier], **facts: Any) -> dict[str, Any]:
    versions = {f"version-{dossier.pk}": dossier.version for dossier in dossiers}
    chosen = {"pick": [str(dossier.pk) for dossier in dossiers], "starts_on": clock.today().isoformat()}
    return PHONE | chosen | versions | facts


def article(response: Any) -> str:
    found = re.search(r"<article.*?</article>", response.content.decode(), re.DOTALL)
    return found.group() if found else ""


def hidden_digest(response: Any) -> str:
    found = re.search(r'name="digest" value="(\w+)"', response.content.decode())
    return found.group(1) if found else ""


def test_preview_and_published_page_are_the_same_bytes(year: Round) -> None:
    dossier = year.bring(year.own, State.NOTICE)
    client = client_of(year.cast["王五"])
    url = reverse("notice_new", args=[year.campaign.pk])
    seen = client.post(url, draft(year, [dossier], do="preview"))
    done = client.post(url, draft(year, [dossier], do="publish", digest=hidden_digest(seen)), follow=True)
    assert done.redirect_chain != []
    assert article(done) == article(seen) != ""
    assert PublicNotice.unscoped.get().digest == hidden_digest(seen)


def test_publishing_what_was_not_previewed_shows_the_preview_first(year: Round) -> None:
    dossier = year.bring(year.own, State.NOTICE)
    client = client_of(year.cast["王五"])
    url = reverse("notice_new", args=[year.campaign.pk])
    seen = client.post(url, draft(year, [dossier], do="preview"))
    changed = draft(year, [dossier], do="publish", digest=hidden_digest(seen), title="另一个标题")
    answer = client.post(url, changed)
    assert (answer.status_code, PublicNotice.unscoped.count()) == (422, 0)
    assert "预览之后内容有变动" in answer.content.decode()
    assert "另一个标题" in article(answer)


def test_refusal_on_the_page_keeps_what_was_typed(year: Round) -> None:
    dossier = year.bring(year.own, State.NOTICE)
    url = reverse("notice_new", args=[year.campaign.pk])
    answer = client_of(year.cast["王五"]).post(url, draft(year, [dossier], do="preview", title=f"公示 {TEL}"))
    assert answer.status_code == 422
    assert f'value="公示 {TEL}"' in answer.content.decode()
    assert article(answer) == ""


def test_changed_holiday_leaves_the_end_of_a_running_notice(year: Round) -> None:
    notice = year.publish([year.bring(year.own, State.NOTICE)])
    Holiday.objects.create(day=clock.today() + timedelta(days=1), works=False)
    before = notice.ends_on
    notice.refresh_from_db()
    assert notice.ends_on == before


def test_extended_notice_is_a_longer_version_and_the_old_one_says_so(year: Round) -> None:
    old = year.publish([year.bring(year.own, State.NOTICE)])
    new = year.extend(old, days=8)
    old.refresh_from_db()
    assert (old.fate, old.fate_reason, new.previous, new.days) == ("extended", "意见较多", old, 8)
    assert new.ends_on > old.ends_on
    assert (new.content["rows"], old.content["days"]) == (old.content["rows"], 5)
    own = year.own
    assert (own.state, own.notice, own.due_on) == (State.PUBLISHED, new, new.ends_on)
    assert own.moves.order_by("seq").last().action == "extend"


@pytest.mark.parametrize("days", [1, 4, 5])
def test_period_is_never_shortened(year: Round, days: int) -> None:
    notice = year.publish([year.bring(year.own, State.NOTICE)])
    sentence = (f"公示期只能延长：现为 5 个工作日，到 {notice.ends_on:%Y-%m-%d} 为止。",)
    assert refused(year.extend, notice, days=days) == sentence
    assert year.own.notice == notice


def test_corrected_notice_takes_the_place_of_the_wrong_one(year: Round) -> None:
    old = year.publish([year.bring(year.own, State.NOTICE)])
    new = year.correct(old, phone="0751-1234567")
    old.refresh_from_db()
    assert (old.fate, old.content["phone"], new.content["phone"]) == ("corrected", "0000", "0751-1234567")
    assert (new.number, new.previous, year.own.notice) == (2, old, new)
    states = dict(IssuedPaper.unscoped.values_list("subject", "state"))
    assert states == {old.pk: "corrected", new.pk: "valid"}
    with pytest.raises(Stale):
        year.correct(old)


def test_correction_may_not_end_earlier(year: Round) -> None:
    old = year.publish([year.bring(year.own, State.NOTICE)])
    assert refused(year.correct, old, days=2) == (f"公示期不能缩短：更正后须到 {old.ends_on:%Y-%m-%d} 或以后为止。",)


def test_correction_page_shows_the_new_version_before_it_stands(year: Round) -> None:
    old = year.publish([year.bring(year.own, State.NOTICE)])
    client = client_of(year.cast["王五"])
    url = reverse("notice_correct", args=[old.pk])
    typed = draft(year, [], why="电话写错", phone="12388")
    seen = client.post(url, typed | {"do": "preview"})
    done = client.post(url, typed | {"do": "publish", "digest": hidden_digest(seen)}, follow=True)
    assert article(done) == article(seen) != ""
    old.refresh_from_db()
    assert (old.fate, old.fate_reason) == ("corrected", "电话写错")


def test_withdrawn_notice_stays_and_its_forms_wait_again(year: Round) -> None:
    notice = year.publish([year.bring(year.own, State.NOTICE)])
    assert year.withdraw(notice) == 1
    notice.refresh_from_db()
    own = year.own
    assert (own.state, own.notice, notice.fate) == (State.NOTICE, None, "withdrawn")
    assert [item.dossier for item in NoticeItem.unscoped.filter(notice=notice)] == [own]
    page = client_of(year.cast["张三"]).get(reverse("notice", args=[notice.pk])).content.decode()
    assert "本公示已撤回" in page
    assert "审批把关不严" in page
    again_up = year.publish([own])
    assert (again_up.number, again_up.previous) == (2, None)


def test_withdrawal_without_a_reason_is_refused(year: Round) -> None:
    notice = year.publish([year.bring(year.own, State.NOTICE)])
    url = reverse("notice_withdraw", args=[notice.pk])
    answer = client_of(year.cast["王五"]).post(url, {"withdraw-why": "  "})
    assert (answer.status_code, year.own.state) == (422, State.PUBLISHED)
    assert refused(actions.withdraw_notice, notice, reason=" ", by=again(year.cast["王五"])) == ("请写明原因。",)


CHANGES = {
    "notice_extend": {"extend-days": 9, "extend-why": "意见较多"},
    "notice_withdraw": {"withdraw-why": "范围有误"},
}


@pytest.mark.parametrize("name", CHANGES)
def test_change_from_an_old_page_is_told_and_changes_nothing(year: Round, name: str) -> None:
    old = year.publish([year.bring(year.own, State.NOTICE)])
    new = year.correct(old)
    answer = client_of(year.cast["王五"]).post(reverse(name, args=[old.pk]), CHANGES[name])
    assert answer.status_code == 409
    assert "已被他人处理" in answer.content.decode()
    assert year.own.notice == new


@pytest.mark.parametrize("name", CHANGES)
def test_change_from_the_page_is_made(year: Round, name: str) -> None:
    old = year.publish([year.bring(year.own, State.NOTICE)])
    answer = client_of(year.cast["王五"]).post(reverse(name, args=[old.pk]), CHANGES[name])
    assert (answer.status_code, answer["Location"]) == (302, reverse("notices", args=[year.campaign.pk]))
    old.refresh_from_db()
    assert old.fate == {"notice_extend": "extended", "notice_withdraw": "withdrawn"}[name]


def test_versions_lead_to_each_other(year: Round) -> None:
    old = year.publish([year.bring(year.own, State.NOTICE)])
    new = year.correct(old)
    client = client_of(year.cast["张三"])
    pages = {notice.pk: client.get(reverse("notice", args=[notice.pk])).content.decode() for notice in (old, new)}
    assert reverse("notice", args=[new.pk]) in pages[old.pk]
    assert reverse("notice", args=[old.pk]) in pages[new.pk]
    managed = client_of(year.cast["王五"]).get(reverse("notice_manage", args=[old.pk])).content.decode()
    assert managed.count(reverse("notice_manage", args=[new.pk])) == 1


def test_corrected_notice_is_not_ended_any_more(year: Round, moving_clock: None) -> None:
    old = year.publish([year.bring(year.own, State.NOTICE)])
    new = year.correct(old)
    year.pass_days((new.ends_on - clock.today()).days + 1)
    with pytest.raises(Stale):
        actions.close_notice(old, by=again(year.cast["王五"]))
    assert actions.close_notice(new, by=again(year.cast["王五"])) == 1
    assert IssuedPaper.unscoped.get(subject=new.pk).state == "ended"


def test_form_that_cannot_be_put_up_goes_back_to_be_mended(year: Round) -> None:
    dossier = year.bring(year.own, State.NOTICE)
    with pytest.raises(NotReady):
        year.take(dossier, "return", "王五", opinion="", reason="other", due_on=clock.today())
    year.take(dossier, "return", "王五", opinion="删去电话", reason="other", due_on=clock.today())
    assert (year.own.state, year.own.table.sealed_at) == (State.RETURNED, None)


READERS = ("张三", "李四", "王五", "钱七", "孙八", "赵六", "郑十", "外人", "管理员")
SEEN = {
    "section": {"张三", "李四", "王五", "孙八", "赵六"},
    "bureau": {"张三", "李四", "王五", "钱七", "孙八", "赵六"},
    "system": {None, *READERS},
    "public": {None, *READERS},
}


@pytest.mark.parametrize("scope", SEEN)
def test_notice_is_read_by_those_of_its_scope_and_listed_for_them(year: Round, scope: str) -> None:
    notice = year.publish([waiting(year, rank=1)], scope=scope, first_public=True)
    url = reverse("notice", args=[notice.pk])
    clients = {name: client_of(year.cast[name] if name else None) for name in (None, *READERS)}
    opened = {name for name, client in clients.items() if client.get(url).status_code == 200}
    listed = {name for name, client in clients.items() if url in client.get(reverse("notices_public")).content.decode()}
    assert (opened, listed) == (SEEN[scope], SEEN[scope])


def test_no_page_for_the_public_names_anybody_of_the_bureau(year: Round) -> None:
    year.fill(year.own, [row(measures="张三负责。", responsible="张三")])
    notice = year.publish([waiting(year, rank=1)], scope="public", first_public=True)
    urls = [reverse("notice", args=[notice.pk]), reverse("notices_public")]
    text = "".join(client_of(None).get(url).content.decode() for url in urls)
    assert {name for name in year.cast.people if name in text} == set()


LISTS = {
    "notices": lambda year: reverse("notices", args=[year.campaign.pk]),
    "notices_public": lambda year: reverse("notices_public"),
    "notice_list": lambda year: reverse("notice_list"),
}


@pytest.mark.parametrize("name", LISTS)
def test_list_of_three_costs_no_more_queries_than_one_of_one(year: Round, name: str) -> None:
    def cost() -> int:
        client = client_of(year.cast["王五"])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(LISTS[name](year)).status_code == 200
        return len(queries)

    notice = year.publish([year.bring(year.own, State.NOTICE)])
    one = cost()
    year.correct(year.correct(notice))
    assert cost() == one


def test_reason_of_a_change_is_looked_at_like_the_notice_itself(year: Round) -> None:
    notice = year.publish([waiting(year, rank=1)], scope="public", first_public=True)
    office = again(year.cast["王五"])
    assert refused(actions.withdraw_notice, notice, reason=f"张三来电 {TEL}", by=office) == (
        f"“原因”中有手机号“{TEL}”，公示中不能出现，请删去后再公示。",
        "“原因”中有姓名“张三”，在这个范围公示时只写职务，不写姓名。",
    )


def test_rule_changed_meanwhile_does_not_stand_against_a_longer_period(year: Round) -> None:
    notice = year.publish([waiting(year, rank=1)])
    Unit.objects.filter(pk=year.cast.bureau.pk).update(notice_rule="first_public")
    assert year.extend(notice).scope == "bureau"
    assert len(refused(year.correct, notice.next)) == 1


def test_notice_page_shows_number_code_and_digest(year: Round) -> None:
    notice = year.publish([year.bring(year.own, State.NOTICE)])
    page = client_of(year.cast["张三"]).get(reverse("notice", args=[notice.pk])).content.decode()
    paper = IssuedPaper.unscoped.get(subject=notice.pk)
    wanted = (paper.number, codes.grouped(paper.token), paper.digest)
    assert [word for word in wanted if word not in page] == []


@pytest.mark.parametrize("starts", ["9999-12-31", "2026-02-30", "", "1999-01-01"])
def test_impossible_beginning_is_refused_at_the_field(year: Round, starts: str) -> None:
    dossier = year.bring(year.own, State.NOTICE)
    url = reverse("notice_new", args=[year.campaign.pk])
    answer = client_of(year.cast["王五"]).post(url, draft(year, [dossier], do="preview", starts_on=starts))
    assert answer.status_code == 422
    assert 'id="id_starts_on_error"' in answer.content.decode()
