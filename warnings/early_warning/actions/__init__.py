"""The only writers of signals, warnings, rectifications and their numbers; a module for each noun."""

from early_warning.actions.bulletins import draft_bulletin, issue_bulletin, save_bulletin, signal_of_duty
from early_warning.actions.escalation import begin_day, do_act, finish_day, see_reminders, set_limits
from early_warning.actions.network import appoint_seat, end_seat
from early_warning.actions.notices import change_answerer, draft_notice, save_draft, take_step
from early_warning.actions.numbers import take_number
from early_warning.actions.rectification import add_evidence, remove_item, save_causes, save_item
from early_warning.actions.signals import (
    Reported,
    judge_signal,
    known_lines,
    link_signal,
    report_signal,
    take_in_signals,
)

__all__ = [
    "Reported",
    "add_evidence",
    "appoint_seat",
    "begin_day",
    "change_answerer",
    "do_act",
    "draft_bulletin",
    "draft_notice",
    "end_seat",
    "finish_day",
    "issue_bulletin",
    "judge_signal",
    "known_lines",
    "link_signal",
    "remove_item",
    "report_signal",
    "save_bulletin",
    "save_causes",
    "save_draft",
    "save_item",
    "see_reminders",
    "set_limits",
    "signal_of_duty",
    "take_in_signals",
    "take_number",
    "take_step",
]
