"""Forms of the round; they ask the rules and keep what was typed."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from assessments.models import Cause, Objection, PublicNotice, Raters, ReturnReason
from assessments.routes import OPTION_WORDS, defaults_of
from assessments.scoring import GRADES, Dimension
from lianzheng.organisation.forms import CleanForm, CleanModelForm
from lianzheng.organisation.models import Criterion, Unit, User
from lianzheng.sheets import Sheet
from registers.models import RiskPoint

MEASURES_MAX = 6000
LARGEST_FILE = 5 << 20


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


def date_field(label: str, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


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
    accepted = forms.BooleanField(label="本人确认承接", required=False)


class LevelForm(CleanForm):
    """自报等级."""

    reported_rank = forms.TypedChoiceField(label="自报等级", coerce=int, choices=[(n, str(n)) for n in (1, 2, 3)])
    reported_reason = forms.CharField(
        label="说明", required=False, max_length=500, help_text="自报等级低于建议等级时必须写明理由。"
    )

    def __init__(self, *args: Any, vetoes: Sequence[Mapping[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(item["code"], item["text"]) for item in vetoes]
        self.fields["vetoes"] = forms.MultipleChoiceField(label="符合的情形", required=False, choices=choices)


class AnewForm(CleanForm):
    """Why a level is rated anew; the person who takes a post over, or the end of a temporary task, where it is that."""

    cause = forms.ChoiceField(label="原因", choices=[("", "请选择")])
    text = forms.CharField(
        label="说明", max_length=500, widget=forms.Textarea, help_text="写明变动的内容和依据（文件、会议等）。"
    )
    until = date_field("阶段性工作截止", required=False, help_text="仅“承担阶段性重要工作”时填写。")

    def __init__(self, *args: Any, people: Sequence[User], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people, self.today = {str(person.pk): person for person in people}, today
        causes = [(value, label) for value, label in Cause.choices if value != Cause.YEARLY]
        if not people:
            causes = [(value, label) for value, label in causes if value != Cause.HOLDER]
        choices = [("", "请选择"), *causes]
        self.fields["cause"] = forms.ChoiceField(label="原因", choices=choices)
        if people:
            named = [("", "请选择"), *((key, person.name) for key, person in self.people.items())]
            self.fields["holder"] = forms.ChoiceField(
                label="接任人员", required=False, choices=named, help_text="仅“岗位人员变动”时选择；接任人须本人承接。"
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("cause") == Cause.HOLDER and not data.get("holder"):
            self.add_error("holder", "请选择接任的人员。")
        until = data.get("until")
        if data.get("cause") == Cause.TASK and "until" not in self.errors:
            if until is None:
                self.add_error("until", "请填写阶段性工作的截止日期。")
            elif until < self.today:
                self.add_error("until", "截止日期不能早于今天。")
        return data

    def facts(self) -> dict[str, Any]:
        """What the action is told."""
        data = self.cleaned_data
        task, holder = data["cause"] == Cause.TASK, data["cause"] == Cause.HOLDER
        return {
            "cause": data["cause"],
            "text": data["text"],
            "until": data["until"] if task else None,
            "holder": self.people.get(data.get("holder", "")) if holder else None,
        }


class AbolishForm(CleanForm):
    """The end of a post."""

    reason = forms.CharField(label="撤销原因和依据", max_length=500, widget=forms.Textarea)


class ReviewForm(CleanForm):
    """审核等级 of one row; empty when the score's level stands."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    rank = forms.TypedChoiceField(
        label="审核等级", required=False, coerce=int, empty_value=None, choices=[(n, str(n)) for n in (1, 2, 3)]
    )
    reason = forms.CharField(label="理由", required=False, max_length=300)


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
        fields = ["title", "scope", "first_public", "starts_on", "days", "phone", "place"]
        help_texts = {"first_public": "勾选后，定为一级的表可以社会公开。"}

    def __init__(self, *args: Any, today: date, scopes: Sequence[str], ask_first: bool, **kwargs: Any) -> None:
        """`scopes`: those the bureau's rule allows for the forms at hand; `ask_first`: is level one a choice here?"""
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["scope"].choices = [pair for pair in PublicNotice.Scope.choices if pair[0] in scopes]  # type: ignore[attr-defined]
        if not ask_first:
            del self.fields["first_public"]

    def clean_starts_on(self) -> date:
        starts: date = self.cleaned_data["starts_on"]
        if starts < self.today:
            raise ValidationError("公示开始日期不能早于今天。")
        if starts > self.today + timedelta(days=366):
            raise ValidationError("公示开始日期不能晚于一年以后。")
        return starts


class CorrectionForm(NoticeForm):
    """A version that takes the place of a wrong one, and why."""

    why = forms.CharField(label="更正原因", max_length=300, widget=forms.Textarea(attrs={"rows": 4}))


class ExtensionForm(CleanForm):
    """A longer period, and why."""

    days = forms.IntegerField(label="延长后的工作日", min_value=1, max_value=60)
    why = forms.CharField(label="延长原因", max_length=300)


class WithdrawalForm(CleanForm):
    """Why a notice is taken back."""

    why = forms.CharField(label="撤回原因", max_length=300, widget=forms.Textarea(attrs={"rows": 4}))


