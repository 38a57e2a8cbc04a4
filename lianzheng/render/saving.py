"""A workbook as bytes, without a file of any name on the way: openpyxl sets each worksheet down in the machine's folder
for temporary files, where a process that is killed leaves it with everything it says."""

import io
import shutil
import tempfile
import zipfile
from datetime import UTC, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter


class _InMemory(ExcelWriter):
    """openpyxl's own, but for where a worksheet waits for its place in the archive."""

    def __init__(self, book: Workbook, archive: zipfile.ZipFile) -> None:
        super().__init__(book, archive)
        self.archive = archive

    def write_worksheet(self, ws: Any) -> None:
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        if self.workbook.write_only:
            ws.close()
            writer = ws._writer
        else:
            writer = WorksheetWriter(ws, out=io.BytesIO())
            writer.write()
        ws._rels = writer._rels
        writer.out.seek(0)
        with writer.out, self.archive.open(ws.path[1:], "w") as target:
            shutil.copyfileobj(writer.out, target)
        self.manifest.append(ws)


def begin(sheet: Any) -> None:
    """A worksheet of a write-only workbook is set up, and its rows follow; they wait in a file without a name, which
    ends with the process."""
    waiting = tempfile.TemporaryFile()  # noqa: SIM115 - write_worksheet closes it
    sheet._writer = WorksheetWriter(sheet, out=waiting)
    sheet._writer.write_top()


def saved(book: Workbook) -> bytes:
    """The file; of a write-only workbook each worksheet went through `begin`."""
    out = io.BytesIO()
    book.properties.modified = datetime.now(UTC).replace(tzinfo=None)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        _InMemory(book, archive).write_data()
    return out.getvalue()
