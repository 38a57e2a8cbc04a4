"""Forms of limits and bulletins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from early_warning import figures
from early_warning.colours import WORDS, Colour
from early_warning.deadlines import MOST, UNITS, Days, contradiction
from early_warning.deadlines import WORDS as LIMIT_WORDS
from early_warning.models import Bulletin
from lianzheng.organisation.forms import CleanForm

NAMES = ("sign", "reply", "finish", "review")


class LimitsForm(CleanForm):
    """The limits of every colour, each with the version that was read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for colour in Colour:
            hidden = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
            self.fields[f"version-{colour.value}"] = hidden
            for name in NAMES:
                label = f"{WORDS[colour]}：{LIMIT_WORDS[name]}（{UNITS[name]}）"
                self.fields[f"{name}-{colour.value}"] = forms.IntegerField(label=label, min_value=1, max_value=MOST)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            for colour, days in self.days().items():
                if sentence := contradiction(days):
                    self.add_error(f"finish-{colour.value}", sentence)
        return data

    def days(self) -> dict[Colour, Days]:
        data = self.cleaned_data
        return {colour: Days(**{name: data[f"{name}-{colour.value}"] for name in NAMES}) for colour in Colour}

    def versions(self) -> dict[Colour, int]:
        return {colour: self.cleaned_data[f"version-{colour.value}"] for colour in Colour}


def limits_initial(days: Mapping[Colour, Days], versions: Mapping[int, int]) -> dict[str, int]:
    found = {f"{name}-{colour.value}": getattr(item, name) for colour, item in days.items() for name in NAMES}
    return found | {f"version-{colour.value}": versions.get(colour.value, 0) for colour in days}


class PeriodForm(CleanForm):
    """Which month or half-year a bulletin is about."""

    year = forms.IntegerField(label="年度", min_value=2000, max_value=2100)
    period = forms.ChoiceField(label="期间")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        halves = [(f"half-{n}", "上半年" if n == 1 else "下半年") for n in figures.turns("half")]
        months = [(f"month-{n}", f"{n}月") for n in figures.turns("month")]
        self.fields["period"] = forms.ChoiceField(label="期间", choices=[("半年", halves), ("月度", months)])

    def facts(self) -> dict[str, Any]:
        span, _, turn = self.cleaned_data["period"].partition("-")
        return {"span": span, "turn": int(turn), "year": self.cleaned_data["year"]}


def period_initial(today: date) -> dict[str, Any]:
    return {"year": today.year, "period": f"half-{1 if today.month <= 6 else 2}"}


class BulletinForm(CleanForm):
    """Title and text; a paragraph a line."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    title = forms.CharField(label="标题", max_length=120)
    text = forms.CharField(
        label="正文",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 16}),
        help_text="一行一段。以“一、”开头的行排成小标题。",
    )


def bulletin_initial(bulletin: Bulletin) -> dict[str, Any]:
    return {"version": bulletin.version, "title": bulletin.title, "text": bulletin.text}
