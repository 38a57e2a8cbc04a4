"""F6, F7, F14: many at once, nobody gets a thread, and whatever can be typed into an address or a form."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from django.urls import URLPattern, URLResolver, get_resolver

from faults.clients import Answer, check, get, post, send
from faults.house import House
from faults.report import Outcome, Size, fault


def step(house: House, person: dict[str, Any], action: str, *, version: int, who: str, timeout: float = 60) -> Answer:
    fields = {"version": version, "action": action, "opinion": ""}
    path = f"/dossiers/{person['dossier']}/step/"
    return post(house.port, path, fields, cookie=person[who], timeout=timeout)


def together(call: Any, *, number: int) -> list[Any]:
    """So many threads that begin at the same moment."""
    start = threading.Barrier(number)

    def run(n: int) -> Any:
        start.wait(30)
        return call(n)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


@fault("F6", "同时审核")
def approved_at_once(base: Path, folder: Path, size: Size) -> Outcome:
    """So many clients approve one form at the same moment: one does, the others are told."""
    with House.furnished(base, folder / "f6") as house:
        house.open_web()
        person, other = house.people[:2]
        assert step(house, person, "submit", version=1, who="holder").status == 302
        answers = together(
            lambda _: step(house, person, "pass", version=2, who="head", timeout=300), number=size.clients
        )
        counts = Counter(answer.status for answer in answers)
        with house.connect() as link:
            won = _count(link, person["dossier"])
        lost, half = check(house, {(person["dossier"], 3)})
        assert step(house, other, "submit", version=1, who="holder").status == 302
        careless = _look_then_write(house, other["dossier"])
    house.remove()
    wrong = abs(counts[302] - 1) + abs(won - 1) + (size.clients - 1 - counts[409])
    slowest = max(answer.seconds for answer in answers)
    note = f"答复 {dict(counts)}，最慢 {slowest:.1f} 秒；对照（先看后写）{careless} 个都成功"
    return Outcome(size.clients, counts[302], wrong + lost + half, control=careless > 1, note=note)


def _count(link: Any, dossier: str) -> int:
    row = link.execute(
        "SELECT count(*) FROM assessments_dossiermove WHERE dossier_id = %s AND action = 'pass'", [dossier]
    )
    return int(row.fetchone()[0])


def _look_then_write(house: House, dossier: str) -> int:
    """How many win at a door that looks first and writes then, without lock and version."""
    between = threading.Barrier(20)

    def approve(_: int) -> int:
        with house.connect() as link:
            found = link.execute("SELECT version FROM assessments_dossier WHERE id = %s", [dossier]).fetchone()
            between.wait(30)
            assert found is not None
            changed = link.execute("UPDATE assessments_dossier SET version = %s WHERE id = %s", [found[0] + 1, dossier])
            return changed.rowcount

    return sum(together(approve, number=20))


def _held(house: House, *, clients: int, patience: float) -> tuple[list[Answer], float]:
    """Somebody holds the row; so many people want it. Their answers, and how fast a page comes afterwards."""
    person = house.people[0]
    with house.connect("owner") as holder, holder.transaction():
        holder.execute("SELECT 1 FROM assessments_dossier WHERE id = %s FOR UPDATE", [person["dossier"]])
        answers = together(
            lambda _: step(house, person, "submit", version=1, who="holder", timeout=patience), number=clients
        )
    time.sleep(0.5)
    return answers, get(house.port, "/sign-in/", timeout=patience).seconds


@fault("F7", "连接占满")
def exhausted(base: Path, folder: Path, size: Size) -> Outcome:
    """Twice as many requests as threads, and every one waits for the same row: each is told within seconds."""
    clients = 16
    with House.furnished(base, folder / "f7") as house:
        house.open_web()
        answers, after = _held(house, clients=clients, patience=40)
        counts = Counter(answer.status for answer in answers)
        again = step(house, house.people[0], "submit", version=1, who="holder")
        lost, half = check(house, {(house.people[0]["dossier"], 2)} if again.status == 302 else set())
        slowest = max(answer.seconds for answer in answers)
    house.remove()
    wrong = sum(count for status, count in counts.items() if status != 503) + (after > 5) + (again.status != 302)
    hung = _without_limits(base, folder / "f7c", clients=clients)
    told = f"答复 {dict(counts)}，最慢 {slowest:.1f} 秒，放开后 {after:.2f} 秒恢复"
    note = f"{told}；对照（会话不限时）{hung} 个请求 20 秒无答复"
    return Outcome(clients, int(again.status == 302), wrong + lost + half, control=hung > 0, note=note)


def _without_limits(base: Path, folder: Path, *, clients: int) -> int:
    """The control: sessions of the web may wait for ever."""
    house = House.furnished(base, folder)
    house.local._run(
        "postgres",
        "--single",
        "-D",
        str(house.local.cluster),
        "postgres",
        text="ALTER ROLE lianzheng_runtime RESET ALL\n",
    )
    with house:
        house.open_web()
        answers, _ = _held(house, clients=clients, patience=20)
    house.remove()
    return sum(answer.status == 0 for answer in answers)


MARK = "<img src=x onerror=alert(1)>"
HOSTILE = (
    MARK,
    "\x00",
    "\u202e\u200b\ufeff",
    "' OR 1=1 --",
    "../../../../etc/passwd",
    "9" * 400,
    "-1",
    "NaN",
    "一" * 20_000,
    '{"a": [1, {"b": null}]}',
    "%00%ff%0d%0aX-Injected: 1",
    "_connector=OR 1=1",
    "2999-99-99",
    "=cmd|' /C calc'!A0",
    "\r\nSet-Cookie: a=b",
    "{{ settings.SECRET_KEY }}",
)
FIELDS = [
    "version",
    "action",
    "opinion",
    "reason",
    "due_on",
    "rank",
    "rank_reason",
    "accepted",
    "name",
    "title",
    "text",
    "content",
    "file",
    "lines",
    "do",
    "pick",
    "year",
    "kind",
    "unit",
    "post",
    "number",
    "until",
    "since",
    "person",
    "act",
    "subject",
    "days",
    "phone",
    "place",
    "scope",
    "state",
    "level",
    "colour",
    "code",
    "token",
    "next",
    "username",
    "password",
    "q",
    "page",
    "after",
    "before",
    "order",
    "measures",
    "manifestation",
    "power",
    "responsible",
    "risk_type",
    "ways",
    "box",
    "tab",
    "section",
    "leader",
    "facts",
    "answer",
    "receipt_no",
    "received_on",
    "sent_no",
    "note",
    "chosen",
    "dossiers",
    "holder",
    "deputy",
    "day",
    "cause",
]


def patterns(resolver: URLResolver | None = None, *, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for item in (resolver or get_resolver()).url_patterns:
        if isinstance(item, URLResolver):
            yield from patterns(item, prefix=prefix + str(item.pattern))
        else:
            yield prefix + str(item.pattern), item


def addresses(house: House, value: str) -> Iterator[str]:
    """Every address of the URLconf: with the person's own papers, with none there is, with this value for a word."""
    for route, pattern in patterns():
        for key in (house.people[0]["dossier"], str(uuid4())):
            path = route
            for name, converter in pattern.pattern.converters.items():
                kind = type(converter).__name__
                filled = (
                    key if kind == "UUIDConverter" else "1" if kind == "IntConverter" else quote(value[:200], safe="")
                )
                path = path.replace(f"<{kind.removesuffix('Converter').lower()}:{name}>", filled)
            yield "/" + path
            if not pattern.pattern.converters:
                break


