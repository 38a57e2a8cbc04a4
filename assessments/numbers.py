"""The next number of a series of papers (云建廉〔2026〕3号); pure."""

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"^(?P<word>.*?)〔(?P<year>\d{4})〕(?P<number>\d{1,6})号$")


def following(used: Iterable[str], *, year: int, word: str) -> str:
    """The number after the highest of the year, in the wording of the newest (`used` begins with it); `word` is the
    wording where the year has none yet."""
    found = [match for text in used if (match := _NUMBER.match(text)) and int(match["year"]) == year]
    word = found[0]["word"] if found else word
    highest = max((int(match["number"]) for match in found if match["word"] == word), default=0)
    return f"{word}〔{year}〕{highest + 1}号"
