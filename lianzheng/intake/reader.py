"""The texts of an uploaded workbook, read by a child process with limits on memory, processor and wall time.

The parser of a stranger's file never runs in the web process, and no file is written on the way.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from lianzheng.intake import guard
from lianzheng.intake.child import ALL, OLD
from lianzheng.intake.guard import Unfit

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 2
MEGABYTES = 1024
SECONDS = 10  # of processor time
WALL_SECONDS = 20
# Where to find Python and its libraries, and nothing else: secrets stay in the parent.
KEPT = frozenset(("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"))

UNREADABLE = "文件无法读取。请在 Excel 或 WPS 中另存为 .xlsx；如仍不行，请把内容复制到新下载的模板中再上传。"
TOO_LONG = "文件内容过多，读取超过时间限制，已停止。请删去多余的行和工作表后再上传。"
BUSY = "正在读取的文件较多，请稍后重试。"

Rows = list[list[str]]

_places = threading.BoundedSemaphore(AT_ONCE)


def read(content: bytes, *, name: str, sheets: Sequence[str]) -> Mapping[str, Rows]:
    """Texts of the wanted sheets that the workbook has, row by row from A1; rows may differ in length.

    `name` is the file's own. Raises Unfit, whose message is a sentence for the person.
    """
    guard.check(content, name=name)
    return _read(content, list(sheets))


def read_foreign(content: bytes, *, name: str) -> Mapping[str, Rows]:
    """The same of every worksheet that a person sees in a workbook of somebody else's, .xls as well; each cell of a
    merged area has the area's text."""
    if name.lower().endswith(".xls"):
        guard.check_old(content)
        return _read(content, OLD)
    guard.check(content, name=name)
    return _read(content, ALL)


def _read(content: bytes, wanted: object) -> Mapping[str, Rows]:
    if not _places.acquire(timeout=WALL_SECONDS):
        raise Unfit(BUSY)
    try:
        return _answer(_ask(json.dumps(wanted).encode() + b"\n" + content))
    finally:
        _places.release()


def _ask(question: bytes) -> bytes:
    command = [sys.executable, "-B", "-m", "lianzheng.intake.child", str(MEGABYTES), str(SECONDS)]
    kept = {key: value for key, value in os.environ.items() if key in KEPT}
    try:
        done = subprocess.run(  # noqa: S603  # the command is ours; the file goes in by stdin
            command, input=question, capture_output=True, cwd=ROOT, env=kept, timeout=WALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise Unfit(TOO_LONG) from late
    if done.returncode < 0:
        raise Unfit(TOO_LONG)
    if done.returncode:
        # The error's name alone: its message may quote the file.
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        logger.warning("an upload could not be read: %s", last.partition(":")[0][:80])
        raise Unfit(UNREADABLE)
    return done.stdout


def _answer(out: bytes) -> Mapping[str, Rows]:
    answer = json.loads(out)
    if "refused" in answer:
        raise Unfit(answer["refused"])
    found: Mapping[str, Rows] = answer["sheets"]
    return found
