"""Measures what comes out on paper and in from Excel, each against the bare libraries doing the same, in one run.

`LIANZHENG_BENCH_FORMS` (300) and `LIANZHENG_BENCH_ROWS` (10000) say how much.
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import transaction
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from assessments.ledger import LEDGER
from bench.forms import full_round, made_in, naive, package_of_forms, pages_of, peaks, warm_up
from lianzheng.intake.comparison import Line, compare
from lianzheng.organisation.models import Unit
from lianzheng.render import xlsx
from lianzheng.sheets import Grid, lay_out
from registers import powers

FORMS = int(os.environ.get("LIANZHENG_BENCH_FORMS", "300"))
ROWS = int(os.environ.get("LIANZHENG_BENCH_ROWS", "10000"))
LINES = 3000
ROUNDS = 3


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of this process, the median of a few rounds."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return statistics.median(found)


def register(number: int) -> Grid:
    """So many points laid out as 台账."""
    row = {
        "section": "建筑业股",
        "post": "施工许可岗",
        "post_level": "二级",
        "power": "施工许可审批",
        "risk_type": "岗位职责风险",
        "name": "审批把关不严",
        "manifestation": "对申报资料审查不严，为不符合条件的项目办理许可。" * 2,
        "level": "二级",
        "measures": "实行双人审查，逐项核对清单并留痕。\n每季度抽查已办结事项。",
        "responsible": "张三",
        "state": "执行中",
    }
    rows = [row | {"section": f"股室{n // 200}", "post": f"岗位{n // 8}"} for n in range(number)]
    return lay_out(LEDGER, owner={"bureau_name": "县住建局", "on": None}, rows=rows)


def bare(grid: Grid) -> bytes:
    """The same cells, styles, heights and merges in openpyxl's write-only mode and nothing else."""
    book = Workbook(write_only=True)
    styles = xlsx._Styles(book)
    page = book.create_sheet("台账")
    for column, width in enumerate(grid.widths, start=1):
        page.column_dimensions[get_column_letter(column)].width = width * xlsx.PER_CHARACTER
    heights = xlsx._heights(grid)
    places: list[list[tuple[str, str, str]]] = [[("", "body", "left")] * len(grid.widths) for _ in range(grid.rows)]
    for cell in grid.cells:
        for row in range(cell.row, cell.row + cell.rowspan):
            places[row][cell.col] = (cell.text if row == cell.row else "", cell.kind, cell.align)
    for number, line in enumerate(places, start=1):
        page.row_dimensions[number].height = heights[number - 1]
        made = []
        for text, kind, align in line:
            one: Any = WriteOnlyCell(page, Decimal(text) if text and kind in ("index", "figure") else text or None)
            one._style = copy(styles.of(kind, align=align))
            made.append(one)
        page.append(made)
    page.merged_cells.ranges.update(xlsx._merges(grid))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


MEMORY = """
import os, sys
import django
django.setup()
from bench.forms import peak
from bench.papers import register
from lianzheng.render import xlsx
grid = register(int(sys.argv[1]))
xlsx.workbook([grid])
print(peak(os.getpid()))
"""


def memory_of(number: int) -> int:
    """Megabytes at most of a process that writes so many points."""
    done = subprocess.run([sys.executable, "-c", MEMORY, str(number)], capture_output=True, check=True, text=True)
    return int(done.stdout)


def dry_run_seconds() -> float:
    """Three thousand lines of 职权目录 compared with as few as there are."""
    bureau = Unit.objects.filter(kind=Unit.Kind.BUREAU)[0]
    texts = {"section": "办公室", "power_kind": "内部管理", "basis": "管理办法", "posts": ""}
    lines = [Line(n, texts | {"name": f"职权{n}"}) for n in range(4, LINES + 4)]

    def work() -> None:
        now, check = powers.stored(powers.powers_of(bureau)), powers.check_of(bureau)
        compare(lines, stored=now, template=replace(powers.template_of(bureau), most=LINES * 2), check=check)

    return spent(work)


def forms_lines() -> Iterator[str]:
    """A package of as many forms, made as the export centre makes it, against a loop of WeasyPrint over its pages."""
    bureau = Unit.objects.filter(kind=Unit.Kind.BUREAU)[0]
    with transaction.atomic():
        campaign = full_round(bureau, posts=FORMS)
        warm_up()
        load = os.getloadavg()[0]
        with peaks() as most:
            ours = made_in(package := package_of_forms(campaign))
        pages = pages_of(package)
        again = made_in(package_of_forms(campaign))
        transaction.set_rollback(True)
    plain = naive(pages)
    ratio = f"逐份排版 {plain.clock:.1f} 秒，{ours.clock / plain.clock:.2f} 倍（预算 0.32）"
    yield f"{FORMS} 份附件1 → PDF（材料包，从数据到文件）：{ours.clock:.1f} 秒，{ratio}"
    spent = f"{ours.processors:.1f} 秒，逐份 {plain.processors:.1f} 秒，{ours.processors / plain.processors:.2f} 倍"
    yield f"同上，处理器时间：{spent}（两个处理器同时排版）；开始时系统负载 {load:.1f}"
    yield f"同上，每个排版进程最多 {max(most.values())} MB（预算 120）"
    yield f"内容没有变动时再做一次：{again.clock:.1f} 秒，其中处理器 {again.processors:.1f} 秒（预算 1）"


def lines() -> Iterator[str]:
    """The rows of the table, as they are measured."""
    grid = register(ROWS)
    ours, floor = spent(lambda: xlsx.workbook([grid])), spent(lambda: bare(grid))
    yield f"台账 {ROWS} 个风险点 → xlsx：{ours:.2f} 秒，裸写 {floor:.2f} 秒，{ours / floor:.2f} 倍（预算 1.25）"
    yield f"同上，进程内存最多 {memory_of(ROWS)} MB（预算 150）"
    yield f"导入 {LINES} 行试算：{dry_run_seconds():.2f} 秒（预算 3）"
    yield from forms_lines()
