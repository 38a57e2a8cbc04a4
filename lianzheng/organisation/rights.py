"""Rights as queries: asked as yes/no they guard, asked the other way they list.

A person holds a right by a grant of their own or, for the days of a deputation (代理), by a grant of the one they
stand in for. Recusal goes by person: nobody acts on their own form, nor on that of anybody they stand in for today.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from copy import copy
from functools import reduce
from operator import or_
from typing import TypeAlias
from uuid import UUID

from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, TextField, UUIDField, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from lianzheng.clock import Today
from lianzheng.organisation.models import BODIES, OWN_BUREAU, Deputy, Unit, UnitUserGrant, User
from lianzheng.organisation.roles import ROLES, Role, bundled, role

NOBODY = Q(pk__in=[])
(_NEVER,) = NOBODY.children
_NO_ONE = Value(UUID(int=0))
Held: TypeAlias = tuple[str, str, UUID | None, UUID | None]
"""(right, path of the unit, principal, deputy): a grant of the person's own names neither, a deputation of today both,
whoever it is between; without a right it only tells who stands in for whom."""

_GRANT = "principal__unitusergrant"
_OF_THE_ROLE = Q(pk__in=[])
for _role in ROLES:
    _OF_THE_ROLE |= Q(role=_role.code, **{f"{_GRANT}__permission__codename__in": list(map(str, _role.rights))})


def standing() -> QuerySet[Deputy]:
    """Deputations that hold today, by the clock of the database: nobody has to end them."""
    days = Q(since__lte=Today(), until__gte=Today(), revoked_at=None)
    return Deputy.objects.within(days & Q(deputy__is_active=True, principal__is_active=True)).order_by()


def _known(user: User) -> tuple[Held, ...]:
    """The person's grants and everybody's deputations of today (few at any time); one query, kept on the user of this
    request."""
    known: tuple[Held, ...] | None = getattr(user, "_grants", None)
    if known is None:
        known = tuple(_ask(user)) if user.is_active else ()
        user._grants = known  # type: ignore[attr-defined]
    return known


def _ask(user: User) -> Iterable[Held]:
    nobody, nothing = Value(None, output_field=UUIDField()), Value("", output_field=TextField())
    own = UnitUserGrant.objects.filter(user=user, content_object__active=True)
    lent = standing().filter(_OF_THE_ROLE, **{f"{_GRANT}__content_object": F("unit")}, unit__active=True)
    return own.values_list("permission__codename", "content_object__path", nobody, nobody).union(
        lent.values_list(f"{_GRANT}__permission__codename", "unit__path", "principal", "deputy"),
        standing().values_list(nothing, nothing, "principal", "deputy"),
        all=True,
    )


def _lent(user: User, right: str) -> list[tuple[str, UUID, UUID]]:
    """(path, principal, deputy) of the deputations of today that give this right."""
    return [(path, who, deputy) for held, path, who, deputy in _known(user) if held == right and who and deputy]


def principals(user: User) -> frozenset[UUID]:
    """Those for whom the person stands in today, whatever it lets them do."""
    return _principals(user, user.pk)


def _principals(user: User, deputy: UUID) -> frozenset[UUID]:
    return frozenset(who for _, _, who, one in _known(user) if who and one == deputy)


def acting(user: User, principal: UUID | None) -> User:
    """The person with nothing but their own rights, or nothing but those of this principal; recusals stay."""
    narrowed = copy(user)
    narrowed._grants = _known(user)  # type: ignore[attr-defined]
    narrowed._scopes = _scopes(user, {principal})  # type: ignore[attr-defined]
    return narrowed


def _scopes(user: User, principals: Collection[UUID | None]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for right, path, principal, deputy in _known(user):
        mine = deputy in (None, user.pk) and principal in principals
        if mine and right and path not in found.get(right, ()):
            found[right] = (*found.get(right, ()), path)
    return found


def scopes(user: User) -> Mapping[str, tuple[str, ...]]:
    """Right -> paths of the units on which the person holds it, on their own account or for another."""
    known: dict[str, tuple[str, ...]] | None = getattr(user, "_scopes", None)
    if known is None:
        known = _scopes(user, {None, *principals(user)})
        user._scopes = known  # type: ignore[attr-defined]
    return known


def within(user: User, right: str, *, unit: str = "unit") -> Q:
    """Rows whose unit lies where the person holds the right; `unit` is the lookup that leads to the unit."""
    held = NOBODY
    for path in scopes(user).get(right, ()):
        held |= Q(**{f"{unit}__path__startswith": path})
    return held


def pruned(rows: Q) -> Q:
    """The same rows without the branches that nobody is on; `NOBODY` itself where none is left. Most people sit at few
    desks, and what is not asked here is neither compiled nor planned on every page they open."""
    if not rows.children or rows.connector == Q.XOR:
        return rows
    kept = [pruned(child) if isinstance(child, Q) else child for child in rows.children]
    rest = [child for child in kept if not (_nothing(child) or _everything(child))]
    decides = _nothing if rows.connector == Q.AND else _everything
    if rest and not any(map(decides, kept)):
        return Q(*rest, _connector=rows.connector, _negated=rows.negated)
    nothing = any(map(_nothing, kept)) if rows.connector == Q.AND else not any(map(_everything, kept))
    return Q() if nothing == rows.negated else NOBODY


def _nothing(child: object) -> bool:
    return child is NOBODY or child == _NEVER


def _everything(child: object) -> bool:
    return isinstance(child, Q) and not child.children


def holds(user: User, right: str, *, unit: Unit) -> bool:
    """The same question about one unit, answered without a query once the scopes are known."""
    return any(unit.path.startswith(path) for path in scopes(user).get(right, ()))


def units(user: User, right: str) -> list[Unit]:
    """The units on which the right was granted, the highest first."""
    return list(Unit.objects.filter(path__in=scopes(user).get(right, ())).order_by("path"))


def bodies(user: User, right: str) -> list[Unit]:
    """Bureaus and towns on which the right was granted."""
    return [unit for unit in units(user, right) if unit.kind in BODIES]


def bureaus_below(user: User, rights: Iterable[str]) -> QuerySet[Unit]:
    """Bureaus, towns and authorities that lie where the person holds one of the rights."""
    held = Q(pk__in=[])
    for path in {path for right in rights for path in scopes(user).get(right, ())}:
        held |= Q(path__startswith=path)
    return Unit.objects.filter(held, kind__in=OWN_BUREAU).order_by("path")


def covering(right: str, *, unit: str = "unit") -> QuerySet[UnitUserGrant]:
    """Grants of the right that cover the row's unit; for use inside Exists on any model with a unit."""
    grants = UnitUserGrant.objects.filter(permission__codename=right, user__is_active=True)
    path = ExpressionWrapper(OuterRef(f"{unit}__path"), output_field=TextField())
    return grants.alias(asked=path).filter(asked__startswith=F("content_object__path"))


