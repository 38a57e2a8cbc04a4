"""The second factor: codes of an app (TOTP, RFC 6238) and, for the day the phone is lost, codes on paper."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b32encode
from urllib.parse import quote

import segno
from django.conf import settings
from django_otp.oath import TOTP

from lianzheng.accounts.models import Authenticator
from lianzheng.organisation.models import User
from lianzheng.organisation.rights import scopes
from lianzheng.organisation.roles import PROTECTED

ISSUER = "廉政风险防控"
TOLERANCE = 1  # steps of half a minute before and after: clocks of phones differ
RECOVERY_CODES = 10
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def of(person: User) -> Authenticator | None:
    """The person's authenticator, once it was confirmed by a code."""
    return Authenticator.objects.filter(person=person, confirmed_at__isnull=False).first()


def required(person: User) -> bool:
    """Does the site ask it of this person? By the rights they hold on their own account or for somebody else."""
    return bool(settings.SECOND_FACTOR) and any(right in scopes(person) for right in PROTECTED)


def new_secret() -> str:
    """160 bits, as hex."""
    return secrets.token_hex(20)


def key_of(secret: str) -> str:
    """The secret as one types it into an app, in groups of four."""
    text = b32encode(bytes.fromhex(secret)).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def picture_of(secret: str, *, username: str) -> str:
    """The QR code that an app scans, as a data: address of an SVG."""
    key = key_of(secret).replace(" ", "")
    label = f"{quote(ISSUER)}:{quote(username)}"
    found = segno.make(f"otpauth://totp/{label}?secret={key}&issuer={quote(ISSUER)}", error="m")
    return str(found.svg_data_uri(scale=5, border=2))


def step_of(secret: str, code: str, *, after: int) -> int | None:
    """The time step this code belongs to, where it is right and later than `after`; each code opens once."""
    code = code.replace(" ", "")
    if not looks_like_code(code):
        return None
    clock = TOTP(bytes.fromhex(secret))
    return clock.t() if clock.verify(int(code), tolerance=TOLERANCE, min_t=after + 1) else None


def looks_like_code(text: str) -> bool:
    """Six digits are never a password here: those are longer."""
    text = text.replace(" ", "")
    return len(text) == 6 and text.isascii() and text.isdecimal()


def code_of(secret: str) -> str:
    """What an app would show now."""
    return f"{TOTP(bytes.fromhex(secret)).token():06}"


def recovery_code() -> str:
    """Sixteen characters in groups of four, 80 bits."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def digest_of(code: str) -> str:
    """What is kept of a recovery code; typed in any case, with or without the hyphens."""
    return hashlib.sha256(code.upper().replace("-", "").replace(" ", "").encode()).hexdigest()
