"""The scan of a signed paper beside the paper: filed by the office, read by the house, changed by nobody."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import IssuedPaper, State
from assessments.notice_files import paper_of
from lianzheng.attachments.actions import attached_to
from lianzheng.audit.models import Entry
from tests.cast import Round, client_of

PDF = b"%PDF-1.4 signed %%EOF"


@pytest.fixture
def paper(year: Round) -> IssuedPaper:
    """A notice that was put up."""
    return paper_of(year.publish([year.bring(year.rating("施工许可岗"), State.NOTICE)]))


def send(year: Round, paper: IssuedPaper, content: bytes, *, by: str = "王五") -> Any:
    file = SimpleUploadedFile("张三签字.pdf", content)
    return client_of(year.cast[by]).post(reverse("issued_paper", args=[paper.pk]), {"scan": file})


def test_scan_is_filed_beside_its_paper_and_fetched_as_it_was(year: Round, paper: IssuedPaper) -> None:
    listed = reverse("issued")
    assert "待归档" in client_of(year.cast["孙八"]).get(listed).content.decode()
    assert send(year, paper, PDF).status_code == 302
    [scan] = attached_to(paper)
    assert scan.name == "签字盖章扫描件.pdf"
    assert "已归档" in client_of(year.cast["孙八"]).get(listed).content.decode()
    answer = client_of(year.cast["赵六"]).get(reverse("issued_scan", args=[paper.pk, scan.pk]))
    assert answer.content == PDF
    acts = Entry.objects.filter(subject=paper.pk).order_by("id").values_list("act", "by__name")
    assert list(acts)[-2:] == [("上传附件", "王五"), ("下载附件", "赵六")]


def test_better_scan_is_added_and_takes_nothing_away(year: Round, paper: IssuedPaper) -> None:
    send(year, paper, PDF)
    send(year, paper, PDF + b" %%EOF")
    assert attached_to(paper).count() == 2


@pytest.mark.parametrize("content", [b"", b"<html>", b"%PDF-1.4 /JavaScript (x) %%EOF"])
def test_file_that_is_no_scan_is_refused_in_words(year: Round, paper: IssuedPaper, content: bytes) -> None:
    answer = send(year, paper, content)
    assert (answer.status_code, "有内容需要修改" in answer.content.decode()) == (422, True)
    assert attached_to(paper).count() == 0


def test_scan_that_may_not_be_kept_is_refused_at_its_field(year: Round, paper: IssuedPaper, settings: Any) -> None:
    settings.ATTACHMENTS_A_DAY = 0
    answer = send(year, paper, PDF)
    assert (answer.status_code, "您在 24 小时内已上传 0 个文件" in answer.content.decode()) == (422, True)


def test_only_the_office_files_scans(year: Round, paper: IssuedPaper) -> None:
    assert send(year, paper, PDF, by="赵六").status_code == 302
    assert send(year, paper, PDF, by="外人").status_code == 404
    assert send(year, paper, PDF, by="张三").status_code == 404
    assert attached_to(paper).count() == 0


def test_list_asks_as_much_for_three_papers_as_for_one(year: Round, paper: IssuedPaper) -> None:
    browser, counts = client_of(year.cast["王五"]), []
    for number in (1, 3):
        for n in range(IssuedPaper.unscoped.count(), number):
            facts = {"number": str(n), "token": str(n), "digest": "", "title": "文书", "kind": "notice"}
            IssuedPaper.objects.create(bureau=paper.bureau, subject=uuid4(), issued_by=paper.issued_by, **facts)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(reverse("issued")).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
