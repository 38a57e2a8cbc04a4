"""Bulletin and overview: figures that hide the small, one draft a period, a number at issue, and who may read what."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from assessments.actions import refresh_duties
from assessments.models import Dossier, DutyInstance, IssuedPaper
from early_warning import actions, figures
from early_warning.bulletin_paper import document_of
from early_warning.gather import figures_of
from early_warning.models import Bulletin, Reminder, Signal, State
from early_warning.morning import morning
from lianzheng import clock
from lianzheng.audit.models import Entry
from lianzheng.flow import Refused, Stale
from lianzheng.organisation.actions import shift_demo
from lianzheng.render.official import Heading
from tests.cast import Cast, Round, again, client_of
from tests.early_warning.play import Case


@pytest.mark.parametrize(("count", "text"), [(0, "0"), (1, "<3"), (2, "<3"), (3, "3"), (40, "40")])
def test_one_and_two_are_shown_as_less_than_three(count: int, text: str) -> None:
    assert figures.shown(count) == text


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_no_sum_gives_a_hidden_count_away(counts: list[int]) -> None:
    """Whoever knows the printed cells and the printed sum still has a hidden one both ways, one and two."""
    named = {str(n): count for n, count in enumerate(counts)}
    cells, said = [figures.shown(count) for count in counts], figures.total(named)
    choices = [(1, 2) if cell == "<3" else (int(cell),) for cell in cells]
    fitting = [
        guess for guess in product(*choices) if figures.total({str(n): count for n, count in enumerate(guess)}) == said
    ]
    for n, cell in enumerate(cells):
        assert {guess[n] for guess in fitting} == ({1, 2} if cell == "<3" else {int(cell)})


def test_states_are_left_out_where_they_and_the_colours_would_give_each_other_away() -> None:
    states = {"整改中": 6}
    for colours, wanted in (({"红色": 6}, states), ({"红色": 5, "橙色": 1}, {})):
        assert figures.states_of({"colours": colours, "states": states}) == wanted


def test_bounds_of_months_and_halves() -> None:
    spans = [("month", 2), ("month", 12), ("half", 1), ("half", 2)]
    found = [tuple(day.isoformat() for day in figures.bounds(span, year=2028, turn=turn)) for span, turn in spans]
    assert found == [
        ("2028-02-01", "2028-02-29"),
        ("2028-12-01", "2028-12-31"),
        ("2028-01-01", "2028-06-30"),
        ("2028-07-01", "2028-12-31"),
    ]


def this_half() -> dict[str, Any]:
    today = clock.today()
    return {"span": "half", "year": today.year, "turn": 1 if today.month <= 6 else 2}


def drafted(cast: Cast) -> Bulletin:
    return actions.draft_bulletin(cast.bureau, **this_half(), by=cast["王五"])


def test_figures_count_what_happened_in_the_period(cast: Cast) -> None:
    for name in ("张三", "李四", "陈九"):
        Case(cast, name).bring(State.ISSUED if name != "李四" else State.CLOSED)
    found = figures_of(cast.bureau, **this_half(), today=clock.today())
    assert {key: value for key, value in found["sources"].items() if value} == {"信访调查": 3}
    assert found["colours"] == {"红色": 0, "橙色": 0, "黄色": 3}
    assert found["states"] == {"待签收": 2, "已销号": 1}
    assert found["ends"] == {"按期整改": 1, "发生逾期": 0}
    before = {"span": "half", "year": clock.today().year - 1, "turn": 1}
    assert sum(figures_of(cast.bureau, **before, today=clock.today())["sources"].values()) == 0


def test_bulletin_is_drafted_once_a_period_and_hides_the_small(cast: Cast) -> None:
    Case(cast).bring(State.ISSUED)
    bulletin = drafted(cast)
    assert "签发预警通知书<3份。按颜色分：黄色<3份。" in bulletin.text
    with pytest.raises(Refused, match="已经有了"):
        drafted(cast)
    with pytest.raises(Refused, match="还没有开始"):
        actions.draft_bulletin(cast.bureau, span="half", year=clock.today().year + 1, turn=2, by=cast["王五"])


def test_numbers_of_issued_bulletins_follow_one_another_and_verify(cast: Cast) -> None:
    year, numbers = clock.today().year, []
    for turn in (1, 2):
        bulletin = actions.draft_bulletin(cast.bureau, span="month", year=year - 1, turn=turn, by=cast["王五"])
        actions.issue_bulletin(bulletin, version=1, by=cast["王五"])
        numbers.append(bulletin.number)
    assert numbers == [f"县住建局廉通〔{year}〕{n}号" for n in (1, 2)]
    assert sorted(IssuedPaper.unscoped.filter(kind="bulletin").values_list("number", flat=True)) == numbers


def test_issued_bulletin_stays_as_it_is(cast: Cast) -> None:
    bulletin = drafted(cast)
    actions.issue_bulletin(bulletin, version=1, by=cast["王五"])
    for change in (
        lambda: actions.save_bulletin(bulletin, title="甲", text="乙", version=2, by=cast["王五"]),
        lambda: actions.issue_bulletin(bulletin, version=2, by=cast["王五"]),
    ):
        with pytest.raises(Stale):
            change()
    assert Entry.objects.filter(act="签发通报").count() == 1


def test_document_sets_its_numbered_lines_as_headings(cast: Cast) -> None:
    blocks = document_of(drafted(cast)).blocks
    found = [block.text for block in blocks if isinstance(block, Heading)]
    assert found == ["一、预警信息", "二、预警处置", "三、周期性工作", "四、有关要求"]


def statuses(cast: Cast, url: str) -> dict[str, int]:
    names = ("张三", "王五", "赵六", "孙八", "外人")
    return {name: client_of(cast[name]).get(url).status_code for name in names}


def test_draft_is_for_those_who_make_it_and_the_issued_one_for_the_bureau(cast: Cast) -> None:
    bulletin = drafted(cast)
    url = bulletin.get_absolute_url()
    assert statuses(cast, url) == {"张三": 404, "王五": 200, "赵六": 200, "孙八": 200, "外人": 404}
    actions.issue_bulletin(bulletin, version=1, by=cast["王五"])
    assert statuses(cast, url) == {"张三": 200, "王五": 200, "赵六": 200, "孙八": 200, "外人": 404}


def test_empty_text_is_refused_and_an_old_page_keeps_what_was_typed(cast: Cast) -> None:
    bulletin = drafted(cast)
    client, url = client_of(cast["王五"]), bulletin.get_absolute_url()
    typed = {"title": "通报", "text": "改过的正文", "version": 1}
    assert client.post(url, typed | {"text": ""}).status_code == 422
    assert client.post(url, typed).status_code == 302
    answer = client.post(url, typed | {"text": "第二次改"})
    assert (answer.status_code, "第二次改" in answer.content.decode()) == (409, True)
    bulletin.refresh_from_db()
    assert bulletin.text == "改过的正文"


def test_bulletin_of_a_half_year_is_drafted_by_the_form(cast: Cast) -> None:
    answer = client_of(cast["王五"]).post(reverse("bulletin_new"), {"year": 2026, "period": "half-1"})
    found = Bulletin.unscoped.get()
    assert (answer.status_code, answer["Location"]) == (302, found.get_absolute_url())
    assert (found.span, found.year, found.turn) == ("half", 2026, 1)


def test_odd_period_is_refused_in_words(cast: Cast) -> None:
    client = client_of(cast["王五"])
    for odd in ({"year": "x", "period": "half-1"}, {"year": 2026, "period": "half-3"}, {}):
        assert client.post(reverse("bulletin_new"), odd).status_code == 422
    assert Bulletin.unscoped.count() == 0


# --- overdue, reminders, limits ----------------------------------------------------------------------------------


@pytest.fixture
def late(year: Round, moving_clock: None) -> DutyInstance:
    """张三's self-check, a day overdue."""
    Dossier.unscoped.filter(pk=year.own.pk).update(
        stage="rating", state="in_force", decided_rank=1, in_force_on=clock.today()
    )
    refresh_duties(year.cast.bureau, by=None)
    turn: DutyInstance = DutyInstance.unscoped.select_related("bureau").get(code="self_check")
    shift_demo((turn.due_on - clock.today()).days + 1, by=year.cast["王五"])
    return turn


