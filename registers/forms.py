"""Forms of what is written; the same form guards the page and the line of a workbook."""

from __future__ import annotations

from typing import Any

from django import forms

from lianzheng.organisation.forms import CleanForm
from lianzheng.organisation.models import Post, Unit
from registers.models import PowerKind


class PowerForm(CleanForm):
    """A line of 职权目录 in the words of its columns: section and posts by name."""

    section = forms.CharField(label="股室", max_length=60)
    name = forms.CharField(label="职权名称", max_length=200)
    power_kind = forms.ChoiceField(label="职权类别", choices=PowerKind.choices)
    basis = forms.CharField(label="依据", max_length=300, required=False, help_text="法律法规、“三定”规定及条款。")
    posts = forms.CharField(
        label="行使岗位",
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="一行写一个岗位，岗位须在上面所选的股室里。",
    )

    def __init__(
        self, *args: Any, sections: dict[str, Unit], posts: dict[Any, dict[str, Post]], **options: Any
    ) -> None:
        """`sections` by name; `posts` by section and name."""
        super().__init__(*args, **options)
        self.sections, self.known = sections, posts
        names = [("", "请选择"), *((name, name) for name in sections)]
        self.fields["section"].widget = forms.Select(choices=names)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        section = self.sections.get(data.get("section", ""))
        if "section" in data and section is None:
            self.add_error("section", f"本单位没有股室“{data['section'][:30]}”")
        names = [line.strip() for line in data.get("posts", "").replace("、", "\n").splitlines() if line.strip()]
        data["posts"] = "\n".join(names)
        strange = [name for name in names if section and name not in self.known.get(section.pk, {})]
        if strange:
            self.add_error("posts", f"“{section}”没有岗位：{'、'.join(strange)[:100]}")
        return data
