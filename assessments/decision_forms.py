"""Forms of the meeting and of the filing; they ask the rules and keep what was typed."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from assessments import votes
from assessments.forms import date_field
from assessments.models import Attendee, Dossier, Meeting, ReturnReason
from assessments.papers import words_of
from assessments.votes import Votes
from lianzheng.attachments.check import Scan, Unfit, scan_of
from lianzheng.organisation.forms import CleanForm, CleanModelForm

BACK = "return"
REASONS = [("", "请选择"), *ReturnReason.choices]


class MeetingForm(CleanModelForm):
    """The head of the minutes."""

    held_on = date_field("会议日期", help_text="早于今天的，纪要中注明补录。")

    class Meta:
        model = Meeting
        fields = ["name", "number", "minutes_no", "held_on", "place", "chair", "minute_taker"]

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_held_on(self) -> date:
        held: date = self.cleaned_data["held_on"]
        if held > self.today:
            raise ValidationError("会议日期不能晚于今天。")
        return held


class AttendeeForm(CleanForm):
    """One line of the attendance list; without a name it is left out."""

    name = forms.CharField(label="姓名", required=False, max_length=30)
    part = forms.ChoiceField(label="参会情况", choices=Attendee.Part.choices)
    reason = forms.CharField(label="缺席原因", required=False, max_length=100)

    def __init__(self, data: Any = None, *, number: int, initial: dict[str, Any]) -> None:
        super().__init__(data, prefix=f"a{number}", initial=initial)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"第{number}行 {field.label}"

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("name") and data.get("part") == Attendee.Part.ABSENT and not data.get("reason"):
            self.add_error("reason", "请写明缺席原因。")
        return data


def _count(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=500)


class ItemForm(CleanForm):
    """What the meeting decided on one dossier; the names of its fields end in the dossier's id."""

    rank = forms.ChoiceField(label="会议决定")
    why = forms.CharField(label="理由", required=False, max_length=500)
    reason_class = forms.ChoiceField(label="退回原因", required=False, choices=REASONS)
    due_on = date_field("完善期限", required=False)
    agree = _count("同意票数")
    oppose = _count("反对票数")
    abstain = _count("弃权票数")
    recused = forms.CharField(
        label="其他回避人员", required=False, max_length=500, help_text="按“姓名：理由”填写，多人用分号分开。"
    )
    points = forms.CharField(
        label="讨论要点", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2, "data-grow": ""})
    )

    def __init__(self, *args: Any, dossier: Dossier, **kwargs: Any) -> None:
        self.dossier = dossier
        super().__init__(*args, **kwargs)
        words = [(str(rank), word) for rank, word in words_of(dossier).items()]
        self.fields["rank"].choices = [*words, (BACK, "退回修改")]  # type: ignore[attr-defined]
        for name in ("rank", "why"):
            self.fields[name].widget.attrs["aria-label"] = f"{dossier.title} {self.fields[name].label}"

    def add_prefix(self, field_name: str) -> str:
        return f"{field_name}-{self.dossier.pk}"

    def clean_recused(self) -> dict[str, str]:
        try:
            return votes.recusals(self.cleaned_data["recused"])
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("rank") == BACK:
            for name, sentence in (("why", "请写明需要怎样修改。"), ("reason_class", "请选择退回原因。")):
                if not data.get(name):
                    self.add_error(name, sentence)
        return data

    def votes(self) -> Votes | None:
        """None where no number was written: all who may vote agreed."""
        given = [self.cleaned_data.get(name) for name in ("agree", "oppose", "abstain")]
        return None if given == [None] * 3 else Votes(*(number or 0 for number in given))


class SendForm(CleanForm):
    """The covering report of a filing."""

    sent_no = forms.CharField(label="报送文号", max_length=40)
    note = forms.CharField(
        label="情况说明",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "data-grow": ""}),
        help_text="印在备案报告正文中，可不填。",
    )


class ReceiptForm(CleanForm):
    """The receipt of the superior office."""

    receipt_no = forms.CharField(label="备案编号", max_length=40)
    received_on = date_field("备案日期")
    opinion = forms.CharField(
        label="备案意见", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_received_on(self) -> date:
        received: date = self.cleaned_data["received_on"]
        if received > self.today:
            raise ValidationError("备案日期不能晚于今天。")
        return received


def _scan_field(label: str, *, missing: str) -> forms.FileField:
    return forms.FileField(
        label=label,
        help_text="PDF、JPEG 或 PNG，不超过 10 MB。",
        error_messages={"required": missing},
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )


def _checked(scan: Any) -> Scan:
    try:
        return scan_of(scan.read())
    except Unfit as unfit:
        raise ValidationError(str(unfit)) from unfit


class PaperForm(ReceiptForm):
    """A receipt on paper, with its scan."""

    scan = _scan_field("回执扫描件", missing="请选择回执的扫描件。")

    def clean_scan(self) -> Scan:
        return _checked(self.cleaned_data["scan"])


class SignedForm(CleanForm):
    """The scan of a paper that was signed and sealed."""

    scan = _scan_field("签字盖章扫描件", missing="请选择签字盖章的扫描件。")

    def clean_scan(self) -> Scan:
        return _checked(self.cleaned_data["scan"])


class BackForm(CleanForm):
    """Sent back by the superior office."""

    opinion = forms.CharField(label="退回意见", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    reason = forms.ChoiceField(
        label="退回原因",
        required=False,
        choices=REASONS,
        help_text="勾选了需要修改的表时填写；没有勾选的表可重新报送。",
    )
    due_on = date_field("完善期限", required=False)
