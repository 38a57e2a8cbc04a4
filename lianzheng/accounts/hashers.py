"""Argon2id, a few at a time: each hash takes 100 MiB for a quarter of a second, and a morning of sign-ins (or somebody
who tries passwords) must not take the machine away from those who work."""

from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

_SLOTS = BoundedSemaphore(settings.PARALLEL_HASHES)


class CappedArgon2(Argon2PasswordHasher):
    """Waits its turn."""

    def encode(self, password: str, salt: str) -> Any:
        with _SLOTS:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _SLOTS:
            return super().verify(password, encoded)
