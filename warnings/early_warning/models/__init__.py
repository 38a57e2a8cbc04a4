"""What was signalled, what was warned of, and what was done about it."""

from early_warning.models.bulletins import Bulletin
from early_warning.models.network import NetworkSeat, Tier
from early_warning.models.notices import (
    ColourChange,
    Extension,
    NumberCounter,
    Remark,
    State,
    WarningMove,
    WarningNotice,
)
from early_warning.models.rectification import Evidence, Rectification, RectificationItem, WarningReview
from early_warning.models.signals import ColourChoices, Informant, Outcome, Signal, Source, SubjectKind
from early_warning.models.time import (
    DutySignal,
    EscalationAct,
    MorningRun,
    PastRound,
    Reminder,
    WarningLimit,
)

__all__ = [
    "Bulletin",
    "ColourChange",
    "ColourChoices",
    "DutySignal",
    "EscalationAct",
    "Evidence",
    "Extension",
    "Informant",
    "MorningRun",
    "NetworkSeat",
    "NumberCounter",
    "Outcome",
    "PastRound",
    "Rectification",
    "RectificationItem",
    "Remark",
    "Reminder",
    "Signal",
    "Source",
    "State",
    "SubjectKind",
    "Tier",
    "WarningLimit",
    "WarningMove",
    "WarningNotice",
    "WarningReview",
]
