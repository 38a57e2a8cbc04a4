"""The only writers of campaigns, ratings, meetings, notices and filings; states change through `move()` alone."""

from assessments.actions.campaigns import open_campaign, open_rating, start_rating
from assessments.actions.filings import record_filing, supersede_before
from assessments.actions.issued import issue_paper, keep_file, mark_paper
from assessments.actions.meetings import Decision, record_meeting
from assessments.actions.notices import (
    close_notice,
    correct_notice,
    extend_notice,
    publish_notice,
    send_objected_back,
    withdraw_notice,
)
from assessments.actions.objections import answer_objection, submit_objection
from assessments.actions.ratings import gradable_now, refresh_proposal, report_level, save_rating
from assessments.actions.schemes import activate_scheme, discard_scheme, draft_scheme, save_scheme, scheme_for

__all__ = [
    "Decision",
    "activate_scheme",
    "answer_objection",
    "close_notice",
    "correct_notice",
    "discard_scheme",
    "draft_scheme",
    "extend_notice",
    "gradable_now",
    "issue_paper",
    "keep_file",
    "mark_paper",
    "open_campaign",
    "open_rating",
    "publish_notice",
    "record_filing",
    "record_meeting",
    "refresh_proposal",
    "report_level",
    "save_rating",
    "save_scheme",
    "scheme_for",
    "send_objected_back",
    "start_rating",
    "submit_objection",
    "supersede_before",
    "withdraw_notice",
]
