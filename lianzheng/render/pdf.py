"""Grids as a PDF: the HTML of `lianzheng.render.html`, a stylesheet for paper, child processes that set it.

WeasyPrint is never imported here. A paper that hangs, eats memory or kills its child fails alone.
"""

import atexit
import contextlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path

from lianzheng import confined
from lianzheng.render import fonts, html, press
from lianzheng.sheets import Grid

logger = logging.getLogger(__name__)

PRESSES = 2
PAPERS_PER_PRESS = 100  # the typesetter never gives back a quarter of a megabyte for each
START_SECONDS = 30
SECONDS = 60
MEGABYTES = 2048
SETTERS = ("weasyprint", "pydyf", "uharfbuzz")
OURS = ("press.py", "faces.py", "breaks.py")

# Printed area in points: A4 less GB/T 9704's margins, 225 × 156 mm, turned for landscape.
WIDE, NARROW = 637.8, 442.2
BODY_SIZE, SMALLEST = 10.5, 7.5  # 五号, 六号
CELL_PADDING = 4.6  # left and right together, with the line between

MISSING = (
    "本机缺少 PDF 排版所需的系统库，暂时只能导出 Excel 表格。请管理员安装后重新启动："
    "Debian／Ubuntu 执行 apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0，"
    "macOS 执行 brew install pango。"
)
TOO_LONG = "文件排版超过时间或内存限制，已停止。请减少一次导出的数量，或缩短过长的文字后重试。"
BROKEN = "文件排版失败，请重试；如仍失败，请联系系统管理员。"
BUSY = "正在排版的文件较多，请稍后重试。"


class PaperFailed(Exception):
    """No PDF could be made; the message is a sentence for the user."""


def document(grids: Iterable[Grid], *, seconds: int = SECONDS) -> bytes:
    """One PDF of all grids, each beginning on a page of its own, pages numbered per grid.

    `seconds` bounds both processor and wall time. Raises PaperFailed.
    """
    return typeset(page(grids), seconds=seconds)


def documents(papers: Iterable[Sequence[Grid]], *, seconds: int = SECONDS) -> Iterator[bytes]:
    """One PDF for each group of grids, in order, set by two processes at once. Raises PaperFailed."""
    with ThreadPoolExecutor(PRESSES) as pool:
        yield from pool.map(lambda grids: document(grids, seconds=seconds), papers)


@cache
def available() -> str | None:
    """None if PDFs can be made here, else the reason as a sentence to show. The first call takes a second."""
    try:
        _give_back(_Press())
    except PaperFailed as failure:
        return str(failure)
    return None


def page(grids: Iterable[Grid]) -> str:
    """The HTML document of a paper; its stylesheet is `stylesheet()`, its column widths are its own."""
    sections: list[str] = []
    rules: list[str] = []
    for n, grid in enumerate(grids):
        shape = "wide" if grid.landscape else "tall"
        tables = html.table(grid, rare=fonts.beyond_body, closed=True)
        sections.append(f'<section class="paper paper--{shape}" id="paper-{n}">{tables}</section>')
        rules.append(_own_rules(grid, n=n))
    return (
        '<!DOCTYPE html><html lang="zh-Hans"><head><meta charset="utf-8"/>'
        f"<style>{''.join(rules)}</style></head><body>{''.join(sections)}</body></html>"
    )


def _own_rules(grid: Grid, *, n: int) -> str:
    size = body_size(grid)
    starts = {c.col for c in grid.cells if c.row == grid.header}
    points = [w * size + (CELL_PADDING if col in starts else 0) for col, w in enumerate(grid.widths)]
    columns = "".join(
        f"#paper-{n} col:nth-child({col}){{width:{width / sum(points):.4%}}}" for col, width in enumerate(points, 1)
    )
    return f"#paper-{n} .sheet{{font-size:{size:.2f}pt}}{columns}"


def body_size(grid: Grid) -> float:
    """Points of the text: 五号, less where the columns are promised more characters than the page holds."""
    columns = sum(c.row == grid.header for c in grid.cells)
    room = (WIDE if grid.landscape else NARROW) - columns * CELL_PADDING
    return max(SMALLEST, min(BODY_SIZE, room / sum(grid.widths)))


@cache
def stylesheet() -> str:
    """The look of every paper: GB/T 9704 faces and margins."""
    return fonts.fill(Path(__file__).with_name("paper.css").read_text(encoding="utf-8"))


