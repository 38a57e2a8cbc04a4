"""The only writers of the journal, its contents and its seals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model, QuerySet

from lianzheng.audit.merkle import root, row_hash, seal_value
from lianzheng.audit.models import Entry, Seal, Snapshot
from lianzheng.flow import digest as digest_of
from lianzheng.organisation.models import Unit, User

SETTLED = """
WITH elsewhere AS MATERIALIZED (
    SELECT lock.transactionid::text::bigint AS low
    FROM pg_locks AS lock JOIN pg_stat_activity AS session USING (pid)
    WHERE lock.locktype = 'transactionid' AND lock.mode = 'ExclusiveLock' AND lock.granted
    AND (session.datname <> current_database() OR session.backend_type = 'autovacuum worker')
), running AS (
    SELECT id::text::bigint AS id FROM pg_snapshot_xip(pg_current_snapshot()) AS id
    UNION ALL SELECT pg_current_xact_id_if_assigned()::text::bigint
)
SELECT least(min(id), pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
FROM running WHERE id & 4294967295 NOT IN (SELECT low FROM elsewhere)
"""
"""Below this number every transaction that can write here has ended. Counted are those that ran when the statement's
snapshot was taken, and everything from its xmax on, of which it says nothing; less what is seen to belong to another
database of the server or to its housekeeping: what is not seen counts, so that the answer is late at worst, never
early."""


def record(
    act: str,
    *,
    subject: Model | None = None,
    bureau: Unit | None = None,
    hat: str = "",
    states: tuple[str, str] = ("", ""),
    digest: str = "",
    detail: dict[str, Any] | None = None,
    by: User | None,
) -> Entry:
    """Append one act. Belongs inside the transaction of the act itself, so that neither is ever without the other."""
    row = entry(act, subject=subject, hat=hat, states=states, digest=digest, detail=detail, by=by)
    row.bureau = bureau
    return record_all([row])[0]


def entry(
    act: str,
    *,
    subject: Model | None = None,
    bureau: Any = None,
    hat: str = "",
    states: tuple[str, str] = ("", ""),
    digest: str = "",
    detail: dict[str, Any] | None = None,
    by: User | None,
) -> Entry:
    """A journal row that is not written yet; `bureau` is the key."""
    return Entry(
        act=act,
        bureau_id=bureau,
        hat=hat,
        subject_kind=subject._meta.label_lower if subject is not None else "",
        subject=subject.pk if subject is not None and isinstance(subject.pk, UUID) else None,
        source=states[0],
        target=states[1],
        digest=digest,
        detail=detail or {},
        by=by,
    )


@transaction.atomic
def note_refusal(address: str, *, record: UUID | None, by: User) -> Entry:
    """Somebody asked for a page or a record that is not theirs, or is not there at all; `address` is the name of the
    address in the URLconf, `record` what was asked for."""
    home = by.home
    row = entry("访问被拒", bureau=home.bureau_id if home else None, detail={"地址": address}, by=by)
    row.subject = record if isinstance(record, UUID) else None
    return record_all([row])[0]


def record_all(rows: Sequence[Entry]) -> list[Entry]:
    """Append many acts of one transaction, in this order, in one query."""
    return Entry.objects.bulk_create(rows)


def keep(content: Any) -> str:
    """Keep a content under its digest and return the digest."""
    return keep_all([content])[0]


def keep_all(contents: Sequence[Any]) -> list[str]:
    """The same for many, in one query."""
    digests = [digest_of(content) for content in contents]
    kept = {digest: Snapshot(digest=digest, content=content) for digest, content in zip(digests, contents, strict=True)}
    Snapshot.objects.bulk_create(kept.values(), ignore_conflicts=True)
    return digests


def spelled(entry: Entry) -> dict[str, Any]:
    """A journal row as it is hashed."""
    return {
        "id": entry.id,
        "bureau": str(entry.bureau_id or ""),
        "at": int(entry.at.timestamp() * 1_000_000),
        "by": str(entry.by_id or ""),
        "hat": entry.hat,
        "act": entry.act,
        "subject": f"{entry.subject_kind}:{entry.subject or ''}",
        "states": [entry.source, entry.target],
        "digest": entry.digest,
        "detail": entry.detail,
    }


@transaction.atomic
def seal(bureau: Unit | None) -> Seal | None:
    """Close the bureau's journal rows that no open transaction can still add to; None when there is nothing new."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"seal {bureau.pk if bureau else ''}"])
        cursor.execute(SETTLED)
        until: int = cursor.fetchone()[0]
    last = Seal.objects.filter(bureau=bureau).order_by("-number").first()
    since = last.until if last else 0
    block = _block(bureau, since=since, until=until)
    return _close(block, bureau=bureau, last=last, span=(since, until)) if block else None


def _block(bureau: Unit | None, *, since: int, until: int) -> list[Entry]:
    rows = Entry.objects.filter(bureau=bureau, transaction__gte=since, transaction__lt=until)
    return list(rows.order_by("id"))


def _facts(block: list[Entry], *, bureau: Unit | None, number: int, previous: str) -> dict[str, Any]:
    """What the seal of this block has to say."""
    top = root([row_hash(spelled(entry)) for entry in block]) if block else ""
    return {"number": number, "bureau": str(bureau.pk) if bureau else "", "root": top, "previous": previous}


def _close(block: list[Entry], *, bureau: Unit | None, last: Seal | None, span: tuple[int, int]) -> Seal:
    number, previous = (last.number + 1, last.value) if last else (1, "")
    facts = _facts(block, bureau=bureau, number=number, previous=previous)
    return Seal.objects.create(
        number=number,
        bureau=bureau,
        since=span[0],
        until=span[1],
        count=len(block),
        root=facts["root"],
        previous=previous,
        value=seal_value(**facts),
        sm3=seal_value(**facts, algorithm="sm3"),
    )


def verify(bureau: Unit | None, *, newest: int = 0) -> list[str]:
    """Walk the bureau's seals; a sentence for each thing that does not hold, [] when all does. With `newest` only so
    many of the last blocks are walked, from the seal before them on."""
    problems: list[str] = []
    previous, since, number = "", 0, 0
    for item in _last(Seal.objects.filter(bureau=bureau), newest):
        if newest and item.number > 1 and not number:
            previous, since, number = item.value, item.until, item.number
            continue
        number += 1
        block = _block(bureau, since=since, until=item.until)
        facts = _facts(block, bureau=bureau, number=number, previous=previous)
        if len(block) != item.count:
            problems.append(f"第{item.number}封：应有日志 {item.count} 条，实有 {len(block)} 条")
        elif (item.number, item.previous, item.value) != (number, previous, seal_value(**facts)):
            problems.append(f"第{item.number}封：与所封日志不符")
        previous, since = item.value, item.until
    return problems


def _last(seals: QuerySet[Seal], newest: int) -> list[Seal]:
    """All in their order, or the last so many and the one before them."""
    return list(seals.order_by("-number")[: newest + 1])[::-1] if newest else list(seals.order_by("number"))
