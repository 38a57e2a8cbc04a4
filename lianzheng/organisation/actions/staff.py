"""What changes in units, posts and who holds them; and a whole staff list (花名册) at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.flow import Refused
from lianzheng.organisation.actions import create_account, create_post, create_unit, end_tenure, start_tenure
from lianzheng.organisation.models import Post, Tenure, Unit, User

WORDS = {
    "name": "名称",
    "short_name": "简称",
    "duties": "职责",
    "powers": "职权",
    "unit": "股室",
    "political": "政治面貌",
    "since": "任职起始",
}
"""Fields as the journal calls them."""


def _said(changed: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Which fields changed; of names the old and the new one, since papers and later readers go by them."""
    detail: dict[str, Any] = {"栏目": "、".join(WORDS[field] for field in changed)}
    return detail | ({"原名称": before["name"], "名称": changed["name"]} if "name" in changed else {})


def _differing(record_: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in values.items() if getattr(record_, field) != value}


@transaction.atomic
def save_unit(unit: Unit, *, name: str, short_name: str, duties: str, by: User) -> bool:
    """Another name or other duties; False when nothing differs. Where a unit stands in the tree is not changed: rights
    go by it, and those are given by two people."""
    changed = _differing(unit, {"name": name, "short_name": short_name, "duties": duties})
    if changed:
        detail = _said(changed, {"name": unit.name})
        Unit.objects.filter(pk=unit.pk).update(**changed)
        unit.refresh_from_db()
        record("修改机构", subject=unit, bureau=unit.bureau, detail=detail, by=by)
    return bool(changed)


@transaction.atomic
def save_post(post: Post, *, unit: Unit, name: str, duties: str, powers: str, by: User) -> bool:
    """Another name, other duties and powers, or another section of the same bureau; False when nothing differs. Forms
    that are on their way keep the section in which they were opened."""
    if unit.bureau_id != post.bureau_id:
        raise Refused("岗位只能在本单位内调整。")
    changed = _differing(post, {"unit": unit, "name": name, "duties": duties, "powers": powers})
    if changed:
        detail = _said(changed, {"name": post.name}) | ({"股室": str(unit.pk)} if "unit" in changed else {})
        Post.objects.in_bureau(post.bureau).filter(pk=post.pk).update(**changed)
        post.refresh_from_db()
        record("修改岗位", subject=post, bureau=post.bureau, detail=detail, by=by)
    return bool(changed)


@transaction.atomic
def save_person(person: User, *, political: str, bureau: Unit, by: User) -> bool:
    """政治面貌 as it is now; False when nothing differs."""
    changed = _differing(person, {"political": political})
    if changed:
        User.objects.filter(pk=person.pk).update(**changed)
        person.political = political
        record("修改人员信息", bureau=bureau, detail={"人员": str(person.pk), "栏目": WORDS["political"]}, by=by)
    return bool(changed)


@transaction.atomic
def correct_since(tenure: Tenure, *, since: date, by: User) -> bool:
    """The day on which the person took the post, put right; False when it was."""
    if tenure.since == since:
        return False
    Tenure.objects.in_bureau(tenure.bureau).filter(pk=tenure.pk, until=None).update(since=since)
    detail = {"原": tenure.since.isoformat(), "新": since.isoformat()}
    tenure.since = since
    record("更正任职起始", subject=tenure, bureau=tenure.bureau, detail=detail, by=by)
    return True


@transaction.atomic
def pass_post(tenure: Tenure, *, to: User, post: Post, since: date, by: User) -> Tenure:
    """Another person holds the post from this day on, or the person another post; the day before is the last of the
    tenure that ends."""
    if not tenure.since < since <= clock.today():
        raise Refused("到任日期应晚于原任职起始，且不晚于今天。")
    end_tenure(tenure, until=since - timedelta(days=1), by=by)
    return start_tenure(to, post=post, since=since, by=by)


@dataclass(frozen=True)
class Taken:
    """How many units, posts and tenures of a staff list are new or changed, and how many accounts were made."""

    new: int
    changed: int
    accounts: int


Rows = Sequence[Mapping[str, Any]]
"""Values of the lines of one worksheet; `id` names the row that changes, a line without one is new."""


