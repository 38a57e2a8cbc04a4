"""预警信息 as a worksheet to fill in: nothing that is registered stands in it; the same form guards it as the page."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from early_warning.forms import SignalForm
from early_warning.models import Source
from early_warning.subjects import Choice
from lianzheng.intake.comparison import Line, Stored, fingerprint
from lianzheng.intake.shown import Asked, asked
from lianzheng.intake.template import Template
from lianzheng.sheets import Column, Sheet

CODE = "预警信息"
MOST_SIGNALS = 200
ADVICE = (
    "带*的列必填；反映的对象、信息来源从下拉列表选择；信息摘要写明时间、事项、表现。一行一条，登记后不能从这里修改。"
    "填好的文件含有预警信息，请妥善保管，上传后及时删除。"
)
SOURCES = tuple((str(value), str(label)) for value, label in Source.choices)
Groups = Sequence[tuple[str, Sequence[Choice]]]


def template_of(offered: Groups, *, named: bool) -> Template:
    """`offered` are those whom the person may report about; who may name the source has two columns for it."""
    source = (Column("name", "信息提供人", 8, edit=True), Column("contact", "提供人联系方式", 10, edit=True))
    columns = (
        Column(
            "subject", "反映的对象", 16, edit=True, choices=distinct(pair for _, items in offered for pair in items)
        ),
        Column("source", "信息来源", 8, edit=True, choices=SOURCES),
        Column("reference", "来源编号", 8, edit=True),
        Column("summary", "信息摘要", 34, edit=True),
        *(source if named else ()),
    )
    sheet = Sheet(code=CODE, title="预警信息登记表", head=(), columns=columns)
    must = ("subject", "source", "summary")
    return Template(sheet, ADVICE, must=must, most=MOST_SIGNALS, whole="一个文件")


def distinct(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """Those whose words mean one subject alone; the others are reported on the page."""
    listed = list(choices)
    count = Counter("".join(label.split()) for _, label in listed)
    return tuple((key, label) for key, label in listed if count["".join(label.split())] == 1)


def known_by(lines: Sequence[Line], *, batch: str) -> list[Line]:
    """The lines with the digest by which each is known again: of what it says, and of the random name of the template
    that it was written in, so that nobody can try out in the database what others have reported."""
    return [replace(line, mark=_digest(batch, line.texts)) for line in lines]


def _digest(batch: str, texts: Mapping[str, str]) -> str:
    return hashlib.sha256(f"{batch}|{fingerprint(texts)}".encode()).hexdigest()


class SignalCheck:
    """The form of the page, asked about the values of one line."""

    def __init__(self, offered: Groups, *, named: bool) -> None:
        self.offered, self.named = offered, named

    def __call__(self, values: Mapping[str, str], row: Stored | None) -> Asked:
        return asked(SignalForm(values, subjects=self.offered, named=self.named))
