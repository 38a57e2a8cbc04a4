"""Levels in force as the calendar of duties reads them: which post, section or bureau stands at which level since when.
Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Min

from assessments.models import Dossier, State
from lianzheng.organisation.models import Tenure, Unit, UnitUserGrant
from lianzheng.organisation.roles import Right
from registers.models import RiskTable


@dataclass(frozen=True)
class Standing:
    """A level in force: of a post with its holder, of a section, or the gravest of a bureau's sections."""

    kind: str
    unit: UUID
    rank: int
    since: date
    post: UUID | None = None
    person: UUID | None = None
    tenure_since: date | None = None
    head: UUID | None = None
    head_post: UUID | None = None

    @property
    def place(self) -> tuple[UUID, UUID | None]:
        return (self.unit, self.post)


def in_force(bureau: Unit) -> list[Dossier]:
    """The rating dossiers whose level stands now."""
    rows = Dossier.objects.in_bureau(bureau).filter(state=State.IN_FORCE, decided_rank__isnull=False)
    return list(rows.exclude(stage=Dossier.Stage.FINDING).select_related("table").order_by("in_force_on", "id"))


def standings(bureau: Unit) -> list[Standing]:
    """Every level in force in the bureau with the tenures that rotation asks about; four queries."""
    dossiers = in_force(bureau)
    tenures = _tenures(bureau)
    heads = _heads(bureau)
    found = [_standing(dossier, tenures, heads) for dossier in dossiers if dossier.kind != RiskTable.Kind.BUREAU]
    return [*found, *_of_bureau(bureau, dossiers)]


def _standing(dossier: Dossier, tenures: Sequence[Tenure], heads: dict[UUID, list[UUID]]) -> Standing:
    assert dossier.decided_rank is not None
    assert dossier.in_force_on is not None
    kind, unit, rank, since = dossier.kind, dossier.unit_id, dossier.decided_rank, dossier.in_force_on
    if kind == RiskTable.Kind.POST:
        post, person = dossier.table.post_id, dossier.table.holder_id
        held = next((row for row in tenures if (row.post_id, row.person_id) == (post, person)), None)
        return Standing(kind, unit, rank, since, post, person, held.since if held else None)
    head = next((row for row in tenures if row.person_id in heads.get(unit, [])), None)
    if head is None:
        return Standing(kind, unit, rank, since)
    return Standing(kind, unit, rank, since, tenure_since=head.since, head=head.person_id, head_post=head.post_id)


def _tenures(bureau: Unit) -> list[Tenure]:
    return list(Tenure.objects.in_bureau(bureau).filter(until=None).order_by("since", "id"))


def _heads(bureau: Unit) -> dict[UUID, list[UUID]]:
    """Section -> people to whom its review was granted on the section itself."""
    grants = UnitUserGrant.objects.filter(
        permission__codename=Right.REVIEW_SECTION, content_object__path__startswith=bureau.path, user__is_active=True
    )
    found: dict[UUID, list[UUID]] = {}
    for unit, person in grants.values_list("content_object", "user").order_by("id"):
        found.setdefault(unit, []).append(person)
    return found


def _of_bureau(bureau: Unit, dossiers: Iterable[Dossier]) -> list[Standing]:
    """What the bureau as a whole owes follows from its gravest section (ours: the rule gives the rhythm by section);
    it counts from the first day on which any level stood."""
    ranks = [dossier.decided_rank for dossier in dossiers if dossier.kind == RiskTable.Kind.SECTION]
    ranks = ranks or [dossier.decided_rank for dossier in dossiers]
    first = Dossier.objects.in_bureau(bureau).aggregate(first=Min("in_force_on"))["first"]
    gravest = min((rank for rank in ranks if rank is not None), default=None)
    return [Standing("bureau", bureau.pk, gravest, first)] if gravest and first else []
