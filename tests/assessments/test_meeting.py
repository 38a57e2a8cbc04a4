"""The meeting: attendance, recusal, votes, decisions, the draft of two clerks, the minutes on page, paper and sheet."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from assessments import actions
from assessments.actions import Presence
from assessments.minutes import Minutes, document_of
from assessments.models import Attendee, Dossier, IssuedPaper, Meeting, MeetingDraft, MeetingItem, Recusal, State
from assessments.votes import Votes
from lianzheng import clock, codes
from lianzheng.audit.models import Entry, Snapshot
from lianzheng.flow import NotYours, Refused, Said, Stale, digest
from lianzheng.render import official, pdf
from tests.cast import Round, again, client_of, minutes, team, tomorrow

ABSENT = Attendee.Part.ABSENT


def at_meeting(year: Round, *titles: str) -> list[Dossier]:
    return [year.bring(year.rating(title), State.MEETING) for title in titles]


def decision(dossier: Dossier, rank: int | None = None, *, why: str = "", **more: Any) -> actions.Decision:
    """The level as it lies before the meeting, or another one for a reason."""
    facts = {"reason": why}
    return actions.Decision(dossier, dossier.version, rank or dossier.reviewed_rank, Said(facts=facts), **more)


def refused(year: Round, *decisions: actions.Decision, **options: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as refusal, transaction.atomic():
        year.meet(decisions, **options)
    assert (Meeting.unscoped.count(), MeetingItem.unscoped.count()) == (0, 0)
    return refusal.value.sentences


def with_holder(year: Round, *, known: bool = True) -> list[Presence]:
    """The same number of people, one of whom is 张三, whose form lies before the meeting."""
    holder = Presence("张三", person=year.cast["张三"] if known else None)
    return [*team(year.cast)[:4], holder]


def text_of(meeting: Meeting) -> str:
    return re.sub(r"\s", "", official.page(document_of(Minutes(meeting))))


def test_meeting_counts_who_came_and_says_who_did_not(year: Round) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    guest = Presence("特邀人员", Attendee.Part.OBSERVER)
    away = Presence("委员丙", ABSENT, "出差")
    meeting = year.meet([decision(one)], attendees=[*team(year.cast), guest, away])
    assert (meeting.expected, meeting.present, meeting.quorate) == (6, 5, True)
    found = Minutes(meeting)
    assert found.named("present") == "孙八、钱七、赵六、委员甲、委员乙"
    assert (found.named("observer"), found.named("absent")) == ("特邀人员", "委员丙（出差）")


def test_meeting_of_too_few_is_recorded_and_the_minutes_say_so(year: Round) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    away = [Presence(f"委员{n}", ABSENT, "出差") for n in range(2)]
    meeting = year.meet([decision(one)], attendees=[Presence("孙八"), Presence("钱七"), *away])
    assert (meeting.expected, meeting.present, meeting.quorate) == (4, 2, False)
    assert "应到4人，实到2人（实到人数未超过应到人数的半数）" in text_of(meeting)


@pytest.mark.parametrize(
    ("attendees", "sentence"),
    [
        ([Presence("钱七")], "主持人“孙八”不在出席人员中，请核对。"),
        ([Presence("孙八", ABSENT, "出差")], "请至少填写一名出席人员。"),
        ([Presence("孙八"), Presence("孙八")], "参会人员中“孙八”写了两次，同名的请加注职务。"),
        ([Presence("孙八"), Presence("钱七", ABSENT)], "请写明钱七的缺席原因。"),
    ],
)
def test_attendance_that_cannot_be_is_refused(year: Round, attendees: list[Presence], sentence: str) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    assert refused(year, decision(one), attendees=attendees) == (sentence,)


@pytest.mark.parametrize("known", [True, False])
def test_person_of_the_item_is_recused_and_has_no_vote(year: Round, known: bool) -> None:
    """Known as a person of the bureau, or by the name alone."""
    (own,) = at_meeting(year, "施工许可岗")
    people = with_holder(year, known=known)
    too_many = decision(own, votes=Votes(5))
    assert refused(year, too_many, attendees=people) == (
        "施工许可岗（张三）：表决票数合计 5，与有表决权的实到人数 4（实到人数减回避人数）不符。",
    )
    meeting = year.meet([decision(own)], attendees=people)
    item = meeting.items.get()
    assert (item.agree, item.oppose, item.abstain) == (4, 0, 0)
    assert [(line.attendee.name, line.own) for line in Recusal.unscoped.filter(item=item)] == [("张三", True)]
    assert "张三（本人议题），未参加本议题表决。" in text_of(meeting)


def test_further_recusal_takes_a_vote_away_and_is_printed_with_its_reason(year: Round) -> None:
    one, other = at_meeting(year, "施工许可岗", "质量监督岗")
    recused = decision(one, recused={"钱七": "与当事人有亲属关系"}, votes=Votes(3, 1))
    meeting = year.meet([recused, decision(other)])
    found = Minutes(meeting)
    assert [found.away(item) for item in found.items] == ["钱七（与当事人有亲属关系）", ""]
    assert [item.votes.total for item in found.items] == [4, 5]
    assert not Recusal.unscoped.get().own


def test_recusal_of_somebody_who_is_not_there_is_refused(year: Round) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    said = refused(year, decision(one, recused={"周一": "亲属"}))
    assert said == ("施工许可岗（张三）：回避人员“周一”不在出席人员中，请核对。",)


def test_every_item_that_is_wrong_is_named_and_nothing_is_recorded(year: Round) -> None:
    one, two, three = at_meeting(year, "施工许可岗", "质量监督岗", "建筑业股")
    stale = actions.Decision(three, three.version - 1, three.reviewed_rank, Said())
    said = refused(year, decision(one, votes=Votes(2, 3)), decision(two, 1), stale)
    assert said == (
        "施工许可岗（张三）：同意 2 票，未超过有表决权的实到人数 5 的半数，只能退回修改或不列入本次会议。",
        "质量监督岗（陈九）：决定等级与审核等级不同，请写明理由。",
        "建筑业股：已被他人处理，请按最新情况办理。",
    )
    states = {Dossier.unscoped.get(pk=item.pk).state for item in (one, two, three)}
    assert (states, Attendee.unscoped.count()) == ({State.MEETING}, 0)


def test_outcomes_are_agree_change_and_return(year: Round) -> None:
    one, two, three = at_meeting(year, "施工许可岗", "质量监督岗", "建筑业股")
    due = clock.today() + timedelta(days=5)
    back = actions.Decision(three, three.version, None, Said(opinion="请再查", reason="shallow", due_on=due))
    meeting = year.meet([decision(one, points="大家认为措施到位。"), decision(two, 3, why="已轮岗"), back])
    found = Minutes(meeting)
    rows = [(row["title"], row["proposed"], row["reviewed"], row["decided"], row["why"]) for row in found.rows()]
    assert rows == [
        ("施工许可岗（张三）", "二级", "二级", "二级", ""),
        ("质量监督岗（陈九）", "二级", "二级", "三级", "已轮岗"),
        ("建筑业股", "二级", "二级", "退回修改", f"查找不深入：请再查，{official.long_date(due)}前完善"),
    ]
    assert [item.outcome for item in found.items] == ["agree", "change", "return"]
    text = text_of(meeting)
    for sentence in (
        "同意确定为二级。",
        "由二级调整为三级。理由：已轮岗",
        "退回修改。查找不深入：请再查",
        "大家认为措施到位。",
    ):
        assert sentence in text


def backdated(dossier: Dossier, *, days: int) -> None:
    """It has lain before the meeting for so long."""
    Dossier.unscoped.filter(pk=dossier.pk).update(state_since=Now() - timedelta(days=days))


def test_meeting_recorded_later_is_marked_in_minutes_and_journal(year: Round) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    backdated(one, days=10)
    day = clock.today() - timedelta(days=3)
    meeting = year.meet([decision(one)], held_on=day)
    assert (meeting.late, meeting.recorded_on) == (True, clock.today())
    detail = Entry.objects.get(act="登记会议决定").detail
    assert detail == {"议题": 1, "补录": True, "会议日期": day.isoformat()}
    assert f"{official.long_date(clock.today())}补录" in text_of(meeting)


def test_meeting_of_today_bears_no_mark(year: Round) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    meeting = year.meet([decision(one)])
    assert (meeting.late, "补录" in text_of(meeting)) == (False, False)
    assert Entry.objects.get(act="登记会议决定").detail == {"议题": 1}


def test_meeting_in_the_future_or_before_its_item_came_is_refused(year: Round) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    assert refused(year, decision(one), held_on=tomorrow()) == ("会议日期不能晚于今天。",)
    backdated(one, days=2)
    early = clock.today() - timedelta(days=5)
    (said,) = refused(year, decision(one), held_on=early)
    assert said.startswith("施工许可岗（张三）：本议题")
    assert said.endswith(f"才提交会议，会议日期 {early} 不能早于这一天。")


def test_digest_binds_the_minutes_to_what_was_recorded(year: Round) -> None:
    one, own = at_meeting(year, "质量监督岗", "施工许可岗")
    decisions = [decision(one, recused={"钱七": "亲属"}), decision(own)]
    meeting = year.meet(decisions, attendees=with_holder(year))
    content = Minutes(Meeting.unscoped.get(pk=meeting.pk)).content()
    assert digest(content) == meeting.digest
    assert Snapshot.objects.get(digest=meeting.digest).content == content
    assert Entry.objects.get(act="登记会议决定").digest == meeting.digest


@pytest.mark.parametrize("model", [Meeting, Attendee, MeetingItem, Recusal])
def test_recorded_meeting_is_never_changed(year: Round, model: Any) -> None:
    (own,) = at_meeting(year, "施工许可岗")
    year.meet([decision(own)], attendees=with_holder(year))
    for change in (lambda: model.unscoped.all().delete(), lambda: model.unscoped.update(bureau=year.cast.other)):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# --- the page ----------------------------------------------------------------------------------------------------


def sent(year: Round, *dossiers: Dossier, **changes: Any) -> dict[str, Any]:
    """What the page sends: everything ticked and agreed."""
    fields: dict[str, Any] = {key: str(value) for key, value in minutes(1).items()}
    fields |= {"version": "0", "rows": "3", "pick": [str(dossier.pk) for dossier in dossiers]}
    for n, name in enumerate(("孙八", "钱七", "赵六"), start=1):
        fields |= {f"a{n}-name": name, f"a{n}-part": "present", f"a{n}-reason": ""}
    for dossier in dossiers:
        fields |= {f"version-{dossier.pk}": str(dossier.version), f"rank-{dossier.pk}": str(dossier.reviewed_rank)}
    return fields | changes


def page(year: Round, fields: dict[str, Any] | None = None, *, by: str = "王五") -> Any:
    url = reverse("meeting_new", args=[year.campaign.pk])
    client = client_of(year.cast[by])
    return client.get(url) if fields is None else client.post(url, fields)


def test_page_proposes_number_chair_and_leadership_team(year: Round) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    form = page(year).context["form"]
    wanted = {"minutes_no": "〔2026〕1号", "chair": "孙八", "minute_taker": "王五", "number": 1}
    assert {name: form[name].value() for name in wanted} == wanted
    names = [line["name"].value() for line in page(year).context["lines"]]
    assert [name for name in names if name] == ["钱七", "孙八", "赵六"]
    year.meet([decision(one)])
    assert page(year).context["form"]["minutes_no"].value() == "〔2026〕2号"


def test_page_records_what_was_typed_and_shows_it(year: Round) -> None:
    own, one = at_meeting(year, "施工许可岗", "质量监督岗")
    more = {
        f"points-{one.pk}": "措施到位。",
        f"recused-{one.pk}": "钱七：亲属",
        f"agree-{one.pk}": "2",
        "a3-part": "absent",
        "a3-reason": "出差",
        "rows": "4",
        "a4-name": "张三",
        "a4-part": "present",
    }
    response = page(year, sent(year, one, own, **more))
    meeting = Meeting.unscoped.get()
    assert (response.status_code, response["Location"]) == (302, reverse("meeting", args=[meeting.pk]))
    shown = client_of(year.cast["赵六"]).get(response["Location"]).content.decode()
    for words in ("赵六（出差）", "应到4人，实到3人", "措施到位。", "钱七（亲属）", "张三（本人议题）", meeting.digest):
        assert words in shown


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("held_on", "2999-01-01", "会议日期不能晚于今天。"),
        ("chair", "", "主持人：这个字段是必填项。"),
        ("a2-part", "absent", "参会人员第2行 缺席原因：请写明缺席原因。"),
        ("recused", "钱七", "没有写明理由"),
        ("rank", "return", "请选择退回原因。"),
        ("rank", "9", "选择一个有效的选项"),
        ("agree", "-1", "同意票数："),
        ("points", "\x00", "不能"),
    ],
)
def test_page_says_at_the_field_what_is_wrong_and_keeps_what_was_typed(
    year: Round, field: str, value: str, sentence: str
) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    name = field if field in ("held_on", "chair") or field.startswith("a2") else f"{field}-{one.pk}"
    response = page(year, sent(year, one, **{f"why-{one.pk}": "我写的理由", "place": "我写的地点", name: value}))
    text = response.content.decode()
    assert (response.status_code, Meeting.unscoped.count()) == (422, 0)
    assert sentence in text
    assert ("我写的理由" in text, "我写的地点" in text) == (True, True)


def test_votes_that_were_refused_are_not_folded_away(year: Round) -> None:
    one, other = at_meeting(year, "施工许可岗", "质量监督岗")
    response = page(year, sent(year, one, other, **{f"agree-{one.pk}": "9"}))
    assert response.status_code == 422
    opened = {item["title"]: item["open"] for item in response.context["items"]}
    assert opened == {"施工许可岗（张三）": True, "质量监督岗（陈九）": False}
    assert response.content.decode().count("<details open>") == 1


def test_item_decided_elsewhere_is_named_and_the_rest_is_recorded_without_it(year: Round) -> None:
    one, other = at_meeting(year, "施工许可岗", "质量监督岗")
    fields = sent(year, one, other, **{f"points-{other.pk}": "我写的要点"})
    year.meet([decision(one)], number=7)
    response = page(year, fields)
    text = response.content.decode()
    assert response.status_code == 409
    for words in ("王五已于", "施工许可岗（张三）：已在别的会议上办理", "我写的要点"):
        assert words in text
    assert [item["title"] for item in response.context["items"]] == ["质量监督岗（陈九）"]
    fields["version"] = str(response.context["version"])
    unchanged = page(year, fields)
    assert unchanged.status_code == 409
    assert "施工许可岗（张三）：您已办理过这一步，不必重复操作。" in unchanged.content.decode()
    fields["pick"] = [str(other.pk)]
    assert page(year, fields).status_code == 302
    other.refresh_from_db()
    assert other.state == State.NOTICE


def test_draft_keeps_what_was_typed_for_whoever_goes_on(year: Round) -> None:
    one, other = at_meeting(year, "施工许可岗", "质量监督岗")
    fields = sent(year, one, other, place="东楼", do="save", **{f"points-{one.pk}": "会前意见", "a2-name": "钱七改"})
    fields["pick"] = [str(one.pk)]
    assert page(year, fields).status_code == 302
    shown = page(year).context
    assert (shown["version"], shown["form"]["place"].value()) == (1, "东楼")
    assert [line["name"].value() for line in shown["lines"]] == ["孙八", "钱七改", "赵六"]
    items = {item["title"]: (item["picked"], item["form_"]["points"].value()) for item in shown["items"]}
    assert items == {"施工许可岗（张三）": (True, "会前意见"), "质量监督岗（陈九）": (False, None)}
    assert Meeting.unscoped.count() == 0
    fields |= {"do": "record", "version": "1"}
    assert page(year, fields).status_code == 302
    assert (MeetingDraft.unscoped.get().typed, page(year).context["draft"]) == ({}, None)


def test_second_clerk_is_told_and_loses_nothing(year: Round) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    assert page(year, sent(year, one, place="王五写的", do="save")).status_code == 302
    for do in ("save", "record"):
        response = page(year, sent(year, one, place="孙八写的", do=do), by="孙八")
        text = response.content.decode()
        assert response.status_code == 409
        assert re.search(r"王五已于 \d\d-\d\d \d\d:\d\d 保存过这份草稿，没有被覆盖", text)
        assert "孙八写的" in text
        assert MeetingDraft.unscoped.get().typed["place"] == ["王五写的"]
    fields = sent(year, one, place="孙八写的", do="save", version=str(response.context["version"]))
    assert page(year, fields, by="孙八").status_code == 302
    assert MeetingDraft.unscoped.get().typed["place"] == ["孙八写的"]


def test_draft_is_saved_by_those_who_record_and_holds_only_text(year: Round) -> None:
    with pytest.raises(NotYours):
        actions.save_draft(year.campaign, typed={"place": ["x"]}, version=0, by=again(year.cast["外人"]))
    response = page(year, sent(year, place="\x00", do="save"))
    assert (response.status_code, MeetingDraft.unscoped.count()) == (422, 0)


def test_old_draft_version_is_stale_for_the_action_as_well(year: Round) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    actions.save_draft(year.campaign, typed={}, version=0, by=again(year.cast["王五"]))
    with pytest.raises(Stale):
        year.meet([decision(one)], draft=0)
    assert year.meet([decision(one)], draft=1).items.count() == 1


@pytest.mark.parametrize("name", ["王五", "孙八", "赵六"])
def test_recorded_meeting_is_found_from_its_round(year: Round, name: str) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    meeting = year.meet([decision(one)])
    text = client_of(year.cast[name]).get(reverse("campaign", args=[year.campaign.pk])).content.decode()
    assert f'<a href="{reverse("meeting", args=[meeting.pk])}">局办公会议第1次会议 〔2026〕1号</a>' in text


# --- papers ------------------------------------------------------------------------------------------------------


def test_workbook_has_the_same_decisions_as_the_page(year: Round) -> None:
    one, own = at_meeting(year, "质量监督岗", "施工许可岗")
    meeting = year.meet([decision(one, 3, why="已轮岗"), decision(own)], attendees=with_holder(year))
    url = reverse("minutes", args=[meeting.pk, "xlsx"])
    response = client_of(year.cast["王五"]).get(url)
    assert "attachment" in response["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).worksheets[0]
    cells = {str(cell.value) for row in sheet.rows for cell in row if cell.value is not None}
    wanted = {
        "〔2026〕1号",
        "孙八",
        "已轮岗",
        "三级",
        "张三（本人议题）",
        "同意4票、反对0票、弃权0票",
        "应到5人，实到5人",
    }
    assert wanted - cells == set()
    assert Entry.objects.filter(act="导出会议纪要", subject=meeting.pk, by=year.cast["王五"]).count() == 1


@pytest.mark.skipif(pdf.available() is not None, reason=str(pdf.available()))
def test_minutes_are_an_official_document_with_every_decision(year: Round) -> None:
    one, own = at_meeting(year, "质量监督岗", "施工许可岗")
    meeting = year.meet([decision(one, 3, why="已轮岗"), decision(own)], attendees=with_holder(year))
    response = client_of(year.cast["孙八"]).get(reverse("minutes", args=[meeting.pk, "pdf"]))
    assert response["Content-Type"] == "application/pdf"
    book = PdfReader(io.BytesIO(response.content))
    text = re.sub(r"\s", "", "".join(sheet.extract_text() for sheet in book.pages))
    for words in (
        "局办公会议纪要",
        "〔2026〕1号",
        "由二级调整为三级。理由：已轮岗",
        "张三（本人议题）",
        meeting.digest,
    ):
        assert words in text
    assert "张三" not in str(book.metadata)


def test_minutes_are_the_same_bytes_for_everybody_and_can_be_verified(year: Round) -> None:
    (one,) = at_meeting(year, "质量监督岗")
    meeting = year.meet([decision(one)])
    url = reverse("minutes", args=[meeting.pk, "pdf"])
    first, second = (client_of(year.cast[name]).get(url).content for name in ("王五", "赵六"))
    assert first == second
    paper = IssuedPaper.unscoped.get(subject=meeting.pk)
    text = re.sub(r"\s", "", "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(first)).pages))
    assert (codes.grouped(paper.token) in text, paper.number in text) == (True, True)
    place = reverse("verify_paper", args=[paper.token])
    for content, words in ((first, "一致：这个文件与签发的PDF文件逐字节相同。"), (first + b" ", "不一致")):
        answer = Client().post(place, {"file": SimpleUploadedFile("纪要.pdf", content)})
        assert words in answer.content.decode()
    assert "质量监督岗" not in Client().get(place).content.decode()


@pytest.mark.parametrize("form", ["doc", "html", "pdf.exe"])
def test_minutes_in_another_form_are_not_there(year: Round, form: str) -> None:
    (one,) = at_meeting(year, "施工许可岗")
    meeting = year.meet([decision(one)])
    assert client_of(year.cast["王五"]).get(reverse("minutes", args=[meeting.pk, form])).status_code == 404


def test_page_of_a_meeting_asks_as_much_for_two_items_as_for_one(
    year: Round, django_assert_max_num_queries: Any
) -> None:
    one, *others = at_meeting(year, "施工许可岗", "质量监督岗", "建筑业股")
    counts = []
    for dossiers in ([one], others):
        meeting = year.meet([decision(dossier) for dossier in dossiers])
        for url in (reverse("meeting", args=[meeting.pk]), reverse("minutes", args=[meeting.pk, "xlsx"])):
            with django_assert_max_num_queries(30) as seen:
                assert client_of(year.cast["王五"]).get(url).status_code == 200
            counts.append(len(seen))
    assert counts[:2] == counts[2:]
