"""防篡改签名: what is signed, what a signature says of a file that comes back, and a key file that cannot be used."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption, pkcs12
from cryptography.x509.oid import NameOID
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pypdf import PdfReader

from assessments.models import IssuedFile, IssuedPaper, State
from assessments.notice_files import paper_of
from lianzheng.desk.signature_checks import usable_key
from lianzheng.render import official, pdf, signature
from lianzheng.render.official import Document, Paragraph
from tests.cast import Cast, Round, again, client_of
from tests.early_warning.play import Case

pytestmark = pytest.mark.skipif(pdf.available() is not None, reason=str(pdf.available()))

PASSWORD, CODE = "仅供测试", "ABCDEFGHJKLMNPQRSTUV"
NOW = datetime.now(UTC)


def key_file(path: Path, *, password: str = PASSWORD, days: int = 365, private: bool = True) -> Path:
    """A key with a certificate of its own making, which begins ten days ago."""
    own = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "县住建局")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(own.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(NOW - timedelta(days=10))
    certificate = made.not_valid_after(NOW + timedelta(days=days)).sign(own, hashes.SHA256())
    shut = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    content = pkcs12.serialize_key_and_certificates(None, own if private else None, certificate, None, shut)
    path.write_bytes(content)
    return path


@pytest.fixture
def signing(tmp_path: Path, settings: Any) -> Path:
    settings.SIGNATURE_FILE = str(key_file(tmp_path / "key.p12"))
    settings.SIGNATURE_PASSWORD = PASSWORD
    return tmp_path / "key.p12"


def paper() -> bytes:
    return official.document(Document(title="公示", blocks=[Paragraph("现予公示。")]))


def texts(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


@pytest.mark.usefixtures("signing")
def test_signed_paper_verifies_and_says_the_same() -> None:
    plain = paper()
    signed = signature.sign(plain, code=CODE)
    assert signed.startswith(plain)
    assert texts(signed) == texts(plain)
    assert signature.verdict(signed, code=CODE) == signature.GOOD
    assert "不是电子印章" in signature.GOOD


@pytest.mark.usefixtures("signing")
def test_one_changed_byte_does_not_verify() -> None:
    signed = signature.sign(paper(), code=CODE)
    [start, end] = [int(n) for n in re.findall(rb"/ByteRange \[0 (\d+) (\d+)", signed)[0]]
    places = [len(signed) // 3, start - 200, end + 40, signed.index(b"/Reason") + 12, signed.index(b"/MediaBox") + 11]
    said = []
    for place in places:
        changed = bytearray(signed)
        changed[place] ^= 1
        said.append(signature.verdict(bytes(changed), code=CODE))
    assert {*said} <= {signature.CHANGED, signature.UNKNOWN}
    assert signature.CHANGED in said


@pytest.mark.usefixtures("signing")
def test_paper_with_something_added_behind_the_signature_does_not_verify() -> None:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    signed = signature.sign(paper(), code=CODE)
    book = IncrementalPdfFileWriter(io.BytesIO(signed))
    book.root["/Lang"] = book.root["/Pages"]
    book.update_root()
    out = io.BytesIO()
    book.write(out)
    assert out.getvalue().startswith(signed)
    assert signature.verdict(out.getvalue(), code=CODE) == signature.CHANGED


def test_signature_by_another_key_is_not_taken_for_ours(signing: Path) -> None:
    signed = signature.sign(paper(), code=CODE)
    key_file(signing)
    assert signature.verdict(signed, code=CODE) == signature.FOREIGN


@pytest.mark.usefixtures("signing")
@pytest.mark.parametrize(
    ("content", "said"),
    [(None, signature.NONE), (b"%PDF-1.7 no more", signature.UNKNOWN), (b"%PDF" + b"<<" * 100_000, signature.UNKNOWN)],
)
def test_file_without_a_readable_signature_is_said_to_have_none(content: bytes | None, said: str) -> None:
    assert signature.verdict(paper() if content is None else content, code=CODE) == said


def test_site_without_a_key_signs_nothing_and_says_nothing(settings: Any) -> None:
    settings.SIGNATURE_FILE = ""
    assert signature.sign(b"%PDF as it is", code=CODE) == b"%PDF as it is"
    assert (signature.verdict(b"%PDF as it is", code=CODE), usable_key()) == ("", [])


def said_at_start() -> list[tuple[str | None, str]]:
    return [(message.id, str(message.msg)) for message in usable_key()]


def test_key_that_can_be_used_is_no_matter_at_the_start(signing: Path) -> None:
    assert said_at_start() == []


def test_key_that_cannot_be_used_is_a_sentence_at_the_start(signing: Path, settings: Any) -> None:
    settings.SIGNATURE_PASSWORD = "另一个"
    assert said_at_start() == [("lianzheng.E010", signature.WRONG)]
    signing.write_bytes(b"no key at all")
    assert said_at_start() == [("lianzheng.E010", signature.WRONG)]
    settings.SIGNATURE_PASSWORD = PASSWORD
    key_file(signing, private=False)
    assert said_at_start() == [("lianzheng.E010", signature.NO_KEY)]
    signing.unlink()
    assert said_at_start() == [("lianzheng.E010", signature.NOT_THERE.format(path=signing))]


def test_key_without_a_password_will_do(signing: Path, settings: Any) -> None:
    key_file(signing, password="")
    settings.SIGNATURE_PASSWORD = ""
    assert said_at_start() == []
    assert signature.verdict(signature.sign(paper(), code=CODE), code=CODE) == signature.GOOD


def test_certificate_whose_time_is_over_still_shows_changes(signing: Path) -> None:
    key_file(signing, days=-1)
    [(code, said)] = said_at_start()
    assert (code, "到期" in said) == ("lianzheng.W010", True)
    assert signature.verdict(signature.sign(paper(), code=CODE), code=CODE) == signature.GOOD


def notice_file(year: Round) -> tuple[str, Any]:
    """The token of a notice that is up, and its printed version as it is fetched."""
    notice = year.publish([year.bring(year.own, State.NOTICE)])
    answer = client_of(year.cast["王五"]).get(reverse("notice_file", args=[notice.pk, "pdf"]))
    return paper_of(notice).token, answer


def compared(token: str, content: bytes) -> str:
    file = SimpleUploadedFile("公示.pdf", content)
    return client_of(None).post(reverse("verify_paper", args=[token]), {"file": file}).content.decode()


@pytest.mark.usefixtures("signing")
def test_notice_is_signed_once_and_the_page_says_what_that_means(year: Round) -> None:
    token, answer = notice_file(year)
    kept = IssuedFile.unscoped.get(kind="pdf")
    assert bytes(kept.content) == answer.content
    page = compared(token, answer.content)
    assert "逐字节相同" in page
    assert signature.GOOD in page
    assert signature.key().fingerprint in page
    changed = bytearray(answer.content)
    changed[len(changed) // 3] ^= 1
    page = compared(token, bytes(changed))
    assert "不一致" in page
    assert signature.CHANGED in page


def test_page_of_a_site_without_a_key_does_not_speak_of_signatures(year: Round, settings: Any) -> None:
    settings.SIGNATURE_FILE = ""
    token, answer = notice_file(year)
    assert b"/ByteRange" not in answer.content
    assert signature.NAME not in compared(token, answer.content)


def test_paper_is_not_issued_unsigned_where_the_key_is_lost(year: Round, signing: Path) -> None:
    signing.unlink()
    _, answer = notice_file(year)
    assert (answer.status_code, answer.content.decode()) == (503, signature.UNSIGNED)
    assert not IssuedFile.unscoped.filter(kind="pdf").exists()


@pytest.mark.usefixtures("signing", "moving_clock")
def test_minutes_and_filing_letter_are_signed(year: Round) -> None:
    filing = year.send([year.bring(year.rating("施工许可岗"), State.FILING)])
    meeting = year.campaign.meetings.get()
    office = client_of(again(year.cast["王五"]))
    for address in (("minutes", meeting.pk, "pdf"), ("filing_document", filing.pk, "letter")):
        content = office.get(reverse(address[0], args=address[1:])).content
        code = IssuedPaper.unscoped.get(subject=address[1]).token
        assert signature.verdict(content, code=code) == signature.GOOD, address


@pytest.mark.usefixtures("signing")
def test_warning_notice_is_signed_and_verified_though_no_file_of_it_is_kept(cast: Cast) -> None:
    case = Case(cast)
    warning = case.bring("issued")
    answer = client_of(again(cast["赵六"])).get(reverse("warning_paper", args=[warning.pk, "notice"]))
    token = IssuedPaper.unscoped.get(subject=warning.pk).token
    assert signature.GOOD in compared(token, answer.content)
    assert signature.verdict(answer.content, code=CODE) == signature.ANOTHER
