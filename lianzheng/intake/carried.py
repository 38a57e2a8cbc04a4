"""What travels in a page from an upload to its confirmation: signed, for one purpose, subject and person, for an hour.

No file is kept meanwhile.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core import signing

from lianzheng.flow import Refused
from lianzheng.intake.comparison import Line
from lianzheng.intake.guard import Unfit

SECONDS = 3600
LARGEST = 4 << 20  # characters; a form's fields may have five megabytes in all

TOO_LATE = "核对结果已超过一小时，请重新上传。"
NOT_OURS = "没有找到核对结果，请重新上传。"
TOO_MUCH = "文件的文字过多，请分几次导入。"


def pack(value: Any, *, salt: str) -> str:
    """The token; `salt` names purpose, subject and person. Raises Unfit."""
    token = signing.dumps(value, salt=salt, compress=True)
    if len(token) > LARGEST:
        raise Unfit(TOO_MUCH)
    return token


def unpack(token: str, *, salt: str) -> Any:
    """What an earlier page carried. Raises Refused."""
    try:
        return signing.loads(token, salt=salt, max_age=SECONDS)
    except signing.SignatureExpired as late:
        raise Refused(TOO_LATE) from late
    except signing.BadSignature as bad:
        raise Refused(NOT_OURS) from bad


def plain_of(book: Iterable[Iterable[Line]]) -> list[list[list[Any]]]:
    """The lines of each worksheet as they travel."""
    return [[[line.number, line.id, line.version, line.mark, *line.texts.values()] for line in lines] for lines in book]


def book_of(plain: Any, *, sources: Sequence[Sequence[str]]) -> list[list[Line]]:
    """The lines again; `sources` are those of each worksheet in the order of its columns."""
    return [
        [
            Line(number, dict(zip(columns, texts, strict=True)), row, version, mark)
            for number, row, version, mark, *texts in lines
        ]
        for lines, columns in zip(plain, sources, strict=True)
    ]
