"""`verify` compares the journal with what left the house: a journal that was exchanged whole is found by its papers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pgtrigger
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from assessments.models import IssuedPaper, State
from lianzheng.audit.actions import keep, seal
from lianzheng.audit.models import Entry, Seal, Snapshot
from lianzheng.desk import anchors, backup, proof
from tests.cast import Round


@pytest.fixture
def paper(committed: Round) -> IssuedPaper:
    """A notice that went up when the journal had a seal."""
    seal(committed.cast.bureau)
    notice = committed.publish([committed.bring(committed.own, State.NOTICE)])
    found: IssuedPaper = IssuedPaper.objects.across_bureaus().get(subject=notice.pk)
    assert found.seal.startswith("第")
    return found


def exchange(bureau: Any) -> None:
    """Somebody with every right rewrites an act and makes all seals anew, so that they agree with each other."""
    with transaction.atomic(), pgtrigger.ignore():
        first = Entry.objects.filter(bureau=bureau).order_by("id")[0]
        Entry.objects.filter(pk=first.pk).update(act="别的事项")
        Seal.objects.filter(bureau=bureau).delete()
    seal(bureau)


def test_journal_agrees_with_the_papers_and_anchors_that_bear_its_seals(
    committed: Round, paper: IssuedPaper, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    anchored = tmp_path / "anchors.jsonl"
    anchors.append(anchored, backup.tips(), at="", why="")
    call_command("verify", anchors=anchored)
    said = capsys.readouterr().out
    assert ("印有封印的文书 1 份" in said, "锚点 1 个" in said, "全部相符" in said) == (True, True, True)


def test_journal_exchanged_whole_is_found_by_the_paper_and_by_the_anchor(
    committed: Round, paper: IssuedPaper, tmp_path: Path
) -> None:
    known = backup.tips()
    exchange(committed.cast.bureau)
    found = list(proof.problems(known))
    assert [sentence.startswith((f"文书 {paper.number} 上印有", "没有锚点所记的")) for sentence in found] == [
        True,
        True,
    ]


def test_journal_exchanged_whole_agrees_with_itself(committed: Round, paper: IssuedPaper) -> None:
    """The control: without what is outside, nothing is found."""
    IssuedPaper.objects.across_bureaus().update(seal="")
    exchange(committed.cast.bureau)
    assert list(proof.problems([])) == []


def test_exchanged_content_is_found_by_its_digest(committed: Round) -> None:
    digest = keep({"rows": ["审批把关不严"]})
    with transaction.atomic(), pgtrigger.ignore():
        Snapshot.objects.filter(pk=digest).update(content={"rows": []})
    assert list(proof.problems([])) == [f"内容快照 {digest[:12]} 与其摘要不符"]


def test_seal_typed_from_a_paper_is_found_and_any_other_is_not(committed: Round, paper: IssuedPaper) -> None:
    assert "全部相符" in proof.printed(f"日志封印：{paper.seal}")
    other = paper.seal[:-1] + ("0" if paper.seal[-1] != "0" else "1")
    assert "日志中没有这个封印" in proof.printed(other)
    assert "请照纸面完整填写" in proof.printed("第1封")


def test_broken_anchor_file_is_said_and_not_passed_over(committed: Round, tmp_path: Path) -> None:
    (tmp_path / "anchors.jsonl").write_text(json.dumps({"at": ""}) + "\n")
    with pytest.raises(CommandError, match="锚点文件"):
        call_command("verify", anchors=tmp_path / "anchors.jsonl")
