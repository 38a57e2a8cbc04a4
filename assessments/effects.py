"""What follows a step in the same transaction; called by `move()` alone, never by a view or an action."""

from typing import Any

from assessments.actions import note_level, start_rating, supersede_before
from assessments.models import Dossier, LevelOpinion, PublicNotice, State
from lianzheng import clock, workdays
from lianzheng.flow import Said
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import User
from registers import actions as registers

REVIEW_DAYS = 5
"""Working days a desk has before an item shows as late; ours, no source names a number."""


def _write(dossier: Dossier, **values: Any) -> None:
    Dossier.objects.across_bureaus().filter(pk=dossier.pk).update(**values)
    for name, value in values.items():
        setattr(dossier, name, value)


def set_due(dossier: Dossier, said: Said, by: User) -> None:
    """The next desk's limit in working days; nothing is due any more at the end of the way."""
    ended = dossier.state in (State.ARCHIVED, State.IN_FORCE)
    due = workdays.after(clock.today(), days=REVIEW_DAYS, exceptions=exceptions())
    _write(dossier, due_on=None if ended else due)


def hand_in(dossier: Dossier, said: Said, by: User) -> None:
    """Who hands a section's or the bureau's form in answers for it; the rows are closed, the reviewed level starts
    anew."""
    registers.seal_table(dossier.table, by=by)
    _write(dossier, holder=by, reviewed_rank=dossier.reported_rank, reviewed_reason="")
    if dossier.grades_points:
        dossier.ratings.update(reviewed_rank=None, reviewed_reason="", reviewed_by=None, reviewed_at=None)
        _note(dossier, LevelOpinion.Stage.REPORTED, by=by)


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


def set_reviewed(dossier: Dossier, said: Said, by: User) -> None:
    """The level as this desk leaves it."""
    rank = said.facts.get("rank")
    if rank is not None and rank != dossier.reviewed_rank:
        _write(dossier, reviewed_rank=rank, reviewed_reason=str(said.facts.get("reason", "")))
    if dossier.grades_points:
        _note(dossier, LevelOpinion.Stage.REVIEWED, by=by)


def set_decided(dossier: Dossier, said: Said, by: User) -> None:
    """The level as decided, with the meeting whose minutes say so."""
    _write(
        dossier,
        decided_rank=said.facts["rank"],
        decided_reason=str(said.facts.get("reason", "")),
        meeting=said.facts.get("meeting"),
    )
    _note(dossier, LevelOpinion.Stage.DECIDED, by=by)


def _note(dossier: Dossier, stage: LevelOpinion.Stage, *, by: User) -> None:
    """The level as this step leaves it, under the hat its timeline just noted."""
    rank, reason = getattr(dossier, f"{stage}_rank"), getattr(dossier, f"{stage}_reason")
    last = dossier.moves.order_by("-seq").first()
    note_level(dossier, stage=stage, rank=rank, reason=reason, hat=last.hat if last else "", by=by)


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
