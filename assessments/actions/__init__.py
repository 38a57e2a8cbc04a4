"""The only writers of campaigns, ratings, meetings, notices and filings; states change through `move()` alone."""

from assessments.actions.campaigns import open_campaign, open_rating, start_rating
from assessments.actions.duties import add_proof, close_calendar, fill_duty, follow_level, open_calendar, refresh_duties
from assessments.actions.filings import accept_filing, record_filing, return_filing, send_filing, supersede_before
from assessments.actions.handover import Handed, Plan, hand_over
from assessments.actions.issued import issue_paper, keep_file, mark_paper
from assessments.actions.meetings import Decision, Presence, record_meeting, save_draft
from assessments.actions.notices import (
    close_notice,
    correct_notice,
    extend_notice,
    publish_notice,
    send_objected_back,
    withdraw_notice,
)
from assessments.actions.objections import answer_objection, submit_objection
from assessments.actions.ratings import (
    Grading,
    note_levels,
    refresh_open,
    refresh_proposal,
    report_level,
    review_point,
    save_appraisal,
    save_rating,
    take_in_ratings,
)
from assessments.actions.rerating import abolish_post, rate_anew
from assessments.actions.rounds import close_campaign, remind, reopen_campaign
from assessments.actions.schemes import (
    activate_scheme,
    discard_scheme,
    draft_scheme,
    governing,
    newest_rounds,
    save_scheme,
    scheme_for,
)
from assessments.actions.settings import apply_lines, save_line, set_options

__all__ = [
    "Decision",
    "Grading",
    "Handed",
    "Plan",
    "Presence",
    "abolish_post",
    "accept_filing",
    "activate_scheme",
    "add_proof",
    "answer_objection",
    "apply_lines",
    "close_calendar",
    "close_campaign",
    "close_notice",
    "correct_notice",
    "discard_scheme",
    "draft_scheme",
    "extend_notice",
    "fill_duty",
    "follow_level",
    "governing",
    "hand_over",
    "issue_paper",
    "keep_file",
    "mark_paper",
    "newest_rounds",
    "note_levels",
    "open_calendar",
    "open_campaign",
    "open_rating",
    "publish_notice",
    "rate_anew",
    "record_filing",
    "record_meeting",
    "refresh_duties",
    "refresh_open",
    "refresh_proposal",
    "remind",
    "reopen_campaign",
    "report_level",
    "return_filing",
    "review_point",
    "save_appraisal",
    "save_draft",
    "save_line",
    "save_rating",
    "save_scheme",
    "scheme_for",
    "send_filing",
    "send_objected_back",
    "set_options",
    "start_rating",
    "submit_objection",
    "supersede_before",
    "take_in_ratings",
    "withdraw_notice",
]
