"""Several people at the same moment, each on a connection of their own: what tests of races start together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections

from lianzheng.flow import Refused

AT_ONCE = 10


def together(call: Callable[[int], Any], *, threads: int = AT_ONCE, each: int = 1) -> list[Any]:
    """What the calls answer, or their refusals in words; the threads start together, each makes `each` calls."""
    start = Barrier(threads)

    def run(thread: int) -> list[Any]:
        try:
            connections["default"].ensure_connection()
            start.wait(timeout=20)
            return [answer(call, thread * each + n) for n in range(each)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return [given for some in pool.map(run, range(threads)) for given in some]


def at_once(call: Callable[[int], str], *, threads: int = AT_ONCE, each: int = 1) -> Counter[str]:
    """How often each answer came."""
    return Counter(together(call, threads=threads, each=each))


def answer(call: Callable[[int], Any], n: int) -> Any:
    try:
        return call(n)
    except Refused as refusal:
        return "；".join(refusal.sentences)
