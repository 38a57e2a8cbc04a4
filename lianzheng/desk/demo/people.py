"""The people of the demo that its sign-in page offers, grouped by where they sit."""

from collections.abc import Iterable
from typing import Any

from lianzheng.organisation.models import UnitUserGrant, User
from lianzheng.organisation.roles import ROLES

PER_ROLE = 2


def groups() -> list[dict[str, Any]]:
    """For each bureau of the demo: a few holders, and whoever wears a hat."""
    found: dict[str, list[dict[str, str]]] = {}
    for bureau, person in _hatted():
        found.setdefault(bureau, []).append(person)
    for bureau, person in _holders():
        found.setdefault(bureau, []).insert(0, person)
    return [{"title": bureau, "people": people} for bureau, people in found.items()]


def _hatted() -> Iterable[tuple[str, dict[str, str]]]:
    seen: dict[tuple[str, str], set[str]] = {}
    grants = UnitUserGrant.objects.select_related("user", "permission", "content_object")
    for grant in grants.order_by("user__username"):
        role = next((role for role in ROLES if role.rights[0] == grant.permission.codename), None)
        home = grant.user.home
        if role is None or home is None:
            continue
        known = seen.setdefault((home.bureau.name, role.code), set())
        if grant.user.username not in known and len(known) < PER_ROLE:
            known.add(grant.user.username)
            yield home.bureau.name, _person(grant.user, role.label)


def _holders() -> Iterable[tuple[str, dict[str, str]]]:
    """Two people per bureau who only hold their own post."""
    plain = User.objects.filter(is_active=True, tenures__until=None).exclude(unitusergrant__isnull=False)
    seen: dict[str, int] = {}
    for user in plain.order_by("username").distinct()[:200]:
        if user.home is None:
            continue
        name = user.home.bureau.name
        seen[name] = seen.get(name, 0) + 1
        if seen[name] <= PER_ROLE:
            yield name, _person(user, "填报人")


def _person(user: User, label: str) -> dict[str, str]:
    post = f"{user.home.post.unit.name}·{user.home.post.name}" if user.home else ""
    return {"label": f"{label}·{user.name}", "hint": post, "username": user.username}
