"""备案: sent, seen by the authority alone, accepted or sent back; on paper with a scan; report and receipt."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from pypdf import PdfReader

from assessments import actions, filings, issued
from assessments.models import Dossier, Filing, State
from assessments.rules import filings_of, visible
from lianzheng import clock
from lianzheng.attachments.models import Attachment
from lianzheng.audit.actions import seal
from lianzheng.audit.models import Entry
from lianzheng.flow import NotYours, Refused, Said, Stale, digest, move
from lianzheng.organisation.models import Unit
from lianzheng.render import official, pdf
from lianzheng.render.official import Paragraph
from tests.attachments import files
from tests.cast import Cast, Round, again, client_of, tomorrow

pytestmark = pytest.mark.usefixtures("moving_clock")


def waiting(year: Round, *titles: str) -> list[Dossier]:
    return [year.bring(year.rating(title), State.FILING) for title in titles]


def refused(call: Any, *args: Any, **options: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as refusal, transaction.atomic():
        call(*args, **options)
    return refusal.value.sentences


def states(*dossiers: Dossier) -> list[str]:
    return [Dossier.unscoped.get(pk=dossier.pk).state for dossier in dossiers]


def seen_by(year: Round, name: str) -> set[str]:
    rows = Dossier.objects.within(visible(again(year.cast[name])))
    return {f"{dossier.form_name} {dossier.title}" for dossier in rows}


def test_authority_sees_what_was_sent_to_it_and_nothing_else(year: Round) -> None:
    one, other = waiting(year, "施工许可岗", "质量监督岗")
    assert seen_by(year, "郑十") == set()
    body = client_of(year.cast["郑十"])
    assert body.get(reverse("filing", args=[year.campaign.pk])).status_code == 404
    year.send([one])
    assert seen_by(year, "郑十") == {"附件4 施工许可岗（张三）"}
    assert body.get(one.get_absolute_url()).status_code == 200
    assert body.get(other.get_absolute_url()).status_code == 404
    assert body.get(reverse("filing", args=[year.campaign.pk])).status_code == 200


def test_office_of_another_county_unit_sees_no_filing(year: Round) -> None:
    filing = year.send(waiting(year, "施工许可岗"))
    seen = {
        name
        for name, person in year.cast.people.items()
        if Filing.objects.within(filings_of(again(person))).filter(pk=filing.pk).exists()
    }
    assert seen == {"王五", "孙八", "赵六", "郑十"}


def test_filing_keeps_its_list_as_it_was_sent(year: Round) -> None:
    (one,) = waiting(year, "施工许可岗")
    filing = year.send([one], number="住建廉〔2026〕1号")
    row = ["1", "附件4", "建筑业股", "施工许可岗（张三）", "二级", filing.content["rows"][0][5]]
    assert (filing.content["rows"], filing.digest) == ([row], digest(filing.content))
    assert (filing.state, filing.body, filing.to) == ("sent", "县纪委监委", year.cast.units["县纪委监委"])
    assert Entry.objects.get(act="报送备案").digest == filing.digest
    Dossier.unscoped.filter(pk=one.pk).update(title="后来改的")
    filing.refresh_from_db()
    assert filing.content["rows"] == [row]


def test_receipt_puts_everything_in_force_from_its_day(year: Round) -> None:
    one, other = waiting(year, "施工许可岗", "质量监督岗")
    filing = year.send([one, other])
    year.pass_days(3)
    year.accept(filing, number="备1号", opinion="符合要求。")
    one.refresh_from_db()
    assert states(one, other) == [State.IN_FORCE] * 2
    assert (one.in_force_on, one.filing, one.due_on) == (clock.today(), filing, None)
    assert one.moves.get(action="file").opinion == "符合要求。"
    filing.refresh_from_db()
    assert (filing.state, filing.receipt_no, filing.answered_by) == ("accepted", "备1号", year.cast["郑十"])


def test_receipt_number_is_used_once_by_an_authority(year: Round) -> None:
    first, second = waiting(year, "施工许可岗", "质量监督岗")
    given = year.accept(year.send([first]), number="备1号")
    given.pk, given.bureau, given.sent_no, given.receipt_no = None, year.cast.other, "水1", "备2号"
    Filing(**{field.name: getattr(given, field.name) for field in Filing._meta.fields if field.name != "id"}).save()
    sent = year.send([second])
    for number in ("备1号", "备2号"):
        assert refused(year.accept, sent, number=number) == (f"备案编号“{number}”已用过，请核对。",)
    assert states(second) == [State.FILING_SENT]
    assert filings.next_receipt_no(sent, day=date(2026, 5, 1)) == "廉备〔2026〕1号"


def test_receipt_before_the_report_or_in_the_future_is_refused(year: Round) -> None:
    filing = year.send(waiting(year, "施工许可岗"))
    person = again(year.cast["郑十"])
    for day in (tomorrow(), clock.today() - timedelta(days=1)):
        said = refused(actions.accept_filing, filing, receipt_no="备1号", received_on=day, opinion="", by=person)
        assert said == (f"备案日期应在报送日期（{filing.sent_on}）之后，且不能晚于今天。",)


def test_sent_back_goes_to_be_mended_or_waits_to_be_sent_again(year: Round) -> None:
    one, other = waiting(year, "施工许可岗", "质量监督岗")
    filing = year.send([one, other])
    due = clock.today() + timedelta(days=5)
    person = again(year.cast["郑十"])
    actions.return_filing(filing, opinion="措施不具体。", mend=[one], reason="vague", due_on=due, by=person)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.state, one.due_on, one.filing) == (State.RETURNED, due, None)
    assert (other.state, other.filing) == (State.FILING, None)
    assert one.moves.get(action="return", source=State.FILING_SENT).reason == "vague"
    assert (seen_by(year, "郑十"), filing.state, filing.opinion) == (set(), "back", "措施不具体。")
    second = year.send([other])
    assert Dossier.unscoped.get(pk=other.pk).filing == second


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"opinion": " "}, "退回须写明意见。"),
        ({"opinion": "请改", "mend": True}, "施工许可岗（张三）：请选择退回原因。；请填写完善期限。"),
        ({"opinion": "请改", "mend": True, "reason": "vague"}, "施工许可岗（张三）：请填写完善期限。"),
    ],
)
def test_sent_back_without_words_class_or_date_is_refused(year: Round, said: dict[str, Any], sentence: str) -> None:
    (one,) = waiting(year, "施工许可岗")
    filing = year.send([one])
    options = said | {"mend": [one] if said.get("mend") else []}
    first = refused(actions.return_filing, filing, by=again(year.cast["郑十"]), **options)[0]
    assert first == sentence.split("；")[0]
    filing.refresh_from_db()
    assert (states(one), filing.state) == ([State.FILING_SENT], "sent")


def test_answered_filing_is_not_answered_again(year: Round) -> None:
    filing = year.accept(year.send(waiting(year, "施工许可岗")))
    with pytest.raises(Stale) as refusal:
        actions.return_filing(filing, opinion="请改", by=again(year.cast["郑十"]))
    (sentence,) = refusal.value.sentences
    assert re.fullmatch(r"郑十已于 \d\d-\d\d \d\d:\d\d 办理（已备案），请按最新情况办理。", sentence)


@pytest.mark.parametrize("name", ["王五", "孙八", "周一", "外人"])
def test_receipt_is_given_by_the_authority_alone(year: Round, name: str) -> None:
    (one,) = waiting(year, "施工许可岗")
    filing = year.send([one])
    with pytest.raises(NotYours), transaction.atomic():
        year.accept(filing, by=name)
    assert states(one) == [State.FILING_SENT]


def test_filing_of_another_set_is_no_receipt_for_this_dossier(year: Round) -> None:
    one, other = waiting(year, "施工许可岗", "质量监督岗")
    filing = year.send([one])
    year.send([other])
    other.refresh_from_db()
    said = Said(facts={"filing": filing})
    assert refused(move, other, "file", version=other.version, said=said, by=again(year.cast["郑十"])) == (
        "本表不在这次报送之内。",
    )


@pytest.mark.parametrize("action", ["return", "file_back"])
def test_dossier_is_not_sent_back_without_its_filing(year: Round, action: str) -> None:
    (one,) = waiting(year, "施工许可岗")
    year.send([one])
    said = {"opinion": "请改", "reason": "vague", "due_on": tomorrow()}
    assert refused(year.take, one, action, "郑十", **said) == ("请在“备案”页对整个报送办理。",)


def test_bureau_whose_authority_is_not_here_files_on_paper(year: Round) -> None:
    (one,) = waiting(year, "施工许可岗")
    Unit.objects.filter(pk=year.cast.bureau.pk).update(filing_body="市纪委监委")
    year.campaign.bureau.refresh_from_db()
    said = ("备案机关尚未在本系统办理备案，请在纸面报送后登记备案回执。",)
    assert refused(year.send, [one]) == said
    page = client_of(year.cast["王五"]).get(reverse("filing", args=[year.campaign.pk])).content.decode()
    assert "备案机关尚未在本系统办理" in page
    filing = year.file_on_paper([one], number="市备1号")
    assert (filing.to, filing.body, filing.paper, states(one)) == (None, "市纪委监委", True, [State.IN_FORCE])


def test_new_filing_supersedes_an_old_one_that_went_on_paper(year: Round) -> None:
    (old,) = waiting(year, "施工许可岗")
    Unit.objects.filter(pk=year.cast.bureau.pk).update(filing_body="市纪委监委")
    year.campaign.bureau.refresh_from_db()
    year.file_on_paper([old])
    Unit.objects.filter(pk=year.cast.bureau.pk).update(filing_body="县纪委监委")
    following = Round(year.cast, year=2027)
    new = following.bring(following.rating("施工许可岗"), State.IN_FORCE)
    assert states(old, new) == [State.SUPERSEDED, State.IN_FORCE]


def test_receipt_on_paper_before_the_end_of_the_notice_is_refused(year: Round) -> None:
    (one,) = waiting(year, "施工许可岗")
    assert one.notice is not None
    said = refused(year.file_on_paper, [one], received_on=one.notice.ends_on)
    assert said == (f"施工许可岗（张三）：公示到 {one.notice.ends_on} 为止，备案日期应在公示期满之后。",)
    assert Filing.unscoped.count() == 0


# --- pages -------------------------------------------------------------------------------------------------------


def picked(*dossiers: Dossier) -> dict[str, Any]:
    versions = {f"version-{dossier.pk}": str(dossier.version) for dossier in dossiers}
    return {"pick": [str(dossier.pk) for dossier in dossiers], **versions}


def test_page_sends_and_the_page_of_the_authority_answers(year: Round) -> None:
    one, other = waiting(year, "施工许可岗", "质量监督岗")
    office, body = client_of(year.cast["王五"]), client_of(year.cast["郑十"])
    url = reverse("filing", args=[year.campaign.pk])
    assert office.get(url).context["form"]["sent_no"].value() == "县住建局廉〔2026〕1号"
    answer = office.post(url, picked(one, other) | {"sent_no": "住建廉〔2026〕5号", "note": "已全部公示。"})
    filing = Filing.unscoped.get()
    case = reverse("filing_case", args=[filing.pk])
    assert (answer.status_code, answer["Location"]) == (302, case)
    assert "住建廉〔2026〕5号" in body.get(url).content.decode()
    context = body.get(case).context
    assert (context["answers"], context["receipt"]["receipt_no"].value()) == (True, f"廉备〔{clock.today().year}〕1号")
    assert office.get(case).context["answers"] is False
    receipt = {"receipt_no": "备7号", "received_on": clock.today().isoformat(), "opinion": ""}
    assert body.post(reverse("filing_accept", args=[filing.pk]), receipt).status_code == 302
    assert states(one, other) == [State.IN_FORCE] * 2
    late = body.post(reverse("filing_accept", args=[filing.pk]), receipt)
    assert (late.status_code, "（已备案），请按最新情况办理。" in late.content.decode()) == (409, True)


def test_page_sends_back_what_is_ticked_and_keeps_a_refused_text(year: Round) -> None:
    one, other = waiting(year, "施工许可岗", "质量监督岗")
    filing = year.send([one, other])
    body = client_of(year.cast["郑十"])
    url = reverse("filing_back", args=[filing.pk])
    bad = body.post(url, {"pick": [str(one.pk)], "back-opinion": "我写的意见", "back-reason": "", "back-due_on": ""})
    assert (bad.status_code, states(one, other)) == (422, [State.FILING_SENT] * 2)
    assert "施工许可岗（张三）：请选择退回原因。" in bad.content.decode()
    assert "我写的意见" in bad.content.decode()
    due = (clock.today() + timedelta(days=5)).isoformat()
    fields = {"pick": [str(one.pk)], "back-opinion": "我写的意见", "back-reason": "vague", "back-due_on": due}
    assert body.post(url, fields).status_code == 302
    assert states(one, other) == [State.RETURNED, State.FILING]


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("../../张三的回执.php", content, content_type="text/html")


def on_paper(year: Round, one: Dossier, content: bytes | None) -> Any:
    fields = picked(one) | {"receipt_no": "备3号", "received_on": clock.today().isoformat(), "opinion": "纸面意见"}
    if content is not None:
        fields["scan"] = upload(content)
    return client_of(year.cast["王五"]).post(reverse("filing_paper", args=[year.campaign.pk]), fields)


def test_receipt_on_paper_is_recorded_with_its_scan(year: Round) -> None:
    (one,) = waiting(year, "施工许可岗")
    assert on_paper(year, one, files.picture("PNG")).status_code == 302
    filing = Filing.unscoped.get()
    kept = Attachment.unscoped.get()
    assert (filing.paper, filing.receipt_no, states(one)) == (True, "备3号", [State.IN_FORCE])
    assert (kept.name, kept.kind, kept.subject) == ("备案回执扫描件.png", "image/png", filing.pk)
    url = reverse("filing_scan", args=[filing.pk, kept.pk])
    answer = client_of(year.cast["郑十"]).get(url)
    assert (answer.status_code, answer.content) == (200, bytes(kept.content))
    headers = (answer["Content-Type"], answer["X-Content-Type-Options"], answer["Content-Disposition"].split(";")[0])
    assert headers == ("image/png", "nosniff", "attachment")
    assert "张三" not in answer["Content-Disposition"]
    assert client_of(year.cast["李四"]).get(url).status_code == 404
    assert Entry.objects.filter(act="下载附件", by=year.cast["郑十"]).count() == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "请选择回执的扫描件。"),
        (b"<script>1</script>", "只能上传 PDF、JPEG 或 PNG 扫描件。"),
        (files.paper_with_a_program(), "PDF 中含有脚本"),
    ],
)
def test_receipt_on_paper_without_a_proper_scan_is_refused_and_keeps_the_text(
    year: Round, content: bytes | None, sentence: str
) -> None:
    (one,) = waiting(year, "施工许可岗")
    answer = on_paper(year, one, content)
    text = answer.content.decode()
    assert (answer.status_code, sentence in text, "纸面意见" in text) == (422, True, True)
    assert (Filing.unscoped.count(), Attachment.unscoped.count(), states(one)) == (0, 0, [State.FILING])


def test_scan_of_another_filing_is_not_there(year: Round) -> None:
    one, other = waiting(year, "施工许可岗", "质量监督岗")
    first, second = year.file_on_paper([one]), year.file_on_paper([other])
    kept = Attachment.unscoped.get(subject=second.pk)
    url = reverse("filing_scan", args=[first.pk, kept.pk])
    assert client_of(year.cast["王五"]).get(url).status_code == 404


# --- papers ------------------------------------------------------------------------------------------------------


def test_report_says_what_is_sent_and_counts_the_levels(year: Round) -> None:
    filing = year.send(waiting(year, "施工许可岗", "质量监督岗"), number="住建廉〔2026〕1号")
    text = re.sub(r"\s", "", official.page(filings.letter_of(filing)))
    wanted = (
        "住建廉〔2026〕1号",
        "县纪委监委：",
        "现将2份表册报请备案。其中二级2份。",
        "施工许可岗（张三）",
        filing.digest,
    )
    assert [words for words in wanted if words not in text] == []


def test_report_on_forms_without_levels_claims_no_rating_and_no_meeting(year: Round) -> None:
    filing = year.send([year.bring(year.dossier("县住建局"), State.FILING)], number="住建廉〔2026〕1号")
    text = re.sub(r"\s", "", official.page(filings.letter_of(filing)))
    said = "已完成2026年度廉政风险点查找和防控措施制定，经逐级审核、归类汇总并公示期满，现将1份表册报请备案。"
    assert ("年度廉政风险点" in filings.letter_of(filing).title, said in text) == (True, True)
    assert "年度廉政风险点和防控措施备案" in filings.receipt_of(year.accept(filing)).blocks[0].text


@pytest.mark.skipif(pdf.available() is not None, reason=str(pdf.available()))
def test_receipt_is_an_official_document_of_the_authority(year: Round) -> None:
    filing = year.send(waiting(year, "施工许可岗"), number="住建廉〔2026〕1号")
    office = client_of(year.cast["王五"])
    url = reverse("filing_document", args=[filing.pk, "receipt"])
    assert office.get(url).status_code == 404
    year.accept(filing, number="云纪备〔2026〕9号", opinion="符合要求。")
    book = PdfReader(io.BytesIO(office.get(url).content))
    text = re.sub(r"\s", "", "".join(sheet.extract_text() for sheet in book.pages))
    for words in (
        "县纪委监委",
        "云纪备〔2026〕9号",
        "备案回执",
        "（住建廉〔2026〕1号）及所附表册1份收悉",
        "符合要求。",
    ):
        assert words in text
    assert book.metadata is not None
    assert book.metadata.author == "县纪委监委"


# --- queries -----------------------------------------------------------------------------------------------------


def test_lists_of_two_filings_ask_as_much_as_of_one(cast: Cast, django_assert_max_num_queries: Any) -> None:
    year = Round(cast)
    dossiers = waiting(year, "施工许可岗", "质量监督岗", "建筑业股")
    counts = []
    for chosen in (dossiers[:1], dossiers[1:]):
        filing = year.send(chosen)
        urls = (reverse("filings"), reverse("filing", args=[year.campaign.pk]))
        for url in (*urls, reverse("filing_case", args=[filing.pk])):
            with django_assert_max_num_queries(32) as seen:
                assert client_of(again(cast["郑十"])).get(url).status_code == 200
            counts.append(len(seen))
    assert counts[:3] == counts[3:]


def test_report_and_receipt_bear_the_newest_seal_of_the_journal(committed: Round) -> None:
    chosen = waiting(committed, "施工许可岗")
    closed = seal(committed.cast.bureau)
    assert closed is not None
    filing = committed.accept(committed.send(chosen, number="住建廉〔2026〕1号"))
    line = f"日志封印：第{closed.number}封 {closed.value}"
    paper = issued.paper_of(filing)
    assert paper is not None
    letter = filings.letter_of(filing, below=issued.proof(paper, address="http://lianzheng.test/"))
    for document in (letter, filings.receipt_of(filing)):
        foot = [block.text for block in document.below if isinstance(block, Paragraph)]
        assert [text for text in (*document.fine.splitlines(), *foot) if "日志封印" in text] == [line]
