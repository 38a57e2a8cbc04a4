"""No request hides within another: whatever is ambiguous about where a body ends is refused, and the connection ends.

ASVS 4.2.1. The server is the one that a site runs, spoken to by bytes.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.test_settings import PRODUCTION, ROOT

HIDDEN = "GET /static/hidden.css HTTP/1.1\r\nHost: lianzheng.example.gov.cn\r\n\r\n"


def request(*headers: str, body: str = "", line: str = "POST /static/none.css HTTP/1.1") -> bytes:
    return "\r\n".join([line, "Host: lianzheng.example.gov.cn", *headers, "", body]).encode()


AMBIGUOUS = {
    "both lengths": request(
        f"Content-Length: {5 + len(HIDDEN)}", "Transfer-Encoding: chunked", body="0\r\n\r\n" + HIDDEN
    ),
    "two lengths": request("Content-Length: 0", f"Content-Length: {len(HIDDEN)}", body=HIDDEN),
    "length with a sign": request("Content-Length: +0", body=HIDDEN),
    "length in words": request("Content-Length: 0x0", body=HIDDEN),
    "list of lengths": request("Content-Length: 0, 0", body=HIDDEN),
    "unknown coding": request("Transfer-Encoding: xchunked", body="0\r\n\r\n" + HIDDEN),
    "coding before another": request("Transfer-Encoding: chunked, identity", body="0\r\n\r\n" + HIDDEN),
    "space before the colon": request("Transfer-Encoding : chunked", body="0\r\n\r\n" + HIDDEN),
    "folded header": request("X-Any: one\r\n Transfer-Encoding: chunked", body="0\r\n\r\n" + HIDDEN),
    "length of a chunk with a sign": request("Transfer-Encoding: chunked", body="+0\r\n\r\n" + HIDDEN),
    "length of a chunk that is none": request("Transfer-Encoding: chunked", body="zz\r\n\r\n" + HIDDEN),
}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-m", "gunicorn", "lianzheng.wsgi", "--worker-class", "gthread", "--threads", "4"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        bind = ["--bind", f"fd://{listener.fileno()}", "--log-level", "critical", "--no-control-socket"]
        server = subprocess.Popen(
            [*command, *bind],
            cwd=ROOT,
            env=kept | {"PYTHONPATH": f"{ROOT}:{ROOT / 'warnings'}", "PYTHONUTF8": "1"} | PRODUCTION,
            pass_fds=[listener.fileno()],
        )
        try:
            yield listener.getsockname()[1]
        finally:
            server.terminate()
            server.wait(30)


def answers(port: int, sent: bytes) -> list[int]:
    """Status of every answer that comes back before the server ends the connection, or is silent for a while."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(sent)
        while b"\r\n" not in heard and (part := connection.recv(1 << 16)):
            heard += part
        connection.settimeout(1)
        try:
            while part := connection.recv(1 << 16):
                heard += part
        except (TimeoutError, ConnectionResetError):
            pass
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", heard)]


@pytest.mark.parametrize("trick", AMBIGUOUS)
def test_request_in_the_body_of_another_is_never_answered(port: int, trick: str) -> None:
    first, *more = answers(port, AMBIGUOUS[trick])
    assert first in (301, 400, 403, 404, 501)
    assert more in ([], [400])  # where the body was not read, what is wrong with it is found afterwards


def test_two_plain_requests_are_answered_both(port: int) -> None:
    """The control: the count sees a second answer."""
    plain = request("Content-Length: 0")
    assert answers(port, plain + HIDDEN.encode()) == [301, 301]
