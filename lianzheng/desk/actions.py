"""The only writers of packages: asked for, made file by file, cancelled, tried again, cleared away."""

from __future__ import annotations

import contextlib
import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from assessments.models import Campaign
from lianzheng import clock
from lianzheng.audit.actions import record
from lianzheng.desk.models import Package, PackageFile
from lianzheng.desk.packing import Page, Painter, Planned, forms_of, omitted_line, plan
from lianzheng.flow import Refused
from lianzheng.organisation.models import User
from lianzheng.organisation.rights import holds
from lianzheng.organisation.roles import Right
from lianzheng.render import pdf

logger = logging.getLogger(__name__)

T = TypeVar("T")
State = Package.State
RIGHTS = (Right.RUN_OFFICE, Right.HEAD_BUREAU, Right.INSPECT)
"""Those who see every form of the bureau; one is enough."""
KEPT_DAYS = 7
AT_ONCE = 8
"""Files that are drawn together and looked for among those that are kept."""
COMMIT = 1.0
"""Seconds between two commits: what a kill costs at most, what a cancel waits for."""
AHEAD = 2 * pdf.PRESSES
"""Files that are drawn before the presses have set the earlier ones, so that none of them waits."""

NO_RIGHT = "申请人已没有查阅本单位全部表册的权限，已停止生成。"
NOTHING = "没有可以收入的表册：{}"
NOT_RUNNING = "材料包已经不在生成中。"
NOTHING_TO_TRY = "没有需要重新生成的文件。"
FAULT = "生成时出错，请重试；如仍失败，请联系系统管理员。"


def entitled(user: User, campaign: Campaign) -> bool:
    """May this person have all papers of the round, now?"""
    return user.is_active and any(holds(user, right, unit=campaign.bureau) for right in RIGHTS)


@transaction.atomic
def order_package(campaign: Campaign, *, drafts: bool, site: str, by: User) -> Package:
    """Plan a package and let the worker make it; of two wishes of one person at once there is one package."""
    assert entitled(by, campaign)
    Campaign.objects.across_bureaus().select_for_update().get(pk=campaign.pk)
    running: Package | None = _of(by).filter(campaign=campaign, state=State.RUNNING).first()
    if running is not None:
        return running
    dossiers, left = forms_of(campaign, drafts=drafts)
    if not dossiers:
        raise Refused(NOTHING.format("全部还在填写中。" if left else "本年度还没有表册。"))
    omitted = [omitted_line(dossier) for dossier in left]
    facts: dict[str, Any] = {"drafts": drafts, "site": site, "omitted": omitted, "keep_until": _a_week_on()}
    package: Package = Package.objects.create(bureau=campaign.bureau, campaign=campaign, asked_by=by, **facts)
    _plan(package, plan(campaign, dossiers))
    detail = {"文件数": package.files.count(), "含填写中": drafts}
    record("申请备案材料包", subject=package, bureau=package.bureau, detail=detail, by=by)
    _start(package)
    return package


def _of(user: User) -> Any:
    return Package.objects.across_bureaus().filter(asked_by=user)


def _plan(package: Package, files: Sequence[Planned]) -> None:
    PackageFile.objects.bulk_create(
        PackageFile(bureau_id=package.bureau_id, package=package, order=order, **vars(file))
        for order, file in enumerate(files, start=1)
    )


def _start(package: Package) -> None:
    """A job that is committed with what it has to do."""
    from lianzheng.desk.tasks import queue_up  # the task calls this module

    queue_up(package.pk)


def make_some(pk: UUID, *, seconds: float) -> bool:
    """Make files of the package for about so long, a few at least; is there more to do? What was made stays made.

    Called twice at once it works once: the second finds the package taken. A killed process gives it free.
    """
    with _alone(pk) as alone:
        painter = _painter(pk) if alone else None
        if painter is None:
            return False
        listed = painter.package.files.filter(source=PackageFile.Source.LIST).values("pk")
        files = list(_unmade(painter.package).exclude(pk__in=listed))
        until = time.monotonic() + seconds
        for some in _by_the_second(_made(painter, files, until=until)):
            if not _keep(painter.package, some):
                return False
        if _unmade(painter.package).exclude(pk__in=listed).exists():
            return True
        _finish(painter)
        return False


