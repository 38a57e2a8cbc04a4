"""Asks a site's virus scanner (clamd) whether a file may be kept; knows its protocol and nothing of records.

ASVS 5.4.3; «网络安全等级保护基本要求» 8.1.4.5. A site without one leaves `LIANZHENG_CLAMD` empty.
"""

from __future__ import annotations

import socket

from django.conf import settings

CHUNK = 1 << 16
SECONDS = 20.0


class Unreachable(Exception):
    """There is a scanner, and it does not answer."""


def found_in(content: bytes) -> str:
    """Name of what was found; "" for a clean file, or where a site has no scanner. Raises Unreachable."""
    if not settings.CLAMD:
        return ""
    try:
        with _connection(settings.CLAMD) as scanner:
            answer = _asked(scanner, content)
    except OSError as error:
        raise Unreachable from error
    if answer == "stream: OK":
        return ""
    if answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    raise Unreachable(answer)


def _connection(address: str) -> socket.socket:
    """`/path/of.socket` or `host:port`."""
    if address.startswith("/"):
        scanner = socket.socket(socket.AF_UNIX)
        scanner.settimeout(SECONDS)
        scanner.connect(address)
        return scanner
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=SECONDS)


def _asked(scanner: socket.socket, content: bytes) -> str:
    """The command INSTREAM: chunks, each with its length before it, and one of no length at the end."""
    scanner.sendall(b"zINSTREAM\0")
    for start in range(0, len(content), CHUNK):
        chunk = content[start : start + CHUNK]
        scanner.sendall(len(chunk).to_bytes(4, "big") + chunk)
    scanner.sendall(bytes(4))
    with scanner.makefile("rb") as answer:
        return answer.read(4096).rstrip(b"\0\n").decode(errors="replace")
