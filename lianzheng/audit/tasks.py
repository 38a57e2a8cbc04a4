"""Jobs of the journal."""

from procrastinate.contrib.django import app

from lianzheng.audit.actions import seal
from lianzheng.audit.models import Entry
from lianzheng.organisation.models import Unit


@app.periodic(cron="*/10 * * * *")
@app.task(name="audit.seal_all", queueing_lock="audit.seal_all")
def seal_all(timestamp: int) -> int:
    """Seal what each bureau's journal has gained; the number of new seals. Running it twice seals nothing twice."""
    bureaus: list[Unit | None] = [None, *Unit.objects.filter(pk__in=Entry.objects.values("bureau"))]
    return sum(seal(bureau) is not None for bureau in bureaus)