@cache
def edition() -> str:
    """What a paper's look depends on besides its page: stylesheets, faces, programs that set it, ours among them."""
    files = [(face.family, face.path.name, face.path.stat().st_size) for face in fonts.faces()]
    ours = [Path(__file__).with_name(name).read_text(encoding="utf-8") for name in OURS]
    return f"{_sheets()} {files} {[version(program) for program in SETTERS]} {ours}"


def _equipment() -> str:
    """What a press is given at its start: the stylesheets and where the faces lie."""
    faces = [(face.family, str(face.path), face.index) for face in fonts.faces()]
    return json.dumps(_sheets() | {"faces": faces})


def _sheets() -> dict[str, str]:
    return {"css": stylesheet(), "plain": Path(__file__).with_name("plain.css").read_text(encoding="utf-8")}


class _Press:
    """A running child. Starting one takes most of a second, so `_idle` keeps them."""

    def __init__(self) -> None:
        self.printed = 0
        # The child's own folder, known when it is ready. It makes it itself: whoever is killed before, leaves none.
        self.scratch = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lianzheng.render.press", str(MEGABYTES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=confined.ROOT,
            env=self._environment(),
        )
        answer, body = self._ask(_equipment(), seconds=START_SECONDS)
        if answer != press.READY:
            logger.error("the typesetter does not start: %s", body.decode(errors="replace"))
            self.close()
            raise PaperFailed(MISSING)
        self.scratch = body.decode()

    def set(self, text: str, *, seconds: int) -> bytes:
        """The PDF of an HTML document. Raises PaperFailed; the child is then dead or has refused it."""
        self.printed += 1
        answer, body = self._ask(text, seconds=seconds)
        if answer != press.DONE:
            logger.error("a paper was refused: %s", body.decode(errors="replace"))
            raise PaperFailed(BROKEN)
        return body

    def alive(self) -> bool:
        return self.process.poll() is None and self.printed < PAPERS_PER_PRESS

    def close(self) -> None:
        if not self.scratch and self.process.stdin:
            with contextlib.suppress(BrokenPipeError, subprocess.TimeoutExpired):
                self.process.stdin.close()
                self.process.wait(2)
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            # What the dead child did not read is of no use.
            with contextlib.suppress(BrokenPipeError):
                pipe and pipe.close()
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        """Where to find libraries and faces, and nothing else: secrets stay in the parent."""
        kept = confined.environment("WEASYPRINT_DLL_DIRECTORIES")
        return {**kept, "FONTCONFIG_FILE": str(fonts.write_conf()), "TMPDIR": tempfile.gettempdir()}

    def _ask(self, text: str, *, seconds: int) -> tuple[bytes, bytes]:
        assert self.process.stdin
        assert self.process.stdout
        # Killing the child is what ends a read that would never return.
        timer = threading.Timer(seconds, self.process.kill)
        timer.start()
        try:
            press.send(self.process.stdin, press.PAPER, body=f"{seconds}\n{text}".encode())
            return press.receive(self.process.stdout)
        except (EOFError, BrokenPipeError) as gone:
            self.close()
            raise PaperFailed(TOO_LONG) from gone
        finally:
            timer.cancel()


_idle: list[_Press] = []
_places = threading.BoundedSemaphore(PRESSES)
os.register_at_fork(after_in_child=_idle.clear)


def typeset(text: str, *, seconds: int = SECONDS) -> bytes:
    """The PDF of an HTML document under `stylesheet()`, for papers that are no tables. Raises PaperFailed."""
    if not _places.acquire(timeout=seconds):
        raise PaperFailed(BUSY)
    try:
        child = _take()
        try:
            return child.set(text, seconds=seconds)
        finally:
            _give_back(child)
    finally:
        _places.release()


def _take() -> _Press:
    while _idle:
        child = _idle.pop()
        if child.alive():
            return child
        child.close()
    return _Press()


def _give_back(child: _Press) -> None:
    if child.alive():
        _idle.append(child)
    else:
        child.close()


def presses() -> tuple[int, ...]:
    """The process ids of the children that wait for a paper."""
    return tuple(child.process.pid for child in _idle)


@atexit.register
def close() -> None:
    """End the waiting children; the next paper starts one anew."""
    while _idle:
        _idle.pop().close()