def attack(port: int, path: str, value: str, *, cookie: str) -> Iterator[Answer]:
    """The value in every field of the query, of the form, under odd methods, and as a body that is no form."""
    yield get(port, f"{path}?{'&'.join(f'{name}={quote(value[:300])}' for name in FIELDS)}", cookie=cookie)
    yield post(
        port, path, dict.fromkeys(FIELDS, value[:300]) | {FIELDS[len(value) % len(FIELDS)]: value}, cookie=cookie
    )
    yield send(port, "PUT", path, cookie=cookie, body=b"x")
    yield send(port, "POST", path, cookie=cookie, body=value.encode("utf-8", "surrogatepass") + b"\xff=%zz&&==")


def bad(answer: Answer) -> bool:
    """An error of the server, no answer, markup given back as it came, a header smuggled in, or a long wait."""
    broken = answer.status >= 500 or answer.status == 0 or answer.seconds > 10
    return broken or MARK.encode() in answer.body or "X-Injected" in answer.headers


@fault("F14", "恶意请求")
def hostile(base: Path, folder: Path, size: Size) -> Outcome:
    """Every address of the URLconf, with all that people and programs type into it."""
    values = HOSTILE if size.clients >= 200 else HOSTILE[:2]
    with House.furnished(base, folder / "f14") as house:
        house.open_web()
        jobs = [(path, value) for value in values for path in addresses(house, value)]
        jobs.sort(key=lambda job: job[0] == "/sign-out/")  # it ends the session with which the others are asked
        cookies = [house.people[0]["holder"], house.people[1]["head"], house.people[2].get("office", "")]

        def run(job: tuple[int, tuple[str, str]]) -> list[tuple[str, Answer]]:
            n, (path, value) = job
            return [(path, answer) for answer in attack(house.port, path, value, cookie=cookies[n % 3])]

        with ThreadPoolExecutor(8) as pool:
            answers = [pair for some in pool.map(run, enumerate(jobs)) for pair in some]
        _, half = check(house, set())
    wrong = [(path[:60], answer.status, round(answer.seconds, 1)) for path, answer in answers if bad(answer)]
    if not wrong:
        house.remove()
    counts = Counter(answer.status for _, answer in answers)
    seen = f"，例如 {wrong[:5]}，见 {house.folder / 'web.log'}" if wrong else ""
    control = _careless_server()
    note = (
        f"{len(jobs)} 个地址与取值，答复 {dict(sorted(counts.items()))}{seen}；对照（不加防护的服务）{control} 次出错"
    )
    return Outcome(len(answers), sum(0 < a.status < 500 for _, a in answers), len(wrong) + half, control > 0, note)


class _Careless(BaseHTTPRequestHandler):
    """The control: fails on what it did not expect, and gives back what it got."""

    def do_GET(self) -> None:
        self._answer(self.path)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("latin-1"))

    do_PUT = do_POST

    def _answer(self, text: str) -> None:
        self.send_response(500 if "%00" in text or "\xff" in text else 200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Silent."""


def _careless_server() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Careless) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = sum(bad(answer) for value in HOSTILE for answer in attack(server.server_port, "/", value, cookie=""))
        server.shutdown()
    return found
