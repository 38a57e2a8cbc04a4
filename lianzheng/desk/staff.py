"""花名册 by Excel: units, posts and people of a bureau, kept by its system administrator; and first passwords for those
who never had one. Roles are not given here: one person asks for them, another confirms."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.actions.rerating import SETTLED
from assessments.board import WRITING
from assessments.models import Dossier
from lianzheng.accounts.proof import always, recent
from lianzheng.audit.actions import record
from lianzheng.desk.people import of_bureaus, without_passwords
from lianzheng.flow import Refused
from lianzheng.intake import way
from lianzheng.intake.comparison import Stored, Verdict, rows_to_take
from lianzheng.intake.template import Template
from lianzheng.intake.way import Book, Way
from lianzheng.organisation import actions
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.actions.staff import lock_staff, take_in_staff
from lianzheng.organisation.establish import first_password
from lianzheng.organisation.models import Unit, User
from lianzheng.organisation.rights import bureaus_below
from lianzheng.organisation.roles import Right
from lianzheng.organisation.staff import CODE, Pair, Staff, compared

SLIPS = 20
"""First passwords made at once: a quarter of a second each, by design."""
TAKEN = "有同名的机构、岗位或用户名刚刚被别人登记，没有导入任何内容。请重新上传核对。"


def _bureau(request: SignedIn, pk: UUID) -> Unit:
    """A bureau whose units, posts and accounts the person keeps."""
    found = bureaus_below(request.user, (Right.ADMINISTER,)).filter(pk=pk, active=True).first()
    if found is None:
        raise Http404
    return found


class StaffWay(Way):
    """The three worksheets of a bureau's staff list."""

    code = CODE
    back = "账号管理"
    advice = (
        "下载模板：本单位现有的机构、岗位、人员都在里面，三张工作表。",
        "在 Excel 或 WPS 中修改、补充，三张表可以一起改；新增的股室、岗位可以在后面的表里直接引用。",
        "上传核对：新增、修改、错误逐格列出，确认后一次写入。文件中没有的人只列出，不会离岗。",
    )

    def __init__(self, request: SignedIn, pk: UUID) -> None:
        super().__init__(request)
        self.bureau = _bureau(request, pk)
        self.table = str(self.bureau.pk)
        urls = (reverse(name, args=[pk]) for name in ("staff_template", "staff", "staff_take"))
        self.template_url, self.upload_url, self.take_url = urls
        self.back_url = reverse("people")
        self.list = Staff(self.bureau)

    def templates(self) -> Sequence[Template]:
        return self.list.templates

    def stored(self) -> Sequence[Sequence[Stored]]:
        return self.list.stored

    def compared(self, book: Book) -> list[list[Verdict]]:
        drafts, moving = open_forms(self.bureau)
        return compared(self.list, book, drafts=drafts, moving=moving)

    def lock(self) -> None:
        lock_staff(self.bureau)
        self.list = Staff(self.bureau)

    def write(self, verdicts: Sequence[Sequence[Verdict]]) -> HttpResponse:
        units, posts, holders = map(rows_to_take, verdicts)
        try:
            with transaction.atomic():
                taken = take_in_staff(self.bureau, units=units, posts=posts, holders=holders, by=self.request.user)
        except IntegrityError as error:
            raise Refused(TAKEN) from error
        said = f"已从 Excel 导入：新增 {taken.new} 行，修改 {taken.changed} 行，新建账号 {taken.accounts} 个。"
        if taken.accounts:
            said += "新账号还没有初始密码，请点“发初始密码”。"
        messages.success(self.request, said if taken.new or taken.changed else way.NOTHING_NEW)
        return redirect("people")

    def note_handed_out(self) -> None:
        detail = {"表": CODE, "格式": "Excel 模板"}
        record("导出", subject=self.bureau, bureau=self.bureau, detail=detail, by=self.request.user)


def open_forms(bureau: Unit) -> tuple[set[Pair], set[UUID]]:
    """(post, person) of each form that is to be filled in now, and posts with a form that is not settled."""
    rows = Dossier.objects.in_bureau(bureau).filter(kind="post").exclude(state__in=SETTLED)
    found = list(rows.order_by().values_list("table__post", "holder", "state"))
    return {(post, holder) for post, holder, state in found if state in WRITING}, {post for post, _, _ in found}


@may(Right.ADMINISTER)
@recent(always)
@require_safe
def template(request: SignedIn, pk: UUID) -> HttpResponse:
    """The workbook to fill in, with units, posts and people as they are saved now."""
    return way.template(StaffWay(request, pk))


@may(Right.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: SignedIn, pk: UUID) -> HttpResponse:
    """A filled list is read, compared and shown, and changes nothing yet."""
    return way.upload(StaffWay(request, pk))


@may(Right.ADMINISTER)
@recent()
@require_POST
def take(request: SignedIn, pk: UUID) -> HttpResponse:
    """What follows a comparison: all, the right lines alone, or the workbook with the wrong cells marked."""
    return way.take(StaffWay(request, pk))


@may(Right.ADMINISTER)
@recent()
@require_POST
def slips(request: SignedIn, pk: UUID) -> HttpResponse:
    """First passwords for those who never had one, a few at a time, on slips that are shown this once."""
    people = of_bureaus(Unit.objects.under(_bureau(request, pk)))
    waiting = without_passwords(people, but=request.user)
    made = _made(waiting[:SLIPS], by=request.user)
    if not made:
        messages.info(request, "没有等待初始密码的账号。")
        return redirect("people")
    context = {"slips": made, "left": len(waiting) - len(made), "pk": pk}
    return render(request, "desk/slips.html", context)


@transaction.atomic
def _made(people: Sequence[User], *, by: User) -> list[dict[str, str]]:
    """Whoever was given one meanwhile is left out, so that a page sent twice makes no slip void."""
    keys = [user.pk for user in people]
    waiting = User.objects.filter(pk__in=keys, password_at=None, is_active=True).select_for_update().order_by("pk")
    passwords = {user.pk: first_password() for user in waiting}
    for user in waiting:
        actions.set_password(user, password=passwords[user.pk], first=True, by=by)
    return [
        {"name": user.name, "username": user.username, "password": passwords[user.pk], "section": user.section_name}
        for user in people
        if user.pk in passwords
    ]
