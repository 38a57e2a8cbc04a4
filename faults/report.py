"""What a fault did, in one line; and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Size:
    """How much is done: the whole, or a smoke of it."""

    rounds: int = 10
    cuts: int = 3
    clients: int = 200
    kills: int = 20


SMALL = Size(rounds=2, cuts=1, clients=40, kills=4)


@dataclass(frozen=True)
class Outcome:
    """`lost`: confirmed and not there, or half there, or whatever must not be. `control`: the same check found the
    fault where the guard was taken away; a fault without that has proved nothing."""

    tried: int
    acknowledged: int
    lost: int
    control: bool
    note: str
    ran: bool = True

    @classmethod
    def skipped(cls, why: str) -> Outcome:
        return cls(0, 0, 0, control=False, note=why, ran=False)

    @property
    def passed(self) -> bool:
        return self.ran and self.tried > 0 and self.lost == 0 and self.control

    def line(self, code: str, title: str, seconds: float) -> str:
        if not self.ran:
            return f"{code:<4}{title}：未运行（{self.note}）"
        word = "通过" if self.passed else "未通过"
        control = "对照如期失败" if self.control else "对照没有失败"
        counts = f"尝试 {self.tried}，确认 {self.acknowledged}，丢失 {self.lost}"
        return f"{code:<4}{title}：{counts}；{control}；{word}（{self.note}；用时 {seconds:.0f} 秒）"


Run = Callable[[Path, Path, Size], Outcome]
FAULTS: dict[str, tuple[str, Run]] = {}


def fault(code: str, title: str) -> Callable[[Run], Run]:
    """Enter a fault in the list: `run(base, folder, size)`, with the furnished house and a folder of its own."""

    def enter(run: Run) -> Run:
        FAULTS[code] = (title, run)
        return run

    return enter
