"""The ground floor and the front door of the product; the rooms are `registers`, `assessments` and `early_warning`."""

import os
import sys
from pathlib import Path

# `warnings/` is a source root, not a package (docs/adr/0001): first on the path, so that a checkout always wins.
_SOURCE_ROOT = Path(__file__).resolve().parent.parent / "warnings"
if _SOURCE_ROOT.is_dir() and str(_SOURCE_ROOT) not in sys.path:
    sys.path.insert(0, str(_SOURCE_ROOT))

# python-docx brings lxml, with which openpyxl writes no faster and reads more slowly, and past defusedxml.
os.environ.setdefault("OPENPYXL_LXML", "False")
