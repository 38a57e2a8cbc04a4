"""What is decided: the yearly campaign, the scheme, the dossier that moves from desk to desk, ratings, meeting,
notice, filing."""

from assessments.models.campaigns import Campaign
from assessments.models.dossiers import FORM_NAMES, Dossier, DossierMove, ReturnReason, State
from assessments.models.filings import Filing
from assessments.models.issued import IssuedFile, IssuedPaper
from assessments.models.meetings import Meeting
from assessments.models.notices import NoticeItem, Objection, PublicNotice
from assessments.models.ratings import Rating
from assessments.models.schemes import Scheme

__all__ = [
    "FORM_NAMES",
    "Campaign",
    "Dossier",
    "DossierMove",
    "Filing",
    "IssuedFile",
    "IssuedPaper",
    "Meeting",
    "NoticeItem",
    "Objection",
    "PublicNotice",
    "Rating",
    "ReturnReason",
    "Scheme",
    "State",
]
