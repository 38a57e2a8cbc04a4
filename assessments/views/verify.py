"""核验: what a paper's code (or number) leads to: number, title, period, digest and state, and nothing else."""

import hashlib
import unicodedata
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from assessments.forms import CompareForm, VerifyForm
from assessments.models import IssuedFile, IssuedPaper
from assessments.views.notice import shell
from lianzheng import clock, codes
from lianzheng.organisation.access import public
from lianzheng.render import signature

State = IssuedPaper.State
TONES = {State.VALID: "ok", State.ENDED: "neutral"}
NOT_FOUND = "没有找到这份文书。请核对验证码或编号；仍查不到的，不是本系统发出的文书。"
SAME = "一致：这个文件与签发的{}文件逐字节相同。"
OTHER = "不一致：这个文件与签发的文件不同，内容可能被改动过，请以本页所列内容摘要为准。"
NO_FILE = "这份文书还没有签发过文件，无法比对文件。"


@public
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """By code, which opens the paper's own page, or by the number of a paper for the public."""
    form = VerifyForm(request.POST if request.method == "POST" else None)
    papers: list[IssuedPaper] = []
    if request.method == "POST" and form.is_valid():
        papers = _found(form.cleaned_data["code"], form.cleaned_data["number"])
        if form.cleaned_data["code"] and papers:
            return redirect("verify_paper", papers[0].token)
        if not papers:
            form.add_error("code" if form.cleaned_data["code"] else "number", NOT_FOUND)
    context = {"form": form, "papers": [_card(paper) for paper in papers], "base": shell(request)}
    return render(request, "assessments/verify.html", context, status=422 if form.errors else 200)


def _found(code: str, number: str) -> list[IssuedPaper]:
    rows = IssuedPaper.objects.across_bureaus()
    if code:
        return list(rows.filter(token=codes.tidy(code)))
    return list(rows.filter(number=plain(number), by_number=True)[:5])


def plain(number: str) -> str:
    """A number as it is stored, whichever brackets and digits were typed."""
    text = "".join(unicodedata.normalize("NFKC", number).split())
    for opening, closing in ("[]", "()", "【】", "{}"):
        text = text.replace(opening, "〔").replace(closing, "〕")
    return text


@public
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """The paper that bears this code; a file that is sent is hashed, compared and forgotten."""
    paper = IssuedPaper.objects.across_bureaus().filter(token=codes.tidy(token)).first()
    if paper is None:
        raise Http404
    form = CompareForm(request.POST, request.FILES) if request.method == "POST" else CompareForm()
    result = None
    if request.method == "POST" and form.is_valid():
        result = compare(paper, form.cleaned_data["file"])
    context = {"paper": _card(paper), "form": form, "result": result, "base": shell(request)}
    return render(request, "assessments/verify_paper.html", context, status=422 if form.errors else 200)


def compare(paper: IssuedPaper, file: Any) -> dict[str, str]:
    """Is this one of the files as issued, and what does its signature say?"""
    content = b"".join(file.chunks())
    said = signature.verdict(content, code=paper.token) if content.startswith(b"%PDF") else ""
    issued = dict(paper.files.values_list("sha256", "kind"))
    if not issued:
        return {"text": NO_FILE, "tone": "warning", "signature": said}
    kind = issued.get(hashlib.sha256(content).hexdigest())
    if kind is None:
        return {"text": OTHER, "tone": "error", "signature": said}
    return {"text": SAME.format(IssuedFile.Kind(kind).label), "tone": "success", "signature": said}


def state_of(paper: IssuedPaper) -> dict[str, str]:
    """What the paper is worth today."""
    state = State(paper.state)
    if state == State.VALID and paper.until is not None and clock.today() > paper.until:
        state = State.ENDED
    return {"text": str(state.label), "tone": TONES.get(state, "danger")}


def _card(paper: IssuedPaper) -> dict[str, Any]:
    """All that is shown of a paper."""
    facts = [
        {"term": "编号", "text": paper.number},
        {"term": "标题", "text": paper.title},
        {"term": "期限", "text": paper.period},
        {"term": "内容摘要（SHA-256）", "text": paper.digest},
    ]
    return {"state": state_of(paper), "facts": [*facts, *signature_facts()], "number": paper.number}


def signature_facts() -> list[dict[str, str]]:
    """With which key this site signs its PDFs now; nothing where it has none that can be used."""
    if not signature.configured():
        return []
    try:
        found = signature.key()
    except signature.BadKey:
        return []
    text = f"签发的 PDF 带有防篡改签名（证书：{found.holder}，指纹 SHA-256：{found.fingerprint}）。{signature.NO_SEAL}"
    return [{"term": signature.NAME, "text": text}]
