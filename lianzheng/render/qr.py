"""A QR code as rows of black and white squares, for any painter."""

import segno

QUIET = 2
"""Squares of white around the code; on white paper the margin of the page adds to them (ISO/IEC 18004 asks for 4)."""


def squares(text: str) -> list[list[bool]]:
    """The code of a text, readable with a sixth of it damaged (level M)."""
    code = segno.make(text, error="m", micro=False)
    return [[bool(dark) for dark in row] for row in code.matrix_iter(border=QUIET)]
