"""The fault drill itself: it has every fault it is asked for, tells loss from none, and a smoke of it passes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from faults import run
from faults.clients import Answer
from faults.exports import whole
from faults.pages import MARK, bad, patterns
from faults.report import FAULTS, Outcome
from lianzheng.bootstrap import ROOT

WANTED = ["F1", "F2", "F3", "F4", "F6", "F7", "F8", "F9", "F14", "F15"]


def test_every_fault_has_its_script() -> None:
    assert vars(run)["FAULTS"] is FAULTS
    assert sorted(FAULTS, key=lambda code: int(code[1:])) == WANTED


@pytest.mark.parametrize(
    ("outcome", "passed"),
    [
        (Outcome(10, 9, 0, control=True, note=""), True),
        (Outcome(10, 9, 1, control=True, note=""), False),
        (Outcome(10, 9, 0, control=False, note=""), False),
        (Outcome(0, 0, 0, control=True, note=""), False),
        (Outcome.skipped("没有 root"), False),
    ],
)
def test_fault_passes_only_without_loss_and_with_a_control_that_failed(outcome: Outcome, passed: bool) -> None:
    assert outcome.passed is passed
    assert ("通过（" in outcome.line("F1", "强杀", 1.0).replace("未通过", "")) is passed


def test_half_a_paper_is_not_whole() -> None:
    assert whole(Answer(200, b"%PDF-1.7 ... %%EOF\n"))
    assert not whole(Answer(200, b"%PDF-1.7 half of"))
    assert not whole(Answer(500, b"%PDF-1.7 ... %%EOF\n"))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500),
        Answer(0),
        Answer(200, seconds=11),
        Answer(200, MARK.encode()),
        Answer(200, headers={"X-Injected": ""}),
    ],
)
def test_answer_that_gives_way_to_an_attack_is_counted(answer: Answer) -> None:
    assert bad(answer)
    assert not bad(Answer(404, b"&lt;img src=x"))


def test_attack_reaches_every_address_of_the_urlconf() -> None:
    routes = [route for route, _ in patterns()]
    assert {"sign-in/", "dossiers/<uuid:pk>/step/", "journal/"} <= set(routes)
    assert len(routes) > 100


@pytest.mark.soak
def test_smoke_of_two_faults_passes() -> None:
    command = [sys.executable, "manage.py", "faults", "--small", "F1", "F6"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line[:4].strip() for line in done.stdout.splitlines() if "；通过（" in line]
    assert (done.returncode, lines) == (0, ["F1", "F6"]), done.stdout + done.stderr
