"""The form renderer of every page, text fields that refuse what no office types, and the sign-in form."""

import re
import unicodedata
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.password_validation import get_default_password_validators
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting

from lianzheng.accounts import passwords
from lianzheng.organisation.models import User

# C0 controls but tab and line feed, C1, bidi overrides and isolates, zero-width characters, BOM.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class Renderer(TemplatesSetting):
    """Our own field template for every form."""

    field_template_name = "django/forms/field.html"


def clean_text(value: str) -> str:
    """Text as stored: NFC, Unix line ends, no trailing space. Control and direction characters are refused."""
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if _UNWANTED.search(text):
        raise ValidationError("含有看不见的控制字符，请删去后重新粘贴。", code="control")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValidationError("含有无法保存的字符，请删去。", code="surrogate")
    return text


class _Cleaned:
    """Every text field cleaned alike."""

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        form: Any = self
        for name, value in list(form.cleaned_data.items()):
            if isinstance(value, str):
                try:
                    form.cleaned_data[name] = clean_text(value)
                except ValidationError as error:
                    form.add_error(name, error)


class CleanForm(_Cleaned, forms.Form):
    """A form whose text is cleaned."""


class CleanModelForm(_Cleaned, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """The same for model forms."""


class HolidayForm(CleanForm):
    """A day that differs from the week."""

    day = forms.DateField(label="日期", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    works = forms.TypedChoiceField(
        label="安排", choices=[("off", "放假"), ("on", "调休上班")], coerce=lambda value: value == "on"
    )
    name = forms.CharField(label="名称", max_length=30, required=False, help_text="如：国庆节。")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        day, works = data.get("day"), data.get("works")
        if day is None or works is None:
            return data
        if not 2000 <= day.year <= 2100:
            self.add_error("day", "年份请填 2000 至 2100。")
        elif works == (day.weekday() < 5):
            self.add_error("works", f"{day} 本来就{'上班' if works else '休息'}，不用登记。")
        return data


class SignInForm(AuthenticationForm):
    """User name or phone number, and a password."""

    error_messages = {
        "invalid_login": "用户名或密码不正确，请重新输入。",
        "inactive": "用户名或密码不正确，请重新输入。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "用户名或手机号"
        self.fields["password"].label = "密码"

    def clean_username(self) -> str:
        """A phone number stands for the user name it belongs to."""
        typed: str = self.cleaned_data["username"]
        owner = User.objects.with_phone(typed).first()
        return owner.username if owner else typed


class CodeForm(CleanForm):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        label="验证码",
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )


class PasswordForm(PasswordChangeForm):
    """One's own password: the old one, and the new one twice."""

    error_messages = {
        "password_mismatch": "两次输入的新密码不一致。",
        "password_incorrect": "原密码不正确。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "原密码"
        self.fields["new_password1"].label = "新密码"
        self.fields["new_password2"].label = "再输一次新密码"
        ours = [item for item in get_default_password_validators() if type(item).__module__ == passwords.__name__]
        self.fields["new_password1"].help_text = "".join(item.get_help_text() for item in ours)

    def clean_new_password1(self) -> str:
        """A change that changes nothing is none."""
        typed: str = self.cleaned_data["new_password1"]
        if self.user.check_password(typed):
            raise ValidationError("新密码不能与原密码相同。", code="same")
        return typed
