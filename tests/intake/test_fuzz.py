"""Files damaged at random: every answer is a page with a sentence or a comparison, soon, and nothing stays behind.

Ten thousand with --soak (`LIANZHENG_FUZZ` says another number); every time some dozens, and some hundred at the guard.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assessments.models import Dossier
from lianzheng.intake import guard
from tests.cast import Round, client_of, row
from tests.intake import files

OLD = Path(__file__).with_name("old.xls")
USUAL, GUARDED, SOAK = 60, 400, 10_000
SECONDS = 5.0
NAMES = ("表.xlsx", "表.xls", "表.XLSX", "台账.xlsm", "x", "表.xlsx\x00.exe", "../../表.xlsx", "表" * 90 + ".xlsx")


def damaged(content: bytes, dice: random.Random) -> bytes:
    """The file after one of the accidents that happen to files."""
    body = bytearray(content)
    kind = dice.randrange(6)
    if kind == 0:
        return bytes(body[: dice.randrange(len(body) + 1)])
    if kind == 1:
        for _ in range(dice.randint(1, 40)):
            body[dice.randrange(len(body))] = dice.randrange(256)
    elif kind == 2:
        start = dice.randrange(len(body))
        del body[start : start + dice.randint(1, 400)]
    elif kind == 3:
        start = dice.randrange(len(body))
        body[start:start] = dice.randbytes(dice.randint(1, 400))
    elif kind == 4:
        body = bytearray(dice.randbytes(dice.randint(0, 4000)))
    else:
        start, end = sorted((dice.randrange(len(body)), dice.randrange(len(body))))
        body[start:end] = body[start:end][::-1]
    return bytes(body)


def rewritten(content: bytes, dice: random.Random) -> bytes:
    """A sound archive in which the text of one part is damaged: past the guard, up to the parser."""
    parts = files.parts_of(content)
    name = dice.choice(sorted(parts))
    text = bytearray(parts[name])
    for _ in range(dice.randint(1, 12)):
        place = dice.randrange(len(text) or 1)
        text[place : place + dice.randint(0, 3)] = dice.choice((b"<", b">", b'"', b"&#0;", b"A1048576", b"\xff", b"-1"))
    return files.packed(parts | {name: bytes(text)}, method=dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


def attack(year: Round, *, number: int, seed: int, folder: Path) -> tuple[Counter[int], float]:
    """Upload so many damaged files; the statuses that came back and the longest time. Fails on a slow answer or a file
    left behind."""
    dice, browser, dossier = random.Random(seed), client_of(year.cast["张三"]), year.own
    url = reverse("intake", args=[dossier.pk])
    sources = [bytes(browser.get(reverse("intake_template", args=[dossier.pk])).content), files.ordinary()]
    sources.append(OLD.read_bytes())
    statuses, longest = Counter[int](), 0.0
    for turn in range(number):
        source = dice.choice(sources)
        sound = source.startswith(b"PK") and dice.random() < 0.5
        content = rewritten(source, dice) if sound else damaged(source, dice)
        name = dice.choice(NAMES) if dice.random() < 0.3 else ("表.xlsx" if source.startswith(b"PK") else "表.xls")
        began = time.monotonic()
        answer: Any = browser.post(url, {"file": SimpleUploadedFile(name, content)})
        longest = max(longest, time.monotonic() - began)
        assert longest < SECONDS, (seed, turn, name)
        statuses[answer.status_code] += 1
        assert set(statuses) <= {200, 422}, (seed, turn, name)
        assert list(folder.iterdir()) == [], (seed, turn, name)
    return statuses, longest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the product and its children would leave a file."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def check(year: Round, *, number: int, seed: int, folder: Path) -> dict[str, Any]:
    """What was seen, for the record of a long run."""
    year.fill(year.own, [row(name="原有的")])
    statuses, longest = attack(year, number=number, seed=seed, folder=folder)
    assert statuses.total() == number
    assert statuses[422] > 0
    assert [point.name for point in Dossier.unscoped.get(pk=year.own.pk).table.rows()] == ["原有的"]
    return {"seed": seed, "statuses": dict(statuses), "longest": round(longest, 2)}


def test_damaged_uploads_get_an_answer_and_change_nothing(year: Round, folder: Path) -> None:
    check(year, number=USUAL, seed=20261128, folder=folder)


def test_guard_says_yes_or_a_sentence_to_any_damage() -> None:
    """Many more than go through the page: nothing but Unfit ever leaves the guard."""
    dice, judged = random.Random(20261128), Counter[str]()
    for _ in range(GUARDED):
        source = dice.choice((files.ordinary(), OLD.read_bytes()))
        content = rewritten(source, dice) if source.startswith(b"PK") and dice.random() < 0.5 else damaged(source, dice)
        try:
            guard.check(content, name="表.xlsx") if source.startswith(b"PK") else guard.check_old(content)
            judged["fit"] += 1
        except guard.Unfit as unfit:
            judged[str(unfit)] += 1
    assert judged.total() == GUARDED
    assert {"fit", guard.BROKEN, guard.NO_WORKBOOK} <= set(judged)


@pytest.mark.soak
def test_ten_thousand_damaged_uploads_get_an_answer_and_change_nothing(
    year: Round, folder: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """`--junitxml FILE` writes down what was seen."""
    number, seed = int(os.environ.get("LIANZHENG_FUZZ", SOAK)), random.randrange(10**9)
    for name, value in check(year, number=number, seed=seed, folder=folder).items():
        record_testsuite_property(name, value)


def test_attack_notices_a_file_that_is_left_behind(year: Round, folder: Path) -> None:
    """The control."""
    (folder / "left").write_text("x")
    with pytest.raises(AssertionError):
        attack(year, number=1, seed=1, folder=folder)