def _in_parts(things: Iterable[T]) -> Iterator[list[T]]:
    """As many as are drawn together."""
    rest = iter(things)
    while part := list(islice(rest, AT_ONCE)):
        yield part


def _by_the_second(things: Iterable[T]) -> Iterator[list[T]]:
    """As many as are committed together: what came within a second."""
    part: list[T] = []
    began = time.monotonic()
    for thing in things:
        part.append(thing)
        if time.monotonic() - began >= COMMIT:
            yield part
            part, began = [], time.monotonic()
    if part:
        yield part


@contextlib.contextmanager
def _alone(pk: UUID) -> Iterator[bool]:
    """PostgreSQL's own lock of this session, which ends with the session however that ends."""
    key = f"package {pk}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        taken: bool = cursor.fetchone()[0]
        try:
            yield taken
        finally:
            if taken:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def _painter(pk: UUID) -> Painter | None:
    """For a package that is to be made and whose person may still have it."""
    rows = Package.objects.across_bureaus().select_related("campaign__bureau", "bureau", "asked_by")
    package: Package | None = rows.filter(pk=pk, state=State.RUNNING).first()
    if package is None:
        return None
    if not entitled(package.asked_by, package.campaign):
        _stop(package, reason=NO_RIGHT)
        return None
    return Painter(package)


def _unmade(package: Package) -> Any:
    return package.files.filter(made_at=None, failure="").defer("content").order_by("order")


@transaction.atomic
def _stop(package: Package, *, reason: str) -> None:
    _running(package).update(state=State.STOPPED, reason=reason, ended_at=Now())
    package.files.all().delete()
    record("停止备案材料包", subject=package, bureau=package.bureau, detail={"原因": reason}, by=None)


def _running(package: Package) -> Any:
    """The row, locked, if it is still to be made."""
    return Package.objects.across_bureaus().select_for_update().filter(pk=package.pk, state=State.RUNNING)


@dataclass(frozen=True)
class Made:
    """A file with its content, or with another file that has the same, or with the reason why there is none."""

    file: PackageFile
    content: bytes | Page = b""
    same: PackageFile | None = None
    failure: str = ""

    @property
    def recipe(self) -> str:
        return self.content.recipe if isinstance(self.content, Page) else ""


def _made(painter: Painter, files: Sequence[PackageFile], *, until: float) -> Iterator[tuple[Made, bytes]]:
    """The contents in order, until the time is over but a few at least; pages are set by two presses at once, while the
    next ones are drawn here."""
    waiting: deque[Future[tuple[Made, bytes]]] = deque()
    with ThreadPoolExecutor(pdf.PRESSES) as pool:
        for part in _in_parts(files):
            for drawn in _kept_before(painter.package, [_drawn(painter, file) for file in part]):
                waiting.append(pool.submit(_set, drawn))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            if time.monotonic() > until:
                break
        while waiting:
            yield waiting.popleft().result()


def _drawn(painter: Painter, file: PackageFile) -> Made:
    """One file that goes wrong keeps none of the others from being made."""
    try:
        content = painter.make(file)
    except pdf.PaperFailed as failure:
        return Made(file, failure=str(failure))
    except Exception as fault:  # whatever it is: the others are made, this one is shown as missing
        # The fault's name alone: its message may quote the paper.
        logger.error("a file of a package could not be made: %s", type(fault).__name__)
        return Made(file, failure=FAULT)
    return Made(file, content)


def _kept_before(package: Package, drawn: Sequence[Made]) -> list[Made]:
    """The same, pointing at the PDF where a package of the bureau holds it already."""
    wanted = {made.recipe for made in drawn} - {""}
    rows = PackageFile.objects.in_bureau(package.bureau).filter(recipe__in=wanted).exclude(made_at=None)
    kept = {file.recipe: file for file in rows.defer("content")}
    return [replace(made, same=kept.get(made.recipe)) for made in drawn]


def _set(made: Made) -> tuple[Made, bytes]:
    """With its bytes. Runs in a thread of its own and asks nothing of the database."""
    if made.failure or made.same is not None:
        return made, b""
    if isinstance(made.content, bytes):
        return made, made.content
    if reason := pdf.available():
        return replace(made, failure=reason), b""
    try:
        return made, pdf.typeset(made.content.html)
    except pdf.PaperFailed as failure:
        return replace(made, failure=str(failure)), b""


