"""The only writers of campaigns, ratings, meetings, notices and filings; states change through `move()` alone."""

from assessments.actions.campaigns import open_campaign, open_rating, start_rating
from assessments.actions.filings import accept_filing, record_filing, return_filing, send_filing, supersede_before
from assessments.actions.meetings import Decision, Presence, record_meeting, save_draft
from assessments.actions.notices import close_notice, publish_notice
from assessments.actions.ratings import gradable_now, refresh_proposal, report_level, save_rating
from assessments.actions.schemes import activate_scheme, discard_scheme, draft_scheme, save_scheme, scheme_for

__all__ = [
    "Decision",
    "Presence",
    "accept_filing",
    "activate_scheme",
    "close_notice",
    "discard_scheme",
    "draft_scheme",
    "gradable_now",
    "open_campaign",
    "open_rating",
    "publish_notice",
    "record_filing",
    "record_meeting",
    "refresh_proposal",
    "report_level",
    "return_filing",
    "save_draft",
    "save_rating",
    "save_scheme",
    "scheme_for",
    "send_filing",
    "start_rating",
    "supersede_before",
]
