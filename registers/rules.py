"""Who may write which table."""

from django.db.models import Q

from lianzheng.organisation.models import User
from lianzheng.organisation.rights import within
from lianzheng.organisation.roles import Right
from registers.models import RiskTable

Kind = RiskTable.Kind


def writable(user: User) -> Q:
    """Open tables that are the person's to fill: one's own post's, one's section's, the bureau's for the office."""
    own = Q(kind=Kind.POST, holder=user)
    section = Q(kind=Kind.SECTION) & within(user, Right.REVIEW_SECTION)
    bureau = Q(kind=Kind.BUREAU) & within(user, Right.RUN_OFFICE)
    return (own | section | bureau) & Q(sealed_at=None)
