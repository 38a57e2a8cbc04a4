"""Those who work in the house while it is hit: each keeps its own list of what the screen confirmed to it."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from faults.house import House

TOKEN = "f" * 32
ELSEWHERE = ("/sign-in/", "/password/", "/account/")


@dataclass
class Answer:
    """status 0: no answer came, or half of one."""

    status: int
    body: bytes = b""
    seconds: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)


def send(port: int, method: str, path: str, *, cookie: str = "", timeout: float = 30, body: bytes = b"") -> Answer:
    """One request on a connection of its own; an answer counts only when all of it has come."""
    headers = {"Cookie": f"csrftoken={TOKEN}; sessionid={cookie}", "X-CSRFToken": TOKEN, "Connection": "close"}
    if method == "POST":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    began = time.monotonic()
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        link.request(method, path, body=body or None, headers=headers)
        response = link.getresponse()
        content = response.read()
        fields = dict(response.getheaders())
        if response.status == 302 and fields.get("Location", "").startswith(ELSEWHERE):
            return Answer(401, content, time.monotonic() - began, fields)  # sent away, and nothing was done
        return Answer(response.status, content, time.monotonic() - began, fields)
    except (OSError, http.client.HTTPException):
        return Answer(0, b"", time.monotonic() - began)
    finally:
        link.close()


def get(port: int, path: str, **options: Any) -> Answer:
    return send(port, "GET", path, **options)


def post(port: int, path: str, fields: Mapping[str, Any], **options: Any) -> Answer:
    return send(port, "POST", path, body=urlencode(fields).encode(), **options)


@dataclass
class Log:
    """What all writers saw: confirmed steps, answers by status, and how long the slowest took."""

    acknowledged: set[tuple[str, int]] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: Answer) -> None:
        with self._lock:
            self.answers[answer.status] += 1
            self.slowest = max(self.slowest, answer.seconds)

    def confirm(self, dossier: str, seq: int) -> None:
        with self._lock:
            self.acknowledged.add((dossier, seq))

    @property
    def tried(self) -> int:
        return self.answers.total()


def write(house: House, person: dict[str, Any], *, log: Log, until: threading.Event, timeout: float = 30) -> None:
    """Hand the form in and take it back, again and again. An unknown outcome is asked for again, never guessed: the
    same step with the same version is either taken now, or refused because it was."""
    version = 1
    while not until.is_set():
        action = "submit" if version % 2 else "recall"
        path = f"/dossiers/{person['dossier']}/step/"
        fields = {"version": version, "action": action, "opinion": ""}
        answer = post(house.port, path, fields, cookie=person["holder"], timeout=timeout)
        log.note(answer)
        if answer.status == 302:
            version += 1
            log.confirm(person["dossier"], version)
        elif answer.status == 409:
            version += 1  # it had been taken although no answer came
        else:
            time.sleep(0.05)


@contextmanager
def writers(house: House, *, number: int = 8, timeout: float = 30) -> Iterator[Log]:
    """So many people at work until we leave."""
    log, until = Log(), threading.Event()
    threads = [
        threading.Thread(
            target=write, args=(house, person), kwargs={"log": log, "until": until, "timeout": timeout}, daemon=True
        )
        for person in house.people[:number]
    ]
    for thread in threads:
        thread.start()
    try:
        yield log
    finally:
        until.set()
        for thread in threads:
            thread.join(timeout=timeout + 10)


def wait_for(log: Log, *, more: int, seconds: float = 60) -> None:
    """Until so many more steps were confirmed."""
    goal, deadline = len(log.acknowledged) + more, time.monotonic() + seconds
    while len(log.acknowledged) < goal and time.monotonic() < deadline:
        time.sleep(0.05)


def check(house: House, acknowledged: set[tuple[str, int]]) -> tuple[int, int]:
    """(confirmed steps that are not there, dossiers whose state, log and journal disagree), of one moment."""
    with house.connect() as link:
        link.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        states = dict(link.execute("SELECT id::text, version FROM assessments_dossier").fetchall())
        rows = link.execute("SELECT dossier_id::text, seq FROM assessments_dossiermove").fetchall()
        told = dict(
            link.execute(
                "SELECT subject::text, count(*) FROM audit_entry WHERE target <> ''"
                " AND subject_kind = 'assessments.dossier' GROUP BY subject"
            ).fetchall()
        )
    moves = set(rows)
    counts = Counter(dossier for dossier, _ in moves)
    half = [pk for pk, version in states.items() if not version - 1 == counts[pk] == told.get(pk, 0)]
    return len(acknowledged - moves), len(half)
