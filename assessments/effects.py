"""What follows a step in the same transaction; called by `move()` alone, never by a view or an action."""

from collections.abc import Sequence
from typing import Any

from assessments.actions import follow_level, note_levels, start_rating, supersede_before
from assessments.models import Dossier, LevelOpinion, PublicNotice, RowNote, State
from lianzheng import clock, workdays
from lianzheng.flow import Said, of_many
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import User
from registers import actions as registers

REVIEW_DAYS = 5
"""Working days a desk has before an item shows as late; ours, no source names a number."""


def _write(dossier: Dossier, **values: Any) -> None:
    _write_all([dossier], **values)


def _write_all(dossiers: Sequence[Dossier], **values: Any) -> None:
    Dossier.objects.across_bureaus().filter(pk__in=[dossier.pk for dossier in dossiers]).update(**values)
    for dossier in dossiers:
        for name, value in values.items():
            setattr(dossier, name, value)


def set_due(dossier: Dossier, said: Said, by: User) -> None:
    """The next desk's limit in working days; nothing is due any more at the end of the way."""
    set_due_of_all([dossier], said, by)


@of_many(set_due)
def set_due_of_all(dossiers: Sequence[Dossier], said: Said, by: User) -> None:
    due = workdays.after(clock.today(), days=REVIEW_DAYS, exceptions=exceptions())
    for end in (False, True):
        if here := [dossier for dossier in dossiers if (dossier.state in _ENDS) is end]:
            _write_all(here, due_on=None if end else due)


_ENDS = (State.ARCHIVED, State.IN_FORCE)


def hand_in(dossier: Dossier, said: Said, by: User) -> None:
    """Who hands a section's or the bureau's form in answers for it, with the one for whom it was done; the rows are
    closed, the reviewed level starts anew."""
    registers.seal_table(dossier.table, by=by)
    principal = dossier.moves.filter(seq=dossier.version).values_list("on_behalf", flat=True).first()
    anew: dict[str, Any] = {"reviewed_rank": dossier.reported_rank, "reviewed_reason": "", "rows_rank": None}
    _write(dossier, holder=by, stands_for_id=principal, **anew)
    if dossier.grades_points:
        dossier.ratings.update(reviewed_rank=None, reviewed_reason="", reviewed_by=None, reviewed_at=None)
        note_levels([dossier], stage=LevelOpinion.Stage.REPORTED, by=by)


def reopen(dossier: Dossier, said: Said, by: User) -> None:
    """Rows open again, but only where this dossier is the one in which they are written."""
    if dossier.writes_rows:
        registers.open_table(dossier.table, by=by)


def close_table(dossier: Dossier, said: Said, by: User) -> None:
    registers.seal_table(dossier.table, by=by)


def send_back(dossier: Dossier, said: Said, by: User) -> None:
    """限期完善: the rows are open, the date is the one the reviewer gave."""
    reopen(dossier, said, by)
    _write(dossier, due_on=said.due_on)


def keep_notes(dossier: Dossier, said: Said, by: User) -> None:
    """逐行说明 stand with the log row of the return."""
    written = {key: text.strip() for key, text in said.facts.get("notes", {}).items() if text.strip()}
    if not written:
        return
    log = dossier.moves.get(seq=dossier.version)
    RowNote.objects.bulk_create(
        RowNote(bureau_id=dossier.bureau_id, move=log, point=point, number=number, text=written[str(point.pk)])
        for number, point in enumerate(dossier.table.rows(), start=1)
        if str(point.pk) in written
    )


def set_reviewed(dossier: Dossier, said: Said, by: User) -> None:
    """The level as this desk leaves it."""
    set_reviewed_of_all([dossier], said, by)


@of_many(set_reviewed)
def set_reviewed_of_all(dossiers: Sequence[Dossier], said: Said, by: User) -> None:
    rank = said.facts.get("rank")
    if changed := [dossier for dossier in dossiers if rank is not None and rank != dossier.reviewed_rank]:
        _write_all(changed, reviewed_rank=rank, reviewed_reason=str(said.facts.get("reason", "")))
    note_levels([dossier for dossier in dossiers if dossier.grades_points], stage=LevelOpinion.Stage.REVIEWED, by=by)


def set_decided(dossier: Dossier, said: Said, by: User) -> None:
    """The level as decided, with the meeting whose minutes say so."""
    _write(
        dossier,
        decided_rank=said.facts["rank"],
        decided_reason=str(said.facts.get("reason", "")),
        meeting=said.facts.get("meeting"),
    )
    note_levels([dossier], stage=LevelOpinion.Stage.DECIDED, by=by)


def set_notice(dossier: Dossier, said: Said, by: User) -> None:
    notice: PublicNotice = said.facts["notice"]
    _write(dossier, notice=notice, due_on=notice.ends_on)


def clear_notice(dossier: Dossier, said: Said, by: User) -> None:
    """No longer up; which notices it was listed on stays in their items."""
    _write(dossier, notice=None)


def after_notice(dossier: Dossier, said: Said, by: User) -> None:
    """An approved finding opens the way to its rating, if the office has started that stage."""
    if dossier.stage == Dossier.Stage.FINDING and dossier.campaign.rating_opened_at is not None:
        start_rating(dossier, by=by)


def set_filing(dossier: Dossier, said: Said, by: User) -> None:
    """From here the superior office sees it."""
    _write(dossier, filing=said.facts["filing"])


def leave_filing(dossier: Dossier, said: Said, by: User) -> None:
    """Sent back: the superior office no longer sees it."""
    _write(dossier, filing=None)


def enter_force(dossier: Dossier, said: Said, by: User) -> None:
    """In force from the day of the receipt, or today where none is given; what stood for the same post, section or
    bureau before is superseded, never deleted."""
    filing = said.facts.get("filing")
    _write(dossier, filing=filing, in_force_on=filing.received_on if filing else clock.today(), due_on=None)
    supersede_before(dossier, by=by)
    if dossier.grades_points:
        follow_level(dossier, by=by)
