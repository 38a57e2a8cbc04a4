"""The export centre: ask for a package of a round's papers, watch it being made, cancel it, fetch it."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable
from typing import Any, BinaryIO
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.models import Campaign
from assessments.views import present, reach
from lianzheng.accounts.proof import recent
from lianzheng.audit.actions import record
from lianzheng.desk import actions
from lianzheng.desk.models import Package, PackageFile
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.forms import CleanForm
from lianzheng.render.response import ARCHIVE, large_response

State = Package.State
SHOWN = 20
TONES = {
    State.RUNNING: "info",
    State.DONE: "ok",
    State.PARTLY: "attention",
    State.STOPPED: "danger",
    State.CANCELLED: "neutral",
    State.EXPIRED: "neutral",
}
READY = (State.DONE, State.PARTLY)


class OrderForm(CleanForm):
    """Which round's papers, and whether those still being written go in."""

    campaign = forms.ChoiceField(label="排查年度")
    drafts = forms.TypedChoiceField(
        label="收入范围",
        choices=[("no", "已提交的表册"), ("yes", "全部表册，含填写中和退回修改的")],
        coerce=lambda value: value == "yes",
        initial="no",
        help_text="没有收入的表册会列在清单里。",
    )

    def __init__(self, *args: Any, campaigns: list[Campaign], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["campaign"]
        field.choices = [(str(campaign.pk), str(campaign)) for campaign in campaigns]


@may(*actions.RIGHTS)
@require_http_methods(["GET", "HEAD", "POST"])
@recent()
def index(request: SignedIn) -> HttpResponse:
    """What one asked for, and the form to ask for more."""
    campaigns = list(reach.campaigns(request.user, *actions.RIGHTS).order_by("-year", "bureau__path"))
    chosen = request.GET.get("campaign", "")
    form = OrderForm(request.POST or None, campaigns=campaigns, initial={"campaign": chosen})
    if request.method == "POST" and form.is_valid():
        campaign = next(item for item in campaigns if str(item.pk) == form.cleaned_data["campaign"])
        site = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
        try:
            found = actions.order_package(campaign, drafts=form.cleaned_data["drafts"], site=site, by=request.user)
        except Refused as refusal:
            form.add_error("campaign", " ".join(refusal.sentences))
        else:
            return redirect("package", found.pk)
    context = {"form": form if campaigns else None, "lines": [_line(item) for item in _own(request)[:SHOWN]]}
    return render(request, "desk/packages.html", context, status=422 if form.errors else 200)


def _own(request: SignedIn) -> Any:
    """Packages of this person for rounds whose papers the person may still see, with how far they are."""
    mine = Q(asked_by=request.user, campaign__in=reach.campaigns(request.user, *actions.RIGHTS).values("pk"))
    made = Q(files__made_at__isnull=False)
    rows = Package.objects.within(mine).select_related("campaign", "bureau")
    return rows.annotate(all=Count("files"), made=Count("files", filter=made), size=Sum("files__size"))


def _line(package: Any) -> dict[str, Any]:
    return {
        "id": str(package.pk),
        "title": str(package.campaign),
        "scope": "全部表册" if package.drafts else "已提交的表册",
        "state": {"text": package.get_state_display(), "tone": TONES[State(package.state)]},
        "asked": present.moment(package.asked_at),
        "keep_until": present.day(package.keep_until),
        "all": package.all,
        "made": package.made,
        "share": 100 * package.made // package.all if package.all else 0,
        "size": f"{(package.size or 0) / 1_000_000:.1f} MB",
        "running": package.state == State.RUNNING,
        "ready": package.state in READY,
        "partly": package.state == State.PARTLY,
        "reason": package.reason,
    }


def _reached(request: SignedIn, pk: UUID) -> Any:
    return get_object_or_404(_own(request), pk=pk)


@may(*actions.RIGHTS)
@require_safe
def page(request: SignedIn, pk: UUID) -> HttpResponse:
    """How far it is, what could not be made, where to fetch it."""
    package = _reached(request, pk)
    failed = package.files.exclude(failure="").defer("content")
    context = {
        "line": _line(package),
        "omitted": package.omitted,
        "failed": [{"name": file.name, "reason": file.failure} for file in failed],
    }
    return render(request, "desk/package.html", context)


@may(*actions.RIGHTS)
@require_POST
def cancel(request: SignedIn, pk: UUID) -> HttpResponse:
    """取消, with what was made."""
    return _changed(request, pk, act=actions.cancel_package, said="已取消，已生成的文件已删除。")


@may(*actions.RIGHTS)
@require_POST
def resume(request: SignedIn, pk: UUID) -> HttpResponse:
    """继续生成."""
    return _changed(request, pk, act=actions.retry_package, said="已继续生成，已有的文件不会重做。")


def _changed(request: SignedIn, pk: UUID, *, act: Callable[..., None], said: str) -> HttpResponse:
    """Do this act with the package and show it again, with what was done or why not."""
    package = _reached(request, pk)
    try:
        act(package, by=request.user)
    except Refused as refusal:
        messages.error(request, " ".join(refusal.sentences))
    else:
        messages.success(request, said)
    return redirect("package", package.pk)


@may(*actions.RIGHTS)
@require_safe
def fetch(request: SignedIn, pk: UUID) -> FileResponse:
    """The package, to whoever asked for it."""
    package = _reached(request, pk)
    if package.state not in READY:
        raise Http404
    digest = package.files.get(source=PackageFile.Source.LIST).sha256
    record("下载备案材料包", subject=package, bureau=package.bureau, digest=digest, by=request.user)
    return large_response(_archive(package), name=f"备案材料{package.campaign.year}.zip", kind=ARCHIVE)


def _archive(package: Package) -> BinaryIO:
    """A file without a name, gone when it is closed; one content at a time is in memory. Nothing is packed tighter:
    the papers are already."""
    file: Any = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in _contents(package):
            archive.writestr(zipfile.ZipInfo(name), content)
    file.seek(0)
    found: BinaryIO = file
    return found


def _contents(package: Package) -> Any:
    made = package.files.exclude(made_at=None).order_by("order").values_list("name", "content")
    return made.iterator(chunk_size=4)