@transaction.atomic
def _keep(package: Package, some: Iterable[tuple[Made, bytes]]) -> bool:
    """Write the contents, unless the package was cancelled meanwhile."""
    if _running(package).first() is None:
        return False
    same: list[tuple[UUID, UUID]] = []
    for made, content in some:
        row = package.files.filter(pk=made.file.pk, made_at=None)
        if made.failure:
            row.update(failure=made.failure[:300])
        elif made.same is not None:
            same.append((made.file.pk, made.same.pk))
        else:
            facts = {"size": len(content), "sha256": sha256(content).hexdigest(), "recipe": made.recipe}
            row.update(content=content, made_at=Now(), **facts)
    _copy(same)
    return True


_COPY = """
UPDATE desk_packagefile file
SET content = kept.content, size = kept.size, sha256 = kept.sha256, recipe = kept.recipe,
    made_at = statement_timestamp()
FROM desk_packagefile kept, unnest(%s::uuid[], %s::uuid[]) AS pair (file, kept)
WHERE file.id = pair.file AND kept.id = pair.kept AND file.made_at IS NULL AND kept.made_at IS NOT NULL
"""


def _copy(pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """(file, the one that has its content): it never leaves the database. Where the other one has gone meanwhile, the
    file stays to be made."""
    if pairs:
        with connection.cursor() as cursor:
            cursor.execute(_COPY, [[file for file, _ in pairs], [kept for _, kept in pairs]])


@transaction.atomic
def _finish(painter: Painter) -> None:
    """Write the list of what was made; from here on the package may be fetched."""
    package = painter.package
    if not _keep(package, [_set(_drawn(painter, file)) for file in _unmade(package)]):
        return
    failed = package.files.exclude(failure="").count()
    state = State.PARTLY if failed else State.DONE
    _running(package).update(state=state, ended_at=Now(), keep_until=_a_week_on())
    digest = package.files.get(source=PackageFile.Source.LIST).sha256
    detail = {"文件数": package.files.count() - failed, "未生成": failed}
    record("生成备案材料包", subject=package, bureau=package.bureau, digest=digest, detail=detail, by=package.asked_by)


def _a_week_on() -> date:
    return clock.today() + timedelta(days=KEPT_DAYS)


@transaction.atomic
def cancel_package(package: Package, *, by: User) -> None:
    """Stop making it and drop what was made. Raises Refused when it is made or stopped already."""
    if not _running(package).update(state=State.CANCELLED, ended_at=Now()):
        raise Refused(NOT_RUNNING)
    package.files.all().delete()
    record("取消备案材料包", subject=package, bureau=package.bureau, by=by)


@transaction.atomic
def retry_package(package: Package, *, by: User) -> None:
    """Let the worker go on: with a package that stands still, or with the files that could not be made."""
    found = Package.objects.across_bureaus().select_for_update().get(pk=package.pk)
    if found.state == State.PARTLY:
        package.files.exclude(failure="").update(failure="")
        listed = package.files.filter(source=PackageFile.Source.LIST)
        listed.update(content=None, size=None, sha256="", made_at=None)
        Package.objects.across_bureaus().filter(pk=package.pk).update(state=State.RUNNING, ended_at=None)
    elif found.state != State.RUNNING:
        raise Refused(NOTHING_TO_TRY)
    record("继续生成备案材料包", subject=package, bureau=package.bureau, by=by)
    _start(package)


@transaction.atomic
def clear_old() -> int:
    """Drop the files of packages that were kept long enough, finished or not; how many packages."""
    kept = Package.objects.across_bureaus().filter(state__in=(State.RUNNING, State.DONE, State.PARTLY))
    old = list(kept.filter(keep_until__lt=clock.today()).select_for_update(of=("self",)).select_related("bureau"))
    for package in old:
        package.files.all().delete()
        Package.objects.across_bureaus().filter(pk=package.pk).update(state=State.EXPIRED)
        record("清除过期备案材料包", subject=package, bureau=package.bureau, by=None)
    return len(old)


def unfinished() -> list[UUID]:
    """Packages that are still to be made, the oldest first."""
    rows = Package.objects.across_bureaus().filter(state=State.RUNNING).order_by("asked_at")
    return list(rows.values_list("pk", flat=True))
