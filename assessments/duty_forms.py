"""The form of a duty's turn, built from the questions that the table declares; and what the system itself can say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from assessments import duties
from assessments.duties import Ballot, Question
from assessments.models import Dossier, DossierMove, DutyInstance
from assessments.standings import in_force
from lianzheng.attachments.check import BYTES, Scan, Unfit, scan_of
from lianzheng.organisation.forms import CleanForm
from lianzheng.organisation.models import Unit
from registers.models import RiskTable

VOTES = (("satisfied", "满意"), ("fairly", "基本满意"), ("dissatisfied", "不满意"))
MOST_VOTES = 9999


def _field(question: Question) -> forms.Field:
    common: dict[str, Any] = {"label": question.label, "required": question.must, "help_text": question.help}
    if question.kind == "date":
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **common)
    if question.kind == "choice":
        return forms.ChoiceField(choices=[("", "请选择"), *question.choices], **common)
    if question.kind == "points":
        common["help_text"] = f"0 至 {question.most} 分。"
        return forms.IntegerField(min_value=0, max_value=question.most, **common)
    if question.kind == "line":
        return forms.CharField(max_length=200, **common)
    return forms.CharField(max_length=3000, widget=forms.Textarea, **common)


class DutyForm(CleanForm):
    """The answers of one turn. `finish` asks for all that must be said; a draft may lack anything."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, turn: DutyInstance, sections: Sequence[Unit], today: date, finish: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.turn, self.sections, self.today, self.finish = turn, sections, today, finish
        for question in duties.FORMS[turn.duty.form]:
            self.fields[question.code] = _field(question)
        for section in sections:
            for code, word in VOTES:
                self.fields[f"{code}-{section.pk}"] = forms.IntegerField(
                    label=f"{section.name}：{word}票", min_value=0, max_value=MOST_VOTES
                )
        if not finish:
            for field in self.fields.values():
                field.required = False

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name, value in data.items():
            if isinstance(value, date) and not 2000 <= value.year <= self.today.year + 10:
                self.add_error(name, "日期的年份不对，请核对。")
            elif isinstance(value, date) and name.endswith(("_on", "held_on")) and value > self.today:
                self.add_error(name, "日期不能晚于今天。")
        if self.finish and not self.errors:
            for name, sentence in duties.more_wanted(self.turn.duty.form, self.answers()).items():
                self.add_error(name, sentence)
        return self.cleaned_data

    def answers(self) -> dict[str, Any]:
        """As kept: plain JSON, without what was left empty."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in self.cleaned_data.items()
            if name != "version" and value not in ("", None)
        }


class ProofForm(CleanForm):
    """佐证材料: a scan, told by its bytes."""

    file = forms.FileField(label="扫描件", help_text="PDF、JPEG 或 PNG，不超过 10 MB。")

    def clean_file(self) -> Scan:
        try:
            return scan_of(self.cleaned_data["file"].read(BYTES + 1))
        except Unfit as unfit:
            raise forms.ValidationError(str(unfit)) from unfit


def sections_of(turn: DutyInstance) -> list[Unit]:
    """Whom a vote is about: in the middle of the year the sections of level one, at its end all (第十四条（四）)."""
    if turn.code != "vote":
        return []
    found = [dossier for dossier in in_force(turn.bureau) if dossier.kind == RiskTable.Kind.SECTION]
    if turn.period.endswith("H1"):
        found = [dossier for dossier in found if dossier.decided_rank == 1]
    return list(Unit.objects.filter(pk__in={dossier.unit_id for dossier in found}).order_by("order", "name"))


def ballots(answers: Mapping[str, Any], sections: Sequence[Unit]) -> list[Ballot]:
    """The votes as they were kept, of the sections that had any."""
    counts = {section: [int(answers.get(f"{code}-{section.pk}") or 0) for code, _ in VOTES] for section in sections}
    return [Ballot(section.name, *numbers) for section, numbers in counts.items() if sum(numbers)]


def spoken(turn: DutyInstance, sections: Sequence[Unit]) -> list[dict[str, str]]:
    """What was filled in, as a reader sees it."""
    said = [{"term": q.label, "text": _word(q, turn.answers.get(q.code))} for q in duties.FORMS[turn.duty.form]]
    if turn.code == "appraisal" and turn.done_on:
        total = sum(int(turn.answers.get(code, 0)) for code, _ in duties.CRITERIA)
        said.append({"term": "合计", "text": f"{total} 分"})
    for ballot in ballots(turn.answers, sections):
        votes = f"满意 {ballot.satisfied}，基本满意 {ballot.fairly}，不满意 {ballot.dissatisfied}"
        said.append({"term": ballot.section, "text": votes})
    return [item for item in said if item["text"]]


def _word(question: Question, value: Any) -> str:
    if value is None:
        return ""
    return dict(question.choices).get(value, str(value)) + (" 分" if question.kind == "points" else "")


def known_facts(turn: DutyInstance) -> list[dict[str, str]]:
    """What the appraisal need not ask for, because the system has it; three queries."""
    if turn.code != "appraisal":
        return []
    dossiers = Dossier.objects.in_bureau(turn.bureau).filter(unit=turn.unit, campaign__year=turn.year)
    forms_, filed = dossiers.count(), dossiers.filter(state__in=("in_force", "archived", "superseded")).count()
    moves = DossierMove.objects.in_bureau(turn.bureau).filter(dossier__in=dossiers)
    back = moves.filter(action="return").count()
    turns = DutyInstance.objects.in_bureau(turn.bureau).filter(unit=turn.unit, dropped_on=None, due_on__lte=turn.due_on)
    done = turns.filter(year=turn.year).values_list("due_on", "done_on").exclude(pk=turn.pk)
    in_time = sum(1 for due, on in done if on is not None and on <= due)
    return [
        {"term": "本年度排查表", "text": f"{forms_} 份，已归档或备案 {filed} 份"},
        {"term": "退回修改", "text": f"{back} 次"},
        {"term": "周期性工作", "text": f"应完成 {len(done)} 项，按期完成 {in_time} 项"},
    ]
