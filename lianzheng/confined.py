"""Child processes of ours: a stranger's file is parsed and a paper is set away from the web process and its secrets."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = frozenset(("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"))
"""Where to find Python and its libraries, and nothing else."""


def environment(*more: str) -> dict[str, str]:
    """What a child is given of our environment; `more` names what it needs besides."""
    return {name: value for name, value in os.environ.items() if name in KEPT or name in more}


def ask(
    module: str, question: bytes, *, megabytes: int, seconds: int, wall_seconds: int
) -> subprocess.CompletedProcess[bytes]:
    """Run `python -m MODULE MEGABYTES SECONDS`, which holds itself to both, with the question on stdin. Raises
    subprocess.TimeoutExpired."""
    return subprocess.run(  # noqa: S603  # the command is ours; the question goes in by stdin
        [sys.executable, "-B", "-m", module, str(megabytes), str(seconds)],
        input=question,
        capture_output=True,
        cwd=ROOT,
        env=environment(),
        timeout=wall_seconds,
        check=False,
    )
