"""Jobs of the export centre."""

import contextlib
from uuid import UUID

from django.db import transaction
from procrastinate import JobContext
from procrastinate.builtin_tasks import remove_old_jobs
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from lianzheng.desk.actions import clear_old, make_some, unfinished

JOBS_KEPT = 72
"""Hours for which a finished job can still be looked at."""
SLICE = 8.0
"""Seconds after which a job lets the others go first and queues up again: less than a worker has to say goodbye."""


@app.task(name="desk.make_package")
def make_package(package: str) -> None:
    """Go on with a package. Any number of these jobs may run: one works, and what is made is never made again."""
    if make_some(UUID(package), seconds=SLICE):
        queue_up(UUID(package))


def queue_up(package: UUID) -> None:
    """One waiting job for a package is enough."""
    job = make_package.configure(queueing_lock=f"package {package}")
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        job.defer(package=str(package))


@app.periodic(cron="* * * * *")
@app.task(name="desk.resume_packages", queueing_lock="desk.resume_packages")
def resume_packages(timestamp: int) -> int:
    """Take up what a killed worker left; how many packages are unfinished. One that is being made is left alone."""
    waiting = unfinished()
    for package in waiting:
        queue_up(package)
    return len(waiting)


@app.periodic(cron="35 * * * *")
@app.task(name="desk.clear_packages", queueing_lock="desk.clear_packages")
def clear_packages(timestamp: int) -> int:
    """Clear away what was kept for its week."""
    return clear_old()


@app.periodic(cron="5 4 * * *")
@app.task(name="desk.clear_jobs", queueing_lock="desk.clear_jobs", pass_context=True)
async def clear_jobs(context: JobContext, timestamp: int) -> None:
    """Clear away finished jobs: they carry no business content, and what they did is told by its own rows."""
    await remove_old_jobs(context, max_hours=JOBS_KEPT, remove_failed=True, remove_cancelled=True, remove_aborted=True)
