"""What is decided: the yearly campaign, the scheme, the dossier that moves from desk to desk, ratings, meeting,
notice, filing."""

from assessments.models.campaigns import Campaign
from assessments.models.dossiers import FORM_NAMES, Dossier, DossierMove, ReturnReason, State
from assessments.models.filings import Filing
from assessments.models.meetings import Meeting
from assessments.models.notices import PublicNotice
from assessments.models.ratings import Rating
from assessments.models.returns import RowNote
from assessments.models.rounds import Closing, Missing, Reminder
from assessments.models.schemes import Scheme

__all__ = [
    "FORM_NAMES",
    "Campaign",
    "Closing",
    "Dossier",
    "DossierMove",
    "Filing",
    "Meeting",
    "Missing",
    "PublicNotice",
    "Rating",
    "Reminder",
    "ReturnReason",
    "RowNote",
    "Scheme",
    "State",
]
