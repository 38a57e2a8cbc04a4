"""预警信息 by Excel: by whoever may report, sealed like those of the page, and nobody is found by it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from early_warning import subjects
from early_warning.models import Informant, Signal
from early_warning.signal_sheet import distinct
from lianzheng.audit.models import Entry
from lianzheng.intake import carried, workbook
from lianzheng.organisation.actions import create_post, create_unit, grant
from lianzheng.organisation.models import Unit
from lianzheng.organisation.roles import role
from tests.cast import Cast, again, client_of
from tests.intake.excel import (
    Excel,
    cells_of,
    counts_of,
    edited,
    forged,
    opened,
    red_cells,
    refusals_of,
    text_of,
    token_of,
)

# B 反映的对象, C 信息来源, D 来源编号, E 信息摘要; who may name the source: F 信息提供人, G 提供人联系方式.
WORDS = "某事项久拖不决，有人过问。"
LINE = {"B4": "张三（建筑业股施工许可岗）", "C4": "信访调查", "D4": "信〔2026〕9号", "E4": WORDS}
NAMED = LINE | {"F4": "举报人甲", "G4": "内线777"}
OTHER = {"B5": "办公室", "C5": "审计", "E5": "另一件事。"}


class Desk(Excel):
    """The form in the hands of one person."""

    def send(self, page: Any, do: str = "all") -> Any:
        table = text_of(page).split('name="table" value="')[1].split('"')[0]
        return self.browser.post(self.take_url, {"lines": token_of(page), "do": do, "table": table})


def excel(cast: Cast, person: str = "王五") -> Desk:
    names = ("signals_template", "signals_intake", "signals_take")
    return Desk(client_of(again(cast[person])), *map(reverse, names))


@pytest.fixture
def informant(cast: Cast) -> str:
    """陈九 reports for his section."""
    grant(role("informant"), unit=cast.units["建筑业股"], to=cast["陈九"], by=None)
    return "陈九"


def registered() -> list[tuple[str, str, str, str]]:
    rows = Signal.unscoped.select_related("unit", "post", "answerer").order_by("received_at", "pk")
    return [(row.subject_words, row.source, row.reference, row.summary) for row in rows]


ONE = ("建筑业股施工许可岗 张三", "complaint", "信〔2026〕9号", WORDS)
TWO = ("办公室", "audit", "", "另一件事。")


def test_template_has_nothing_in_it_but_words_to_choose_from(cast: Cast) -> None:
    desk = excel(cast)
    desk.send(desk.upload(edited(desk.template(), NAMED)))
    book = opened(desk.template())
    page = book["填写"]
    assert [cell.value for cell in page[3]] == [
        "标识", "反映的对象 *", "信息来源 *", "来源编号", "信息摘要 *", "信息提供人", "提供人联系方式",
    ]  # fmt: skip
    assert {cell.value for row in page.iter_rows(min_row=4) for cell in row} == {None}
    whom = {cell.value for cell in book[workbook.WORDS]["A"]}
    assert {"张三（建筑业股施工许可岗）", "建筑业股施工许可岗", "办公室", "县住建局"} <= whom
    assert not [word for word in whom if word and "水政" in word]


def test_signals_are_checked_registered_and_sealed(cast: Cast) -> None:
    desk = excel(cast)
    page = desk.upload(edited(desk.template(), NAMED | OTHER))
    assert (page.status_code, counts_of(page), registered()) == (200, [2, 0, 0, 0], [])
    assert desk.send(page)["Location"] == reverse("signal_new")
    assert registered() == [ONE, TWO]
    source = Informant.unscoped.get()
    assert (source.name, source.contact, source.signal.summary) == ("举报人甲", "内线777", WORDS)


def test_same_file_again_registers_nothing(cast: Cast) -> None:
    desk = excel(cast)
    content = edited(desk.template(), LINE)
    page = desk.upload(content)
    desk.send(page)
    again_ = desk.upload(content)
    assert counts_of(again_) == [0, 0, 1, 0]
    assert [desk.send(page).status_code, desk.send(again_).status_code] == [302, 302]
    more = desk.upload(edited(content, OTHER))
    assert counts_of(more) == [1, 0, 1, 0]
    desk.send(more)
    assert registered() == [ONE, TWO]


def test_same_words_in_another_template_are_another_signal(cast: Cast) -> None:
    """Nobody learns by trying whether somebody else has reported a matter."""
    desk, other = excel(cast), excel(cast, "赵六")
    desk.send(desk.upload(edited(desk.template(), LINE)))
    assert counts_of(other.upload(edited(other.template(), LINE))) == [1, 0, 0, 0]


def test_member_of_the_network_is_the_source_and_names_nobody_else(cast: Cast, informant: str) -> None:
    desk = excel(cast, informant)
    content = desk.template()
    assert [cell.value for cell in opened(content)["填写"][3]][-1] == "信息摘要 *"
    desk.send(desk.upload(edited(content, LINE)))
    assert (Informant.unscoped.get().name, registered()) == ("陈九", [ONE])
    named = desk.upload(edited(excel(cast).template(), NAMED))
    assert counts_of(named) == [1, 0, 0, 0]
    assert "举报人甲" not in text_of(named)


def test_nobody_is_found_in_the_journal(cast: Cast, informant: str) -> None:
    desk, before = excel(cast, informant), Entry.objects.count()
    desk.send(desk.upload(edited(desk.template(), LINE)))
    (entry,) = Entry.objects.order_by("id")[before:]
    assert (entry.act, entry.by, entry.detail) == ("登记预警信息", None, {"来源": "信访调查"})


def mentions(key: object) -> dict[str, int]:
    """Tables in which some row has this key, but for the sessions, which are there before."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s', [f"%{key}%"])
            if (count := cursor.fetchone()[0]) and table != "accounts_session":
                found[table] = count
    return found


