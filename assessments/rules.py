"""Who may see a dossier, and whose turn it is at each desk."""

from django.db.models import Exists, OuterRef, Q

from assessments.models import Dossier, Filing, NoticeItem, PublicNotice, Raters, State
from lianzheng.flow import Who
from lianzheng.organisation.models import Tenure, User
from lianzheng.organisation.rights import NOBODY, desk, own_or_bound, within
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
_SENT_UP = (
    State.COUNTY_OFFICE,
    State.COUNTY_GROUP,
    State.NOTICE,
    State.PUBLISHED,
    State.FILING,
    State.FILING_SENT,
    State.IN_FORCE,
)
_FILED = (State.FILING_SENT, State.IN_FORCE, State.SUPERSEDED)


def visible(user: User) -> Q:
    """Dossiers the person may open: one's own, those of one's desk; above the bureau only what was sent up, and in the
    filing body only what was filed to it."""
    seen = Q(holder=user)
    for right in _INSIDE:
        seen |= within(user, right)
    county = within(user, Right.VERIFY_BUREAU) | within(user, Right.CONFIRM_BUREAU)
    seen |= county & Q(kind=Kind.BUREAU, state__in=_SENT_UP)
    return seen | (_received(user) & Q(state__in=_FILED))


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


def _received(user: User) -> Q:
    """Dossiers that lie in a filing sent to the person's office."""
    return within(user, Right.RECEIVE_FILING, unit="filing__to")


def _files(user: User) -> Q:
    received = _received(user)
    return received if received is NOBODY else received & ~own_or_bound(user, PERSONS)


def _supersedes(user: User) -> Q:
    """What stood before gives way to a new filing: by the office, or by whoever receives this bureau's filings."""
    received = within(user, Right.RECEIVE_FILING, unit="to")
    if received is NOBODY:
        return _runs(user)
    return _runs(user) | Q(Exists(Filing.objects.within(received).filter(bureau=OuterRef("bureau"))))


def filings_of(user: User) -> Q:
    """Filings the person may open: those sent to one's office, and those of a bureau one runs, heads or inspects."""
    seen = within(user, Right.RECEIVE_FILING, unit="to")
    for right in (Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT):
        seen |= within(user, right, unit="bureau")
    return seen


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
FILER = Who("备案办理人", _supersedes)


_REVIEWING = {
    State.SECTION: SECTION_HEAD,
    State.VICE: VICE_LEADER,
    State.OFFICE: OFFICE,
    State.INSPECTOR: INSPECTOR,
    State.LEADER: LEADER,
    State.COUNTY_OFFICE: COUNTY_OFFICE,
}
_SEATS = {"office": (State.OFFICE, OFFICE), "leader": (State.VICE, VICE_LEADER)}
"""Where another rater's grades are given, and by whose desk."""


def reviewable(user: User) -> Q:
    """Rating dossiers that lie at a reviewing desk of this person now."""
    mine = Q(pk__in=[])
    for state, who in _REVIEWING.items():
        mine |= Q(state=state) & who.rows(user)
    return mine & ~Q(stage=Dossier.Stage.FINDING)


def gradable_by_seat(user: User, seat: str) -> Q:
    """Dossiers with several raters that wait for this seat's grades, at this person's desk."""
    if seat not in _SEATS:
        return Q(pk__in=[])
    state, who = _SEATS[seat]
    return Q(state=state) & ~Q(raters=Raters.SINGLE) & ~Q(stage=Dossier.Stage.FINDING) & who.rows(user)


def seat_at(state: str) -> str:
    """The rater's seat of the desk where a form lies in this state; "" where none grades."""
    return next((seat for seat, (place, _) in _SEATS.items() if place == state), "")


def may_rate_anew(user: User) -> Q:
    """Settled rating forms that the person may have rated anew: his own to fill in, or any for the office."""
    settled = Q(state=State.IN_FORCE) & ~Q(stage=Dossier.Stage.FINDING)
    return settled & (writes(user) | within(user, Right.RUN_OFFICE))


def lets_rate_anew(user: User, dossier: Dossier) -> bool:
    """The same question about one form."""
    return bool(Dossier.objects.within(may_rate_anew(user)).filter(pk=dossier.pk).exists())


def gradable(user: User) -> Q:
    """Rating dossiers whose grades are the person's to give now."""
    return writes(user) & Q(state__in=(State.DRAFT, State.RETURNED)) & ~Q(stage=Dossier.Stage.FINDING)


def reads_notices(user: User | None) -> Q:
    """Notices the person may open: without sign-in those for the system and the public; one's bureau's and section's
    as well; all of the bureau where one organises, inspects or heads it."""
    scopes = PublicNotice.Scope
    seen = Q(scope__in=(scopes.SYSTEM, scopes.PUBLIC))
    if user is None:
        return seen
    held = Tenure.objects.across_bureaus().filter(person=user, until=None)
    listed = NoticeItem.objects.across_bureaus().filter(dossier__unit__in=held.values("post__unit"))
    seen |= Q(scope=scopes.BUREAU, bureau__in=held.values("bureau"))
    seen |= Q(scope=scopes.SECTION, pk__in=listed.values("notice"))
    for right in (Right.RUN_OFFICE, Right.INSPECT, Right.HEAD_BUREAU):
        seen |= within(user, right, unit="bureau")
    return seen


def handles_objections(user: User) -> Q:
    """异议 are for the office and the discipline inspection of the bureau, and for nobody else."""
    return within(user, Right.RUN_OFFICE, unit="bureau") | within(user, Right.INSPECT, unit="bureau")