@transaction.atomic
def lock_staff(bureau: Unit) -> None:
    """Units, posts, tenures and people of the bureau stay as they are until the transaction has ended."""
    list(Unit.objects.under(bureau).select_for_update().order_by("pk"))
    list(Post.objects.in_bureau(bureau).select_for_update().order_by("pk"))
    held = list(Tenure.objects.in_bureau(bureau).filter(until=None).select_for_update().order_by("pk"))
    list(User.objects.filter(pk__in={tenure.person_id for tenure in held}).select_for_update().order_by("pk"))


@transaction.atomic
def take_in_staff(bureau: Unit, *, units: Rows, posts: Rows, holders: Rows, by: User) -> Taken:
    """A staff list that was compared under `lock_staff`, all or nothing: units, then posts by the name of their unit,
    then who holds them by the names of both. Nobody is given a role, nobody a password, nobody leaves."""
    lock_staff(bureau)
    changed = sum(_take_unit(bureau, values, by=by) for values in units)
    places = {unit.name: unit for unit in Unit.objects.under(bureau).filter(active=True)}
    changed += sum(_take_post(bureau, values, places, by=by) for values in posts)
    known = Post.objects.in_bureau(bureau).filter(active=True).select_related("unit", "bureau")
    made = {(post.unit.name, post.name): post for post in known}
    people = {user.username: user for user in User.objects.filter(username__in=[row["username"] for row in holders])}
    before = len(people)
    changed += sum(_take_holder(bureau, values, made, people, by=by) for values in holders)
    taken = Taken(_new(units) + _new(posts) + _new(holders), changed, len(people) - before)
    if taken.new or taken.changed:
        detail = {"新增": taken.new, "修改": taken.changed, "账号": taken.accounts}
        record("从 Excel 导入花名册", subject=bureau, bureau=bureau, detail=detail, by=by)
    return taken


def _new(rows: Rows) -> int:
    return sum(not values.get("id") for values in rows)


def _take_unit(bureau: Unit, values: Mapping[str, Any], *, by: User) -> bool:
    plain = {field: values[field] for field in ("name", "short_name", "duties")}
    if values.get("id"):
        return save_unit(Unit.objects.under(bureau).get(pk=values["id"]), **plain, by=by)
    last = Unit.objects.filter(parent=bureau).aggregate(last=Max("order"))["last"] or 0
    create_unit(kind=values["kind"], parent=bureau, order=last + 1, **plain, by=by)
    return False


def _take_post(bureau: Unit, values: Mapping[str, Any], places: Mapping[str, Unit], *, by: User) -> bool:
    unit = places[values["section"]]
    plain = {field: values[field] for field in ("name", "duties", "powers")}
    of_bureau = Post.objects.in_bureau(bureau).select_related("unit", "bureau")
    if values.get("id"):
        return save_post(of_bureau.get(pk=values["id"]), unit=unit, **plain, by=by)
    last = of_bureau.filter(unit=unit).aggregate(last=Max("order"))["last"] or 0
    create_post(unit, order=last + 1, **plain, by=by)
    return False


def _take_holder(
    bureau: Unit, values: Mapping[str, Any], posts: Mapping[tuple[str, str], Post], people: dict[str, User], *, by: User
) -> bool:
    """`people` by user name; who is new is added."""
    post, since = posts[values["section"], values["post"]], values["since"]
    person = people.get(values["username"])
    if not values.get("id"):
        _start(bureau, values, post, people, by=by)
        return False
    held = Tenure.objects.in_bureau(bureau).select_related("post", "person", "bureau")
    tenure = held.get(pk=values["id"], until=None)
    if person is not None and (tenure.person_id, tenure.post_id) == (person.pk, post.pk):
        corrected = correct_since(tenure, since=since, by=by)
        return save_person(person, political=values["political"], bureau=bureau, by=by) or corrected
    if person is None:
        end_tenure(tenure, until=since - timedelta(days=1), by=by)
        _start(bureau, values, post, people, by=by)
    else:
        pass_post(tenure, to=person, post=post, since=since, by=by)
        save_person(person, political=values["political"], bureau=bureau, by=by)
    return True


def _start(bureau: Unit, values: Mapping[str, Any], post: Post, people: dict[str, User], *, by: User) -> None:
    """A person takes a post: somebody new with an account, or somebody of the house."""
    person = people.get(values["username"])
    if person is None:
        plain = {field: values[field] for field in ("name", "political", "since")}
        people[values["username"]] = create_account(values["username"], post=post, **plain, by=by)
        return
    start_tenure(person, post=post, since=values["since"], by=by)
    save_person(person, political=values["political"], bureau=bureau, by=by)
