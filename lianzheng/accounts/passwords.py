"""What a password must be: two profiles, because the two authorities contradict each other.

«网络安全等级保护基本要求» 8.1.4.1 a asks for complexity and regular change; OWASP ASVS 5.0 6.2.5 and 6.2.10 forbid
both. A site chooses by LIANZHENG_PASSWORD_POLICY; the rest (length, common words, words of the place) holds for both.
"""

import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from lianzheng.organisation.models import Unit, User

SHORTEST, LONGEST = 12, 128
LEFT = 8
"""Characters that must remain when everything a guesser would begin with is taken out."""
_PLACE = ("lianzheng", "廉政", "风险防控", "password", "admin", "密码")
_CLASSES = ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]")


class Length:
    """Long enough to resist guessing, short enough to be hashed without harm."""

    def validate(self, password: str, user: Any = None) -> None:
        if not SHORTEST <= len(password) <= LONGEST:
            raise ValidationError(f"密码应为 {SHORTEST} 至 {LONGEST} 位。", code="length")

    def get_help_text(self) -> str:
        return f"{SHORTEST} 至 {LONGEST} 位，可以用一句话，汉字、空格都可以。"


class Context:
    """Not made of the person's name, the bureau's, the product's or a year."""

    def validate(self, password: str, user: Any = None) -> None:
        left = re.sub("(19|20)[0-9]{2}", "", password)
        for word in sorted(_words(user), key=len, reverse=True):
            left = re.sub(re.escape(word), "", left, flags=re.IGNORECASE)
        if len(left) < LEFT:
            raise ValidationError("密码不要由姓名、用户名、手机号、单位名称、年份或本系统的名称拼成。", code="context")

    def get_help_text(self) -> str:
        return "不要用姓名、用户名、单位名称、年份和常见密码。"


def _words(user: Any) -> set[str]:
    words = {*_PLACE}
    if isinstance(user, User):
        words |= {user.username, user.name, user.phone}
        if user.home:
            units = Unit.objects.filter(pk__in=user.home.post.unit.lineage())
            words |= {word for pair in units.values_list("name", "short_name") for word in pair}
    return {word for word in words if len(word) > 1}


class Complexity:
    """等保: at least three of small letters, capitals, digits and other characters (Chinese counts as other)."""

    def validate(self, password: str, user: Any = None) -> None:
        kinds = sum(1 for kind in _CLASSES if re.search(kind, password))
        chinese = bool(re.search("[\u4e00-\u9fff]", password)) and bool(re.search(r"[^\w]", password))
        if kinds + chinese < 3:
            raise ValidationError("密码应含大写字母、小写字母、数字、汉字、符号中的至少三类。", code="complexity")

    def get_help_text(self) -> str:
        return "含大写字母、小写字母、数字、汉字、符号中的至少三类。"


def must_change(user: User) -> bool:
    """A password given by somebody else, or one that has grown too old under the profile; nobody is asked to who signs
    in without one."""
    if not user.has_usable_password():
        return False
    if user.first_until is not None:
        return True
    longest = timedelta(days=settings.PASSWORD_DAYS)
    return bool(longest) and user.password_at is not None and timezone.now() - user.password_at > longest


def lapsed(user: User) -> bool:
    """A first password that nobody used in its time."""
    return user.first_until is not None and timezone.now() > user.first_until
