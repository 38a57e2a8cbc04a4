"""Hashes of journal rows and of blocks of them; pure.

A row is spelled canonically (sorted keys, microseconds since the epoch), so that no time zone or locale changes it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any


def row_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 of one journal row, in hex."""
    spelled = json.dumps(dict(row), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(b"\x00" + spelled.encode()).hexdigest()


def root(hashes: Sequence[str]) -> str:
    """Merkle root of an ordered, non-empty block; an odd last node is carried up unpaired."""
    level = list(hashes)
    while len(level) > 1:
        pairs = [level[n : n + 2] for n in range(0, len(level), 2)]
        level = [_join(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0]


def _join(left: str, right: str) -> str:
    return hashlib.sha256(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()


def seal_value(*, number: int, bureau: str, root: str, previous: str, algorithm: str = "sha256") -> str:
    """What a seal says: its number, whose it is, its block, and the seal before it. '' where the algorithm is
    missing."""
    if algorithm not in hashlib.algorithms_available:
        return ""
    return hashlib.new(algorithm, f"{number}|{bureau}|{root}|{previous}".encode()).hexdigest()
