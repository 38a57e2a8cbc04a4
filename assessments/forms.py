"""Forms of the round; they ask the rules and keep what was typed."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from assessments.models import PublicNotice, ReturnReason
from assessments.scoring import GRADES, Dimension
from lianzheng.organisation.forms import CleanForm, CleanModelForm
from lianzheng.sheets import Sheet
from registers.models import RiskPoint

MEASURES_MAX = 6000


def edit_fields(sheet: Sheet) -> list[str]:
    """What a person types in this sheet, in the order of its columns."""
    return [column.source for column in sheet.columns if column.edit]


def point_form(sheet: Sheet) -> type[CleanModelForm]:
    """The row form of a sheet: its editable columns and nothing else. Blank is allowed in a draft."""
    names = edit_fields(sheet)
    form = forms.modelform_factory(
        RiskPoint, form=CleanModelForm, fields=[name for name in names if name != "measures"]
    )
    measures = forms.CharField(label="防控措施", required=False, max_length=MEASURES_MAX, widget=forms.Textarea)
    return type("PointForm", (form,), {"measures": measures, "clean_measures": _clean_measures})


def _clean_measures(form: Any) -> str:
    text: str = form.cleaned_data["measures"]
    if any(len(line.strip()) > 1000 for line in text.splitlines()):
        raise ValidationError("一条措施最多 1000 字，请分成几行。")
    return text


class SaidForm(CleanForm):
    """What comes with a step: opinion, return reason and date, adjusted level; and the version that was read."""

    action = forms.CharField(max_length=20)
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    opinion = forms.CharField(label="意见", required=False, max_length=2000, widget=forms.Textarea)
    reason = forms.ChoiceField(label="退回原因", required=False, choices=[("", "请选择"), *ReturnReason.choices])
    due_on = forms.DateField(label="完善期限", required=False)
    rank = forms.TypedChoiceField(
        label="审核等级", required=False, coerce=int, empty_value=None, choices=[(n, str(n)) for n in (1, 2, 3)]
    )
    rank_reason = forms.CharField(label="调整理由", required=False, max_length=500)


class LevelForm(CleanForm):
    """自报等级."""

    reported_rank = forms.TypedChoiceField(label="自报等级", coerce=int, choices=[(n, str(n)) for n in (1, 2, 3)])
    reported_reason = forms.CharField(
        label="说明", required=False, max_length=500, help_text="自报等级低于建议等级时必须写明理由。"
    )


class RatingForm(CleanForm):
    """Grades and reasons of one risk point, a field for each dimension of the scheme."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, dimensions: tuple[Dimension, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dimensions = dimensions
        for item in dimensions:
            self.fields[item.code] = forms.TypedChoiceField(
                label=item.name, required=False, coerce=int, empty_value=None, choices=[(n, str(n)) for n in GRADES]
            )
            self.fields[f"{item.code}_why"] = forms.CharField(label=f"{item.name}理由", required=False, max_length=300)

    def grades(self) -> dict[str, int]:
        """The dimensions that were graded."""
        data = self.cleaned_data
        return {item.code: data[item.code] for item in self.dimensions if data.get(item.code) is not None}

    def reasons(self) -> dict[str, str]:
        return {item.code: self.cleaned_data.get(f"{item.code}_why", "") for item in self.dimensions}


def date_field(label: str, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class CampaignForm(CleanForm):
    """The year's task."""

    year = forms.IntegerField(label="年度", min_value=2000, max_value=2100)
    title = forms.CharField(label="名称", max_length=100)
    finding_due = date_field("查找上报期限", help_text="附件1、附件2 交廉政办的最后一天；遇节假日顺延。")
    rating_due = date_field("等级上报期限", help_text="附件4、附件5 交廉政办的最后一天；遇节假日顺延。")
    notice_days = forms.IntegerField(label="公示工作日", min_value=1, max_value=60, initial=5)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, second = data.get("finding_due"), data.get("rating_due")
        if first and second and second < first:
            self.add_error("rating_due", "等级上报期限不能早于查找上报期限。")
        return data


class NoticeForm(CleanModelForm):
    """A public notice before it goes up."""

    starts_on = date_field("公示开始")
    days = forms.IntegerField(label="工作日", min_value=1, max_value=60)

    class Meta:
        model = PublicNotice
        fields = ["title", "scope", "starts_on", "days", "phone", "place"]

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_starts_on(self) -> date:
        starts: date = self.cleaned_data["starts_on"]
        if starts < self.today:
            raise ValidationError("公示开始日期不能早于今天。")
        return starts


class WeightField(forms.CharField):
    """A weight as an office types it: plain digits, at most two places; no sign, exponent or full-width digit."""

    def to_python(self, value: Any) -> Any:
        text = (value or "").strip()
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", text) or Decimal(text) > 100:
            raise ValidationError("权重请填 0 至 100 的数字，最多两位小数。")
        return Decimal(text)


class DimensionForm(CleanForm):
    """One dimension of a draft: name, weight, and the wording of the five grades. Without a name it is left out."""

    code = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    name = forms.CharField(label="维度", required=False, max_length=40)
    weight = WeightField(label="权重", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for grade in GRADES:
            self.fields[f"wording_{grade}"] = forms.CharField(label=f"{grade}档", required=False, max_length=100)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("name"):
            if "weight" not in self.errors and data.get("weight") is None:
                self.add_error("weight", "请填写权重。")
            for grade in GRADES:
                if not data.get(f"wording_{grade}"):
                    self.add_error(f"wording_{grade}", f"请写明 {grade} 档的表述。")
        return data

    def dimension(self) -> dict[str, Any]:
        """As a scheme keeps it; the code is made by the caller where it is new."""
        data = self.cleaned_data
        return {
            "code": data["code"],
            "name": data["name"],
            "weight": str(data["weight"]),
            "wording": [data[f"wording_{grade}"] for grade in GRADES],
        }