def test_no_row_leads_to_the_source(cast: Cast, informant: str) -> None:
    desk, person = excel(cast, informant), cast[informant]
    before = mentions(person.pk)
    desk.send(desk.upload(edited(desk.template(), LINE)))
    assert (mentions(person.pk), Signal.unscoped.count()) == (before, 1)
    assert "organisation_tenure" in before  # the control: what names the person is found


def test_no_word_of_it_is_in_the_database_a_log_or_a_file_name(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    desk = excel(cast)
    page = desk.upload(edited(desk.template(), NAMED | {"B5": "没有的人", "C5": "审计", "E5": "另一件事。"}))
    names = [desk.browser.get(desk.template_url)["Content-Disposition"], desk.send(page, "mend")["Content-Disposition"]]
    desk.send(page, "good")
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f'SELECT row::text FROM "{table}" AS row')
            rows += [row[0] for row in cursor.fetchall()]
    said = "".join(rows) + "".join(record.getMessage() for record in caplog.records if "SELECT" not in record.msg)
    words = (WORDS, "举报人甲", "内线777", "另一件事")
    assert "信〔2026〕9号" in said  # the control: what is not sealed is found
    assert [word for word in words if word in said or word in str(names)] == []
    assert all("filename*=utf-8''%E9%A2%84%E8%AD%A6%E4%BF%A1%E6%81%AF" in name for name in names)


