"""The links of this floor in the menu: only for who has something there. A subject before issue has nothing."""

from django.db.models import Q

from early_warning.models import Outcome, Reminder, Signal
from early_warning.rules import REPORTING, discipline, has_warnings, judges
from lianzheng.organisation.models import User
from lianzheng.organisation.rights import scopes


def links(user: User) -> list[tuple[str, str]]:
    """(label, name of the address)."""
    found = []
    if judges(user):
        found.append(("预警信息", "signals"))
    if scopes(user).keys() & set(REPORTING):
        found.append(("报送预警信息", "signal_new"))
    if has_warnings(user):
        found.append(("预警台账", "warnings"))
    return found


def waiting(user: User) -> int:
    """Signals that wait for this person's judgement."""
    return int(Signal.objects.within(discipline(user) & Q(outcome=Outcome.OPEN)).count())


def unseen(user: User) -> int:
    """Reminders that the person has not noted as read."""
    return int(Reminder.objects.across_bureaus().filter(to=user, seen_at=None).count())
