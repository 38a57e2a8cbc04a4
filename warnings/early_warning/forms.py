"""What people type about signals and warnings."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from early_warning.colours import OFFICE_WORDS, PART_WORDS, Office, Part
from early_warning.limits import ADMONITIONS, DISPOSALS, FEEDBACKS
from early_warning.models import ColourChoices, Outcome, Source, Tier
from lianzheng.attachments.check import Scan, Unfit, scan_of
from lianzheng.organisation.forms import CleanForm
from lianzheng.organisation.models import Unit, User

Groups = Sequence[tuple[str, Any]]


def _area(
    label: str, *, required: bool = True, rows: int = 4, help_text: str = "", most: int = 2000
) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "data-grow": True})
    return forms.CharField(label=label, required=required, max_length=most, widget=widget, help_text=help_text)


def _date(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, help_text=help_text)


class SignalForm(CleanForm):
    """预警信息 as it is registered."""

    subject = forms.ChoiceField(label="反映的对象")
    source = forms.ChoiceField(label="信息来源", choices=[("", "请选择"), *Source.choices])
    reference = forms.CharField(label="来源编号", max_length=40, required=False, help_text="来信来访、移送函等的编号。")
    summary = _area("信息摘要", help_text="写明时间、事项、表现。内容加密保存，只有纪检组能看到。")

    def __init__(self, *args: Any, subjects: Groups, named: bool, **kwargs: Any) -> None:
        """`named`: another person than the one who types is the source, and may be named."""
        super().__init__(*args, **kwargs)
        self.fields["subject"].choices = [("", "请选择"), *subjects]  # type: ignore[attr-defined]
        if named:
            words = "单独加密保存，只有纪检组能看到，不进入任何文书、列表、日志和导出。匿名的不填。"
            self.fields["name"] = forms.CharField(label="信息提供人", max_length=30, required=False, help_text=words)
            self.fields["contact"] = forms.CharField(label="提供人联系方式", max_length=60, required=False)


class JudgeForm(CleanForm):
    """分析研判."""

    JUDGED = (Outcome.WARNED, Outcome.KEPT, Outcome.HANDED)
    outcome = forms.ChoiceField(label="研判结果", choices=[("", "请选择"), *((o.value, o.label) for o in JUDGED)])
    reason = _area("研判理由", most=1000)
    office = forms.TypedChoiceField(
        label="对象职务", coerce=lambda text: Office(int(text)), choices=[(o.value, w) for o, w in OFFICE_WORDS.items()]
    )
    part = forms.TypedChoiceField(
        label="事项所属工作",
        coerce=lambda text: Part(int(text)),
        choices=[(p.value, w) for p, w in PART_WORDS.items()],
        help_text="按职务和工作部位建议预警颜色，取其重者；颜色由人决定。",
    )
    points = forms.MultipleChoiceField(label="涉及风险点", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, points: Groups, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_points(self, points)


def _offer_points(form: forms.Form, points: Groups) -> None:
    if points:
        form.fields["points"].choices = points  # type: ignore[attr-defined]
    else:
        del form.fields["points"]


class LinkForm(CleanForm):
    """The signal that came in before about the same matter."""

    to = forms.ChoiceField(label="并入哪条信息")

    def __init__(self, *args: Any, others: Groups, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", "请选择"), *others]  # type: ignore[attr-defined]


class DraftForm(CleanForm):
    """预警通知书 before it is sent up."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    colour = forms.TypedChoiceField(label="预警颜色", coerce=int, choices=ColourChoices.choices)
    colour_why = _area("定色理由", rows=2, most=300, help_text="颜色由人决定；与建议一致的也写明理由。")
    disposal = forms.ChoiceField(label="处置", choices=list(DISPOSALS.items()))
    admonition = forms.ChoiceField(label="诫勉", choices=list(ADMONITIONS.items()))
    feedbacks = forms.MultipleChoiceField(
        label="反馈方式", choices=list(FEEDBACKS.items()), widget=forms.CheckboxSelectMultiple
    )
    facts = _area("存在的廉政风险", rows=6, help_text="写事实摘要，不写信息从何人而来。")
    opinion = _area("研判意见", required=False)
    demands = _area("整改要求")
    points = forms.MultipleChoiceField(label="涉及风险点", required=False, widget=forms.CheckboxSelectMultiple)
    contact = forms.CharField(label="联系人", max_length=30, required=False)
    phone = forms.CharField(label="联系电话", max_length=40)
    copies = forms.CharField(label="抄送", max_length=200, required=False)

    def __init__(self, *args: Any, points: Groups, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_points(self, points)

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in ("version", "points")}


class StepForm(CleanForm):
    """What goes with a step; which of it must be there is the step's own business."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    words = forms.CharField(required=False, max_length=1000)
    passed = forms.TypedChoiceField(
        required=False, choices=[("yes", "合格"), ("no", "不合格")], coerce=lambda text: text == "yes", empty_value=None
    )
    signer = forms.CharField(required=False, max_length=30)
    served_on = forms.DateField(required=False)
    until = forms.DateField(required=False)
    due_on = forms.DateField(required=False)

    def facts(self) -> dict[str, Any]:
        names = ("words", "passed", "signer", "served_on", "until")
        return {name: self.cleaned_data.get(name) for name in names}


class CausesForm(CleanForm):
    """成因剖析 and 建章立制."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    causes = _area("成因剖析")
    rules = _area("建章立制", required=False)


class ItemForm(CleanForm):
    """One item of the rectification."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    measure = _area("整改措施", rows=2, most=500)
    responsible = forms.CharField(label="责任人", max_length=30)
    due_on = _date("完成时限")
    result = _area("完成情况", rows=2, required=False, most=500)

    def __init__(self, *args: Any, first: date, last: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.span = (first, last)

    def clean_due_on(self) -> date:
        day: date = self.cleaned_data["due_on"]
        first, last = self.span
        if not first <= day <= last:
            raise ValidationError(f"完成时限须在签发日期 {first} 与整改期限 {last} 之间。")
        return day


class EvidenceForm(CleanForm):
    """A scan that proves an item done."""

    file = forms.FileField(label="佐证", help_text="PDF、JPEG 或 PNG，不超过 10 MB。")
    scan: Scan

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            self.scan = scan_of(file.read())
        except Unfit as unfit:
            raise ValidationError(str(unfit)) from None
        return file


class AnswererForm(CleanForm):
    """Who answers from here."""

    to = forms.ChoiceField(label="新的承办人")
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args: Any, people: Groups, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", "请选择"), *people]  # type: ignore[attr-defined]


class SeatForm(CleanForm):
    """聘任: who reports for which unit."""

    tier = forms.ChoiceField(label="身份", choices=[("", "请选择"), *Tier.choices])
    unit = forms.ChoiceField(label="负责的机构")
    person = forms.ChoiceField(label="人员")

    def __init__(self, *args: Any, units: Sequence[Unit], people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {"unit": units, "person": people}
        for name, items in offered.items():
            self.fields[name].choices = [("", "请选择"), *((str(item.pk), item.name) for item in items)]  # type: ignore[attr-defined]
