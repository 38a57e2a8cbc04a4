"""What a filled workbook would do to the rows of a risk table: line by line against what is saved now; writes nothing.

The workbook itself, out and in: registers.workbook. The writer of what is taken: registers.actions.take_in.
"""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from openpyxl.utils import get_column_letter

from lianzheng.sheets import Column, Sheet, show
from registers.actions import MOST_ROWS
from registers.models import PowerKind, RiskPoint, RiskType

# What Excel shows instead of the result of a formula.
FORMULA_ERRORS = ("#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#N/A", "#NULL!", "#NUM!", "#SPILL!", "#CALC!")

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
    """A row as it is saved now, in the words that stand in cells."""

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
    values: Mapping[str, str] | None = None
    faults: tuple[Fault, ...] = ()
    note: str = ""
    stale: bool = False


Check = Callable[[Mapping[str, str]], tuple[Mapping[str, str], Mapping[str, tuple[str, str]]]]
"""Field values -> (cleaned values, {source: (what is wrong, how to mend it)}): the form that also guards the page."""


def columns(sheet: Sheet) -> tuple[Column, ...]:
    """What a person types in this sheet."""
    return tuple(column for column in sheet.columns if column.edit)


def letter(sheet: Sheet, source: str) -> str:
    """The Excel column of a source; of the first one for "" (the whole row)."""
    sources = [column.source for column in columns(sheet)]
    return get_column_letter(2 + (sources.index(source) if source else 0))


def stored_rows(points: Iterable[RiskPoint], *, sheet: Sheet) -> list[Stored]:
    """Saved rows in the words of the sheet: labels, and measures one a line."""
    sources = [column.source for column in columns(sheet)]
    return [
        Stored(str(point.pk), point.version, {source: _cell_text(point, source) for source in sources})
        for point in points
    ]


def _cell_text(point: RiskPoint, source: str) -> str:
    if source == "risk_type":
        return str(point.get_risk_type_display())
    return show(point.measures_text if source == "measures" else getattr(point, source))


OFFERED: Mapping[str, Sequence[tuple[str, str]]] = {
    "risk_type": tuple((str(value), str(label)) for value, label in RiskType.choices),
    "power_kind": tuple((str(value), str(label)) for value, label in PowerKind.choices),
}
"""Sources with a fixed choice of words: (value as stored, label as shown)."""
LISTED = ("measures", "posts")
"""Sources that hold a list, an item a line."""