def _one_of(persons: tuple[str, ...], people: Iterable[UUID]) -> Q:
    """One of the row's persons is one of these people."""
    found, keys = Q(pk__in=[]), sorted(people)
    for person in persons:
        found |= Q(**{f"{person}__in": keys})
    return found


def sits(user: User, right: str, *, persons: tuple[str, ...], unit: str = "unit") -> Q:
    """Does one of the row's persons (field names) sit at this desk, on their own account or as a deputy?"""
    own = Q(pk__in=[])
    for person in persons:
        own |= Q(user=OuterRef(person))
    found = Q(Exists(covering(right, unit=unit).filter(own)))
    for path, _, deputy in _lent(user, right):
        found |= Q(**{f"{unit}__path__startswith": path}) & _one_of(persons, [deputy])
    return found


def occupied(user: User, right: str, *, besides: tuple[str, ...], unit: str = "unit") -> Q:
    """Does anybody sit at this desk who is neither one of the row's persons nor stands in for one?"""
    able = covering(right, unit=unit)
    for person in besides:
        able = able.exclude(user=Coalesce(OuterRef(person), _NO_ONE, output_field=UUIDField()))
        for deputy in {deputy for _, _, _, deputy in _known(user) if deputy}:
            bound = [Q(Exact(OuterRef(person), Value(who))) for who in sorted(_principals(user, deputy))]
            able = able.exclude(reduce(or_, bound), user=deputy)
    found = Q(Exists(able))
    for path, _, deputy in _lent(user, right):
        bound_ = _one_of(besides, {deputy, *_principals(user, deputy)})
        found |= Q(**{f"{unit}__path__startswith": path}) & ~bound_
    return found


