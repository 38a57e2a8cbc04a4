"""What goes into a log, or into a mail about an error: where it happened and under which code, never what was typed.

Messages of exceptions quote values (PostgreSQL's «Key (phone)=(…) already exists»), so that only their kinds and the
places in the code are kept. One event is one line, whatever somebody put into an address.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter


class OneLine(logging.Formatter):
    """JSON: time, level, logger, message, code of the error page, kind of exception, frames."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": said_of(record),
        }
        if code := getattr(getattr(record, "request", None), "error_code", ""):
            event["code"] = code
        if record.exc_info and record.exc_info[0]:
            event |= {"error": kinds(record.exc_info[1]), "frames": frames(record.exc_info[2])}
        return json.dumps(event, ensure_ascii=True)


def said_of(record: logging.LogRecord) -> str:
    """The message; of a request only its kind of address, since people paste anything into an address bar, and of what
    Django calls suspicious only the kind, since it quotes the header."""
    if record.name.startswith("django.security"):
        return record.name.rsplit(".", 1)[-1]
    request = getattr(record, "request", None)
    if record.name != "django.request" or request is None:
        return record.getMessage()
    match = getattr(request, "resolver_match", None)
    status = getattr(record, "status_code", "")
    return f"{status} {request.method} {match.route if match else '(no such address)'}"


def kinds(error: BaseException | None) -> list[str]:
    """The kinds of an exception and of what caused it, the last first."""
    found: list[str] = []
    while error is not None and len(found) < 10:
        found.append(f"{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or error.__context__
    return found


def frames(trace: TracebackType | None) -> list[str]:
    """file:line function, the outermost first; no line of code, no value."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


class Reporter(ExceptionReporter):
    """The same for a mail to administrators, should a site ever turn those on."""

    def get_traceback_text(self) -> SafeString:
        return format_html_join("\n", "{}", ((line,) for line in [*kinds(self.exc_value), *frames(self.tb)]))

    def get_traceback_html(self) -> SafeString:
        return format_html("<pre>{}</pre>", "\n".join([*kinds(self.exc_value), *frames(self.tb)]))
