"""What a bureau sets for itself: its table of criteria and who falls under which line, its words, its optional steps.

The writers of the units and posts are organisation's; here follows what the change means for forms being filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction

from assessments.actions.ratings import refresh_open
from assessments.models import Dossier, Raters, State
from assessments.routes import way
from lianzheng.organisation import actions as organisation
from lianzheng.organisation.models import Criterion, Post, Unit, User


@transaction.atomic
def save_line(line: Criterion, *, version: int, rank: int, text: str, source: str, active: bool, by: User) -> int:
    """Change or retire a line of the criteria; forms being filled in are proposed anew. How many."""
    organisation.save_criterion(line, version=version, rank=rank, text=text, source=source, active=active, by=by)
    return refresh_open(line.bureau)


@transaction.atomic
def apply_lines(bureau: Unit, *, chosen: Iterable[tuple[Post | Unit, Criterion | None, str]], by: User) -> int:
    """Put posts and sections under lines of the table, each with a word of why; the number changed."""
    changed = 0
    for owner, line, note in chosen:
        if (owner.criterion_id, owner.criterion_note) != (line.pk if line else None, note):
            organisation.apply_criterion(owner, line=line, note=note, by=by)
            changed += 1
    if changed:
        refresh_open(bureau)
    return changed


@transaction.atomic
def set_options(bureau: Unit, *, vocabulary: str, switches: Sequence[str], by: User) -> None:
    """Words and optional steps. Forms being filled in follow them; what was handed in goes the way it began."""
    organisation.set_options(bureau, vocabulary=vocabulary, switches=switches, by=by)
    found = Dossier.objects.in_bureau(bureau).filter(state__in=(State.DRAFT, State.RETURNED))
    for dossier in found.select_related("campaign", "bureau"):
        name = way(dossier, several=dossier.raters != Raters.SINGLE)
        if name != dossier.route:
            Dossier.objects.in_bureau(bureau).filter(pk=dossier.pk).update(route=name)
    refresh_open(bureau)
