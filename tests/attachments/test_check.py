"""Which scans are kept, and what is taken out of them."""

import io
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from PIL import Image

from lianzheng.attachments import check
from lianzheng.attachments.actions import attach, attached_to
from lianzheng.attachments.check import Unfit, scan_of
from lianzheng.attachments.models import Attachment
from lianzheng.audit.models import Entry
from tests.attachments import files
from tests.cast import Round


def refused(content: bytes) -> str:
    with pytest.raises(Unfit) as unfit:
        scan_of(content)
    return str(unfit.value)


@pytest.mark.parametrize(
    ("content", "kind", "suffix"),
    [
        (files.paper(), "application/pdf", "pdf"),
        (files.paper_of_noise(), "application/pdf", "pdf"),
        (files.picture("JPEG"), "image/jpeg", "jpg"),
        (files.picture("PNG"), "image/png", "png"),
        (files.picture("PNG", mode="1"), "image/png", "png"),
        (files.picture("PNG", mode="P"), "image/png", "png"),
    ],
)
def test_plain_scan_is_kept_under_the_type_its_bytes_show(content: bytes, kind: str, suffix: str) -> None:
    scan = scan_of(content)
    assert (scan.kind, scan.suffix, len(scan.sha256)) == (kind, suffix, 64)
    assert scan_of(scan.content).kind == kind


BAD = {
    "nothing": (b"", check.EMPTY),
    "too big": (b"%PDF-" + b"0" * check.BYTES, check.TOO_BIG),
    "a program": (b"MZ\x90\x00", check.STRANGE),
    "a page": (b"<html><script>1</script></html>", check.STRANGE),
    "a drawing with scripts": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", check.STRANGE),
    "another picture type": (files.picture("GIF"), check.STRANGE),
    "half a picture": (files.picture("PNG", size=(400, 400))[:60], check.BROKEN),
    "a magic number alone": (b"\xff\xd8\xff", check.BROKEN),
    "half a paper": (files.paper()[:200], check.BROKEN),
    "a paper with a program": (files.paper_with_a_program(), check.ACTIVE),
    "a paper with a packed program": (files.paper_with_a_packed_program(), check.ACTIVE),
    "a name in other letters": (files.paper().replace(b"/Type", b"/J#61vaScript", 1), check.ACTIVE),
    "a password": (files.paper().replace(b"/Size", b"/Encrypt 9 0 R /Size", 1), check.ACTIVE),
}


@pytest.mark.parametrize("name", BAD)
def test_other_file_is_refused_with_a_sentence(name: str) -> None:
    content, sentence = BAD[name]
    assert refused(content) == sentence


def test_picture_of_too_many_points_is_refused_before_it_is_drawn(monkeypatch: Any) -> None:
    monkeypatch.setattr(check, "PIXELS", 1000)
    assert refused(files.picture("PNG", size=(40, 40))) == check.TOO_MANY_PIXELS


def test_picture_is_drawn_anew_without_place_tail_or_turn() -> None:
    content = files.picture_with_a_place()
    assert (files.PLACE.encode() in content, b"php" in content) == (True, True)
    drawn = scan_of(content).content
    assert (files.PLACE.encode() in drawn, b"php" in drawn) == (False, False)
    with Image.open(io.BytesIO(drawn)) as opened:
        assert (opened.size, dict(opened.getexif())) == ((40, 60), {})


def test_attachment_keeps_bytes_digest_and_journal_row(year: Round) -> None:
    scan = scan_of(files.paper())
    kept = attach(scan, to=year.own, name="扫描件", by=year.cast["王五"])
    found = list(attached_to(year.own))
    assert [(item.name, item.size, item.sha256) for item in found] == [("扫描件.pdf", len(scan.content), scan.sha256)]
    assert bytes(Attachment.unscoped.get(pk=kept.pk).content) == scan.content
    entry = Entry.objects.get(subject=year.own.pk, act="上传附件")
    assert (entry.digest, entry.by) == (scan.sha256, year.cast["王五"])
    assert list(attached_to(year.dossier("建筑业股"))) == []


def test_kept_file_is_never_changed_or_deleted(year: Round) -> None:
    kept = attach(scan_of(files.paper()), to=year.own, name="扫描件", by=year.cast["王五"])
    for change in (
        lambda: Attachment.unscoped.filter(pk=kept.pk).update(name="别的.pdf"),
        lambda: Attachment.unscoped.filter(pk=kept.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Attachment.unscoped.get(pk=kept.pk).name == "扫描件.pdf"
