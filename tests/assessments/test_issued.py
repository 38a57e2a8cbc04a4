"""Papers that left the house: their files, the package for the portal, and what verification says of them."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from assessments.models import IssuedFile, IssuedPaper, PublicNotice, State
from assessments.notice_files import paper_of, parted
from assessments.views.verify import plain
from lianzheng import clock, codes
from lianzheng.audit.models import Entry
from lianzheng.render import qr
from lianzheng.render.pdf import available
from tests.audit.test_journal import sealed
from tests.cast import Round, client_of, judge

needs_typesetter = pytest.mark.skipif(available() is not None, reason="the typesetter's libraries are not installed")


@pytest.fixture
def notice(year: Round) -> PublicNotice:
    return year.publish([year.bring(year.own, State.NOTICE)])


def fetch(year: Round, notice: PublicNotice, form: str) -> Any:
    return client_of(year.cast["王五"]).get(reverse("notice_file", args=[notice.pk, form]))


def test_notice_gets_number_code_digest_and_period(year: Round, notice: PublicNotice) -> None:
    paper = paper_of(notice)
    assert paper.number == "县住建局公示〔2026〕1号"
    assert (paper.digest, paper.until, paper.state) == (notice.digest, notice.ends_on, "valid")
    assert re.fullmatch(f"[{codes.ALPHABET}]{{20}}", paper.token)
    assert Entry.objects.get(act="签发文书").detail == {"编号": paper.number}


def test_newest_seal_of_the_journal_is_on_the_paper(committed: Round) -> None:
    dossier = committed.bring(committed.own, State.NOTICE)
    closed = sealed(committed)
    assert paper_of(committed.publish([dossier])).seal == f"第{closed.number}封 {closed.value}"


def test_codes_are_typed_back_however_they_look() -> None:
    code = codes.new()
    assert codes.tidy(codes.grouped(code).lower().replace("-", " － ")) == code
    assert len({codes.new() for _ in range(200)}) == 200


def test_file_is_made_once_and_is_the_same_bytes_ever_after(year: Round, notice: PublicNotice) -> None:
    first, second = fetch(year, notice, "xlsx"), fetch(year, notice, "xlsx")
    assert first.content == second.content
    kept = IssuedFile.unscoped.get()
    assert (kept.kind, kept.sha256) == ("xlsx", hashlib.sha256(first.content).hexdigest())
    with pytest.raises(DatabaseError), transaction.atomic():
        IssuedFile.unscoped.update(sha256="0" * 64)


def test_workbook_has_the_rows_of_the_notice_with_number_and_digest(year: Round, notice: PublicNotice) -> None:
    sheet = load_workbook(io.BytesIO(fetch(year, notice, "xlsx").content)).active
    assert sheet is not None
    cells = [[str(value) for value in line if value is not None] for line in sheet.iter_rows(values_only=True)]
    assert cells[:2] == [[], [notice.title]]
    assert notice.digest in " ".join(cells[2])
    assert cells[3:] == [notice.content["columns"], *([text for text in row if text] for row in notice.content["rows"])]


def test_web_page_of_the_package_fetches_and_runs_nothing(year: Round, notice: PublicNotice) -> None:
    page = fetch(year, notice, "html").content.decode()
    assert re.findall(r"<script|<link|<img|<iframe|\bsrc=|url\(|@import|\son[a-z]+=", page) == []
    assert [cell for line in notice.content["rows"] for cell in line if cell.split("\n")[0] not in page] == []
    assert notice.digest in page


@needs_typesetter
def test_printed_version_bears_number_code_digest_and_the_square_code(year: Round, notice: PublicNotice) -> None:
    answer = fetch(year, notice, "pdf")
    reader = PdfReader(io.BytesIO(answer.content))
    text = "".join("".join(page.extract_text() for page in reader.pages).split())
    paper = paper_of(notice)
    wanted = (paper.number, codes.grouped(paper.token), notice.digest, "".join(notice.title.split()), "审批把关不严")
    assert [word for word in wanted if word not in text] == []
    assert reader.metadata
    assert reader.metadata.author == "县住建局"
    assert [name for name in year.cast.people if name in text] == []


@pytest.mark.parametrize(
    ("title", "printed"),
    [
        ("县住建局2026年度公示", "县住建局2026年度公示"),
        ("县住建局2026年度廉政风险点和防控措施公示", "县住建局\n2026年度廉政风险点和防控措施公示"),
        ("关于2026年度廉政风险点和防控措施的公示", "关于2026年度廉政风险点和防控措施的公示"),
    ],
)
def test_long_title_is_parted_behind_the_name_of_the_bureau(title: str, printed: str) -> None:
    assert parted(title, behind="县住建局") == printed


def test_square_code_has_its_three_marks_and_a_quiet_edge() -> None:
    rows = qr.squares("http://127.0.0.1/v/ABC/")
    size, edge = len(rows), qr.QUIET
    mark = [[True] * 7, [True, *[False] * 5, True], *[[True, False, *[True] * 3, False, True]] * 3]
    corners = [(edge, edge), (edge, size - edge - 7), (size - edge - 7, edge)]
    assert [[line[left : left + 7] for line in rows[top : top + 5]] for top, left in corners] == [mark] * 3
    assert not any(rows[0] + rows[-1])


@needs_typesetter
def test_package_holds_three_files_and_their_digests(year: Round, notice: PublicNotice) -> None:
    answer = fetch(year, notice, "zip")
    assert answer["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    lines = [line.split("  ") for line in files.pop("清单.txt").decode().splitlines() if not line.startswith("#")]
    listed = {name: digest for digest, name in lines}
    assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert sorted(files) == ["公示.html", "公示.pdf", "公示.xlsx"]
    assert set(IssuedFile.unscoped.values_list("sha256", flat=True)) == set(listed.values())


def test_unknown_form_of_a_file_is_not_there(year: Round, notice: PublicNotice) -> None:
    assert fetch(year, notice, "docx").status_code == 404


def verify(token: str) -> str:
    page = client_of(None).get(reverse("verify_paper", args=[token])).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<main")[1]).split())


def test_verification_shows_number_title_period_digest_state_and_nothing_of_the_content(
    year: Round, notice: PublicNotice
) -> None:
    paper = paper_of(notice)
    text = verify(paper.token)
    wanted = (paper.number, paper.title, paper.period, paper.digest, "有效")
    assert [word for word in wanted if word not in text] == []
    hidden = ("审批把关不严", "施工许可岗", "0000", "张三", "王五", "建筑业股")
    assert [word for word in hidden if word in text] == []


def test_verification_follows_what_becomes_of_a_notice(year: Round, notice: PublicNotice, moving_clock: None) -> None:
    def word(which: PublicNotice) -> str:
        return next(word for word in IssuedPaper.State.labels if f"核验结果 {word}" in verify(paper_of(which).token))

    second = year.extend(notice)
    third = year.correct(second)
    assert [word(each) for each in (notice, second, third)] == ["已延期", "已更正", "有效"]
    year.withdraw(third)
    assert word(third) == "已撤回"
    fourth = year.publish([year.own])
    year.pass_days((fourth.ends_on - clock.today()).days + 1)
    assert word(fourth) == "公示已结束"


def test_unknown_code_is_not_there(db: None) -> None:
    assert client_of(None).get(reverse("verify_paper", args=[codes.new()])).status_code == 404


@pytest.mark.parametrize("token", ["\x00", "号", "x" * 500, "-"])
def test_code_that_is_none_is_not_there(db: None, token: str) -> None:
    assert client_of(None).get(reverse("verify_paper", args=[token])).status_code == 404


def look(**typed: str) -> Any:
    return client_of(None).post(reverse("verify"), typed)


def test_typed_code_leads_to_the_paper(year: Round, notice: PublicNotice) -> None:
    token = paper_of(notice).token
    answer = look(code=codes.grouped(token).lower())
    assert (answer.status_code, answer["Location"]) == (302, reverse("verify_paper", args=[token]))


def test_typed_number_finds_a_notice_for_the_public_and_no_inner_one(year: Round, notice: PublicNotice) -> None:
    inner = look(number=paper_of(notice).number)
    assert (inner.status_code, notice.digest in inner.content.decode()) == (422, False)
    judge("质量监督岗", rank=1)
    dossier = year.bring(year.rating("质量监督岗"), State.NOTICE)
    outer = year.publish([dossier], scope="public", first_public=True)
    typed = look(number=" 县住建局公示[２０２６]2号 ")
    assert (typed.status_code, outer.digest in typed.content.decode()) == (200, True)


@pytest.mark.parametrize("typed", [{}, {"code": "", "number": " "}, {"code": "x" * 61}, {"number": "\u202e"}])
def test_search_for_nothing_or_nonsense_is_answered_in_words(db: None, typed: dict[str, str]) -> None:
    assert look(**typed).status_code == 422


def test_number_is_read_in_any_brackets() -> None:
    numbers = ("局公示〔2026〕3号", "局公示[2026]3号", "局公示（２０２６）3 号", "局公示【2026】3号")
    assert {plain(number) for number in numbers} == {"局公示〔2026〕3号"}


def compare(token: str, content: bytes) -> str:
    url = reverse("verify_paper", args=[token])
    page = client_of(None).post(url, {"file": SimpleUploadedFile("公示.xlsx", content)})
    found = re.search(r'role="status">([^<]*)<', page.content.decode())
    return found.group(1).split("：")[0] if found else str(page.status_code)


def test_file_that_was_issued_agrees_and_one_bit_more_does_not(year: Round, notice: PublicNotice) -> None:
    token = paper_of(notice).token
    assert compare(token, b"anything") == "这份文书还没有签发过文件，无法比对文件。"
    content = fetch(year, notice, "xlsx").content
    changed = bytes([content[0] ^ 1]) + content[1:]
    assert [compare(token, file) for file in (content, changed, content + b" ")] == ["一致", "不一致", "不一致"]


def test_file_of_another_notice_does_not_agree(year: Round, notice: PublicNotice) -> None:
    content = fetch(year, notice, "xlsx").content
    new = year.correct(notice)
    fetch(year, new, "xlsx")
    assert compare(paper_of(new).token, content) == "不一致"


def test_file_to_compare_is_limited_and_not_kept(year: Round, notice: PublicNotice) -> None:
    token = paper_of(notice).token
    before = json.dumps(list(IssuedFile.unscoped.values_list("sha256")))
    assert compare(token, b"x" * ((5 << 20) + 1)) == "422"
    assert compare(token, b"") == "422"
    compare(token, b"x" * 1000)
    assert json.dumps(list(IssuedFile.unscoped.values_list("sha256"))) == before
