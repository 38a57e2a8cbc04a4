"""Faces cut down to the characters of one paper, before it is set.

A face of Chinese has ten to thirty thousand characters, a paper a few hundred. Cut from the whole face, which stays
open, the few take two milliseconds; embedding from the whole one takes twenty and tens of megabytes. A paper is cut
for by itself, so that its bytes are the same whatever else is set with it. Imported by the child process alone.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

import uharfbuzz as hb

ALWAYS = frozenset(map(chr, range(32, 127))) | {"—"}
"""What stylesheets add (page numbers) and by which typesetters measure (x, 0)."""
_UNUSED = ("BASE", "DSIG", "EBDT", "EBLC", "EBSC", "GPOS", "GSUB", "VORG", "vhea", "vmtx")
"""Tables for vertical lines, ligatures and small screens."""
_FLAGS = hb.SubsetFlags.DESUBROUTINIZE | hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE


class Faces:
    """Faces by family, opened once: (family, path, number within a collection of faces)."""

    def __init__(self, faces: Sequence[tuple[str, str, int]]) -> None:
        self._opened = {family: hb.Face(hb.Blob.from_file_path(path), index) for family, path, index in faces}

    def cut(self, page: str, *, css: str) -> Iterator[tuple[str, bytes]]:
        """(family, file) of every face that the page or its stylesheet names."""
        wanted = hb.SubsetInput()
        wanted.flags = _FLAGS
        wanted.sets(hb.SubsetInputSets.UNICODE).update(map(ord, ALWAYS | set(html.unescape(page))))
        wanted.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update(int.from_bytes(tag.encode(), "big") for tag in _UNUSED)
        for family, face in self._opened.items():
            if f'"{family}"' in css or f'"{family}"' in page:
                yield family, bytes(hb.subset(face, wanted).blob.data)
