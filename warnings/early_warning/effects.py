"""What follows a step of a warning in the same transaction; called by `move()` alone."""

from datetime import date
from typing import Any

from assessments.actions import issue_paper, mark_paper
from assessments.models import IssuedPaper
from early_warning.actions import take_number
from early_warning.cases import days_of
from early_warning.colours import Colour
from early_warning.deadlines import DEFAULTS, Days, limits, review_by
from early_warning.limits import USUAL, one_up
from early_warning.models import ColourChange, Extension, PastRound, Remark, WarningNotice, WarningReview
from early_warning.readiness import words
from lianzheng import clock
from lianzheng.flow import Said, digest
from lianzheng.organisation.calendar import exceptions
from lianzheng.organisation.models import User

PAPER = "廉政预警通知书"
"""Its title wherever it is verified: whom it is about stands on the paper alone."""
FAILURES = 2
"""Failed reviews after which one colour up is proposed (ours; a person confirms)."""


def _write(warning: WarningNotice, **values: Any) -> None:
    WarningNotice.objects.across_bureaus().filter(pk=warning.pk).update(**values)
    for name, value in values.items():
        setattr(warning, name, value)


def remark(warning: WarningNotice, said: Said, by: User) -> None:
    """The words of this move, sealed."""
    if text := words(said):
        Remark.objects.create(bureau_id=warning.bureau_id, warning=warning, seq=warning.version, text=text)


def issue(warning: WarningNotice, said: Said, by: User) -> None:
    """Number, dates and limits; from here the subject sees it. The subject keeps the words of this day."""
    today = clock.today()
    days = days_of(warning.bureau)[Colour(warning.colour)]
    dates = limits(days, on=today, exceptions=exceptions())
    _write(
        warning,
        number=take_number(warning.bureau, year=today.year, by=by),
        addressed=warning.subject_words,
        issued_colour=warning.colour,
        issued_by=by,
        issued_on=today,
        sign_by=dates.sign_by,
        reply_by=dates.reply_by,
        finish_by=dates.finish_by,
        review_days=days.review,
        first_finish_by=dates.finish_by,
        due_on=dates.sign_by,
    )
    sealed = [warning.called, warning.colour, warning.facts, warning.opinion, warning.demands]
    issue_paper(
        warning,
        kind=IssuedPaper.Kind.WARNING,
        number=warning.number,
        title=PAPER,
        digest=digest([str(warning.pk), *sealed]),
        by=by,
    )


def sign(warning: WarningNotice, said: Said, by: User) -> None:
    _served(warning, WarningNotice.Service.SYSTEM, on=clock.today(), signer=by.name)


def serve_on_paper(warning: WarningNotice, said: Said, by: User) -> None:
    """Signed for on paper (送达回证), by whoever took it."""
    _served(warning, WarningNotice.Service.PAPER, on=said.facts["served_on"], signer=said.facts["signer"])


def _served(warning: WarningNotice, service: str, *, on: date, signer: str) -> None:
    _write(warning, service=service, served_on=on, signer=signer, due_on=warning.reply_by)


def reply(warning: WarningNotice, said: Said, by: User) -> None:
    _write(warning, replied_on=clock.today(), due_on=warning.finish_by)


def report(warning: WarningNotice, said: Said, by: User) -> None:
    """The reviewers' time runs from here."""
    today = clock.today()
    days = Days(1, 1, 1, review=warning.review_days or DEFAULTS[Colour(warning.colour)].review)
    due = review_by(days, on=today, exceptions=exceptions())
    _write(warning, reported_on=today, due_on=due)


def review_first(warning: WarningNotice, said: Said, by: User) -> None:
    _review(warning, said, by, seat=WarningReview.Seat.FIRST, passed=bool(said.facts["passed"]))


def close(warning: WarningNotice, said: Said, by: User) -> None:
    """销号."""
    _review(warning, said, by, seat=WarningReview.Seat.SECOND, passed=True)
    _write(warning, closed_on=clock.today(), due_on=None, raise_due=False)


def send_back(warning: WarningNotice, said: Said, by: User) -> None:
    """责令重新整改; after every second time one colour up is proposed."""
    _review(warning, said, by, seat=WarningReview.Seat.SECOND, passed=False)
    failures = warning.failures + 1
    PastRound.objects.create(
        bureau_id=warning.bureau_id,
        warning=warning,
        number=failures,
        finish_by=warning.finish_by,
        reported_on=warning.reported_on,
        failed_on=clock.today(),
    )
    proposed = failures % FAILURES == 0 and one_up(Colour(warning.colour)) is not None
    values = {"failures": failures, "raise_due": warning.raise_due or proposed, "reported_on": None}
    _write(warning, due_on=said.due_on, finish_by=said.due_on, **values)


def _review(warning: WarningNotice, said: Said, by: User, *, seat: int, passed: bool) -> None:
    WarningReview.objects.create(
        bureau_id=warning.bureau_id,
        warning=warning,
        round=warning.failures + 1,
        seat=seat,
        reviewer=by,
        passed=passed,
        opinion=words(said),
    )


def raise_colour(warning: WarningNotice, said: Said, by: User) -> None:
    """提级: the colour and its usual measures; the paper that was issued keeps the colour it bears."""
    after = one_up(Colour(warning.colour))
    assert after is not None
    ColourChange.objects.create(
        bureau_id=warning.bureau_id,
        warning=warning,
        before=warning.colour,
        after=after,
        reason=words(said),
        confirmed_by=by,
        confirmed_on=clock.today(),
    )
    usual = USUAL[after]
    measures = {"disposal": usual.disposal, "admonition": usual.admonition, "feedbacks": list(usual.feedbacks)}
    _write(warning, colour=after.value, raise_due=False, **measures)


def keep_colour(warning: WarningNotice, said: Said, by: User) -> None:
    _write(warning, raise_due=False)


def ask_extension(warning: WarningNotice, said: Said, by: User) -> None:
    assert warning.finish_by is not None
    Extension.objects.create(
        bureau_id=warning.bureau_id,
        warning=warning,
        before=warning.finish_by,
        until=said.facts["until"],
        reason=words(said),
        asked_by=by,
    )


def grant_extension(warning: WarningNotice, said: Said, by: User) -> None:
    extension = warning.extension
    _decide(extension, Extension.State.GRANTED, by=by)
    due = {"due_on": extension.until} if warning.replied_on else {}
    _write(warning, finish_by=extension.until, **due)


def refuse_extension(warning: WarningNotice, said: Said, by: User) -> None:
    _decide(warning.extension, Extension.State.REFUSED, by=by)


def _decide(extension: Extension, state: str, *, by: User) -> None:
    Extension.objects.across_bureaus().filter(pk=extension.pk).update(state=state, decided_by=by)


def nothing_due(warning: WarningNotice, said: Said, by: User) -> None:
    _write(warning, due_on=None, raise_due=False)


def withdraw(warning: WarningNotice, said: Said, by: User) -> None:
    """撤销: whoever verifies the paper learns that it no longer holds."""
    mark_paper(warning, state=IssuedPaper.State.WITHDRAWN, by=by)