def test_overdue_duty_becomes_one_signal_with_one_click(late: DutyInstance, cast: Cast) -> None:
    client = client_of(cast["王五"])
    page = client.get(reverse("overdue")).content.decode()
    assert "转为预警信息" in page
    for _ in range(2):
        client.post(reverse("duty_signal", args=[late.pk]))
    signal = Signal.unscoped.get()
    assert (signal.answerer, signal.source, "逾期未完成" in signal.summary) == (cast["张三"], "inspection", True)
    assert "已转预警信息" in client.get(reverse("overdue")).content.decode()


def test_duty_in_time_becomes_no_signal(late: DutyInstance, cast: Cast) -> None:
    shift_demo(-1, by=cast["王五"])
    with pytest.raises(Refused, match="没有逾期"):
        actions.signal_of_duty(late, by=cast["王五"])


def test_list_of_overdue_asks_as_many_questions_for_three_warnings_as_for_one(cast: Cast, moving_clock: None) -> None:
    counts = []
    for names in (("张三",), ("陈九", "李四")):
        for name in names:
            Case(cast, name).bring(State.ISSUED)
        shift_demo(30, by=cast["王五"])
        for url in (reverse("overdue"), reverse("overview")):
            with CaptureQueriesContext(connection) as captured:
                assert client_of(cast["赵六"]).get(url).status_code == 200
            counts.append(len(captured))
    assert counts[:2] == counts[2:]


