"""Rights as queries: asked as yes/no they guard, asked the other way they list."""

from collections.abc import Callable, Mapping

from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, TextField

from lianzheng.organisation.models import Unit, UnitUserGrant, User
from lianzheng.organisation.roles import ROLES

NOBODY = Q(pk__in=[])


def scopes(user: User) -> Mapping[str, tuple[str, ...]]:
    """Right -> paths of the units on which the person holds it; one query, kept on the user of this request."""
    known: dict[str, tuple[str, ...]] | None = getattr(user, "_scopes", None)
    if known is None:
        known = {}
        if user.is_active:
            grants = UnitUserGrant.objects.filter(user=user, content_object__active=True)
            for right, path in grants.values_list("permission__codename", "content_object__path"):
                known[right] = (*known.get(right, ()), path)
        user._scopes = known  # type: ignore[attr-defined]
    return known


def within(user: User, right: str, *, unit: str = "unit") -> Q:
    """Rows whose unit lies where the person holds the right; `unit` is the lookup that leads to the unit."""
    held = NOBODY
    for path in scopes(user).get(right, ()):
        held |= Q(**{f"{unit}__path__startswith": path})
    return held


def holds(user: User, right: str, *, unit: Unit) -> bool:
    """The same question about one unit, answered without a query once the scopes are known."""
    return any(unit.path.startswith(path) for path in scopes(user).get(right, ()))


def units(user: User, right: str) -> list[Unit]:
    """The units on which the right was granted, the highest first."""
    return list(Unit.objects.filter(path__in=scopes(user).get(right, ())).order_by("path"))


def seat(right: str, *, unit: str = "unit") -> QuerySet[UnitUserGrant]:
    """Grants of the right that cover the row's unit; for use inside Exists on any model with a unit."""
    grants = UnitUserGrant.objects.filter(permission__codename=right, user__is_active=True)
    path = ExpressionWrapper(OuterRef(f"{unit}__path"), output_field=TextField())
    return grants.alias(asked=path).filter(asked__startswith=F("content_object__path"))


def sits(right: str, *, person: str, unit: str = "unit") -> Exists:
    """Does the row's person (a field name) sit at this desk?"""
    return Exists(seat(right, unit=unit).filter(user=OuterRef(person)))


def occupied(right: str, *, besides: str, unit: str = "unit") -> Exists:
    """Does anybody but the row's person sit at this desk?"""
    return Exists(seat(right, unit=unit).exclude(user=OuterRef(besides)))


def hats(user: User, *, unit: Unit) -> list[str]:
    """Labels of the roles whose rights the person all holds over the unit."""
    return [role.label for role in ROLES if all(holds(user, right, unit=unit) for right in role.rights)]


def desk(*chain: str, person: str = "holder", shared: bool = False) -> Callable[[User], Q]:
    """Whose turn it is: who holds the first right of the chain, never the row's own person; the step goes one desk up
    where that person sits at the desk or nobody else does, computed at the moment of asking (公务员法 第七十六条
    回避). At a `shared` desk,
    which only records what a body decided, a colleague may act instead."""

    def rows(user: User) -> Q:
        admitted = within(user, chain[-1])
        for right in reversed(chain[:-1]):
            here = within(user, right)
            own = Q(pk__in=[]) if shared else Q(sits(right, person=person))
            # A desk that is not the person's adds nothing to ask about, nor does a way up that leads nowhere.
            up = admitted if admitted is NOBODY else (own | ~Q(occupied(right, besides=person))) & admitted
            admitted = up if here is NOBODY else (here & ~own) | up
        return admitted if admitted is NOBODY else admitted & ~Q(**{person: user})

    return rows
