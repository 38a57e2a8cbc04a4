"""职权目录 as rows: for the page, a workbook, the head of 附件1; reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from lianzheng.intake.comparison import Check, Stored
from lianzheng.intake.shown import Asked, asked
from lianzheng.intake.template import Template
from lianzheng.organisation.models import Post, Unit
from registers.actions.powers import MOST_POWERS, places_of
from registers.forms import PowerForm
from registers.models import Power
from registers.sheets import POWERS

SOURCES = ("section", "name", "power_kind", "basis", "posts")
ADVICE = (
    "带*的列必填；股室、职权类别从下拉列表选择；行使岗位一个写一行（单元格内按 Alt+Enter 换行），须是该股室的岗位。"
    "可在下方空白行新增，停用请在网页上操作。填好后在网页上点“上传核对”。"
)


def powers_of(bureau: Unit) -> QuerySet[Power]:
    """The list in force, in the order of the house."""
    rows = Power.objects.in_bureau(bureau).filter(active=True)
    return (
        rows.select_related("unit")
        .prefetch_related("posts")
        .order_by("unit__order", "unit__name", "power_kind", "name")
    )


def texts(power: Power) -> dict[str, str]:
    """A line in the words that stand in cells."""
    return {
        "section": power.unit.name,
        "name": power.name,
        "power_kind": power.get_power_kind_display(),
        "basis": power.basis,
        "posts": "\n".join(post.name for post in power.posts.all()),
    }


def stored(powers: Iterable[Power]) -> list[Stored]:
    return [Stored(str(power.pk), power.version, texts(power)) for power in powers]


def template_of(bureau: Unit) -> Template:
    """With the sections and posts of the bureau to choose from."""
    sections, posts = places_of(bureau)
    names = list(dict.fromkeys(name for section in sections.values() for name in posts.get(section.pk, {})))
    return Template(
        POWERS,
        advice=ADVICE,
        must=("section", "name", "power_kind"),
        offers={"section": list(sections), "posts": names},
        named=("section", "name"),
        most=MOST_POWERS,
        whole="职权目录",
    )


def form_of(bureau: Unit, data: Mapping[str, Any] | None = None, **options: Any) -> PowerForm:
    sections, posts = places_of(bureau)
    return PowerForm(data, sections=sections, posts=posts, **options)


def check_of(bureau: Unit) -> Check:
    """The form of the page, asked about the values of one line."""
    sections, posts = places_of(bureau)

    def check(values: Mapping[str, str], row: Stored | None) -> Asked:
        return asked(PowerForm(values, sections=sections, posts=posts), names=SOURCES)

    return check


def listed_for(post: Post) -> str:
    """岗位职权 of 附件1: the powers that the post uses, by the list; else what is written at the post."""
    listed = [power.name for power in post.powers_listed.all() if power.active and power.bureau_id == post.bureau_id]
    return "；".join(listed) or post.powers
