"""State, log and journal of a dossier tell one story; for tests that let people act at once or at random."""

from __future__ import annotations

from assessments.models import Dossier, DossierMove, State
from lianzheng.audit.models import Entry


def check_agreement(dossier: Dossier) -> None:
    """The log is a chain from the draft to the present state, the journal has the same moves in the same order, and the
    table is open exactly where somebody is to write in it."""
    dossier.refresh_from_db()
    moves = list(DossierMove.unscoped.filter(dossier=dossier).order_by("seq"))
    assert [move.seq for move in moves] == list(range(2, dossier.version + 1))
    way = [State.DRAFT, *(move.target for move in moves)]
    assert [move.source for move in moves] == way[:-1]
    assert dossier.state == way[-1]
    entries = Entry.objects.filter(subject=dossier.pk).exclude(target="").order_by("id")
    told = [(entry.source, entry.target, entry.by_id, entry.hat, entry.digest) for entry in entries]
    assert told == [(move.source, move.target, move.by_id, move.hat, move.digest) for move in moves]
    if dossier.writes_rows:
        dossier.table.refresh_from_db()
        assert (dossier.table.sealed_at is None) == (dossier.state in (State.DRAFT, State.RETURNED))
