"""The journal is for ever; its seals find what was changed, and miss nothing that was written late."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from threading import Event, Thread
from typing import Any

import pgtrigger
import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from assessments.models import State
from lianzheng.audit.actions import SETTLED, keep, record, seal, verify
from lianzheng.audit.merkle import root, row_hash, seal_value
from lianzheng.audit.models import Entry, Seal, Snapshot
from lianzheng.audit.tasks import seal_all
from tests.cast import Round
from tests.roles import own_url

LEAVES = [sha256(text.encode()).hexdigest() for text in "abcde"]


def joined(left: str, right: str) -> str:
    return sha256(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()


def test_hash_of_a_row_is_that_of_its_canonical_spelling() -> None:
    expected = sha256(b'\x00{"a":1,"b":"\xe5\xbc\xa0"}').hexdigest()
    assert row_hash({"b": "张", "a": 1}) == row_hash({"a": 1, "b": "张"}) == expected


def test_root_of_one_to_five_rows_by_hand() -> None:
    a, b, c, d, e = LEAVES
    pairs = joined(joined(a, b), joined(c, d))
    expected = [a, joined(a, b), joined(joined(a, b), c), pairs, joined(pairs, e)]
    assert [root(LEAVES[:n]) for n in range(1, 6)] == expected


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_root_changes_with_every_row_and_with_their_order(n: int) -> None:
    whole = root(LEAVES[:n])
    for place in range(n):
        changed = LEAVES[:n]
        changed[place] = sha256(b"x").hexdigest()
        assert root(changed) != whole
    assert n == 1 or root(LEAVES[:n][::-1]) != whole


def test_value_of_a_seal_by_hand_and_without_the_algorithm() -> None:
    assert seal_value(number=2, bureau="b", root="r", previous="p") == sha256(b"2|b|r|p").hexdigest()
    assert seal_value(number=2, bureau="b", root="r", previous="p", algorithm="no-such") == ""


def change(model: Any) -> None:
    model.objects.update(at="2020-01-01T00:00:00Z")


def delete(model: Any) -> None:
    model.objects.all().delete()


def truncate(model: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # pending checks alone would refuse it
        cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")


@pytest.mark.parametrize("model", [Entry, Snapshot, Seal])
@pytest.mark.parametrize("attack", [change, delete, truncate])
def test_row_written_once_is_neither_changed_nor_cut(db: None, model: Any, attack: Callable[[Any], None]) -> None:
    record("事项", by=None)
    keep({"content": 1})
    Seal.objects.create(number=1, since=0, until=1, count=0, root="", value="v")
    before = list(model.objects.order_by("pk").values())
    assert before != []
    with pytest.raises(DatabaseError, match=r"Cannot update or delete|for ever"), transaction.atomic():
        attack(model)
    assert list(model.objects.order_by("pk").values()) == before


def test_content_is_kept_once_under_its_digest(db: None) -> None:
    assert keep({"a": 1, "b": 2}) == keep({"b": 2, "a": 1})
    assert Snapshot.objects.count() == 1


def sealed(year: Round) -> Seal:
    """The seal of what was written since the last one."""
    made = seal(year.cast.bureau)
    assert made is not None
    return made


def test_seals_follow_each_other_and_hold(committed: Round) -> None:
    first = sealed(committed)
    committed.bring(committed.own, State.SECTION)
    second = sealed(committed)
    assert (second.number, second.previous, second.since) == (first.number + 1, first.value, first.until)
    assert (verify(committed.cast.bureau), verify(None)) == ([], [])
    call_command("verify", verbosity=0)


def test_seal_of_nothing_new_is_none_and_running_twice_seals_nothing_twice(committed: Round) -> None:
    sealed(committed)
    number = Seal.objects.filter(bureau=committed.cast.bureau).count()
    assert [seal(committed.cast.bureau), seal(committed.cast.bureau)] == [None, None]
    seal_all(0)
    assert Seal.objects.filter(bureau=committed.cast.bureau).count() == number


def tamper_text(year: Round) -> None:
    Entry.objects.filter(bureau=year.cast.bureau, act="下达排查任务").update(act="没有下达")


def tamper_detail(year: Round) -> None:
    Entry.objects.filter(bureau=year.cast.bureau, act="下达排查任务").update(detail={"年度": 1999})


def tamper_time(year: Round) -> None:
    Entry.objects.filter(bureau=year.cast.bureau, act="下达排查任务").update(at="2020-01-01T00:00:00Z")


@pytest.mark.parametrize("tamper", [tamper_text, tamper_detail, tamper_time])
def test_changed_row_is_found(committed: Round, tamper: Callable[[Round], None]) -> None:
    number = sealed(committed).number
    with transaction.atomic(), pgtrigger.ignore():
        tamper(committed)
    assert verify(committed.cast.bureau) == [f"第{number}封：与所封日志不符"]
    with pytest.raises(CommandError):
        call_command("verify", verbosity=0)


def test_cut_off_tail_is_found(committed: Round) -> None:
    last = sealed(committed)
    with transaction.atomic(), pgtrigger.ignore():
        Entry.objects.filter(bureau=committed.cast.bureau).order_by("-id")[0].delete()
    assert verify(committed.cast.bureau) == [f"第{last.number}封：应有日志 {last.count} 条，实有 {last.count - 1} 条"]


def test_row_smuggled_into_a_sealed_block_is_found(committed: Round) -> None:
    last = sealed(committed)
    Entry.objects.create(act="补记", bureau=committed.cast.bureau, transaction=last.until - 1)
    assert len(verify(committed.cast.bureau)) == 1


def test_seal_taken_out_of_the_middle_is_found(committed: Round) -> None:
    sealed(committed)
    record("一", bureau=committed.cast.bureau, by=None)
    middle = sealed(committed)
    record("二", bureau=committed.cast.bureau, by=None)
    sealed(committed)
    with transaction.atomic(), pgtrigger.ignore():
        middle.delete()
    assert verify(committed.cast.bureau) != []


def test_row_of_a_slow_transaction_is_sealed_later_and_not_skipped(committed: Round) -> None:
    bureau = committed.cast.bureau
    sealed(committed)
    written, go_on = Event(), Event()

    def slow() -> None:
        with transaction.atomic():
            record("慢的", bureau=bureau, by=None)
            written.set()
            go_on.wait(20)
        connections.close_all()

    thread = Thread(target=slow)
    thread.start()
    assert written.wait(20)
    record("快的", bureau=bureau, by=None)
    assert seal(bureau) is None
    go_on.set()
    thread.join()
    last = sealed(committed)
    assert (last.count, verify(bureau)) == (2, [])


def holds_up_the_seal(year: Round, *, database: str) -> bool:
    """Is nothing sealed while a transaction that has written is open in that database?"""
    with psycopg.connect(own_url(database)) as other:
        other.execute("SELECT pg_current_xact_id()")
        record("写入", bureau=year.cast.bureau, by=None)
        return seal(year.cast.bureau) is None


def test_transaction_of_another_database_holds_no_seal_up(committed: Round) -> None:
    sealed(committed)
    assert not holds_up_the_seal(committed, database="postgres")
    assert holds_up_the_seal(committed, database=str(connection.settings_dict["NAME"]))


def test_transaction_that_began_since_the_last_one_ended_is_not_taken_for_settled(committed: Round) -> None:
    """It lies beyond what a snapshot lists, and below the number of the transaction that seals."""
    sealed(committed)
    with psycopg.connect(own_url()) as other, transaction.atomic():
        (running,) = other.execute("SELECT pg_current_xact_id()::text::bigint").fetchone() or (0,)
        record("写入", bureau=committed.cast.bureau, by=None)
        with connection.cursor() as cursor:
            cursor.execute(SETTLED)
            assert cursor.fetchone()[0] <= running


def test_what_the_sealing_transaction_wrote_itself_is_sealed_by_the_next(committed: Round) -> None:
    sealed(committed)
    with transaction.atomic():
        record("同一事务", bureau=committed.cast.bureau, by=None)
        assert seal(committed.cast.bureau) is None
    assert (sealed(committed).count, verify(committed.cast.bureau)) == (1, [])
