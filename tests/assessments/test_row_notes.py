"""逐行说明: written beside the rows on a return, read at the rows until the form is handed in again, kept for ever."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from assessments.models import Dossier, RowNote, State
from registers.actions import remove_point
from tests.cast import Round, again, client_of, row, tomorrow

NOTE = "请写明由谁复核、多久一次。"


@pytest.fixture
def waiting(year: Round) -> Dossier:
    """张三's form of two rows with 李四."""
    year.fill(year.own, [row(name="第一"), row(name="第二")])
    return year.bring(year.own, State.SECTION)


def send(year: Round, dossier: Dossier, notes: dict[Any, str], **values: Any) -> Any:
    data = {"action": "return", "opinion": "请修改。", "reason": "vague", "due_on": tomorrow().isoformat()}
    data |= {"version": dossier.version} | {f"note-{pk}": text for pk, text in notes.items()} | values
    return client_of(year.cast["李四"]).post(reverse("step", args=[dossier.pk]), data)


def page(year: Round, dossier: Dossier, name: str = "张三") -> str:
    return client_of(year.cast[name]).get(dossier.get_absolute_url()).content.decode()


def test_note_is_read_at_its_row_until_the_form_is_handed_in_again(year: Round, waiting: Dossier) -> None:
    second = waiting.table.rows()[1]
    assert send(year, waiting, {second.pk: NOTE}).status_code == 302
    found = re.findall(r'id="row-([0-9a-f-]+)"|退回说明</strong>：([^<]+)<', page(year, waiting))
    assert found[-1] == ("", NOTE)
    assert found[-2] == (str(second.pk), "")
    year.take(year.own, "submit", "张三")
    assert "退回说明" not in page(year, waiting)
    assert f"第2行“第二”：{NOTE}" in page(year, waiting, "李四")


def test_note_stands_with_the_log_row_and_never_changes(year: Round, waiting: Dossier) -> None:
    second = waiting.table.rows()[1]
    send(year, waiting, {second.pk: NOTE})
    remove_point(second, by=again(year.cast["张三"]))
    note = RowNote.unscoped.get()
    assert (note.move.action, note.point, note.number, note.text) == ("return", second, 2, NOTE)
    for change in (RowNote.unscoped.all().delete, lambda: RowNote.unscoped.update(text="")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_note_too_long_or_unprintable_is_refused_at_its_field_and_kept(year: Round, waiting: Dossier) -> None:
    first = waiting.table.rows()[0]
    for text in ("长" * 501, "看\u202e不见"):
        response = send(year, waiting, {first.pk: text}, opinion="这句还在")
        assert response.status_code == 422
        assert f'id="note-{first.pk}_error"' in response.content.decode()
        assert "这句还在" in response.content.decode()
    assert (year.own.state, RowNote.unscoped.count()) == (State.SECTION, 0)


def test_note_with_an_approval_is_not_lost_but_refused_with_a_sentence(year: Round, waiting: Dossier) -> None:
    first = waiting.table.rows()[0]
    response = send(year, waiting, {first.pk: NOTE}, action="pass")
    assert (response.status_code, NOTE in response.content.decode()) == (409, True)
    assert "逐行说明只随退回一起送达" in response.content.decode()
    assert year.own.state == State.SECTION


def test_note_on_a_row_of_another_form_is_not_taken(year: Round, waiting: Dossier) -> None:
    other = year.fill(year.dossier("质量监督岗"))[0]
    assert send(year, waiting, {other.pk: NOTE}).status_code == 302
    assert RowNote.unscoped.count() == 0


def test_note_of_a_rating_is_read_in_its_block(year: Round) -> None:
    dossier = year.bring(year.rating("施工许可岗"), State.SECTION)
    send(year, dossier, {dossier.table.rows()[0].pk: NOTE})
    assert f"退回说明</strong>：{NOTE}" in page(year, dossier)
