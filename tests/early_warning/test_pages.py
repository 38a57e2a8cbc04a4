"""Pages of signals and warnings: who sees what, every look recorded, and what is typed is never lost."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from assessments.models import IssuedPaper
from early_warning.colours import Colour
from early_warning.models import Evidence, Informant, Outcome, RectificationItem, Signal, State, WarningNotice
from lianzheng import clock, codes
from lianzheng.audit.models import Entry
from lianzheng.render.response import WORKBOOK
from tests.attachments import files
from tests.cast import Cast, Round, again, client_of
from tests.early_warning.play import DRAFT, SUMMARY, Case, fresh, inform

TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')
LINK = re.compile(r'(?:href|action)="(/[^"#]*)')
SUBJECTS = ("张三", "李四", "孙八", "赵六", "王五")


def crawl(client: Client) -> dict[str, tuple[int, bytes]]:
    """Every page and workbook that links lead to from home, and some addresses that somebody might guess. A PDF is
    painted from the same grid as the workbook and left out for its time."""
    seen: dict[str, tuple[int, bytes]] = {}
    ahead = ["/", *GUESSES]
    while ahead:
        url = ahead.pop()
        if url in seen or url.startswith(("/static/", "/sign-out", "/large-type")) or url.endswith(".pdf"):
            continue
        response = client.get(url)
        seen[url] = (response.status_code, plain(response))
        if response["Content-Type"].startswith("text/html"):
            ahead += [found.replace("&amp;", "&") for found in LINK.findall(response.content.decode())]
    return seen


GUESSES = ("/warnings/", "/signals/", "/warnings/register.xlsx", "/inbox/sent/", "/inbox/done/")


def plain(response: Any) -> bytes:
    """The answer without the token; of a workbook every part but the one that says when it was made."""
    if not response["Content-Type"].startswith(WORKBOOK):
        return TOKEN.sub(b"", response.content)
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist() if name != "docProps/core.xml")


BEFORE_ISSUE = [("张三", State.DRAFT), *((name, State.APPROVING) for name in SUBJECTS)]
ALWAYS = ("张三", "李四")


@pytest.mark.parametrize(
    ("subject", "state"),
    [pytest.param(*case, marks=[] if case[0] in ALWAYS else [pytest.mark.soak]) for case in BEFORE_ISSUE],
)
def test_view_of_the_subject_before_issue_is_byte_for_byte_that_of_a_world_without_the_warning(
    year: Round, subject: str, state: State
) -> None:
    client = client_of(year.cast[subject])
    before = crawl(client)
    assert len(before) > 10
    case = Case(year.cast, subject)
    drafter = "孙八" if subject == "赵六" else "赵六"
    warning = case.draft(by=drafter)
    if state == State.APPROVING:
        warning = case.take(warning, "submit", drafter)
    for url in (warning.get_absolute_url(), case.signal.get_absolute_url()):
        assert client.get(url).status_code == 404
    after = crawl(client)
    assert {url for url in before.keys() | after.keys() if before.get(url) != after.get(url)} == set()


def test_crawl_notices_a_warning_once_it_is_issued(year: Round) -> None:
    """The control of the test above: the same comparison finds the difference that issue makes."""
    client = client_of(year.cast["张三"])
    before = crawl(client)
    Case(year.cast).bring(State.ISSUED)
    assert crawl(client) != before


SEEN = {
    State.DRAFT: {"赵六"},
    State.APPROVING: {"赵六", "孙八"},
    State.ISSUED: {"张三", "李四", "钱七", "孙八", "赵六", "王五"},
}


@pytest.mark.parametrize("state", list(SEEN))
def test_warning_is_seen_by_those_named_and_not_there_for_the_others(cast: Cast, state: State) -> None:
    warning = Case(cast).bring(state)
    url = warning.get_absolute_url()
    opened = {name for name, person in cast.people.items() if client_of(person).get(url).status_code == 200}
    assert opened == SEEN[state]


def test_subject_reads_the_notice_and_not_how_it_came_about(cast: Cast) -> None:
    warning = Case(cast).bring(State.ISSUED)
    words = ("定色理由", "建议颜色", "报请签发", "首次发生")
    own = client_of(cast["张三"]).get(warning.get_absolute_url()).content.decode()
    assert [word for word in words if word in own] == []
    inside = client_of(cast["赵六"]).get(warning.get_absolute_url()).content.decode()
    assert [word for word in words if word in inside] == list(words)


def test_every_look_and_every_file_is_recorded_with_who_and_which(cast: Cast) -> None:
    case = Case(cast)
    warning = case.bring(State.SIGNED)
    client = client_of(cast["李四"])
    for url in (
        warning.get_absolute_url(),
        reverse("warning_paper", args=[warning.pk, "notice"]),
        reverse("warnings"),
        reverse("warnings_file", args=["xlsx"]),
    ):
        assert client.get(url).status_code == 200
    rows = Entry.objects.filter(by=cast["李四"]).order_by("id").values_list("act", "subject")
    assert list(rows) == [
        ("查看预警", warning.pk),
        ("导出预警通知书", warning.pk),
        ("查看预警台账", None),
        ("导出预警台账", None),
    ]


def test_notice_has_no_paper_before_its_issue(cast: Cast) -> None:
    warning = Case(cast).bring(State.APPROVING)
    assert client_of(cast["赵六"]).get(reverse("warning_paper", args=[warning.pk, "notice"])).status_code == 404


def test_paper_is_verified_by_its_code_and_says_nothing_of_whom_it_is_about(cast: Cast) -> None:
    play = Case(cast)
    warning = play.bring(State.ISSUED)
    printed = client_of(cast["赵六"]).get(reverse("warning_paper", args=[warning.pk, "notice"])).content
    paper = IssuedPaper.unscoped.get(subject=warning.pk)
    text = re.sub(r"\s", "", "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(printed)).pages))
    assert (codes.grouped(paper.token) in text, paper.digest in text, "张三" in text) == (True, True, True)
    assert paper.files.count() == 0

    def verified() -> str:
        return Client().get(reverse("verify_paper", args=[paper.token])).content.decode()

    office = client_of(cast["王五"])
    assert warning.number not in office.get(reverse("issued")).content.decode()
    assert office.get(reverse("issued_paper", args=[paper.pk])).status_code == 404
    said = verified()
    assert (warning.number in said, "有效" in said) == (True, True)
    assert [word for word in ("张三", "施工许可", "黄色", "整改") if word in said] == []
    found = Client().post(reverse("verify"), {"code": "", "number": warning.number})
    assert found.status_code == 422
    play.take(warning, "void", "孙八")
    assert "已撤回" in verified()


def signal_form(cast: Cast, **changes: str) -> dict[str, str]:
    unit = cast.units["建筑业股"]
    values = {"subject": f"section:{unit.pk}", "source": "self", "reference": "", "summary": SUMMARY}
    return values | changes


def test_informant_reports_on_his_own_section_and_is_sealed_as_the_source(cast: Cast) -> None:
    inform(cast)
    client = client_of(cast["陈九"])
    page = client.get(reverse("signal_new")).content.decode()
    assert ("建筑业股" in page, "办公室主任" in page, 'name="name"' in page) == (True, False, False)
    assert client.post(reverse("signal_new"), signal_form(cast)).status_code == 302
    signal = Signal.unscoped.get()
    assert (signal.summary, signal.informant.name) == (SUMMARY, "陈九")
    assert client.get(signal.get_absolute_url()).status_code == 404
    assert Entry.objects.filter(by=cast["陈九"]).exclude(act="登录").count() == 0


def test_subject_out_of_reach_is_no_choice(cast: Cast) -> None:
    inform(cast)
    data = signal_form(cast, subject=f"section:{cast.units['办公室'].pk}")
    response = client_of(cast["陈九"]).post(reverse("signal_new"), data)
    assert (response.status_code, SUMMARY in response.content.decode()) == (422, True)
    assert Signal.unscoped.count() == 0


def test_office_names_the_source_of_a_signal_it_registers(cast: Cast) -> None:
    data = signal_form(cast, name="来信人", contact="0000")
    assert client_of(cast["王五"]).post(reverse("signal_new"), data).status_code == 302
    found = Informant.unscoped.get()
    assert (found.name, found.contact) == ("来信人", "0000")


def judged(outcome: str) -> dict[str, str]:
    return {"outcome": outcome, "reason": "理由", "office": "3", "part": "2"}


def test_signal_judged_a_warning_goes_on_to_its_draft_with_the_graver_of_two_scales(cast: Cast) -> None:
    case = Case(cast)
    client = client_of(cast["赵六"])
    response = client.post(reverse("signal_judge", args=[case.signal.pk]), judged("warned"))
    warning = WarningNotice.unscoped.get()
    assert response["Location"] == reverse("warning_edit", args=[warning.pk])
    assert (warning.suggested, warning.disposal) == (Colour.ORANGE, "order")
    page = client.get(response["Location"]).content.decode()
    assert "对象为重要岗位，事项为收费管理，取其重者。" in page


def test_signal_handed_over_no_longer_shows_its_words(cast: Cast) -> None:
    case = Case(cast)
    client = client_of(cast["赵六"])
    client.post(reverse("signal_judge", args=[case.signal.pk]), judged("handed"))
    page = client.get(case.signal.get_absolute_url()).content.decode()
    assert (SUMMARY in page, "已作为正式线索移送，内容不再显示。" in page) == (False, True)


def test_signal_judged_twice_is_told_so(cast: Cast) -> None:
    case = Case(cast)
    client = client_of(cast["赵六"])
    case.judge(Outcome.KEPT)
    response = client.post(reverse("signal_judge", args=[case.signal.pk]), judged("warned"))
    assert (response.status_code, "这条信息已经研判过" in response.content.decode()) == (409, True)


def test_duplicate_is_linked_on_the_page(cast: Cast) -> None:
    case = Case(cast)
    other = case.report()
    client_of(cast["赵六"]).post(reverse("signal_link", args=[other.pk]), {"to": str(case.signal.pk)})
    other.refresh_from_db()
    assert other.duplicate_of_id == case.signal.pk


def draft_form(warning: WarningNotice, **changes: Any) -> dict[str, Any]:
    return dict(DRAFT) | {"version": warning.version, "feedbacks": ["talk", "notice"]} | changes


def test_draft_is_saved_and_red_goes_the_longer_way(cast: Cast) -> None:
    warning = Case(cast).draft()
    url = reverse("warning_edit", args=[warning.pk])
    client_of(cast["赵六"]).post(url, draft_form(warning, colour="1"))
    saved = fresh(warning)
    assert (saved.colour, saved.route, saved.feedbacks) == (Colour.RED, "red", ["talk", "notice"])


def test_old_page_of_the_draft_keeps_what_was_typed(cast: Cast) -> None:
    warning = Case(cast).draft()
    url = reverse("warning_edit", args=[warning.pk])
    response = client_of(cast["赵六"]).post(url, draft_form(warning, version="1", demands="另一种写法"))
    page = response.content.decode()
    assert (response.status_code, "内容已被他人修改" in page, "另一种写法" in page) == (409, True, True)


def test_draft_without_a_reason_for_the_colour_is_refused_at_the_field(cast: Cast) -> None:
    warning = Case(cast).draft()
    url = reverse("warning_edit", args=[warning.pk])
    response = client_of(cast["赵六"]).post(url, draft_form(warning, colour_why=" "))
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.content.decode()


def step(client: Client, warning: WarningNotice, action: str, **said: Any) -> Any:
    data = {"action": action, "version": fresh(warning).version} | said
    return client.post(reverse("warning_step", args=[warning.pk]), data)


def test_step_that_is_refused_says_why_and_keeps_what_was_typed(cast: Cast) -> None:
    warning = Case(cast).bring(State.ISSUED)
    early = (clock.today() - timedelta(days=9)).isoformat()
    response = step(client_of(cast["王五"]), warning, "serve", signer="代收人", served_on=early)
    page = response.content.decode()
    assert (response.status_code, "送达日期不能早于签发日期" in page) == (422, True)
    assert (early in page, 'value="代收人"' in page) == (True, True)


def test_step_taken_twice_or_with_nonsense_is_a_sentence(cast: Cast) -> None:
    warning = Case(cast).bring(State.ISSUED)
    client = client_of(cast["张三"])
    old = warning.version
    assert step(client, warning, "sign").status_code == 302
    again_ = client.post(reverse("warning_step", args=[warning.pk]), {"action": "sign", "version": old})
    assert (again_.status_code, "您已办理过这一步" in again_.content.decode()) == (409, True)
    assert step(client, warning, "sign", served_on="不是日期").status_code == 422
    assert step(client, warning, "nothing").status_code == 409
    assert client.post(reverse("warning_step", args=[warning.pk]), {}).status_code == 422


def item_form(prefix: str = "new", **changes: Any) -> dict[str, Any]:
    values = {
        "version": 0,
        "measure": "清理积压",
        "responsible": "张三",
        "due_on": clock.today(),
        "result": "",
    } | changes
    return {f"{prefix}-{name}": value for name, value in values.items()}


def test_answer_is_written_on_the_page_and_carried_to_the_reply(cast: Cast) -> None:
    warning = Case(cast).bring(State.SIGNED)
    client = client_of(cast["张三"])
    place = [warning.pk]
    assert client.post(reverse("warning_causes", args=place), {"version": 0, "causes": "原因"}).status_code == 302
    assert client.post(reverse("warning_item", args=place), item_form()).status_code == 302
    item = RectificationItem.unscoped.get()
    changed = item_form(str(item.pk), version=1, result="已完成") | {"item": str(item.pk), "do": "save"}
    assert client.post(reverse("warning_item", args=place), changed).status_code == 302
    assert step(client, warning, "reply").status_code == 302
    assert (RectificationItem.unscoped.get().result, fresh(warning).state) == ("已完成", State.RECTIFYING)


def test_item_is_removed_before_the_reply_and_kept_afterwards(cast: Cast) -> None:
    case = Case(cast)
    warning = case.bring(State.SIGNED)
    item = case.answer(warning)
    client = client_of(cast["张三"])
    remove = item_form(str(item.pk), version=1) | {"item": str(item.pk), "do": "remove"}
    assert client.post(reverse("warning_item", args=[warning.pk]), remove).status_code == 302
    assert warning.items.count() == 0
    warning = case.onward(warning)
    item = warning.items.get()
    remove = item_form(str(item.pk), version=item.version) | {"item": str(item.pk), "do": "remove"}
    response = client.post(reverse("warning_item", args=[warning.pk]), remove)
    assert (response.status_code, warning.items.count()) == (422, 1)


@pytest.mark.parametrize("days", [-1, 400])
def test_item_due_out_of_bounds_is_refused_at_the_field_and_kept(cast: Cast, days: int) -> None:
    warning = Case(cast).bring(State.SIGNED)
    day = clock.today() + timedelta(days=days)
    response = client_of(cast["张三"]).post(reverse("warning_item", args=[warning.pk]), item_form(due_on=day))
    page = response.content.decode()
    assert (response.status_code, "完成时限须在签发日期" in page, "清理积压" in page) == (422, True, True)


def upload(client: Client, item: RectificationItem, content: bytes) -> Any:
    url = reverse("warning_evidence", args=[item.warning_id, item.pk])
    return client.post(url, {f"{item.pk}-file": SimpleUploadedFile("扫描件.pdf", content)})


def test_evidence_is_kept_and_leaves_as_a_download(cast: Cast) -> None:
    case = Case(cast)
    item = case.answer(case.bring(State.SIGNED))
    client = client_of(cast["张三"])
    content = files.paper()
    assert upload(client, item, content).status_code == 302
    proof = Evidence.unscoped.get()
    response = client_of(cast["李四"]).get(reverse("warning_evidence_file", args=[item.warning_id, proof.pk]))
    assert (response.content, response["Content-Disposition"][:10]) == (content, "attachment")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"MZ program", "只能上传 PDF、JPEG 或 PNG 扫描件。"), (b"%PDF-1.4 cut", "文件不完整或已损坏"), (b"", "空")],
)
def test_evidence_of_another_kind_is_refused_in_words(cast: Cast, content: bytes, sentence: str) -> None:
    case = Case(cast)
    item = case.answer(case.bring(State.SIGNED))
    response = upload(client_of(cast["张三"]), item, content)
    assert (response.status_code, sentence in response.content.decode()) == (422, True)
    assert Evidence.unscoped.count() == 0


def test_evidence_too_large_is_refused_in_words(cast: Cast) -> None:
    case = Case(cast)
    item = case.answer(case.bring(State.SIGNED))
    response = upload(client_of(cast["张三"]), item, b"%PDF-1.4" + b"0" * (10 << 20) + b"%%EOF")
    assert (response.status_code, "文件超过 10 MB" in response.content.decode()) == (422, True)


def test_answer_after_the_end_is_a_sentence_on_the_page(cast: Cast) -> None:
    warning = Case(cast).bring(State.CLOSED)
    client = client_of(cast["张三"])
    response = client.post(reverse("warning_causes", args=[warning.pk]), {"version": 1, "causes": "补写"})
    assert (response.status_code, "已销号，现在不能修改" in response.content.decode()) == (409, True)
    response = step(client, warning, "report")
    assert (response.status_code, "已销号，不能再办理" in response.content.decode()) == (409, True)


def test_other_person_is_put_in_place_of_who_left(cast: Cast) -> None:
    warning = Case(cast).bring(State.RECTIFYING)
    data = {"to": str(cast["陈九"].pk), "version": warning.version}
    client = client_of(cast["赵六"])
    assert client.post(reverse("warning_answerer", args=[warning.pk]), data).status_code == 302
    assert fresh(warning).answerer == cast["陈九"]
    assert client.post(reverse("warning_answerer", args=[warning.pk]), data).status_code == 422


def test_inbox_lists_a_warning_with_its_own_page(cast: Cast) -> None:
    warning = Case(cast).bring(State.ISSUED)
    page = client_of(cast["张三"]).get(reverse("inbox", args=["todo"])).content.decode()
    assert ("预警通知书" in page, f'href="{warning.get_absolute_url()}"' in page) == (True, True)


def menu_of(cast: Cast, name: str) -> list[str]:
    page = client_of(cast[name]).get(reverse("home")).content.decode()
    return [label for label in ("预警信息<", "报送预警信息", "预警台账") if label in page]


def test_menu_names_warnings_only_to_who_has_something_there(cast: Cast) -> None:
    assert {name: menu_of(cast, name) for name in ("张三", "李四", "陈九")} == {"张三": [], "李四": [], "陈九": []}
    Case(cast).bring(State.ISSUED)
    inform(cast)
    assert {name: menu_of(cast, name) for name in ("张三", "李四", "陈九")} == {
        "张三": ["预警台账"],
        "李四": ["预警台账"],
        "陈九": ["报送预警信息"],
    }


@pytest.mark.parametrize("name", ["warnings", "signals"])
def test_list_asks_as_often_for_three_rows_as_for_one(cast: Cast, name: str) -> None:
    asked = []
    for number in (1, 2):
        for _ in range(number):
            Case(cast).bring(State.SIGNED)
        with CaptureQueriesContext(connection) as captured:
            assert client_of(again(cast["赵六"])).get(reverse(name)).status_code == 200
        asked.append(len(captured))
    assert asked[0] == asked[1]


def test_address_of_a_warning_carries_no_name(cast: Cast) -> None:
    warning = Case(cast).bring(State.ISSUED)
    assert urlsplit(warning.get_absolute_url()).path == f"/warnings/{warning.pk}/"
