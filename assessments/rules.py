"""Who may see a dossier, and whose turn it is at each desk."""

from django.db.models import Q

from assessments.models import Dossier, State
from lianzheng.flow import Who
from lianzheng.organisation.models import User
from lianzheng.organisation.rights import desk, own_or_bound, within
from lianzheng.organisation.roles import Right
from registers.models import RiskTable

Kind = RiskTable.Kind
_INSIDE = (
    Right.REVIEW_SECTION,
    Right.LEAD_SECTIONS,
    Right.HEAD_BUREAU,
    Right.RUN_OFFICE,
    Right.INSPECT,
    Right.RECORD_MEETING,
)
_SENT_UP = (State.COUNTY_OFFICE, State.COUNTY_GROUP, State.NOTICE, State.PUBLISHED, State.FILING, State.IN_FORCE)
_FILED = (State.FILING, State.IN_FORCE, State.ARCHIVED, State.SUPERSEDED)


def visible(user: User) -> Q:
    """Dossiers the person may open: one's own, those of one's desk, and above the bureau only what was sent up."""
    seen = Q(holder=user)
    for right in _INSIDE:
        seen |= within(user, right)
    county = within(user, Right.VERIFY_BUREAU) | within(user, Right.CONFIRM_BUREAU)
    seen |= county & Q(kind=Kind.BUREAU, state__in=_SENT_UP)
    return seen | (within(user, Right.RECEIVE_FILING) & Q(state__in=_FILED))


def writes(user: User) -> Q:
    """Forms that are the person's to fill in: one's own post's, one's section's, the bureau's for the office."""
    section = Q(kind=Kind.SECTION) & within(user, Right.REVIEW_SECTION)
    bureau = Q(kind=Kind.BUREAU) & within(user, Right.RUN_OFFICE)
    return Q(kind=Kind.POST, holder=user) | section | bureau


PERSONS = ("holder", "stands_for")
"""Who answers for a dossier: who handed it in, and for whom."""


def _own(user: User) -> Q:
    return Q(holder=user) | Q(stands_for=user)


def _runs(user: User) -> Q:
    return within(user, Right.RUN_OFFICE)


def _files(user: User) -> Q:
    return within(user, Right.RECEIVE_FILING) & ~own_or_bound(user, PERSONS)


def _desk(label: str, *chain: Right, shared: bool = False) -> Who:
    CHAINS[label] = chain
    return Who(label, desk(*chain, persons=PERSONS, shared=shared))


CHAINS: dict[str, tuple[Right, ...]] = {}
"""Desk -> the rights that sit at it, and above it in turn (回避 and vacancy move a dossier up)."""

WRITER = Who("填报人", writes)
SENDER = Who("填报人", _own)
SECTION_HEAD = _desk("股室负责人", Right.REVIEW_SECTION, Right.LEAD_SECTIONS, Right.HEAD_BUREAU, Right.INSPECT)
VICE_LEADER = _desk("分管领导", Right.LEAD_SECTIONS, Right.HEAD_BUREAU, Right.INSPECT)
LEADER = _desk("主要负责人", Right.HEAD_BUREAU, Right.INSPECT)
OFFICE = _desk("廉政办", Right.RUN_OFFICE, Right.HEAD_BUREAU)
INSPECTOR = _desk("纪检组", Right.INSPECT, Right.HEAD_BUREAU)
MEETING = _desk("会议记录人", Right.RECORD_MEETING, Right.HEAD_BUREAU, shared=True)
COUNTY_OFFICE = _desk("县领导小组办公室", Right.VERIFY_BUREAU, Right.CONFIRM_BUREAU, shared=True)
COUNTY_GROUP = _desk("县领导小组", Right.CONFIRM_BUREAU, Right.VERIFY_BUREAU, shared=True)
PUBLISHER = Who("廉政办", _runs)
FILING_BODY = Who("备案机关", _files)
FILER = Who("备案办理人", lambda user: _runs(user) | within(user, Right.RECEIVE_FILING))


def gradable(user: User) -> Q:
    """Rating dossiers whose grades are the person's to give now."""
    return writes(user) & Q(state__in=(State.DRAFT, State.RETURNED)) & ~Q(stage=Dossier.Stage.FINDING)
