"""What a filled workbook would do to the rows that are saved: line by line against what is saved now; writes nothing.

The workbook itself, out and in: lianzheng.intake.workbook. Which columns and rows it has: lianzheng.intake.template.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from openpyxl.utils import get_column_letter

from lianzheng.intake.template import Template, columns
from lianzheng.sheets import Column, Sheet

# What Excel shows instead of the result of a formula.
FORMULA_ERRORS = ("#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#N/A", "#NULL!", "#NUM!", "#SPILL!", "#CALC!")
MOST_NAMED = 12
"""Words of a choice that a sentence names."""

# 2026-3-1, 2026/3/1, 2026.3.1, 2026年3月1日.
DAY = re.compile(r"\A(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?\Z", re.ASCII)

NEWER = "在您下载后被改过"
LEFT_ALONE = "本行在您下载后被改过；您在文件中没有改它，现在保存的内容不变。"
CLEARED = "本行在文件中被清空；导入不会删除行，现在保存的内容不变。如要删除，请在网页上操作。"


@dataclass(frozen=True)
class Line:
    """A line of the workbook: its row number in Excel, the texts of its cells by column source, and the stored row,
    version and fingerprint that the template handed out (empty in a new line)."""

    number: int
    texts: Mapping[str, str]
    id: str = ""
    version: int = 0
    mark: str = ""


@dataclass(frozen=True)
class Stored:
    """A row as it is saved now, in the words that stand in cells. Rows that count no versions are told by their
    fingerprint alone."""

    id: str
    version: int
    texts: Mapping[str, str]

    @property
    def key(self) -> str:
        return f"{self.id}:{self.version}:{fingerprint(self.texts)}"


@dataclass(frozen=True)
class Fault:
    """What is wrong in a cell (D9) and how to mend it; `source` names the column, "" the whole row."""

    cell: str
    source: str
    text: str
    mend: str


@dataclass(frozen=True)
class Verdict:
    """What a line would do. `values` are cleaned field values, complete unless something is wrong; `note` tells what
    the person should know of a line that changes nothing."""

    line: Line
    state: Literal["new", "changed", "same", "wrong"]
    stored: Stored | None = None
    values: Mapping[str, Any] | None = None
    faults: tuple[Fault, ...] = ()
    note: str = ""
    stale: bool = False


Check = Callable[[Mapping[str, str], Stored | None], tuple[Mapping[str, Any], Mapping[str, tuple[str, str]]]]
"""Field values and the row they would change -> (cleaned values, {source: (what is wrong, how to mend it)}): the form
that also guards the page."""


def letter(sheet: Sheet, source: str) -> str:
    """The Excel column of a source; of the first one for "" (the whole row)."""
    sources = [column.source for column in columns(sheet)]
    return get_column_letter(2 + (sources.index(source) if source else 0))


def plain(text: str) -> str:
    """A text without what a spreadsheet or a person adds unseen."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(lines).strip()


def fingerprint(texts: Mapping[str, str]) -> str:
    """Tells whether somebody changed a row: the same for texts that are plainly the same."""
    ordered = [(source, plain(texts[source])) for source in sorted(texts)]
    return hashlib.sha256(json.dumps(ordered).encode()).hexdigest()[:16]


def in_our_words(column: Column, text: str) -> str:
    """The text of a cell as it is compared: a choice by its label, however it was written, a list by its lines, a day
    as 2026-03-01; an unknown word, and every other text, as it is."""
    if column.day:
        return DAY.sub(lambda found: f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}", text.strip())
    if column.listed:
        return "\n".join(line.strip() for line in plain(text).split("\n") if line.strip())
    if not column.choices:
        return text
    return dict(column.choices).get(_values(column.choices).get(_bare(text), ""), text)


