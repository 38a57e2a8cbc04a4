"""How much is kept of one person and one bureau, and that a site's virus scanner is asked first."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lianzheng.attachments import virus
from lianzheng.attachments.actions import attach, attached_to
from lianzheng.attachments.check import Scan, scan_of
from lianzheng.flow import Refused
from tests.attachments.files import paper
from tests.cast import Round

HARMFUL = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


def scan(more: bytes = b"") -> Scan:
    return scan_of(paper() + more + b"\n%%EOF")


def keep(year: Round, *, name: str = "张三", more: bytes = b"") -> None:
    attach(scan(more), to=year.own, name="佐证材料", by=year.cast[name])


def test_one_person_keeps_so_many_files_a_day_and_another_is_not_bound_by_them(year: Round, settings: Any) -> None:
    settings.ATTACHMENTS_A_DAY = 2
    keep(year)
    keep(year)
    with pytest.raises(Refused, match="您在 24 小时内已上传 2 个文件"):
        keep(year)
    keep(year, name="李四")
    assert attached_to(year.own).count() == 3


def test_bureau_keeps_no_more_than_its_quota(year: Round, settings: Any) -> None:
    settings.ATTACHMENT_QUOTA = 2 * len(scan().content)
    keep(year)
    keep(year, name="李四")
    with pytest.raises(Refused, match="本单位的附件已达存储限额"):
        keep(year)
    assert attached_to(year.own).count() == 2


class Clamd(socketserver.StreamRequestHandler):
    """Speaks clamd's protocol: zINSTREAM, chunks with their lengths, an empty one at the end."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while length := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(length)
        harmful = HARMFUL in content
        self.wfile.write(b"stream: Eicar-Signature FOUND\0" if harmful else b"stream: OK\0")


class Dumb(socketserver.StreamRequestHandler):
    """Closes without an answer."""

    def handle(self) -> None:
        self.rfile.read(10)


@contextmanager
def served(server: socketserver.BaseServer) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def clamd(settings: Any) -> Iterator[None]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server, served(server):
        settings.CLAMD = f"127.0.0.1:{server.server_address[1]}"
        yield


@pytest.mark.usefixtures("clamd")
def test_infected_file_is_not_kept_and_a_clean_one_is(year: Round) -> None:
    with pytest.raises(Refused, match="文件没有通过病毒查杀"):
        keep(year, more=HARMFUL)
    keep(year, more=b"x" * 200_000)
    assert attached_to(year.own).count() == 1


def test_site_without_a_scanner_keeps_the_file(year: Round) -> None:
    """The control."""
    keep(year, more=HARMFUL)
    assert attached_to(year.own).count() == 1


def test_scanner_is_reached_by_its_socket_too(settings: Any, tmp_path: Path) -> None:
    settings.CLAMD = str(tmp_path / "clamd")
    with socketserver.ThreadingUnixStreamServer(settings.CLAMD, Clamd) as server, served(server):
        assert (virus.found_in(HARMFUL), virus.found_in(b"clean")) == ("Eicar-Signature", "")


def test_file_is_not_kept_while_the_scanner_does_not_answer(year: Round, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        settings.CLAMD = f"127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(Refused, match="病毒查杀服务暂时不可用"):
        keep(year)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dumb) as server, served(server):
        settings.CLAMD = f"127.0.0.1:{server.server_address[1]}"
        with pytest.raises(Refused, match="病毒查杀服务暂时不可用"):
            keep(year)
    assert attached_to(year.own).count() == 0
