"""Rating out of turn, the end of a post, and the years side by side."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from assessments import actions, history
from assessments.forms import AbolishForm, AnewForm
from assessments.models import Cause, Dossier
from assessments.rules import lets_rate_anew, visible
from assessments.views import present, reach
from lianzheng import clock
from lianzheng.flow import Refused
from lianzheng.organisation.access import SignedIn, may, signed_in
from lianzheng.organisation.models import User
from lianzheng.organisation.rights import holds
from lianzheng.organisation.roles import Right
from registers.models import RiskPoint, RiskTable

CHANGES = {**dict(RiskPoint.Change.choices), "removed": "删除"}


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn, pk: UUID) -> HttpResponse:
    """重新评定: why, and who takes over where the holder changes."""
    found = reach.dossier(request, pk)
    if not lets_rate_anew(request.user, found):
        raise Http404
    form = AnewForm(request.POST or None, people=_people(found, request.user), today=clock.today())
    if form.is_valid():
        try:
            fresh = actions.rate_anew(found, **form.facts(), by=request.user)
        except Refused as refusal:
            form.add_error(None, " ".join(refusal.sentences))
        else:
            messages.success(request, f"已启动重新评定，现行等级在新等级备案前继续执行。期限 {fresh.due_on}。")
            seen = Dossier.objects.within(visible(request.user)).filter(pk=fresh.pk).exists()
            return redirect(fresh if seen else found)
    context = {"dossier": found, "form": form}
    return render(request, "assessments/rate_anew.html", context, status=422 if form.errors else 200)


def _people(found: Dossier, user: User) -> list[User]:
    """Who may take the post over: people of the bureau; asked of the office only."""
    if found.kind != RiskTable.Kind.POST or not holds(user, Right.RUN_OFFICE, unit=found.unit):
        return []
    here = User.objects.filter(is_active=True, tenures__bureau=found.bureau_id, tenures__until=None)
    return list(here.exclude(pk=found.table.holder_id or found.pk).distinct().order_by("name"))


@may(Right.RUN_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def abolish(request: SignedIn, pk: UUID) -> HttpResponse:
    """撤销岗位: the post's papers end with it and stay readable."""
    found = reach.dossier(request, pk)
    post = found.table.post
    if post is None or not holds(request.user, Right.RUN_OFFICE, unit=found.unit):
        raise Http404
    form = AbolishForm(request.POST or None)
    if form.is_valid():
        try:
            ended = actions.abolish_post(post, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, " ".join(refusal.sentences))
        else:
            messages.success(request, f"已撤销岗位“{post.name}”，{ended} 份表随之结束，历次内容仍可查看。")
            return redirect("years", found.pk)
    context = {"dossier": found, "post": post, "form": form}
    return render(request, "assessments/abolish.html", context, status=422 if form.errors else 200)


@signed_in
@require_safe
def years(request: SignedIn, pk: UUID) -> HttpResponse:
    """历年对比: levels and scores of every paper of the post, section or bureau on one page."""
    found = reach.dossier(request, pk)
    papers = history.papers(found, seen=Dossier.objects.within(visible(request.user)))
    context = {
        "dossier": found,
        "papers": [_paper(paper) for paper in papers],
        "lines": [_line(line, papers) for line in history.lines(papers)],
    }
    return render(request, "assessments/years.html", context)


def _paper(paper: Dossier) -> dict[str, Any]:
    edition = f"第{paper.table.edition}次" if paper.table.edition > 1 else ""
    cause = "" if paper.cause == Cause.YEARLY else paper.get_cause_display()
    return {
        "head": f"{paper.year}年度{edition}",
        "title": paper.title,
        "url": paper.get_absolute_url(),
        "state": paper.state_word,
        "cause": cause,
        "reason": paper.decided_reason or paper.proposed_reason,
        "level": present.level(paper, paper.decided_rank),
    }


def _line(line: history.Line, papers: list[Dossier]) -> dict[str, Any]:
    return {"name": line.name, "cells": [_cell(line.cells.get(paper.pk), paper) for paper in papers]}


def _cell(cell: history.Cell | None, paper: Dossier) -> dict[str, Any]:
    if cell is None:
        return {"empty": True}
    score = "" if cell.score is None else str(cell.score)
    return {"change": CHANGES[cell.change], "score": score, "level": present.level(paper, cell.rank)}
