"""What stands around every page: product, bureau, menu with counts, year. One context processor."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from assessments.models import Campaign
from early_warning import menu as warning_menu
from lianzheng import clock
from lianzheng.desk import inbox
from lianzheng.desk.demo import people
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.rights import scopes
from lianzheng.organisation.roles import THREE, Right

PRODUCT = "廉政风险防控"
Link = tuple[str, str, int | None]
OFFICE: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("年度排查", "campaigns", frozenset((Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT))),
    ("周期性工作台账", "duty_board", frozenset((Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT))),
    ("职权目录", "powers", frozenset((Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT))),
    ("评分方案", "schemes", frozenset((Right.RUN_OFFICE, Right.VERIFY_BUREAU))),
    ("划分标准", "criteria", frozenset((Right.RUN_OFFICE,))),
    ("备案", "filings", frozenset((Right.RECEIVE_FILING, Right.RUN_OFFICE))),
    ("备案材料包", "packages", frozenset((Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT))),
    ("已发文书", "issued", frozenset((Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT))),
    ("公示异议", "objections", frozenset((Right.RUN_OFFICE, Right.INSPECT))),
    ("离岗交接", "handovers", frozenset((Right.RUN_OFFICE,))),
    ("账号管理", "people", frozenset((Right.ADMINISTER, Right.GRANT_RIGHTS))),
    ("授权", "grants", frozenset((Right.ADMINISTER, Right.GRANT_RIGHTS))),
    ("节假日", "holidays", frozenset((Right.RUN_OFFICE, Right.ADMINISTER))),
    ("本单位设置", "options", frozenset((Right.RUN_OFFICE,))),
    ("权限一览", "authority", frozenset((Right.RUN_OFFICE, Right.INSPECT, *(item.rights[0] for item in THREE)))),
    ("操作日志", "journal", frozenset((Right.AUDIT_JOURNAL,))),
)
"""Pages of those who organise the work: label, address, and the rights of which one is enough."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html; nothing is asked of the database for a page that does not print it."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        roles = SimpleLazyObject(people.groups) if settings.DEMO else ()
        return {"product": product(None), "menu": [], "year": None, "years": [], "demo_roles": roles}
    years = years_of(user)
    return {
        "product": product(home_bureau(user)),
        "menu": SimpleLazyObject(lambda: menu(request, user)),
        "year": chosen_year(request, years),
        "years": years,
    }


def product(bureau: Unit | None) -> dict[str, Any]:
    demo_date = clock.today().isoformat() if settings.DEMO and bureau else None
    return {
        "name": PRODUCT,
        "bureau_name": bureau.name if bureau else "",
        "demo": settings.DEMO,
        "demo_date": demo_date,
        "help_phone": settings.HELP_PHONE,
        "help_person": settings.HELP_PERSON,
    }


def home_bureau(user: User) -> Unit | None:
    return user.home.bureau if user.home else None


def years_of(user: User) -> list[int]:
    """Years with a round in a bureau where the person works or holds a right."""
    bureau = home_bureau(user)
    rounds = (
        Campaign.objects.across_bureaus().filter(bureau=bureau) if bureau else Campaign.objects.across_bureaus().none()
    )
    return list(rounds.order_by("-year").values_list("year", flat=True).distinct())


def chosen_year(request: HttpRequest, years: list[int]) -> int | None:
    """The year picked in the header, while it exists; else the newest."""
    picked = request.session.get("year")
    return picked if picked in years else (years[0] if years else None)


def menu(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    """Groups of links by what the person may do."""
    held = scopes(user)
    counts = inbox.counts(user)
    work: list[Link] = [
        ("工作台", reverse("home"), None),
        ("待办", reverse("inbox", args=["todo"]), counts["todo"]),
        ("退回", reverse("inbox", args=["returned"]), counts["returned"]),
        ("已办", reverse("inbox", args=["done"]), None),
        ("我发起的", reverse("inbox", args=["sent"]), None),
        ("周期性工作", reverse("duties"), None),
        ("代理", reverse("deputies"), None),
    ]
    office: list[Link] = [(label, reverse(name), None) for label, name, rights in OFFICE if held.keys() & rights]
    warned = warned_links(user) + time_links(held.keys())
    read: list[Link] = [
        ("公示", reverse("notice_list"), None),
        ("通报", reverse("bulletins"), None),
        ("使用帮助", reverse("help"), None),
        ("账号安全", reverse("account"), None),
    ]
    if settings.DEMO:
        read.append(("演示日期", reverse("demo_clock"), None))
    groups: list[tuple[str, list[Link]]] = [("办公", work), ("组织排查", office), ("廉政预警", warned), ("查看", read)]
    return [{"title": title, "items": [_item(request, *link) for link in links]} for title, links in groups if links]


def warned_links(user: User) -> list[Link]:
    """Signals and warnings; reminders for whoever has a warning to see, as nobody else can have been reminded."""
    names = warning_menu.links(user)
    waiting = {"signals": warning_menu.waiting(user)} if "signals" in dict(names).values() else {}
    links: list[Link] = [(label, reverse(name), waiting.get(name)) for label, name in names]
    if "warnings" in dict(names).values():
        links.append(("逾期提醒", reverse("reminders"), warning_menu.unseen(user)))
    return links


def time_links(held: Collection[str]) -> list[Link]:
    """Overview, overdue work and limits, for those who lead, organise or inspect."""
    links: list[Link] = []
    if {Right.HEAD_BUREAU, Right.RUN_OFFICE, Right.INSPECT, Right.LEAD_SECTIONS} & set(held):
        links.append(("风险总览", reverse("overview"), None))
    if {Right.RUN_OFFICE, Right.HANDLE_WARNINGS} & set(held):
        links.append(("督办清单", reverse("overdue"), None))
    if Right.HANDLE_WARNINGS in held:
        links.append(("预警时限", reverse("warning_limits"), None))
        links.append(("信息员网络", reverse("network"), None))
    return links


def _item(request: HttpRequest, label: str, url: str, count: int | None) -> dict[str, Any]:
    return {"label": label, "url": url, "count": count, "current": request.path == url}
