"""Grading in Excel: the workbook of one rater's grades out, the filled one in; for whom and while the grading page is
open, by the same form and the same writer."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.actions import take_in_ratings
from assessments.models import Dossier
from assessments.rating_sheet import CODE, Graded, gradings, template_of
from assessments.rules import gradable, gradable_by_seat, seat_at
from assessments.views import reach
from assessments.views.dossier import back_to
from lianzheng.audit.actions import record
from lianzheng.intake import way
from lianzheng.intake.comparison import Stored, Verdict, compare, rows_to_take
from lianzheng.intake.shown import Lacking
from lianzheng.intake.template import Template
from lianzheng.intake.way import Book, Way
from lianzheng.organisation.access import SignedIn, signed_in

CLOSED = "本表现在不由您评分，不能用 Excel 导入。"


class RatingsWay(Way):
    """The grades of one form by whoever rates it now."""

    code = CODE
    advice = (
        "下载模板：每个风险点一行，已评的档次和理由都在里面；各档的含义在“说明”表。",
        "在 Excel 或 WPS 中选档次、写理由，保存为 .xlsx。不能增加行；灰色的栏目不能改。",
        "上传核对，确认后写入；得分和建议等级随之重算。",
    )

    def __init__(self, request: SignedIn, found: Dossier) -> None:
        super().__init__(request)
        self.found, self.seat = found, seat_at(found.state)
        self.table = f"{found.pk}:{self.seat}"
        names = ("ratings_template", "ratings_intake", "ratings_take")
        self.template_url, self.upload_url, self.take_url = (reverse(name, args=[found.pk]) for name in names)
        self.back_url, self.back = found.get_absolute_url(), found.title
        self.graded = Graded(found, seat=self.seat)

    def templates(self) -> Sequence[Template]:
        return [template_of(self.found)]

    def stored(self) -> Sequence[Sequence[Stored]]:
        return [self.graded.stored()]

    def compared(self, book: Book) -> list[list[Verdict]]:
        (template,), (stored,) = self.templates(), self.stored()
        return [compare(book[0], stored=stored, template=template, check=self.graded.check)]

    def lacking(self, place: int) -> Lacking:
        return self.graded.lacking

    def lock(self) -> None:
        Dossier.objects.across_bureaus().select_for_update(of=("self",)).get(pk=self.found.pk)
        self.graded = Graded(self.found, seat=self.seat)

    def write(self, verdicts: Sequence[Sequence[Verdict]]) -> HttpResponse:
        given = gradings(self.graded, rows_to_take(verdicts[0]))
        count = take_in_ratings(self.found, seat=self.seat, given=given, by=self.request.user)
        messages.success(self.request, f"已从 Excel 导入 {count} 个风险点的评分。" if count else way.NOTHING_NEW)
        return back_to(self.found, anchor="grading")

    def note_handed_out(self) -> None:
        detail = {"表": CODE, "格式": "Excel 模板"}
        record("导出", subject=self.found, bureau=self.found.bureau, detail=detail, by=self.request.user)


def _opened(request: SignedIn, pk: UUID) -> RatingsWay | Dossier:
    """The way in, where the grades are this person's to give now; else the form. The writer asks again."""
    found = reach.dossier(request, pk)
    seat = seat_at(found.state)
    mine = gradable_by_seat(request.user, seat) if seat else gradable(request.user)
    if found.grades_points and Dossier.objects.within(mine).filter(pk=found.pk).exists():
        return RatingsWay(request, found)
    messages.info(request, CLOSED)
    return found


@signed_in
@require_safe
def template(request: SignedIn, pk: UUID) -> HttpResponse:
    """The workbook to fill in, with the grades as they are saved now."""
    opened = _opened(request, pk)
    return way.template(opened) if isinstance(opened, Way) else redirect(opened)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: SignedIn, pk: UUID) -> HttpResponse:
    """A filled workbook is read, compared and shown, and changes nothing yet."""
    opened = _opened(request, pk)
    return way.upload(opened) if isinstance(opened, Way) else redirect(opened)


@signed_in
@require_POST
def take(request: SignedIn, pk: UUID) -> HttpResponse:
    """What follows a comparison: all, the right lines alone, or the workbook with the wrong cells marked."""
    opened = _opened(request, pk)
    return way.take(opened) if isinstance(opened, Way) else redirect(opened)