def hats(user: User, *, unit: Unit) -> list[str]:
    """Labels of the roles whose rights the person all holds over the unit."""
    return [role.label for role in ROLES if all(holds(user, right, unit=unit) for right in role.rights)]


def sitting(
    unit: Unit, rights: Iterable[str], *, persons: set[UUID | None]
) -> tuple[dict[str, list[tuple[UUID, str]]], set[UUID | None]]:
    """Who sits at the desks of these rights over the unit, with the name as papers print it, and whom recusal binds of
    those who may sit there: the `persons` themselves and their deputies of today."""
    seats: dict[str, list[tuple[UUID, str]]] = {}
    over = {"permission__codename__in": list(rights), "content_object__in": unit.lineage()}
    grants = UnitUserGrant.objects.filter(**over, user__is_active=True).order_by("user__name")
    for right, person, name in grants.values_list("permission__codename", "user", "user__name"):
        seats.setdefault(right, []).append((person, name))
    bound = set(persons)
    near = Q(unit__in=unit.lineage()) | Q(principal__in=[person for person in persons if person])
    for row in standing().filter(near).select_related("deputy", "principal"):
        bound |= {row.deputy_id} if row.principal_id in persons else set()
        if row.unit_id.hex in unit.lineage():
            _seat_deputy(seats, row)
    return seats, bound


def _seat_deputy(seats: dict[str, list[tuple[UUID, str]]], row: Deputy) -> None:
    """Where the principal sits, the deputy does."""
    for right in role(row.role).rights:
        if any(person == row.principal_id for person, _ in seats.get(right, ())):
            seats[right].append((row.deputy_id, f"{row.deputy.name}（代{row.principal.name}）"))


def roles_of(people: Q) -> list[tuple[User, Role, Unit]]:
    """Who holds which role on which unit by grant, of the grants that `people` admits; one query."""
    rights: dict[tuple[User, Unit], set[str]] = {}
    grants = UnitUserGrant.objects.filter(people, user__is_active=True, content_object__active=True)
    rows = grants.select_related("user", "content_object", "permission")
    for item in rows.order_by("content_object__path", "user__name", "user"):
        rights.setdefault((item.user, item.content_object), set()).add(item.permission.codename)
    return [(user, role, unit) for (user, unit), held in rights.items() for role in bundled(held)]


def own_or_bound(user: User, persons: tuple[str, ...]) -> Q:
    """Rows on which the person may give no opinion: their own, and those of whom they stand in for."""
    return _one_of(persons, {user.pk, *principals(user)})


def desk(*chain: str, persons: tuple[str, ...] = ("holder",), shared: bool = False) -> Callable[[User], Q]:
    """Whose turn it is: who holds the first right of the chain, never the row's own person nor who stands in for that
    one; the step goes one desk up where that person sits at the desk or nobody else may act there, computed at the
    moment of asking (公务员法 第七十六条 回避). At a `shared` desk, which only records what a body decided, a
    colleague may act instead."""

    def rows(user: User) -> Q:
        admitted = within(user, chain[-1])
        for right in reversed(chain[:-1]):
            here = within(user, right)
            own = Q(pk__in=[]) if shared else sits(user, right, persons=persons)
            # A desk that is not the person's adds nothing to ask about, nor does a way up that leads nowhere.
            up = admitted if admitted is NOBODY else (own | ~occupied(user, right, besides=persons)) & admitted
            admitted = up if here is NOBODY else (here & ~own) | up
        return admitted if admitted is NOBODY else admitted & ~own_or_bound(user, persons)

    return rows
