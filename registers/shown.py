"""A comparison as the page prints it: how many lines, every error with its cell, every change old and new."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from lianzheng.sheets import Sheet
from registers.comparison import Letters, Verdict, columns, counts, differing, place

MEND = {
    "max_length": "请缩短后再上传",
    "control": "请删去后重新输入",
    "surrogate": "请删去后重新输入",
    "null_characters_not_allowed": "请删去后重新输入",
}


def reason(errors: Sequence[ValidationError]) -> tuple[str, str]:
    """What the form found wrong, and how to mend it."""
    text = "；".join(message.rstrip("。") for error in errors for message in error.messages)
    return text, MEND.get(errors[0].code or "", "请修改后再上传")


def result(
    verdicts: Sequence[Verdict],
    *,
    sheet: Sheet,
    letters: Letters,
    ids: Collection[str],
    required: Iterable[tuple[str, str]] = (),
) -> dict[str, Any]:
    """`ids` are the saved rows of which the file might have had all; `required` what may stay empty for the time
    being."""
    named = {verdict.stored.id for verdict in verdicts if verdict.stored}
    tally = counts(verdicts)
    of_state = {state: [v for v in verdicts if v.state == state] for state in tally}
    writer = _Writer(sheet, letters)
    return {
        "counts": tally,
        "good": tally["new"] + tally["changed"],
        "faults": [fault for verdict in of_state["wrong"] for fault in _faults(verdict)],
        "stale": [writer.both(v) for v in verdicts if v.stale],
        "changes": [change for verdict in of_state["changed"] for change in writer.changes(verdict)],
        "headers": [column.header for column in columns(sheet)],
        "fresh": [{"number": v.line.number, "texts": list(v.line.texts.values())} for v in of_state["new"]],
        "notes": [writer.both(verdict) | {"text": verdict.note} for verdict in verdicts if verdict.note],
        "missing": sum(row not in named for row in ids),
        "lacking": writer.lacking([*of_state["new"], *of_state["changed"]], required),
    }


def _faults(verdict: Verdict) -> list[dict[str, Any]]:
    texts = verdict.line.texts
    return [
        {"number": verdict.line.number, "cell": fault.cell, "text": fault.text, "mend": fault.mend}
        | {"value": texts[fault.source] if fault.source else ""}
        for fault in verdict.faults
    ]


class _Writer:
    """Names cells as the person's own file does."""

    def __init__(self, sheet: Sheet, letters: Letters) -> None:
        self.sheet, self.letters = sheet, letters
        self.headers = {column.source: column.header for column in columns(sheet)}

    def cell(self, verdict: Verdict, source: str) -> str:
        return f"{place(self.sheet, source, letters=self.letters)}{verdict.line.number}"

    def changes(self, verdict: Verdict) -> list[dict[str, Any]]:
        """Old and new text of each cell in which a line differs from its stored row."""
        row = verdict.stored
        return [
            {
                "number": verdict.line.number,
                "cell": self.cell(verdict, source),
                "header": self.headers[source],
                "old": row.texts[source] if row else "",
                "new": verdict.line.texts[source],
            }
            for source in differing(verdict)
        ]

    def both(self, verdict: Verdict) -> dict[str, Any]:
        """A line beside what is saved now."""
        return {"number": verdict.line.number, "cells": self.changes(verdict)}

    def lacking(self, verdicts: Iterable[Verdict], required: Iterable[tuple[str, str]]) -> list[str]:
        """Cells that may stay empty in a draft but not when the form is handed in."""
        wanted = list(required)
        return [
            f"{self.cell(verdict, source)} {sentence}"
            for verdict in sorted(verdicts, key=lambda verdict: verdict.line.number)
            for source, sentence in wanted
            if verdict.line.texts.get(source) == ""
        ]
