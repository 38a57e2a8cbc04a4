"""Sealed texts: bound to their place, under a named key, changed while in use; and no name of a source anywhere."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from early_warning.models import Informant, Signal, State, WarningNotice
from lianzheng import bootstrap, secrecy
from lianzheng.audit.models import Entry
from tests.cast import Cast, client_of
from tests.early_warning.play import INFORMANT, SUMMARY, Case, fresh

PLACE = "table:1:column"


@pytest.fixture
def own_keys(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key file that only this test uses."""
    monkeypatch.setattr(bootstrap, "FIELD_KEYS", tmp_path / "field_keys")
    bootstrap.make_field_keys()
    settings.FIELD_KEYS_FILE = tmp_path / "field_keys"
    return tmp_path / "field_keys"


def test_text_opens_where_it_was_sealed_and_nowhere_else() -> None:
    box = secrecy.sealed("内容", place=PLACE)
    assert secrecy.opened(box, place=PLACE) == "内容"
    for other in ("table:2:column", "other:1:column", "table:1:other"):
        with pytest.raises(secrecy.Unreadable):
            secrecy.opened(box, place=other)


def test_changed_text_does_not_open() -> None:
    box = secrecy.sealed("内容" * 20, place=PLACE)
    for n in range(4, len(box) - 4, 7):
        other = "A" if box[n] != "A" else "B"
        with pytest.raises(secrecy.Unreadable):
            secrecy.opened(box[:n] + other + box[n + 1 :], place=PLACE)


def test_nothing_stays_nothing_and_no_two_boxes_are_alike() -> None:
    assert secrecy.sealed("", place=PLACE) == secrecy.opened("", place=PLACE) == ""
    assert len({secrecy.sealed("内容", place=PLACE) for _ in range(1000)}) == 1000


def test_key_file_is_closed_to_others_and_never_written_twice(own_keys: Path) -> None:
    first = own_keys.read_text()
    bootstrap.make_field_keys()
    assert (own_keys.stat().st_mode & 0o777, own_keys.read_text()) == (0o600, first)


def test_missing_key_file_is_said_in_words(settings: Any, tmp_path: Path) -> None:
    settings.FIELD_KEYS_FILE = tmp_path / "none"
    with pytest.raises(ImproperlyConfigured, match="没有字段密钥文件"):
        secrecy.sealed("内容", place=PLACE)


def test_unknown_key_is_named_and_the_text_is_not(own_keys: Path) -> None:
    with pytest.raises(secrecy.Unreadable, match="密钥 k9 不在密钥文件中"):
        secrecy.opened("k9:" + secrecy.sealed("内容", place=PLACE).partition(":")[2], place=PLACE)


def sealed_values() -> Iterator[str]:
    """Every sealed value of the database."""
    for model in (Signal, Informant, WarningNotice):
        for column in secrecy.columns(model):
            yield from model._base_manager.exclude(**{column: ""}).values_list(column, flat=True)


def test_rotation_seals_every_row_anew_and_the_old_key_can_go(cast: Cast, own_keys: Path) -> None:
    warning = Case(cast).bring(State.SECOND)
    assert {value.partition(":")[0] for value in sealed_values()} == {"k1"}
    call_command("rotate_keys")
    assert {value.partition(":")[0] for value in sealed_values()} == {"k2"}
    call_command("rotate_keys", forget=True)
    assert (list(secrecy.keys()), own_keys.stat().st_mode & 0o777) == (["k2"], 0o600)
    assert (fresh(warning).facts, warning.items.get().measure) == (SUMMARY, "清理积压办件。")
    assert Entry.objects.filter(act="更换字段密钥").count() == 1


def test_rotation_that_was_stopped_goes_on_where_it_was(cast: Cast, own_keys: Path) -> None:
    case = Case(cast)
    secrecy.add_key()
    later = Case(cast)
    call_command("rotate_keys", resume=True)
    assert {value.partition(":")[0] for value in sealed_values()} == {"k2"}
    assert {Signal.unscoped.get(pk=c.signal.pk).summary for c in (case, later)} == {SUMMARY}


def test_old_key_in_use_is_not_forgotten(cast: Cast, own_keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lianzheng.organisation.management.commands import rotate_keys

    Case(cast)
    secrecy.add_key()
    with pytest.raises(CommandError, match="还有内容在旧密钥下"):
        rotate_keys.forget()
    assert list(secrecy.keys()) == ["k1", "k2"]


def test_copy_of_the_database_gives_no_word_of_the_matter_away(cast: Cast) -> None:
    """Every row of every table, as a dump would have it."""
    Case(cast).bring(State.CLOSED)
    text = "".join(_rows(table) for table in connection.introspection.table_names())
    assert "施工许可岗" in text
    words = (SUMMARY, INFORMANT, "内线12345", "清理积压办件", "对办理时限重视不够", "属于苗头性问题", "一次性告知")
    assert [word for word in words if word in text] == []


def _rows(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg(row_to_json(t)::text, ' ') FROM \"{table}\" t")
        return cursor.fetchone()[0] or ""


def test_source_is_shown_to_discipline_when_asked_for_and_recorded(cast: Cast) -> None:
    case = Case(cast)
    client = client_of(cast["赵六"])
    page = client.get(case.signal.get_absolute_url()).content.decode()
    assert (SUMMARY in page, INFORMANT in page) == (True, False)
    shown = client.post(reverse("signal_informant", args=[case.signal.pk])).content.decode()
    assert INFORMANT in shown
    acts = Entry.objects.filter(subject=case.signal.pk, by=cast["赵六"]).order_by("id").values_list("act", flat=True)
    assert list(acts) == ["查看预警信息", "查看信息提供人"]


def test_source_stands_in_no_list_page_paper_or_export(cast: Cast, capsys: Any, caplog: Any) -> None:
    case = Case(cast)
    warning = case.bring(State.CLOSED)
    pages = [reverse("signals"), reverse("warnings"), case.signal.get_absolute_url(), warning.get_absolute_url()]
    pages += [reverse("inbox", args=[tab]) for tab in ("todo", "done", "sent")]
    for name in ("赵六", "王五", "孙八", "张三"):
        client = client_of(cast[name])
        text = "".join(client.get(page).content.decode() for page in pages)
        assert INFORMANT not in text, name
        book = client.get(reverse("warnings_file", args=["xlsx"])).content
        assert _unzipped(book, INFORMANT) is False
    assert INFORMANT not in caplog.text + "".join(capsys.readouterr())


def _unzipped(content: bytes, word: str) -> bool:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return any(word in archive.read(name).decode(errors="replace") for name in archive.namelist())


def test_papers_name_no_source(cast: Cast, tmp_path: Path) -> None:
    warning = Case(cast).bring(State.CLOSED)
    client = client_of(cast["赵六"])
    for kind, must in (("notice", SUMMARY[:8]), ("slip", "清理积压办件")):
        (tmp_path / "paper.pdf").write_bytes(client.get(reverse("warning_paper", args=[warning.pk, kind])).content)
        text = subprocess.run(
            ["pdftotext", "paper.pdf", "-"], cwd=tmp_path, capture_output=True, text=True, check=True, env=os.environ
        ).stdout.replace("\n", "")
        assert (must in text, INFORMANT in text) == (True, False), kind
