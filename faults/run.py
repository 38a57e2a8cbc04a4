"""Runs the faults of `manage.py faults` on houses of their own; the product's data is never touched."""

from __future__ import annotations

import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from faults import database, exports, files, pages  # noqa: F401  (they enter themselves in the list)
from faults.house import base_house
from faults.report import FAULTS, SMALL, Outcome, Size


def run(codes: Sequence[str], *, small: bool, say: Callable[[str], object]) -> bool:
    """Whether all of them (of these, if any are named) passed. One line each; a fault that broke down has failed."""
    chosen = {code: FAULTS[code] for code in FAULTS if code in codes or not codes}
    size, passed = (SMALL if small else Size()), True
    folder = Path(tempfile.mkdtemp(prefix="lianzheng-faults-"))
    folder.chmod(0o755)
    try:
        say("正在准备临时集群和一个单位的数据……")
        with base_house(folder / "base") as base:
            for code, (title, fault) in sorted(chosen.items(), key=lambda item: int(item[0][1:])):
                began = time.monotonic()
                try:
                    outcome = fault(base, folder, size)
                except Exception as failure:
                    traceback.print_exc()
                    outcome = Outcome(0, 0, 0, control=False, note=f"故障脚本出错：{failure!r}")
                passed &= outcome.passed or not outcome.ran
                say(outcome.line(code, title, time.monotonic() - began))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return passed
