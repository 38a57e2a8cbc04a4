"""What is decided: the yearly campaign, the scheme, the dossier that moves from desk to desk, ratings, meeting,
notice, filing."""

from assessments.models.campaigns import Campaign
from assessments.models.dossiers import FORM_NAMES, Cause, Dossier, DossierMove, ReturnReason, State
from assessments.models.duties import CalendarKey, DutyInstance
from assessments.models.filings import Filing
from assessments.models.issued import IssuedFile, IssuedPaper
from assessments.models.meetings import Attendee, Meeting, MeetingDraft, MeetingItem, Recusal
from assessments.models.notices import NoticeItem, Objection, PublicNotice
from assessments.models.ratings import Appraisal, LevelOpinion, Rating
from assessments.models.returns import RowNote
from assessments.models.rounds import Closing, Missing, Reminder
from assessments.models.schemes import Raters, Scheme

__all__ = [
    "FORM_NAMES",
    "Appraisal",
    "Attendee",
    "CalendarKey",
    "Campaign",
    "Cause",
    "Closing",
    "Dossier",
    "DossierMove",
    "DutyInstance",
    "Filing",
    "IssuedFile",
    "IssuedPaper",
    "LevelOpinion",
    "Meeting",
    "MeetingDraft",
    "MeetingItem",
    "Missing",
    "NoticeItem",
    "Objection",
    "PublicNotice",
    "Raters",
    "Rating",
    "Recusal",
    "Reminder",
    "ReturnReason",
    "RowNote",
    "Scheme",
    "State",
]
