"""Forms of units, posts and who holds them; the same rules guard the page of one account and the line of a workbook."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from lianzheng.organisation.forms import CleanForm
from lianzheng.organisation.models import Unit

EARLIEST = 1960


def username_field() -> forms.CharField:
    return forms.CharField(
        label="用户名",
        max_length=40,
        validators=[RegexValidator(r"^[a-z][a-z0-9]{2,39}\Z", "用小写字母开头，只用小写字母和数字，至少 3 位。")],
        help_text="登录用，小写字母和数字。",
    )


def checked_since(day: date, *, today: date) -> date:
    """A day on which somebody now in office may have taken a post. Raises ValidationError."""
    if not EARLIEST <= day.year <= today.year + 1:
        raise ValidationError("请核对年份。")
    return day


class UnitForm(CleanForm):
    """A section, station or leadership."""

    name = forms.CharField(label="机构名称", max_length=60)
    kind = forms.ChoiceField(label="类别", choices=Unit.Kind.choices)
    short_name = forms.CharField(label="简称", max_length=20, required=False)
    duties = forms.CharField(label="主要职责", max_length=2000, required=False)


class PostForm(CleanForm):
    """A post; its section by name."""

    section = forms.CharField(label="股室", max_length=60)
    name = forms.CharField(label="岗位", max_length=60)
    duties = forms.CharField(label="岗位职责", max_length=2000, required=False)
    powers = forms.CharField(label="岗位职权", max_length=2000, required=False)


class HolderForm(CleanForm):
    """Who holds a post, by the names of section and post."""

    section = forms.CharField(label="股室", max_length=60)
    post = forms.CharField(label="岗位", max_length=60)
    name = forms.CharField(label="姓名", max_length=30)
    username = username_field()
    political = forms.CharField(label="政治面貌", max_length=20, required=False)
    since = forms.DateField(label="任职起始", input_formats=["%Y-%m-%d"])

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_since(self) -> date:
        return checked_since(self.cleaned_data["since"], today=self.today)
