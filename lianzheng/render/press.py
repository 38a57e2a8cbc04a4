"""The child process that sets papers: HTML in on stdin, PDF out on stdout, nothing else reached.

Started by lianzheng.render.pdf as `python -m lianzheng.render.press MEGABYTES`; imports no Django. It lives
for many papers, since importing the typesetter takes longer than setting one.
"""

import contextlib
import gc
import json
import os
import resource
import select
import shutil
import struct
import sys
import tempfile
import warnings
from collections.abc import Sequence
from functools import partial
from typing import IO, Any
from xml.etree import ElementTree

from lianzheng.render import breaks

SIZE = struct.Struct(">Q")
PAPER, READY, DONE, FAILED = b"P", b"R", b"D", b"F"
IDLE_SECONDS = 600


def send(stream: IO[bytes], kind: bytes, *, body: bytes = b"") -> None:
    """Write one message: a kind of one byte, the length, the body."""
    stream.write(kind + SIZE.pack(len(body)) + body)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[bytes, bytes]:
    """Read one message; EOFError when the other side has gone."""
    head = stream.read(1 + SIZE.size)
    if len(head) < 1 + SIZE.size:
        raise EOFError
    (size,) = SIZE.unpack(head[1:])
    body = stream.read(size)
    if len(body) < size:
        raise EOFError
    return head[:1], body


def limit_memory(megabytes: int) -> None:
    """Cap the address space. macOS refuses the call; the limits on time still hold there."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def limit_time(seconds: int) -> None:
    """Let this process use `seconds` more of processor time; the kernel ends it after that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))


class Typesetter:
    """WeasyPrint with parsed stylesheets and opened faces, and no way to fetch anything but these faces."""

    def __init__(self, css: str, *, plain: str = "", faces: Sequence[tuple[str, str, int]] = ()) -> None:
        # Imported late: an absent system library must be an answer, not a traceback.
        from cssselect2 import ElementWrapper
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher, URLFetcherResponse

        from lianzheng.render.faces import Faces

        class Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint is untyped
            faces: dict[str, bytes] = {}

            def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
                if url not in self.faces:
                    raise ValueError("a paper fetches nothing")
                return URLFetcherResponse(url, self.faces[url])

        class Page(HTML):  # type: ignore[misc]
            """A tree, which is what our pages give and read ten times as fast; any other page as HTML."""

            def __init__(self, source: str | ElementTree.Element, url_fetcher: Any) -> None:
                if isinstance(source, str):
                    super().__init__(string=source, url_fetcher=url_fetcher)
                    return
                self.base_url, self.url_fetcher, self.media_type = None, url_fetcher, "print"
                self.wrapper_element = ElementWrapper.from_html_root(source, content_language=None)
                self.etree_element = self.wrapper_element.etree_element

            def _ua_stylesheets(self, *forms: Any) -> list[Any]:
                return bases

        self.fetcher = Fetcher()
        self.parse = partial(CSS, url_fetcher=self.fetcher)
        bases = [self.parse(string=plain)]
        self.page, self.configuration, self.faces = Page, FontConfiguration, Faces(faces)
        self.css, self.sheet = css, self.parse(string=css)

    def set(self, html: str) -> bytes:
        """The PDF of a page whose pictures do not exist; the same page always gives the same bytes."""
        document = self._laid_out(html, fonts=self._fonts(html))
        for page in document.pages:
            page.anchors.clear()  # nothing leads to a row
        return bytes(document.write_pdf(finisher=_own))

    def _laid_out(self, html: str, *, fonts: Any) -> Any:
        """The pages, with merged cells that a page's end parts said again on the next."""
        try:
            root = ElementTree.fromstring(html)
        except ElementTree.ParseError:
            return self._rendered(html, fonts=fonts)
        under, at = breaks.marked(root), None
        document = self._rendered(root, fonts=fonts)
        for _ in range(breaks.PASSES):
            found = breaks.parted([page.anchors for page in document.pages], under=under)
            if not found or found == at:
                break
            document, at = self._rendered(breaks.said_again(root, at=found), fonts=fonts), found
        return document

    def _rendered(self, source: str | ElementTree.Element, *, fonts: Any) -> Any:
        page = self.page(source, self.fetcher)
        return page.render(font_config=fonts, stylesheets=[self.sheet])

    def _fonts(self, html: str) -> Any:
        """The faces cut for this page, each under its own name."""
        fonts, self.fetcher.faces, rules = self.configuration(), {}, []
        for number, (family, face) in enumerate(self.faces.cut(html, css=self.css)):
            self.fetcher.faces[f"face:{number}"] = face
            rules.append(f'@font-face{{font-family:"{family}";src:url(face:{number})}}')
        self.parse(string="".join(rules), font_config=fonts)
        return fonts


def _own(document: Any, pdf: Any) -> None:
    """What a file says of itself is ours to say: not which program of which version set it."""
    pdf.info.pop("Producer", None)


def serve(source: IO[bytes], out: IO[bytes]) -> None:
    """Take stylesheets and faces, then set papers until the parent goes or nothing has come for a while."""
    try:
        typesetter = Typesetter(**json.loads(_take(source)))
    except (ImportError, OSError) as error:
        send(out, FAILED, body=str(error).encode())
        return
    # What is alive now stays alive; collecting in the middle of a paper only costs time.
    gc.freeze()
    gc.disable()
    send(out, READY, body=tempfile.gettempdir().encode())
    while select.select([source], [], [], IDLE_SECONDS)[0]:
        try:
            html = _take(source)
        except EOFError:
            return
        _answer(typesetter, out, html=html)
        gc.collect()


def _take(source: IO[bytes]) -> str:
    """The text of the next message, once its seconds of processor time are granted."""
    _, body = receive(source)
    seconds, _, text = body.decode().partition("\n")
    limit_time(int(seconds))
    return text


def _answer(typesetter: Typesetter, out: IO[bytes], *, html: str) -> None:
    try:
        pdf = typesetter.set(html)
    except MemoryError:
        # Freed or not, a process that ran into its limit is no place for the next paper.
        os._exit(1)
    except Exception as error:
        send(out, FAILED, body=f"{type(error).__name__}: {error}".encode())
    else:
        send(out, DONE, body=pdf)


def main() -> None:
    """Take the pipes for the messages alone: whatever a library prints goes to stderr."""
    source = os.fdopen(os.dup(0), "rb")
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    limit_memory(int(sys.argv[1]))
    # There is no face but those that are cut for a paper.
    warnings.filterwarnings("ignore", message="No fonts configured")
    tempfile.tempdir = tempfile.mkdtemp(prefix="press-")
    try:
        serve(source, out)
    finally:
        # The parent takes the folder away when it ends us; when it was killed itself, nobody else would.
        shutil.rmtree(tempfile.tempdir, ignore_errors=True)


if __name__ == "__main__":
    main()
