"""Painters of a `lianzheng.sheets.Grid`: html (screen and paper), xlsx, pdf. They know cells, not fields."""
