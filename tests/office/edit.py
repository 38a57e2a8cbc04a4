"""Run by a Python that knows UNO: edits one cell of a workbook in LibreOffice, as a person would.

`edit.py PIPE SOURCE TARGET SHEET CELL TEXT`; TARGET is written as .xlsx.
"""

import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException


def properties(**values):
    return tuple(PropertyValue(name, 0, value, 0) for name, value in values.items())


def desktop(pipe):
    """LibreOffice's, as soon as it listens."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(300):
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        except NoConnectException:
            time.sleep(0.2)
    raise SystemExit("LibreOffice does not listen")


def main():
    pipe, source, target, sheet, cell, text = sys.argv[1:]
    office = desktop(pipe)
    book = office.loadComponentFromURL(uno.systemPathToFileUrl(source), "_blank", 0, properties(Hidden=True))
    book.Sheets.getByName(sheet).getCellRangeByName(cell).setString(text)
    book.storeToURL(uno.systemPathToFileUrl(target), properties(FilterName="Calc MS Excel 2007 XML"))
    book.close(True)
    office.terminate()


main()
