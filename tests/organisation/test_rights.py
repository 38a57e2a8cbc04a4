"""The tree, the grants that stand in it, and managers that refuse to answer for everybody."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.models import Dossier
from assessments.rules import visible
from lianzheng.audit.models import Entry
from lianzheng.organisation.actions import create_unit, grant, revoke, start_tenure
from lianzheng.organisation.models import Post, Tenure, Unit, User
from lianzheng.organisation.rights import NOBODY, hats, holds, pruned, scopes, within
from lianzheng.organisation.roles import ROLES, Right, Role, role
from lianzheng.organisation.scoping import BureauModel, Unscoped
from tests.cast import SINCE, Cast, Round, again, client_of


def subclasses(model: Any) -> list[type[BureauModel]]:
    return [found for item in model.__subclasses__() for found in (item, *subclasses(item))]


def test_bare_query_is_refused_by_every_business_model() -> None:
    models = [model for model in subclasses(BureauModel) if not model._meta.abstract]
    assert len(models) >= 12
    for model in models:
        for question in ("all", "count", "filter", "get", "first"):
            with pytest.raises(Unscoped):
                getattr(model.objects, question)()


def test_unit_knows_its_place_and_its_bureau(cast: Cast) -> None:
    section, bureau, county = (cast.units[name] for name in ("建筑业股", "县住建局", "云县"))
    assert section.path == f"{county.pk.hex}/{bureau.pk.hex}/{section.pk.hex}/"
    assert (section.bureau, bureau.bureau_id, county.bureau_id) == (bureau, bureau.pk, None)
    names = {"县住建局", "局领导", "建筑业股", "办公室"}
    assert {unit.name for unit in Unit.objects.under(bureau)} == names
    assert [unit.name for unit in Unit.objects.over(section)] == ["云县", "县住建局", "建筑业股"]


def test_name_stands_once_under_a_unit(cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        create_unit("建筑业股", kind=Unit.Kind.SECTION, parent=cast.bureau, by=None)


REACH = [
    ("李四", Right.REVIEW_SECTION, {"建筑业股"}),
    ("王五", Right.RUN_OFFICE, {"县住建局", "局领导", "建筑业股", "办公室"}),
    ("外人", Right.RUN_OFFICE, {"县水利局", "水政股"}),
    (
        "周一",
        Right.VERIFY_BUREAU,
        {"云县", "县领导小组", "县纪委监委", "县住建局", "局领导", "建筑业股", "办公室", "县水利局", "水政股"},
    ),
    ("张三", Right.REVIEW_SECTION, set()),
]


@pytest.mark.parametrize(("name", "right", "reached"), REACH)
def test_right_holds_where_it_was_granted_and_below(cast: Cast, name: str, right: Right, reached: set[str]) -> None:
    person = again(cast[name])
    held = {unit.name for unit in cast.units.values() if holds(person, right, unit=unit)}
    assert held == reached
    posts = Post.objects.within(within(person, right)).values_list("unit__name", flat=True)
    assert set(posts) == {post.unit.name for post in cast.posts.values()} & reached


def test_right_taken_away_is_gone_with_the_next_request(cast: Cast) -> None:
    revoke(role("section_head"), unit=cast.units["建筑业股"], to=cast["李四"], by=cast["管理员"])
    assert scopes(again(cast["李四"])) == {}
    entry = Entry.objects.filter(act="收回授权").get()
    assert (entry.by, entry.bureau) == (cast["管理员"], cast.bureau)


def test_inactive_person_holds_nothing(cast: Cast) -> None:
    User.objects.filter(pk=cast["王五"].pk).update(is_active=False)
    assert scopes(again(cast["王五"])) == {}


@pytest.mark.parametrize("item", ROLES, ids=lambda item: item.code)
def test_role_gives_its_rights_and_its_hat(cast: Cast, item: Role) -> None:
    given = role(item.code)
    grant(given, unit=cast.bureau, to=cast["陈九"], by=None)
    person = again(cast["陈九"])
    assert set(scopes(person)) == set(given.rights)
    assert hats(person, unit=cast.units["建筑业股"]) == [given.label]


def test_administrator_sees_no_form(cast: Cast) -> None:
    Round(cast)
    assert Dossier.objects.within(visible(again(cast["管理员"]))).count() == 0
    assert Dossier.objects.within(visible(again(cast["王五"]))).count() == 10


def test_post_is_held_once_at_a_time_by_a_person(cast: Cast) -> None:
    post = cast.posts["建筑业股/施工许可岗"]
    with pytest.raises(IntegrityError), transaction.atomic():
        start_tenure(cast["张三"], post=post, since=SINCE, by=None)
    Tenure.objects.in_bureau(cast.bureau).filter(person=cast["张三"]).update(until=SINCE)
    assert start_tenure(cast["张三"], post=post, since=SINCE, by=None).until is None


@pytest.mark.parametrize("typed", ["user01", "13800000001"])
def test_person_signs_in_by_name_or_phone(cast: Cast, typed: str) -> None:
    person = cast["张三"]
    person.phone = "13800000001"
    person.set_password("Hang3-zhou-xi-hu")
    person.save()
    right = {"username": typed, "password": "Hang3-zhou-xi-hu"}
    assert client_of(None).post(reverse("sign_in"), right)["Location"] == "/"
    wrong = client_of(None).post(reverse("sign_in"), right | {"password": "Hang3-zhou-xi-hv"})
    assert (wrong.status_code, "用户名或密码不正确，请重新输入。" in wrong.content.decode()) == (422, True)
    assert Entry.objects.filter(act="登录").count() == 1


def test_phone_belongs_to_one_person(cast: Cast) -> None:
    for name in ("张三", "李四"):
        cast[name].phone = "13800000001"
    cast["张三"].save()
    with pytest.raises(IntegrityError), transaction.atomic():
        cast["李四"].save()


def combined(parts: st.SearchStrategy[Q]) -> st.SearchStrategy[Q]:
    some = st.lists(parts, min_size=2, max_size=3)
    joined = st.tuples(st.sampled_from([and_, or_]), some).map(lambda pair: reduce(*pair))
    return joined | parts.filter(lambda q: bool(q.children)).map(lambda q: ~q)


LEAVES: list[Any] = [NOBODY, Q(pk__in=[]), Q(name="张三"), Q(name="李四"), Q(name__startswith="张"), Q()]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.recursive(st.sampled_from(LEAVES), combined, max_leaves=8))
def test_pruned_rows_are_the_same_rows(cast: Cast, rows: Q) -> None:
    kept = pruned(rows)
    assert set(User.objects.filter(kept)) == set(User.objects.filter(rows))
    assert kept is NOBODY or "[]" not in str(kept)