def test_overview_hides_small_counts_from_all_but_the_head_and_the_inspection(cast: Cast) -> None:
    Case(cast).bring(State.ISSUED)
    url = reverse("overview")
    hidden = {
        name: "&lt;3</td>" in client_of(cast[name]).get(url).content.decode()
        for name in ("王五", "钱七", "赵六", "孙八")
    }
    assert hidden == {"王五": True, "钱七": True, "赵六": False, "孙八": False}


def test_reminder_is_the_persons_own_and_noted_as_read(cast: Cast, moving_clock: None) -> None:
    warning = Case(cast).bring(State.ISSUED)
    assert warning.sign_by is not None
    shift_demo((warning.sign_by - clock.today()).days, by=cast["王五"])
    morning()
    client, url = client_of(cast["张三"]), reverse("reminders")
    assert warning.number in client.get(url).content.decode()
    assert warning.number not in client_of(cast["陈九"]).get(url).content.decode()
    client.post(url)
    assert Reminder.unscoped.filter(seen_at=None).count() == 0


def test_limits_page_names_the_field_and_keeps_what_was_typed(cast: Cast) -> None:
    client, url = client_of(again(cast["赵六"])), reverse("warning_limits")
    typed = {f"{name}-{n}": 5 for name in ("sign", "reply", "review") for n in (1, 2, 3)}
    typed |= {f"finish-{n}": 30 for n in (1, 2, 3)} | {f"version-{n}": 0 for n in (1, 2, 3)}
    answer = client.post(url, typed | {"finish-1": 7})
    assert (answer.status_code, "整改期限太短" in answer.content.decode(), 'value="7"' in answer.content.decode()) == (
        422,
        True,
        True,
    )
    assert client.post(url, typed).status_code == 302
    assert client.post(url, typed | {"sign-1": 4}).status_code == 409
