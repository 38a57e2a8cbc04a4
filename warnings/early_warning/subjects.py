"""Whom a signal or a warning may be about, and who answers for it; reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from early_warning.colours import Office
from early_warning.models import SubjectKind
from lianzheng.organisation.models import BODIES, Post, Tenure, Unit, UnitUserGrant, User
from lianzheng.organisation.rights import scopes
from lianzheng.organisation.roles import Right


@dataclass(frozen=True)
class Subject:
    """A unit, section, post or person, with who answers for it (None: nobody has an account)."""

    kind: str
    unit: Unit
    post: Post | None
    answerer: User | None


def reach(user: User, *rights: str) -> list[Unit]:
    """Units about which the person may report, the highest first."""
    scope = Q(pk__in=[])
    for right in rights:
        for path in scopes(user).get(right, ()):
            scope |= Q(path__startswith=path)
    kinds = (*BODIES, Unit.Kind.SECTION, Unit.Kind.STATION, Unit.Kind.LEADERSHIP)
    found = Unit.objects.filter(scope, active=True, kind__in=kinds)
    return list(found.select_related("bureau").order_by("path"))


Choice = tuple[str, str]


def choices(units: Sequence[Unit]) -> list[tuple[str, list[Choice]]]:
    """Grouped choices of a select: a key and the words; two queries. Of several bureaus each is named."""
    several = len({unit.bureau_id for unit in units}) > 1
    names = {unit.pk: f"{unit.bureau if several and unit.kind not in BODIES else ''}{unit.name}" for unit in units}
    held = Tenure.objects.across_bureaus().filter(post__unit__in=units, until=None, person__is_active=True)
    people = [
        (f"{SubjectKind.PERSON}:{tenure.pk}", f"{tenure.person.name}（{names[tenure.post.unit_id]}{tenure.post.name}）")
        for tenure in held.select_related("person", "post").order_by("post__unit__path", "post__order")
    ]
    posts = Post.objects.across_bureaus().filter(unit__in=units, active=True)
    places = [(f"{SubjectKind.POST}:{post.pk}", f"{names[post.unit_id]}{post.name}") for post in posts]
    whole = [(f"{SubjectKind.UNIT}:{unit.pk}", unit.name) for unit in units if unit.kind in BODIES]
    sections = [(f"{SubjectKind.SECTION}:{unit.pk}", names[unit.pk]) for unit in units if unit.kind not in BODIES]
    groups = [("个人", people), ("岗位", places), ("股室", sections), ("单位", whole)]
    return [(title, items) for title, items in groups if items]


def found(key: str) -> Subject:
    """The subject of a choice that was offered."""
    kind, _, text = key.partition(":")
    pk = UUID(text)
    if kind == SubjectKind.PERSON:
        tenure = Tenure.objects.across_bureaus().select_related("person", "post__unit").get(pk=pk)
        return Subject(kind, tenure.post.unit, tenure.post, tenure.person)
    if kind == SubjectKind.POST:
        post = Post.objects.across_bureaus().select_related("unit").get(pk=pk)
        return Subject(kind, post.unit, post, _holder(post))
    unit = Unit.objects.get(pk=pk)
    right = Right.HEAD_BUREAU if kind == SubjectKind.UNIT else Right.REVIEW_SECTION
    return Subject(kind, unit, None, _seated(unit, right))


def _holder(post: Post) -> User | None:
    held = post.tenures.filter(until=None, person__is_active=True).select_related("person").order_by("-since").first()
    return held.person if held else None


def _seated(unit: Unit, right: str) -> User | None:
    """Who holds the right on this very unit."""
    grants = UnitUserGrant.objects.filter(content_object=unit, permission__codename=right, user__is_active=True)
    grant = grants.select_related("user").order_by("pk").first()
    return grant.user if grant else None


def office_of(subject: Subject) -> Office:
    """By office held (预警防控暂行办法 第十八条), as the organisation has it; a person may say otherwise."""
    if subject.kind == SubjectKind.UNIT or subject.unit.kind == Unit.Kind.LEADERSHIP:
        return Office.LEADERSHIP
    headed = subject.answerer is not None and subject.answerer == _seated(subject.unit, Right.REVIEW_SECTION)
    return Office.HEAD if headed or subject.kind == SubjectKind.SECTION else Office.KEY_POST