def plain(source: str, text: str) -> str:
    """A text without what a spreadsheet or a person adds unseen; a list is its lines."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if source in LISTED:
        return "\n".join(line.strip() for line in lines if line.strip())
    return "\n".join(lines).strip()


def fingerprint(texts: Mapping[str, str]) -> str:
    """Tells whether somebody changed a row: the same for texts that are plainly the same."""
    ordered = [(source, plain(source, texts[source])) for source in sorted(texts)]
    return hashlib.sha256(json.dumps(ordered).encode()).hexdigest()[:16]


def in_our_words(source: str, text: str) -> str:
    """An offered word by its label, however it was written; an unknown one, and every other text, as it is."""
    if source not in OFFERED:
        return text
    return dict(OFFERED[source]).get(_values(source).get(_bare(text), ""), text)


@cache
def _values(source: str) -> dict[str, str]:
    """Accepted spellings of an offered word: its label with and without 风险, its code."""
    return {_bare(word): value for value, label in OFFERED[source] for word in (label, value)}


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
    sheet: Sheet,
    check: Check,
    letters: Letters | None = None,
    most: int = MOST_ROWS,
) -> list[Verdict]:
    """What each line would do to the rows as they are saved now. Rows that no line names stay as they are."""
    judge = _Judge(lines, stored=stored, sheet=sheet, check=check, letters=letters or {}, most=most)
    return [judge.verdict(line) for line in lines]


class _Judge:
    """The saved rows, those that no line claims yet, and the lines seen so far."""

    def __init__(
        self,
        lines: Sequence[Line],
        *,
        stored: Sequence[Stored],
        sheet: Sheet,
        check: Check,
        letters: Letters,
        most: int,
    ) -> None:
        self.sheet, self.check, self.letters = sheet, check, letters
        self.known = {row.id: row for row in stored}
        self.first: dict[str, int] = {}
        for line in lines:
            self.first.setdefault(line.id, line.number)
        self.spare = [row for row in stored if row.id not in self.first]
        self.most, self.room = most, most - len(stored)
        self.seen: dict[str, int] = {}

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
            return Verdict(line, "same", row)
        newer = row.version != line.version
        if not any(line.texts.values()):
            return Verdict(line, "same", row, note=CLEARED)
        if newer and fingerprint(line.texts) == line.mark:
            return Verdict(line, "same", row, note=LEFT_ALONE)
        values, faults = self._checked(line)
        if newer:
            faults = (self._fault(line, "", NEWER, "请对照后在修改表中确定内容，再上传"), *faults)
        return Verdict(line, "wrong" if faults else "changed", row, values, faults, stale=newer)

    def _new(self, line: Line, *, earlier: int) -> Verdict:
        """A line without a key, or a copy of one with it. What already stands in the table is not added again."""
        if earlier != line.number:
            mend = "请合并或删除其中一行"
            return Verdict(line, "wrong", faults=(self._fault(line, "", f"与第 {earlier} 行完全相同", mend),))
        for row in self.spare:
            if fingerprint(line.texts) == fingerprint(row.texts):
                self.spare.remove(row)
                return Verdict(line, "same", row)
        values, faults = self._checked(line)
        self.room -= 1
        if self.room < 0:
            faults = (self._fault(line, "", f"一张表最多 {self.most} 行", "请归并后再添加"), *faults)
        return Verdict(line, "wrong" if faults else "new", None, values, faults)

    def _checked(self, line: Line) -> tuple[Mapping[str, str], tuple[Fault, ...]]:
        found = dict(_unknown_words(line.texts))
        values = {source: "" if source in found else text for source, text in line.texts.items()}
        for source in OFFERED.keys() & values.keys():
            values[source] = _values(source).get(_bare(values[source]), "")
        cleaned, refused = self.check(values)
        found |= {source: reason for source, reason in refused.items() if source not in found}
        ordered = [source for source in ("", *line.texts) if source in found]
        return cleaned, tuple(self._fault(line, source, *found[source]) for source in ordered)

    def _fault(self, line: Line, source: str, text: str, mend: str) -> Fault:
        return Fault(f"{place(self.sheet, source, letters=self.letters)}{line.number}", source, text, mend)


def _unknown_words(texts: Mapping[str, str]) -> Iterable[tuple[str, tuple[str, str]]]:
    """What only a workbook can get wrong: a word outside the drop-down, a formula without a result."""
    for source, text in texts.items():
        if text in FORMULA_ERRORS:
            yield source, (f"公式没有结果（{text}）", "请改为文字")
        elif source in OFFERED and text and _bare(text) not in _values(source):
            yield source, (f"“{text[:20]}”不在下拉项内", f"请选{_nearest(source, text)}")


def _nearest(source: str, text: str) -> str:
    labels = [label for _, label in OFFERED[source]]
    near = [label for label in labels if _bare(text) and _bare(text) in label]
    return "或".join(f"“{label}”" for label in near) or "：" + "、".join(labels)


def differing(verdict: Verdict) -> list[str]:
    """The sources in which a line differs from its stored row."""
    texts, row = verdict.line.texts, verdict.stored
    return [s for s in texts if row is None or plain(s, texts[s]) != plain(s, row.texts[s])]


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many lines are new, changed, same, wrong."""
    states = [verdict.state for verdict in verdicts]
    return {state: states.count(state) for state in ("new", "changed", "same", "wrong")}


def rows_to_take(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """The new and changed lines as `registers.actions.take_in` writes them."""
    return [
        dict(verdict.values or {})
        | ({"id": verdict.stored.id, "version": verdict.line.version} if verdict.stored else {})
        for verdict in verdicts
        if verdict.state in ("new", "changed")
    ]
