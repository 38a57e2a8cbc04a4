"""The auditor's page: acts, times, hats and digests of the own bureau; never what was written."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pgtrigger
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from lianzheng import clock
from lianzheng.audit.actions import record, seal, verify
from lianzheng.audit.models import Entry, Seal
from lianzheng.desk import journal
from lianzheng.organisation.roles import DEPUTISED
from tests.cast import Cast, Round, client_of

PLACE = "/journal/"


@pytest.fixture
def auditor(cast: Cast) -> Client:
    return client_of(cast["审计员"])


def acts(client: Client, **query: Any) -> list[str]:
    response = client.get(PLACE, query)
    assert response.status_code == 200
    return [line["act"] for line in response.context["lines"]]


def note(cast: Cast, word: str, *, by: str = "张三", **facts: Any) -> Entry:
    return record(word, bureau=cast.bureau, by=cast[by], **facts)


def test_auditor_sees_act_person_hat_and_digest_and_no_content(cast: Cast, auditor: Client) -> None:
    digest = "ab" * 32
    note(cast, "试一试", hat="股室负责人", digest=digest, subject=cast.bureau, detail={"意见": "审查不严"})
    response = auditor.get(PLACE)
    line = response.context["lines"][0]
    assert {name: line[name] for name in ("act", "by", "hat", "digest", "kind", "subject", "seal")} == {
        "act": "试一试",
        "by": "张三",
        "hat": "股室负责人",
        "digest": digest,
        "kind": "机构",
        "subject": str(cast.bureau.pk),
        "seal": "未封",
    }
    assert "审查不严" not in response.content.decode()


def test_step_is_shown_with_the_words_of_its_states(year: Round, auditor: Client) -> None:
    year.bring(year.own, "section")
    line = next(line for line in auditor.get(PLACE).context["lines"] if line["change"])
    assert line["change"] == "填写中 → 待股室审核"


def test_journal_of_another_bureau_is_not_in_the_list(cast: Cast, auditor: Client) -> None:
    record("别处", bureau=cast.other, by=None)
    record("全县", by=None)
    assert {"别处", "全县"} & set(acts(auditor)) == set()


def test_list_is_narrowed_by_person_act_record_and_day(cast: Cast, auditor: Client) -> None:
    first = note(cast, "登记甲", subject=cast.units["建筑业股"])
    note(cast, "登记乙", by="李四")
    today = clock.today()
    assert acts(auditor, person="李四") == ["登记乙"]
    assert acts(auditor, act="登记") == ["登记乙", "登记甲"]
    assert acts(auditor, act="登记", subject=str(first.subject)) == ["登记甲"]
    assert acts(auditor, act="登记", since=today.isoformat(), until=today.isoformat()) == ["登记乙", "登记甲"]
    assert acts(auditor, since=(today + timedelta(days=1)).isoformat()) == []
    assert acts(auditor, until=(today - timedelta(days=1)).isoformat()) == []


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"since": "不是日期"}, "有效的日期"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "结束日期不能早于开始日期。"),
        ({"until": "9999-12-31"}, "年份请填 2000 至 2100。"),
        ({"subject": "x"}, "UUID"),
        ({"person": "张\u202e三"}, "控制字符"),
    ],
)
def test_bad_condition_is_said_at_the_field_and_nothing_is_listed(
    auditor: Client, query: dict[str, str], word: str
) -> None:
    for place in (PLACE, reverse("journal_export")):
        response = auditor.get(place, query)
        assert (response.status_code, word in response.content.decode()) == (422, True)


def test_pages_go_on_from_a_number_without_gap_or_repetition(
    cast: Cast, auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "PAGE", 3)
    numbers = [note(cast, f"编号{n}").pk for n in range(7)][::-1]

    def read(**query: int) -> tuple[list[int], int, int]:
        context = auditor.get(PLACE, {"act": "编号"} | query).context
        return [line["no"] for line in context["lines"]], context["older"], context["newer"]

    first, second, third = numbers[:3], numbers[3:6], numbers[6:]
    assert read() == (first, first[-1], 0)
    assert read(before=first[-1]) == (second, second[-1], second[0])
    assert read(before=second[-1]) == (third, 0, third[0])
    assert read(after=third[0]) == (second, second[-1], second[0])
    assert read(after=second[0]) == (first, first[-1], 0)


@pytest.mark.parametrize("text", ["-1", "x", "1e9", "9" * 30, "²"])
def test_page_number_that_is_none_shows_the_first_page(cast: Cast, auditor: Client, text: str) -> None:
    assert acts(auditor, before=text) == acts(auditor)


def test_long_journal_is_not_counted_nor_skipped_over(cast: Cast, auditor: Client) -> None:
    last = note(cast, "一").pk
    with CaptureQueriesContext(connection) as captured:
        auditor.get(PLACE, {"before": last})
    asked = [query["sql"] for query in captured if 'FROM "audit_entry"' in query["sql"]]
    assert [sql for sql in asked if "OFFSET" in sql or "COUNT(" in sql] == []
    assert len(asked) == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_as_much_for_many_as_for_few(cast: Cast, auditor: Client, rows: int) -> None:
    Entry.objects.bulk_create([Entry(act="数", bureau=cast.bureau, by=cast["张三"]) for _ in range(rows)])
    with CaptureQueriesContext(connection) as captured:
        assert acts(auditor, act="数") == ["数"] * rows
    assert len([query for query in captured if '"audit_' in query["sql"]]) == 2


def test_export_holds_what_the_list_holds_and_is_journalled(cast: Cast, auditor: Client) -> None:
    note(cast, "登记甲", detail={"意见": "审查不严"})
    note(cast, "登记乙", by="李四")
    response = auditor.get(reverse("journal_export"), {"act": "登记"})
    book = load_workbook(BytesIO(response.content))
    texts = [[cell.value for cell in row] for row in book["操作日志"].iter_rows()]
    assert [word for row in texts for word in row if word in ("登记甲", "登记乙")] == ["登记乙", "登记甲"]
    assert [word for row in texts for word in row if word and "审查不严" in str(word)] == []
    assert acts(auditor, act="导出操作日志") == ["导出操作日志"]


def test_export_of_a_long_journal_says_that_it_is_cut(
    cast: Cast, auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MOST", 2)
    for n in range(3):
        note(cast, f"编号{n}")
    book = load_workbook(BytesIO(auditor.get(reverse("journal_export"), {"act": "编号"}).content))
    texts = [str(cell.value) for row in book["操作日志"].iter_rows() for cell in row if cell.value]
    assert [text for text in texts if "超过 2 条" in text] != []
    assert [text for text in texts if text.startswith("编号") and text != "编号"] == ["编号2", "编号1"]


def test_role_of_the_auditor_is_nobodys_to_lend() -> None:
    assert [item for item in DEPUTISED if item.code in ("auditor", "security", "administrator")] == []


def sealed(committed: Round, word: str) -> Seal:
    record(word, bureau=committed.cast.bureau, by=None)
    made = seal(committed.cast.bureau)
    assert made is not None
    return made


def test_seal_of_each_row_is_shown_and_verified_on_demand(committed: Round) -> None:
    cast = committed.cast
    first, second = sealed(committed, "一"), sealed(committed, "二")
    client = client_of(cast["审计员"])
    seals = {line["act"]: line["seal"] for line in client.get(PLACE).context["lines"]}
    assert (seals["一"], seals["二"]) == (f"第{first.number}封", f"第{second.number}封")
    said = client.post(reverse("journal_verify"), follow=True).content.decode()
    assert "全部相符" in said
    with pgtrigger.ignore():
        Entry.objects.filter(act="二").update(act="别的")
    said = client.post(reverse("journal_verify"), follow=True).content.decode()
    assert f"第{second.number}封：与所封日志不符" in said


def test_journal_without_a_seal_is_not_said_to_agree(auditor: Client) -> None:
    said = auditor.post(reverse("journal_verify"), follow=True).content.decode()
    assert ("还没有封印，没有可核验的" in said, "全部相符" in said) == (True, False)


def test_newest_blocks_are_walked_from_the_seal_before_them(committed: Round) -> None:
    bureau = committed.cast.bureau
    made = [sealed(committed, word) for word in "一二三四"]
    assert [verify(bureau, newest=n) for n in (1, 2, 9)] == [[], [], []]
    with pgtrigger.ignore():
        Entry.objects.filter(act="二").update(act="别的")
    found = [f"第{made[1].number}封：与所封日志不符"]
    assert [verify(bureau, newest=n) for n in (1, 2, 3, 9)] == [[], [], found, found]
    with pgtrigger.ignore():
        Entry.objects.filter(act="别的").update(act="二")
        Seal.objects.filter(pk=made[2].pk).delete()
    assert [len(verify(bureau, newest=n)) for n in (1, 9)] == [1, 1]
