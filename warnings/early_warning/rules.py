"""Who may see a signal or a warning, and whose turn it is.

Until its issue a warning is there for the discipline inspection and who approves it, never for the subject nor for
who heads the subject; these keep out of approval and review as well (公务员法 第七十六条 回避).
"""

from uuid import UUID

from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, TextField, Value
from django.db.models.functions import Coalesce

from early_warning.models import ColourChoices, Extension, Signal, State, WarningNotice, WarningReview
from lianzheng.flow import Who
from lianzheng.organisation.models import UnitUserGrant, User
from lianzheng.organisation.rights import NOBODY, covering, own_or_bound, principals, scopes, within
from lianzheng.organisation.roles import Right

_NOBODY = Value(UUID(int=0))
REPORTING = (Right.REPORT_SIGNAL, Right.RUN_OFFICE, Right.HANDLE_WARNINGS)
JUDGING = (Right.HANDLE_WARNINGS, Right.HEAD_BUREAU)
_HEADING = (Right.REVIEW_SECTION, Right.LEAD_SECTIONS)
BEFORE_ISSUE = (State.DRAFT, State.APPROVING, State.LEADER)
ANSWERING = (State.SIGNED, State.RECTIFYING)


def _about(user: User) -> Q:
    return Q(answerer=user)


def _bound(user: User) -> Q:
    """One's own, and those of whoever one stands in for: no part in it but the subject's."""
    return own_or_bound(user, ("answerer",))


def _heads(user: User) -> Q:
    """Subjects in a section that the person heads or is in charge of; the head of the bureau signs for everybody."""
    return within(user, _HEADING[0]) | within(user, _HEADING[1])


def _free(right: str, *, apart: bool = True) -> Exists:
    """Is there anybody at this desk who is neither the subject nor (`apart`) heads the subject?"""
    here = covering(right).exclude(user=Coalesce(OuterRef("answerer"), _NOBODY))
    if not apart:
        return Exists(here)
    place = ExpressionWrapper(OuterRef("asked"), output_field=TextField())
    heading = UnitUserGrant.objects.filter(user=OuterRef("user"), permission__codename__in=_HEADING)
    return Exists(here.exclude(Exists(heading.alias(place=place).filter(place__startswith=F("content_object__path")))))


def discipline(user: User) -> Q:
    """Signals and warnings that the person handles as discipline inspection; the head of the bureau where nobody
    there is free to."""
    handles, stands_in = within(user, Right.HANDLE_WARNINGS), within(user, Right.HEAD_BUREAU)
    if handles is NOBODY and stands_in is NOBODY:
        return NOBODY
    if stands_in is not NOBODY:
        stands_in &= ~Q(_free(Right.HANDLE_WARNINGS))
    return ((handles & ~_heads(user)) | stands_in) & ~_bound(user)


def _chief(user: User) -> Q:
    """The head of the bureau; discipline inspection where he is the subject or the seat is empty."""
    stands_in = discipline(user)
    if stands_in is not NOBODY:
        stands_in &= ~Q(_free(Right.HEAD_BUREAU, apart=False)) & ~own_or_bound(user, ("holder",))
    return (within(user, Right.HEAD_BUREAU) & ~_bound(user)) | stands_in


def _approves(user: User) -> Q:
    """纪检组长或者主要负责人, never who drafted it."""
    return (discipline(user) | (within(user, Right.HEAD_BUREAU) & ~_bound(user))) & ~own_or_bound(user, ("holder",))


def _serves(user: User) -> Q:
    return discipline(user) | (within(user, Right.RUN_OFFICE) & ~_bound(user))


def writes(user: User) -> Q:
    """Who answers; for a subject without an account what came on paper is typed in by discipline inspection."""
    return _about(user) | (discipline(user) & (Q(answerer=None) | Q(answerer__is_active=False)))


def _second(user: User) -> Q:
    others = (within(user, Right.RUN_OFFICE) | within(user, Right.HEAD_BUREAU)) & ~_bound(user) & ~_heads(user)
    reviewed = WarningReview.objects.across_bureaus().filter(
        warning=OuterRef("pk"), round=OuterRef("failures") + 1, reviewer__in=(user.pk, *principals(user))
    )
    return (discipline(user) | others) & ~Q(Exists(reviewed))


def _raises(user: User) -> Q:
    orange = discipline(user) & Q(colour=ColourChoices.YELLOW)
    return Q(raise_due=True) & (orange | (_chief(user) & Q(colour=ColourChoices.ORANGE)))


def _extends(user: User) -> Q:
    asked = Extension.objects.across_bureaus().filter(warning=OuterRef("pk"), state=Extension.State.ASKED)
    gone = _chief(user) & Q(issued_by__is_active=False)
    return Q(Exists(asked)) & (Q(issued_by=user) | gone) & ~_bound(user)


DISCIPLINE = Who("纪检组", discipline)
APPROVER = Who("签发人", _approves)
LEADER = Who("主要负责人", _chief)
ANSWERER = Who("承办人", _about)
WRITER = Who("承办人", writes)
SERVER = Who("送达人", _serves)
REVIEWER = Who("复核人", discipline)
SECOND = Who("第二复核人", _second)
RAISER = Who("提级确认人", _raises)
EXTENDER = Who("签发人", _extends)


def visible(user: User) -> Q:
    """Warnings the person may open: before issue those of one's desk; from issue on the subject, who heads it, who
    is in charge, discipline inspection and the issuing office."""
    waits = Q(state__in=(State.APPROVING, State.LEADER)) & _approves(user)
    waits |= Q(state=State.LEADER) & _chief(user)
    after = _about(user) | _heads(user)
    for right in (Right.HEAD_BUREAU, Right.HANDLE_WARNINGS, Right.RUN_OFFICE):
        after |= within(user, right)
    return discipline(user) | waits | (Q(issued_on__isnull=False) & after)


def has_warnings(user: User) -> bool:
    """Is there a register for this person? A right to keep one, or a warning to see."""
    if scopes(user).keys() & {Right.HANDLE_WARNINGS, Right.HEAD_BUREAU, Right.RUN_OFFICE}:
        return True
    return bool(WarningNotice.objects.within(visible(user)).exists())


def judges(user: User) -> bool:
    """Does the person judge signals, by right or because nobody else is free to?"""
    held = scopes(user)
    if Right.HANDLE_WARNINGS in held:
        return True
    return Right.HEAD_BUREAU in held and bool(Signal.objects.within(discipline(user)).exists())
