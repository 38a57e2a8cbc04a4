"""待办、退回、已办、我发起的: every kind of paper that has steps appears here by itself."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.timezone import localtime

from lianzheng import clock
from lianzheng.flow import FLOWS, Flow
from lianzheng.organisation.models import User

TABS = {"todo": "待办", "returned": "退回", "done": "已办", "sent": "我发起的"}
MOST = 200
RETURNED = "returned"


def rows(flow: Flow, user: User, *, tab: str) -> QuerySet[Any]:
    """The records of one tab."""
    if tab == "done":
        mine = flow.log.objects.across_bureaus().filter(by=user).values(flow.subject)
        return flow.rows().filter(pk__in=mine).exclude(pk__in=flow.waiting_for(user).values("pk"))
    if tab == "sent":
        return flow.rows().filter(Q(holder=user)).exclude(state__in=("draft", RETURNED))
    waiting = flow.waiting_for(user)
    return waiting.filter(state=RETURNED) if tab == "returned" else waiting


def counts(user: User) -> dict[str, int]:
    """Open items, and how many of them came back; one query a flow."""
    todo = returned = 0
    for flow in FLOWS:
        states = list(flow.waiting_for(user).order_by().values_list("state", flat=True))
        todo += len(states)
        returned += states.count(RETURNED)
    return {"todo": todo, "returned": returned}


def items(user: User, *, tab: str, words: str = "") -> list[dict[str, Any]]:
    """Lines of a tab, the most urgent first; two queries a flow."""
    today = clock.today()
    lines: list[dict[str, Any]] = []
    for flow in FLOWS:
        found = rows(flow, user, tab=tab)
        if words:
            found = found.filter(Q(title__icontains=words) | Q(unit__name__icontains=words))
        listed = list(found.select_related(*flow.model.listed_with).order_by("due_on", "state_since")[:MOST])
        last = _last_moves(flow, listed)
        lines += [_line(record, last.get(record.pk), today) for record in listed]
    return lines


def _last_moves(flow: Flow, records: Sequence[Any]) -> dict[Any, Any]:
    """The newest log row of each record, in one query."""
    key = f"{flow.subject}_id"
    logs = flow.log.objects.across_bureaus().filter(**{f"{key}__in": [record.pk for record in records]})
    newest = logs.select_related("by").order_by(key, "-seq").distinct(key)
    return {getattr(log, key): log for log in newest}


def _line(record: Any, last: Any, today: Any) -> dict[str, Any]:
    left = (record.due_on - today).days if record.due_on else None
    tone = "none" if left is None or left > 3 else "late" if left < 0 else "soon"
    due = record.due_on.isoformat() if record.due_on else ""
    if left is not None and left <= 3:
        due += f" 已超{-left}天" if left < 0 else f" 剩{left}天"
    return {
        "title": record.title,
        "form": record.form_name,
        "year": record.year,
        "section": record.unit.name,
        "state": record.state_word,
        "source": f"{last.by.name}·{last.hat}" if last else "系统下达",
        "since": localtime(record.state_since).strftime("%m-%d %H:%M"),
        "due": due,
        "tone": tone,
        "url": record.get_absolute_url(),
        "returned": record.state == RETURNED,
    }