@lru_cache(maxsize=32)
def _values(choices: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Accepted spellings of a choice: its label with and without 风险, its code."""
    return {_bare(word): value for value, label in choices for word in (label, value)}


def _bare(text: str) -> str:
    return "".join(text.split()).casefold().removesuffix("风险")


Letters = Mapping[str, str]
"""Source -> the column in which the person's own file has it; empty for our template, which has its own order."""


def place(sheet: Sheet, source: str, *, letters: Letters) -> str:
    """The Excel column of a source in the file that came in."""
    if not letters:
        return letter(sheet, source)
    return letters.get(source) or min(letters.values(), key=lambda word: (len(word), word))


def compare(
    lines: Sequence[Line],
    *,
    stored: Sequence[Stored],
    template: Template,
    check: Check,
    letters: Letters | None = None,
) -> list[Verdict]:
    """What each line would do to the rows as they are saved now. Rows that no line names stay as they are."""
    judge = _Judge(lines, stored=stored, template=template, check=check, letters=letters or {})
    return [judge.verdict(line) for line in lines]


class _Judge:
    """The saved rows, those that no line claims yet, and the lines seen so far."""

    def __init__(
        self, lines: Sequence[Line], *, stored: Sequence[Stored], template: Template, check: Check, letters: Letters
    ) -> None:
        self.template, self.check, self.letters = template, check, letters
        self.known = {row.id: row for row in stored}
        self.first: dict[str, int] = {}
        for line in lines:
            self.first.setdefault(line.id, line.number)
        self.spare = _Spare([row for row in stored if row.id not in self.first], named=template.named)
        self.room = template.most - len(stored)
        self.seen: dict[str, int] = {}
        self.names: dict[tuple[str, ...], int] = {}
        self.owners = {name_of(row.texts, template.named): row.id for row in stored}

    def verdict(self, line: Line) -> Verdict:
        earlier = self.seen.setdefault(fingerprint(line.texts), line.number)
        if line.id and line.id not in self.known:
            return self._gone(line)
        if line.id and self.first[line.id] == line.number:
            return self._kept(line, self.known[line.id])
        return self._new(line, earlier=earlier)

    def _gone(self, line: Line) -> Verdict:
        """A keyed line whose row the table no longer holds."""
        if not any(line.texts.values()):
            return Verdict(line, "same")
        fault = self._fault(
            line, "", "本表现在没有这一行（已被删除，或行标识被改动）", "如仍需要，请把内容移到下方空白行"
        )
        return Verdict(line, "wrong", faults=(fault,))

    def _kept(self, line: Line, row: Stored) -> Verdict:
        if fingerprint(line.texts) == fingerprint(row.texts):
            self._name(line, row)
            return Verdict(line, "same", row)
        newer = row.version != line.version or line.mark != fingerprint(row.texts)
        if not any(line.texts[source] for source in self.template.typed):
            return Verdict(line, "same", row, note=CLEARED)
        if newer and fingerprint(line.texts) == line.mark:
            return Verdict(line, "same", row, note=LEFT_ALONE)
        return self._changed(line, row, newer=newer)

    def _changed(self, line: Line, row: Stored, *, newer: bool) -> Verdict:
        values, faults = self._checked(line, row)
        faults = (*self._name(line, row), *faults)
        if newer:
            faults = (self._fault(line, "", NEWER, "请对照后在修改表中确定内容，再上传"), *faults)
        else:
            faults = (*self._typed_over(line, row), *faults)
        return Verdict(line, "wrong" if faults else "changed", row, values, faults, stale=newer)

    def _typed_over(self, line: Line, row: Stored) -> Iterable[Fault]:
        """Cells that are there to read, and say something else now."""
        for column in self.template.columns:
            if column.given and plain(line.texts[column.source]) != plain(row.texts[column.source]):
                mend = "请恢复原来的内容，或者在修改表中填写"
                yield self._fault(line, column.source, "这一栏由系统给出，不能在这里修改", mend)

    def _new(self, line: Line, *, earlier: int) -> Verdict:
        """A line without a key, or a copy of one with it. What already stands in the table is not added again."""
        if earlier != line.number:
            mend = "请合并或删除其中一行"
            return Verdict(line, "wrong", faults=(self._fault(line, "", f"与第 {earlier} 行完全相同", mend),))
        if row := self.spare.alike(line.texts):
            self._name(line, row)
            return Verdict(line, "same", row)
        if row := self.spare.of_name(name_of(line.texts, self.template.named)):
            self.spare.claim(row)
            return self._changed(line, row, newer=False)
        values, faults = self._checked(line, None)
        faults = (*self._no_room(line), *self._name(line, None), *faults)
        return Verdict(line, "wrong" if faults else "new", None, values, faults)

    def _no_room(self, line: Line) -> Iterable[Fault]:
        if self.template.fixed:
            yield self._fault(line, "", "这张表的行由系统给出，不能新增", "请删去这一行")
        self.room -= 1
        if self.room < 0:
            text = f"{self.template.whole}最多 {self.template.most} 行"
            yield self._fault(line, "", text, "请归并后再添加")

    def _name(self, line: Line, row: Stored | None) -> Iterable[Fault]:
        """No two rows of one name, in the file or beside it; not even for a moment, where two change names."""
        if not (name := name_of(line.texts, self.template.named)):
            return ()
        source, first = self.template.named[-1], self.names.setdefault(name, line.number)
        if first != line.number:
            return (self._fault(line, source, f"与第 {first} 行重复", "请合并或删除其中一行"),)
        if self.owners.get(name) not in (None, row.id if row else None):
            return (self._fault(line, source, "这个名称现在是另一行的", "请换一个名称；对调名称的请分两次导入"),)
        return ()

    def _checked(self, line: Line, row: Stored | None) -> tuple[Mapping[str, Any], tuple[Fault, ...]]:
        typed = {source: line.texts[source] for source in self.template.typed}
        found = dict(_unknown_words(self.template, typed))
        values = {source: "" if source in found else text for source, text in typed.items()}
        for column in self.template.columns:
            if column.choices and column.source in values:
                values[column.source] = _values(column.choices).get(_bare(values[column.source]), "")
        cleaned, refused = self.check(values, row)
        found |= {source: reason for source, reason in refused.items() if source not in found}
        ordered = [source for source in ("", *line.texts) if source in found]
        return cleaned, tuple(self._fault(line, source, *found[source]) for source in ordered)

    def _fault(self, line: Line, source: str, text: str, mend: str) -> Fault:
        return Fault(f"{place(self.template.sheet, source, letters=self.letters)}{line.number}", source, text, mend)


def name_of(texts: Mapping[str, str], named: Sequence[str]) -> tuple[str, ...]:
    """What names a row; empty where that is not filled in, or nothing names the rows of a sheet."""
    words = tuple(plain(texts[source]) for source in named)
    return words if all(words) else ()


class _Spare:
    """Saved rows that no line claims by its key, found by what they say and by what names them."""

    def __init__(self, rows: Sequence[Stored], *, named: Sequence[str]) -> None:
        self.left = {row.id: row for row in rows}
        self.marks: dict[str, list[Stored]] = {}
        self.names: dict[tuple[str, ...], Stored] = {}
        for row in rows:
            self.marks.setdefault(fingerprint(row.texts), []).append(row)
            self.names.setdefault(name_of(row.texts, named), row)

    def alike(self, texts: Mapping[str, str]) -> Stored | None:
        """A row that says the same, which is claimed by that."""
        found = next((row for row in self.marks.get(fingerprint(texts), ()) if row.id in self.left), None)
        if found:
            self.claim(found)
        return found

    def of_name(self, name: tuple[str, ...]) -> Stored | None:
        row = self.names.get(name) if name else None
        return row if row and row.id in self.left else None

    def claim(self, row: Stored) -> None:
        del self.left[row.id]


def _unknown_words(template: Template, texts: Mapping[str, str]) -> Iterable[tuple[str, tuple[str, str]]]:
    """What only a workbook can get wrong: a word outside the drop-down, a formula without a result."""
    for source, text in texts.items():
        choices = template.column(source).choices
        if text in FORMULA_ERRORS:
            yield source, (f"公式没有结果（{text}）", "请改为文字")
        elif choices and text and _bare(text) not in _values(choices):
            yield source, (f"“{text[:20]}”不在下拉项内", f"请选{_nearest(choices, text)}")


def _nearest(choices: Sequence[tuple[str, str]], text: str) -> str:
    labels = [label for _, label in choices]
    near = [label for label in labels if _bare(text) and _bare(text) in label][:MOST_NAMED]
    more = "等" if len(labels) > MOST_NAMED else ""
    return "或".join(f"“{label}”" for label in near) or "：" + "、".join(labels[:MOST_NAMED]) + more


def differing(verdict: Verdict) -> list[str]:
    """The sources in which a line differs from its stored row."""
    texts, row = verdict.line.texts, verdict.stored
    return [s for s in texts if row is None or plain(texts[s]) != plain(row.texts[s])]


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many lines are new, changed, same, wrong."""
    states = [verdict.state for verdict in verdicts]
    return {state: states.count(state) for state in ("new", "changed", "same", "wrong")}


def rows_to_take(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """The new and changed lines as a writer takes them: cleaned values, with `id` and `version` of the row changed."""
    return [
        dict(verdict.values or {})
        | ({"id": verdict.stored.id, "version": verdict.stored.version} if verdict.stored else {})
        for verdict in verdicts
        if verdict.state in ("new", "changed")
    ]