class SendBackForm(CleanForm):
    """The form that an upheld objection sends back, with what a return needs."""

    dossier = forms.ChoiceField(label="退回哪份表")
    reason = forms.ChoiceField(label="退回原因", choices=[("", "请选择"), *ReturnReason.choices])
    opinion = forms.CharField(label="怎样修改", max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    due_on = date_field("完善期限")

    def __init__(self, *args: Any, dossiers: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dossier"].choices = [("", "请选择"), *dossiers]  # type: ignore[attr-defined]


class ObjectionForm(CleanForm):
    """An objection by anybody who can read the notice."""

    content = forms.CharField(
        label="异议内容",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="请写明哪一行、有什么问题。最多 2000 字。内容只有本单位廉政办和纪检机构能看到。",
    )
    name = forms.CharField(label="姓名", max_length=30, required=False, help_text="可以不填（匿名）。")
    contact = forms.CharField(label="联系方式", max_length=60, required=False, help_text="可以不填。")


class ReceiptForm(CleanForm):
    """The receipt number with which the sender reads the answer."""

    receipt = forms.CharField(label="回执号", max_length=60)


class AnswerForm(CleanForm):
    """What the verification found."""

    state = forms.ChoiceField(
        label="核实结果", choices=[("", "请选择"), *(pair for pair in Objection.State.choices if pair[0] != "open")]
    )
    answer = forms.CharField(
        label="答复",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="提出人凭回执号能看到。选“已移交”后，本页不再显示异议内容。",
    )


class VerifyForm(CleanForm):
    """A code, or the number of a paper that may be looked up by it."""

    code = forms.CharField(label="验证码", max_length=60, required=False, help_text="印在二维码下方，20 位。")
    number = forms.CharField(
        label="公示编号",
        max_length=80,
        required=False,
        help_text="如 县住建局公示〔2026〕3号；只能查询面向系统内和社会的公示。",
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not (data.get("code") or data.get("number")):
            raise ValidationError("请输入验证码或者公示编号。")
        return data


class CompareForm(CleanForm):
    """A file to compare with the one issued."""

    file = forms.FileField(label="要核对的文件", help_text="PDF、Excel 或网页文件，最大 5 MB；只计算摘要，不保存。")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise ValidationError("文件超过 5 MB，不是本系统发出的公示文件。")
        return file


class WeightField(forms.CharField):
    """A weight as an office types it: plain digits, at most two places; no sign, exponent or full-width digit."""

    def to_python(self, value: Any) -> Any:
        text = (value or "").strip()
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", text) or Decimal(text) > 100:
            raise ValidationError("权重请填 0 至 100 的数字，最多两位小数。")
        return Decimal(text)


class SchemeForm(CleanForm):
    """What a draft scheme says besides its dimensions."""

    name = forms.CharField(label="方案名称", max_length=60)
    year = forms.IntegerField(
        label="起用年度", min_value=2000, max_value=2100, help_text="从这一年起采用；同一年只能有一个现行方案。"
    )
    raters = forms.ChoiceField(
        label="评分人", choices=Raters.choices, help_text="三方评分的，表册须经分管领导和廉政办，各自评分后得出结果。"
    )
    veto_on = forms.BooleanField(label="有下列情形之一的，直接定为一级", required=False)
    veto_texts = forms.CharField(
        label="直接定为一级的情形", required=False, max_length=1000, widget=forms.Textarea, help_text="每行一条。"
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        lines = [line.strip() for line in data.get("veto_texts", "").splitlines() if line.strip()]
        if data.get("veto_on") and not lines:
            self.add_error("veto_texts", "请写明直接定为一级的情形，或取消勾选。")
        if any(len(line) > 60 for line in lines) or len(lines) > 10:
            self.add_error("veto_texts", "最多 10 条，每条不超过 60 字。")
        return data

    def content(self, *, known: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """As a scheme keeps it; a text that is known keeps its code."""
        data = self.cleaned_data
        codes = {item["text"]: item["code"] for item in known}
        texts = [line.strip() for line in data["veto_texts"].splitlines() if line.strip()] if data["veto_on"] else []
        free = (f"veto{n}" for n in range(1, 100) if f"veto{n}" not in codes.values())
        vetoes = [{"code": codes.get(text) or next(free), "text": text} for text in dict.fromkeys(texts)]
        return {"name": data["name"], "year": data["year"], "raters": data["raters"], "vetoes": vetoes}


class DimensionForm(CleanForm):
    """One dimension of a draft: name, weight, and the wording of the five grades. Without a name it is left out."""

    code = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    name = forms.CharField(label="维度", required=False, max_length=40)
    weight = WeightField(label="权重", required=False)
    reverse = forms.BooleanField(label="反向：档次越高，得分越低", required=False)

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
            "reverse": data["reverse"],
            "wording": [data[f"wording_{grade}"] for grade in GRADES],
        }


class CriterionForm(CleanForm):
    """One line of the table of criteria."""

    kind = forms.ChoiceField(label="适用于", choices=Criterion.Kind.choices)
    text = forms.CharField(label="标准", max_length=300)
    source = forms.CharField(label="出处", required=False, max_length=60)

    def __init__(self, *args: Any, words: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(n), word) for n, word in words.items()]
        self.fields["rank"] = forms.TypedChoiceField(label="等级", coerce=int, choices=choices)
        self.order_fields(("kind", "rank"))


class OptionsForm(CleanForm):
    """The words of a bureau's levels and its optional steps, each a tick: on as it stands."""

    vocabulary = forms.ChoiceField(
        label="等级用语", choices=Unit.Vocabulary.choices, help_text="只改变叫法；已经生成的公示和纪要不变。"
    )

    def __init__(self, *args: Any, bureau: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["vocabulary"] = bureau.vocabulary
        self.defaults = defaults_of(bureau.workflow)
        for key, default in self.defaults.items():
            on = default != (key in bureau.switches)
            self.fields[key] = forms.BooleanField(label=OPTION_WORDS[key], required=False, initial=on)

    def switches(self) -> list[str]:
        """The steps that differ from their default."""
        return [key for key, default in self.defaults.items() if self.cleaned_data[key] != default]
