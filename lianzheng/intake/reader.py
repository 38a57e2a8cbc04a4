"""The texts of an uploaded workbook, read by a child process with limits on memory, processor and wall time.

The parser of a stranger's file never runs in the web process, and no file is written on the way.
"""

import json
import logging
import subprocess
import threading
from collections.abc import Mapping, Sequence

from lianzheng import confined
from lianzheng.intake import guard
from lianzheng.intake.child import ALL, OLD
from lianzheng.intake.guard import Unfit

logger = logging.getLogger(__name__)

AT_ONCE = 2
MEGABYTES = 1024
SECONDS = 10  # of processor time
WALL_SECONDS = 20

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
    limits = {"megabytes": MEGABYTES, "seconds": SECONDS, "wall_seconds": WALL_SECONDS}
    try:
        done = confined.ask("lianzheng.intake.child", question, **limits)
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
