"""逐行说明: what the reviewer writes beside the rows of a form that goes back, and where the writer reads it."""

from collections.abc import Mapping
from typing import Any

from django import forms

from assessments.models import Dossier, State
from assessments.readiness import NOTE_MAX
from lianzheng.organisation.forms import CleanForm


class NotesForm(CleanForm):
    """A field for every row of the table."""

    def __init__(self, data: Any = None, *, found: Dossier) -> None:
        super().__init__(data, auto_id="%s")
        rows = found.table.points.filter(removed_at=None).order_by("order", "id").values_list("pk", "name")
        for number, (pk, name) in enumerate(rows, start=1):
            self.fields[f"note-{pk}"] = forms.CharField(
                label=f"第{number}行 {name}",
                required=False,
                max_length=NOTE_MAX,
                widget=forms.Textarea(attrs={"rows": 1, "data-grow": True}),
            )

    def notes(self) -> dict[str, str]:
        """Row -> note, where there is one."""
        return {name.removeprefix("note-"): text for name, text in self.cleaned_data.items() if text}

    @property
    def typed(self) -> bool:
        """Was anything written? Then the page shows the fields open."""
        return any(self.data.get(name) for name in self.fields)


def at_rows(found: Dossier) -> Mapping[Any, str]:
    """Row -> the note it came back with; nothing once the form is handed in again."""
    back = [move for move in found.timeline if move.action == "return"]
    if found.state != State.RETURNED or not back:
        return {}
    return {note.point_id: note.text for note in back[-1].notes.all()}
