"""A calendar feed (iCalendar, RFC 5545) of days with a title; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

FOLD = 75
"""Octets of a line (RFC 5545 3.1)."""


@dataclass(frozen=True)
class Day:
    """Something due on a day; `id` stays the same while the thing is the same."""

    id: str
    on: date
    title: str


def calendar(days: Iterable[Day], *, name: str, stamp: datetime) -> bytes:
    """The whole feed; each day bears an alarm one day before, and nothing but its title."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//lianzheng//duties//ZH", "CALSCALE:GREGORIAN"]
    lines += ["METHOD:PUBLISH", f"X-WR-CALNAME:{_text(name)}"]
    for day in days:
        lines += _event(day, stamp=stamp)
    return b"".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


def _event(day: Day, *, stamp: datetime) -> list[str]:
    title = _text(day.title)
    return [
        "BEGIN:VEVENT",
        f"UID:{day.id}@lianzheng",
        f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day.on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day.on + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{title}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{title}",
        "TRIGGER:-P1D",
        "END:VALARM",
        "END:VEVENT",
    ]


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """A line in pieces of at most 75 octets, never cut within a character."""
    pieces: list[bytes] = []
    piece = b""
    for char in line:
        octets = char.encode()
        if len(piece) + len(octets) > FOLD:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join([*pieces, piece]) + b"\r\n"
