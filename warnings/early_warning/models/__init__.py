"""What was signalled, what was warned of, and what was done about it."""

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

__all__ = [
    "ColourChange",
    "ColourChoices",
    "Evidence",
    "Extension",
    "Informant",
    "NumberCounter",
    "Outcome",
    "Rectification",
    "RectificationItem",
    "Remark",
    "Signal",
    "Source",
    "State",
    "SubjectKind",
    "WarningMove",
    "WarningNotice",
    "WarningReview",
]
