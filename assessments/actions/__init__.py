"""The only writers of campaigns, ratings, meetings, notices and filings; states change through `move()` alone."""

from assessments.actions.campaigns import open_campaign, open_rating, start_rating
from assessments.actions.filings import record_filing, supersede_before
from assessments.actions.handover import Handed, Plan, hand_over
from assessments.actions.meetings import Decision, record_meeting
from assessments.actions.notices import close_notice, publish_notice
from assessments.actions.ratings import gradable_now, refresh_proposal, report_level, save_rating
from assessments.actions.rounds import close_campaign, remind, reopen_campaign
from assessments.actions.schemes import activate_scheme, discard_scheme, draft_scheme, save_scheme, scheme_for

__all__ = [
    "Decision",
    "Handed",
    "Plan",
    "activate_scheme",
    "close_campaign",
    "close_notice",
    "discard_scheme",
    "draft_scheme",
    "gradable_now",
    "hand_over",
    "open_campaign",
    "open_rating",
    "publish_notice",
    "record_filing",
    "record_meeting",
    "refresh_proposal",
    "remind",
    "reopen_campaign",
    "report_level",
    "save_rating",
    "save_scheme",
    "scheme_for",
    "start_rating",
    "supersede_before",
]
