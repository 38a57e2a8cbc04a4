"""Finds identity card and telephone numbers in a text that is about to be published, however they are disguised. Pure.

Digits of every script, full-width, circled and Chinese ones count; what is invisible is passed over; spaces, dashes,
dots, brackets and line breaks between digits do not hide a number (个人信息保护法 第二十五条).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

ID_CARD, MOBILE, LANDLINE = "身份证号", "手机号", "固定电话"

_CHINESE = {char: n for n, chars in enumerate(("〇零○洞", "一壹幺", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒拐",
                                               "八捌", "九玖勾")) for char in chars}  # fmt: skip
_LISTING = frozenset(",;:、。!?%…")
"""Marks that part the items of a list: digits on both sides belong together only in the groups people write a number
in, or digit by digit."""
_TYPICAL = {(3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (6, 8, 4), (4, 8), (3, 4, 4, 3)}
_LONGEST_GAP = 6
_AMOUNT = frozenset("元万亿")

# GB 11643: weights of the 17 digits, check characters by remainder; GB/T 2260: the provinces' numbers.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    str(number)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for number in range(first, last + 1)
)
_MOBILE = re.compile(r"(?:0{0,2}86|0|12593|17951)?1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(?:0{0,2}86)?0(?:10|2[0-9]|[3-9][0-9]{2})[2-9][0-9]{6,7}|[48]00[0-9]{7}")
_LOCAL = re.compile(r"[2-8][0-9]{6,7}")
_CUE = re.compile(
    r"(?:电\s*话|手\s*机|座\s*机|传\s*真|热\s*线|拨\s*打|联\s*系|致\s*电|tel|phone)[^0-9。；\n]{0,8}$", re.IGNORECASE
)


@dataclass(frozen=True)
class Found:
    """A number: what it is, and where in the original text it stands."""

    kind: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Digit:
    """One digit (or the X that ends an identity number) with its place; `group` numbers what was written together,
    `listed` says that a list mark stands before it."""

    value: str
    start: int
    end: int
    group: int
    listed: bool


def scan(text: str) -> tuple[Found, ...]:
    """Every number found, in order, none within another."""
    found: list[Found] = []
    for run in _runs(text):
        found += _in_run(text, run)
    return tuple(found)


def _signs(text: str) -> Iterator[tuple[str, int]]:
    """The visible characters in their plainest form, with the place of the original."""
    for place, char in enumerate(text):
        for plain in unicodedata.normalize("NFKC", char):
            if unicodedata.category(plain) not in ("Cf", "Mn", "Me") and plain not in "\u115f\u1160\u3164\u2800":
                yield plain, place


def _value(sign: str) -> tuple[str, str]:
    """The digit a character stands for and its kind; ("", "") for anything else."""
    if sign in _CHINESE:
        return str(_CHINESE[sign]), "chinese"
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit), "digit"
    return ("X", "check") if sign in "Xx×✕✖" else ("", "")


def _runs(text: str) -> Iterator[list[_Digit]]:
    """Sequences of digits between which nothing but separators stands."""
    run: list[_Digit] = []
    gap, group, before, listed = 0, 0, "", False
    for sign, place in _signs(text):
        value, kind = _value(sign)
        if value and not (value == "X" and not run):
            # A Chinese digit may begin the next word (…一律), so that each stands alone.
            group += gap > 0 or kind != before or kind == "chinese"
            run.append(_Digit(value, place, place + 1, group, listed))
            gap, before, listed = 0, kind, False
            continue
        gap += 1
        listed = listed or sign in _LISTING
        if run and (gap > _LONGEST_GAP or unicodedata.category(sign)[0] not in "ZPSC"):
            yield run
            run, listed = [], False
    if run:
        yield run


def _in_run(text: str, run: Sequence[_Digit]) -> Iterator[Found]:
    start = 0
    while start < len(run):
        match = _at(text, run, start)
        if match is None:
            start += 1
            continue
        kind, end = match
        first, last = run[start].start, run[end - 1].end
        yield Found(kind, first, last, text[first:last])
        start = end


def _at(text: str, run: Sequence[_Digit], start: int) -> tuple[str, int] | None:
    """The number that begins at this digit: its kind, and where it ends in the run."""
    values = "".join(digit.value for digit in run[start : start + 18])
    if _is_id18(values):
        return ID_CARD, start + 18
    if start and run[start].group == run[start - 1].group:
        return None
    for length in range(18, 6, -1):
        end = start + length
        if end > len(run) or (end < len(run) and run[end].group == run[end - 1].group):
            continue
        kind = _kind(text, run[start:end])
        if kind:
            return kind, end
    return None


def _kind(text: str, window: Sequence[_Digit]) -> str:
    """What a window that begins and ends with a group is."""
    values = "".join(digit.value for digit in window if digit.value != "X")
    if not _together(window):
        return ""
    if _is_id15(values):
        return ID_CARD
    if _MOBILE.fullmatch(values) and text[window[-1].end : window[-1].end + 1] not in _AMOUNT:
        return MOBILE
    cued = _LOCAL.fullmatch(values) and _CUE.search(text[max(0, window[0].start - 20) : window[0].start])
    return LANDLINE if cued or _LANDLINE.fullmatch(values) else ""


def _together(window: Sequence[_Digit]) -> bool:
    """One number, and not the items of a list."""
    if not any(digit.listed for digit in window[1:]):
        return True
    sizes = tuple(len(list(digits)) for _, digits in groupby(window, key=lambda digit: digit.group))
    return sizes in _TYPICAL or set(sizes) == {1}


def _is_id18(values: str) -> bool:
    if len(values) < 18 or "X" in values[:17] or values[:2] not in _PROVINCES:
        return False
    if not _is_day(values[6:10], values[10:12], values[12:14]):
        return False
    total = sum(int(value) * weight for value, weight in zip(values, _WEIGHTS, strict=False))
    return _CHECKS[total % 11] == values[17]


def _is_id15(values: str) -> bool:
    return len(values) == 15 and values[:2] in _PROVINCES and _is_day("19" + values[6:8], values[8:10], values[10:12])


def _is_day(year: str, month: str, day: str) -> bool:
    if not 1880 <= int(year) <= 2100:
        return False
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True
