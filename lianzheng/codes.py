"""Codes that nobody guesses and everybody can type: no letter that looks like a digit, read back however it was
typed. Pure."""

import secrets
import unicodedata

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 20
"""31 ** 20 possibilities: 99 bits."""
GROUP = 5


def new() -> str:
    """A fresh code, as it is stored."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def grouped(code: str) -> str:
    """As it is printed: groups of five."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def tidy(typed: str) -> str:
    """The code meant by what was typed: full-width, small letters, spaces and dashes do not matter."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(char for char in plain if char in ALPHABET)[: LENGTH + 1]
