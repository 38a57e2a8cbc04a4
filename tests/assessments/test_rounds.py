"""The board of the year: counts by section, coverage, reminders, and closing with what is missing and why."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import actions
from assessments.board import Form, lines, share, total
from assessments.coverage import coverage_of
from assessments.models import Campaign, Closing, Dossier, Missing, Reminder, State
from lianzheng import clock
from lianzheng.audit.models import Entry
from lianzheng.flow import NotReady, Refused, Stale
from lianzheng.organisation.actions import create_post
from tests.cast import Cast, Round, client_of, row

TODAY = date(2026, 3, 2)


def form(state: str, *, section: str = "建筑业股", due: date | None = None) -> Form:
    return Form(id="", stage="查找", section=section, state=state, due=due, name="岗")


def test_board_takes_what_lies_with_the_filing_body_for_approved() -> None:
    (line,) = lines([form("filing"), form("filing_sent"), form("section")], today=TODAY)
    assert (line.handed_in, line.approved) == (3, 2)


def test_board_counts_by_section() -> None:
    late = TODAY - timedelta(days=1)
    forms = [form("draft", due=late), form("returned", due=TODAY), form("section", due=late), form("archived")]
    first, second = lines([*forms, form("draft", section="办公室")], today=TODAY)
    numbers = (first.all, first.handed_in, first.returned, first.approved, first.overdue, len(first.missing))
    assert numbers == (4, 2, 1, 1, 1, 2)
    assert (second.section, second.all, second.handed_in) == ("办公室", 1, 0)
    whole = total([first, second])
    assert (whole.section, whole.all, whole.handed_in, whole.overdue) == ("合计", 5, 2, 1)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 5, "0.0%"), (14, 15, "93.3%"), (999, 1000, "99.9%"), (2999, 3000, "99.9%"), (5, 5, "100.0%"), (0, 0, "—")],
)
def test_share_is_cut_and_never_rounded_up(part: int, whole: int, text: str) -> None:
    assert share(part, of=whole) == text


def texts(year: Round) -> dict[str, str]:
    return {item["term"]: item["text"] for item in coverage_of(year.campaign)}


def test_coverage_counts_what_was_handed_in_out_of_all_there_is(year: Round) -> None:
    assert texts(year)["岗位排查覆盖面"] == "0.0%（0 / 7 个）"
    year.fill(year.own, [row(), row(name="另一个")])
    assert texts(year)["查找风险点"] == "0 个，其中岗位 0 个"
    year.bring(year.own, State.SECTION)
    create_post(year.cast.units["办公室"], name="空缺岗", by=None)
    year.bring(year.dossier("建筑业股"), State.VICE)
    assert texts(year) == {
        "岗位排查覆盖面": "12.5%（1 / 8 个）",
        "股室（站所）排查覆盖面": "50.0%（1 / 2 个）",
        "单位排查覆盖面": "0.0%（0 / 1 个）",
        "查找风险点": "3 个，其中岗位 2 个",
        "制定防控措施": "6 条",
    }


def test_dates_of_a_round_fall_on_working_days(cast: Cast, holidays: None) -> None:
    """2026-02-15 lies in the Spring Festival, which ends on the 23rd; the 28th is a working Saturday."""
    campaign = Round(cast).campaign
    assert (campaign.finding_due, campaign.rating_due) == (date(2026, 2, 24), date(2026, 2, 25))


def page(year: Round, name: str) -> Any:
    return client_of(year.cast[name]).get(reverse("campaign", args=[year.campaign.pk]))


def test_board_lists_what_is_missing_with_names_for_the_office_alone(year: Round) -> None:
    year.bring(year.own, State.SECTION)
    listed = {name: [item["name"] for item in page(year, name).context["missing"]] for name in ("王五", "孙八")}
    assert ("质量监督岗（陈九）" in listed["王五"], "质量监督岗" in listed["孙八"]) == (True, True)
    assert [text for text in listed["孙八"] if "（" in text] == []
    assert [text for text in listed["王五"] if text.startswith("施工许可岗")] == []


def remind(year: Round, *dossiers: Dossier, name: str = "王五") -> Any:
    url = reverse("campaign_remind", args=[year.campaign.pk])
    return client_of(year.cast[name]).post(url, {"pick": [str(item.pk) for item in dossiers]}, follow=True)


def test_reminder_stands_on_the_holders_page_until_the_form_is_handed_in(year: Round) -> None:
    assert "已催办 1 份" in remind(year, year.own).content.decode()
    home = reverse("home")
    line = f"附件1 施工许可岗（张三）：请尽快提交（廉政办 {clock.today()} 催办）"
    assert line in client_of(year.cast["张三"]).get(home).content.decode()
    assert "<strong>催办</strong>" not in client_of(year.cast["陈九"]).get(home).content.decode()
    year.bring(year.own, State.SECTION)
    assert "<strong>催办</strong>" not in client_of(year.cast["张三"]).get(home).content.decode()


def test_reminder_is_one_a_day(year: Round, moving_clock: None) -> None:
    remind(year, year.own)
    assert "其余的今天已催办过" in remind(year, year.own, year.dossier("质量监督岗")).content.decode()
    assert Reminder.unscoped.filter(dossier=year.own).count() == 1
    year.pass_days(1)
    remind(year, year.own)
    assert (Reminder.unscoped.count(), Entry.objects.filter(act="催办").count()) == (3, 3)


def test_reminder_of_what_is_handed_in_or_of_nothing_is_none(year: Round) -> None:
    year.bring(year.own, State.SECTION)
    remind(year, year.own)
    assert "请先勾选要催办的表" in remind(year).content.decode()
    url = reverse("campaign_remind", args=[year.campaign.pk])
    client_of(year.cast["王五"]).post(url, {"pick": ["x", "", "1" * 40]})
    assert Reminder.unscoped.count() == 0


def test_reminder_of_another_bureaus_form_is_none(year: Round) -> None:
    other = Round.__new__(Round)
    other.cast = year.cast
    other.campaign = actions.open_campaign(
        year.cast.other, year=2026, title="水利", finding_due=TODAY, rating_due=TODAY, by=year.cast["外人"]
    )
    remind(year, other.campaign.dossiers.first())
    assert Reminder.unscoped.count() == 0


def why(year: Round) -> dict[Any, str]:
    missing = year.campaign.dossiers.filter(state__in=("draft", "returned"))
    return {dossier.pk: "长期病假" for dossier in missing}


def test_round_is_closed_with_a_reason_for_each_missing_form(year: Round) -> None:
    year.bring(year.own, State.SECTION)
    reasons = why(year)
    one = year.dossier("质量监督岗")
    with pytest.raises(Refused) as refusal:
        actions.close_campaign(year.campaign, reasons=reasons | {one.pk: " "}, by=year.cast["王五"])
    assert refusal.value.sentences == ("质量监督岗（陈九）（附件1）：请写明未交原因。",)
    actions.close_campaign(year.campaign, reasons=reasons, by=year.cast["王五"])
    assert set(Missing.unscoped.values_list("dossier", "reason")) == set(reasons.items())
    assert Entry.objects.get(act="结束年度排查").detail == {"未交": 9}
    with pytest.raises(Stale, match="已经结束"):
        actions.close_campaign(year.campaign, reasons=reasons, by=year.cast["王五"])


def test_nothing_is_handed_in_after_the_closing_until_the_round_is_opened_again(year: Round) -> None:
    year._prepare(year.own)
    actions.close_campaign(year.campaign, reasons=why(year), by=year.cast["王五"])
    with pytest.raises(NotReady, match="本年度排查已经结束，不能再提交"):
        year.take(year.own, "submit", "张三")
    with pytest.raises(Refused, match="请写明重新开放的原因"):
        actions.reopen_campaign(year.campaign, reason=" ", by=year.cast["王五"])
    actions.reopen_campaign(year.campaign, reason="病愈补交", by=year.cast["王五"])
    year.take(year.own, "submit", "张三")
    assert Entry.objects.get(act="重新开放年度排查").detail == {"原因": "病愈补交"}
    with pytest.raises(Stale, match="没有结束"):
        actions.reopen_campaign(year.campaign, reason="再开", by=year.cast["王五"])
    assert (Closing.unscoped.get().reopened_reason, Missing.unscoped.count()) == ("病愈补交", 10)


def test_what_lies_at_a_desk_goes_on_after_the_closing(year: Round) -> None:
    dossier = year.bring(year.own, State.SECTION)
    actions.close_campaign(year.campaign, reasons=why(year), by=year.cast["王五"])
    assert year.take(dossier, "pass", "李四").state == State.OFFICE


def test_closing_page_asks_for_every_reason_and_keeps_what_was_typed(year: Round) -> None:
    client, url = client_of(year.cast["王五"]), reverse("campaign_close", args=[year.campaign.pk])
    assert client.get(url).status_code == 200
    typed = {f"why-{pk}": "长期病假" for pk in why(year)}
    one = year.own.pk
    for bad in ("", "长" * 301, "看\u202e不见"):
        response = client.post(url, typed | {f"why-{one}": bad})
        assert (response.status_code, Closing.unscoped.count()) == (422, 0)
        assert f'id="id_why-{one}_error"' in response.content.decode()
        assert response.content.decode().count('value="长期病假"') == 9
    assert client.post(url, typed).status_code == 302
    text = page(year, "王五").content.decode()
    assert ("未交 10 份" in text, "不能再提交" in text, text.count("：长期病假")) == (True, True, 10)
    assert client.post(reverse("campaign_reopen", args=[year.campaign.pk]), {"reason": ""}).status_code == 302
    assert Closing.unscoped.get().reopened_at is None
    client.post(reverse("campaign_reopen", args=[year.campaign.pk]), {"reason": "补交"})
    assert Closing.unscoped.get().reopened_by == year.cast["王五"]


def test_closing_of_a_round_in_which_all_is_handed_in_asks_for_nothing(year: Round) -> None:
    Dossier.unscoped.filter(campaign=year.campaign).update(state=State.OFFICE)
    response = client_of(year.cast["王五"]).post(reverse("campaign_close", args=[year.campaign.pk]))
    assert (response.status_code, Closing.unscoped.count()) == (302, 1)


def test_board_asks_as_many_questions_for_three_closings_as_for_one(year: Round) -> None:
    counts = []
    client, url = client_of(year.cast["王五"]), reverse("campaign", args=[year.campaign.pk])
    for _ in range(3):
        actions.close_campaign(Campaign.unscoped.get(pk=year.campaign.pk), reasons=why(year), by=year.cast["王五"])
        with CaptureQueriesContext(connection) as asked:
            client.get(url)
        counts.append(len(asked))
        actions.reopen_campaign(year.campaign, reason="补交", by=year.cast["王五"])
    assert counts[0] == counts[2]
    assert counts[0] <= 25
