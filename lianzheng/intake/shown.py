"""A comparison as the page prints it: how many lines, every error with its cell, every change old and new."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseForm

from lianzheng.intake.comparison import Letters, Stored, Verdict, counts, differing, place
from lianzheng.intake.template import Template

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


Asked = tuple[dict[str, Any], dict[str, tuple[str, str]]]


def asked(form: BaseForm, *, names: Iterable[str] | None = None) -> Asked:
    """What the form of a page makes of the values of one line (of these fields, or of all), and what it refuses: source
    -> what is wrong and how to mend it."""
    refused = {name: reason(errors) for name, errors in form.errors.as_data().items()}
    wanted = form.fields if names is None else names
    return {name: form.cleaned_data[name] for name in wanted if name in form.cleaned_data}, refused


Lacking = Callable[[Verdict], Iterable[tuple[str, str]]]
"""A line -> (source, sentence) of what may stay as it is for the time being, not when the form is handed in."""


def nothing(verdict: Verdict) -> Iterable[tuple[str, str]]:
    return ()


def result(
    verdicts: Sequence[Verdict],
    *,
    template: Template,
    letters: Letters | None = None,
    stored: Sequence[Stored] = (),
    lacking: Lacking = nothing,
) -> dict[str, Any]:
    """`stored` are the saved rows of which the file might have had all."""
    named = {verdict.stored.id for verdict in verdicts if verdict.stored}
    absent = [row for row in stored if row.id not in named]
    tally = counts(verdicts)
    of_state = {state: [v for v in verdicts if v.state == state] for state in tally}
    writer = _Writer(template, letters or {})
    return {
        "counts": tally,
        "good": tally["new"] + tally["changed"],
        "faults": [fault for verdict in of_state["wrong"] for fault in _faults(verdict)],
        "stale": [writer.both(v) for v in verdicts if v.stale],
        "changes": [change for verdict in of_state["changed"] for change in writer.changes(verdict)],
        "headers": [column.header for column in template.columns],
        "fresh": [{"number": v.line.number, "texts": list(v.line.texts.values())} for v in of_state["new"]],
        "notes": [writer.both(verdict) | {"text": verdict.note} for verdict in verdicts if verdict.note],
        "missing": len(absent),
        "absent": [" ".join(row.texts[source] for source in template.named) for row in absent if template.named],
        "lacking": writer.lacking([*of_state["new"], *of_state["changed"]], lacking),
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

    def __init__(self, template: Template, letters: Letters) -> None:
        self.sheet, self.letters = template.sheet, letters
        self.headers = {column.source: column.header for column in template.columns}

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

    def lacking(self, verdicts: Iterable[Verdict], lacking: Lacking) -> list[str]:
        """Cells that are good enough for a draft but not for the form that is handed in."""
        return [
            f"{self.cell(verdict, source)} {sentence}"
            for verdict in sorted(verdicts, key=lambda verdict: verdict.line.number)
            for source, sentence in lacking(verdict)
        ]