WRONG: dict[str, tuple[dict[str, str], tuple[str, str]]] = {
    "nobody": ({"B4": "马二"}, ("B4", "“马二”不在下拉项内")),
    "of another bureau": ({"B4": "外人（水政股水政岗）"}, ("B4", "“外人（水政股水政岗）”不在下拉项内")),
    "source": ({"C4": "听说"}, ("C4", "“听说”不在下拉项内")),
    "no words": ({"E4": ""}, ("E4", "这个字段是必填项")),
    "invisible": ({"E4": "反\u202e转"}, ("E4", "含有看不见的控制字符，请删去后重新粘贴")),
    "twice": ({cell.replace("4", "5"): text for cell, text in LINE.items()}, ("B5", "与第 4 行完全相同")),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_cell_is_named_with_what_is_wrong(cast: Cast, kind: str) -> None:
    desk = excel(cast)
    page = desk.upload(edited(desk.template(), LINE | WRONG[kind][0]))
    assert [fault[:2] for fault in cells_of(page)] == [WRONG[kind][1]]
    assert (desk.send(page).status_code, registered()) == (409, [])


def test_workbook_to_mend_keeps_what_was_registered_apart(cast: Cast) -> None:
    desk = excel(cast)
    page = desk.upload(edited(desk.template(), LINE | OTHER | {"C5": "听说"}))
    desk.send(page, "good")
    mended = desk.send(page, "mend").content
    assert red_cells(mended) == ["C5"]
    done = desk.upload(edited(mended, {"C5": "审计"}))
    assert counts_of(done) == [1, 0, 1, 0]
    desk.send(done)
    assert registered() == [ONE, TWO]


@pytest.mark.parametrize("values", [{"table": "0" * 32}, {"form": "附件1"}, {"seal": "x"}])
def test_tampered_template_is_refused(cast: Cast, values: dict[str, str]) -> None:
    desk = excel(cast)
    page = desk.upload(forged(desk.template(), **values))
    assert (page.status_code, refusals_of(page)) == (422, [workbook.CHANGED_META])


def test_template_of_another_form_is_refused(cast: Cast) -> None:
    desk = excel(cast)
    powers = desk.browser.get(reverse("powers_template")).content
    assert refusals_of(desk.upload(powers)) == ["这是职权目录的模板，本页导入的是预警信息。请从本页下载模板。"]


def test_result_of_another_person_or_template_is_not_accepted(cast: Cast) -> None:
    desk, other = excel(cast), excel(cast, "赵六")
    page = desk.upload(edited(desk.template(), LINE))
    stolen = other.send(page)
    renamed = desk.browser.post(desk.take_url, {"lines": token_of(page), "do": "all", "table": "0" * 32})
    assert [(answer.status_code, carried.NOT_OURS in text_of(answer)) for answer in (stolen, renamed)] == [
        (422, True),
        (422, True),
    ]
    assert registered() == []


@pytest.mark.parametrize("person", ["张三", "李四", "孙八", "钱七", "陈九", "管理员"])
def test_who_may_not_report_may_not_import(cast: Cast, person: str) -> None:
    mine, desk = excel(cast), excel(cast, person)
    page = mine.upload(edited(mine.template(), LINE))
    answers = [desk.browser.get(desk.template_url), desk.browser.get(desk.upload_url), desk.upload(b"x")]
    assert {answer.status_code for answer in (*answers, desk.send(page))} == {404}
    assert registered() == []


def test_line_is_registered_once_whoever_writes(cast: Cast) -> None:
    desk = excel(cast)
    desk.send(desk.upload(edited(desk.template(), LINE)))
    signal = Signal.unscoped.get()
    facts = {"bureau": signal.bureau, "kind": signal.kind, "unit": signal.unit, "source": signal.source}
    with pytest.raises(IntegrityError, match="signal_line_once"), transaction.atomic():
        Signal.objects.create(**facts, line_digest=signal.line_digest)
    assert (len(signal.line_digest), Signal.objects.create(**facts).line_digest) == (64, "")


def test_sections_of_several_bureaus_are_told_apart(cast: Cast) -> None:
    create_unit("办公室", kind=Unit.Kind.SECTION, parent=cast.other, by=None)
    grant(role("inspector"), unit=cast.units["云县"], to=cast["周一"], by=None)
    create_post(cast.units["办公室"], name="文书", by=None)
    offered = subjects.choices(subjects.reach(again(cast["周一"]), "handle_warnings"))
    labels = [label for _, items in offered for _, label in items]
    assert {"县住建局办公室", "县水利局办公室", "县住建局办公室文书", "县水利局"} <= set(labels)
    assert len(set(labels)) == len(labels)


def test_words_that_mean_two_subjects_are_not_offered() -> None:
    assert distinct([("a", "同名"), ("b", "同 名"), ("c", "别的")]) == (("c", "别的"),)


def test_queries_do_not_grow_with_the_lines(cast: Cast) -> None:
    desk, counts = excel(cast), []
    for number in (1, 3):
        cells = {f"{cell[0]}{4 + n}": f"{text}{n}" if cell == "E4" else text for n in range(number)
                 for cell, text in LINE.items()}  # fmt: skip
        content = edited(desk.template(), cells)
        with CaptureQueriesContext(connection) as captured:
            assert counts_of(desk.upload(content)) == [number, 0, 0, 0]
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("person", "address"), [("赵六", "signals"), ("王五", "signal_new")])
def test_pages_of_signals_offer_template_and_upload(cast: Cast, person: str, address: str) -> None:
    page = text_of(client_of(cast[person]).get(reverse(address)))
    assert [f'href="{reverse(name)}"' in page for name in ("signals_template", "signals_intake")] == [True, True]
