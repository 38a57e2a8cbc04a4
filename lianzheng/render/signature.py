"""防篡改签名: issued PDFs signed with a key of the site, and what such a signature says of a file that comes back.

It shows that a file was not changed after this system made it. It is no 电子印章, names no person and takes the place
of no seal («电子签名法»第十三条 asks more of a reliable signature than a key on a server).
Where `SIGNATURE_FILE` (PKCS#12) is not set, nothing is signed and nothing is said.
"""

from __future__ import annotations

import io
import json
import logging
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509 import Certificate
from cryptography.x509.oid import NameOID
from django.conf import settings

from lianzheng import confined
from lianzheng.render.pdf import PaperFailed

logger = logging.getLogger(__name__)

NAME = "防篡改签名"
NO_SEAL = "它只能证明文件由本系统生成之后没有改动，不是电子印章，不能代替盖章和签字。"
FIELD = "TamperEvidence"
MEGABYTES, SECONDS, WALL_SECONDS, AT_ONCE = 1024, 10, 20, 1

NOT_THERE = "防篡改签名的密钥文件读不出来：{path}。请核对路径和读取权限，或取消 LIANZHENG_SIGNATURE_FILE。"
WRONG = "防篡改签名的密钥文件打不开：不是 PKCS#12（.p12、.pfx）文件，或者口令不对。"
NO_KEY = "防篡改签名的密钥文件里没有私钥或证书。"
OUTDATED = "防篡改签名的证书已于{day}到期，签名仍可发现改动，请尽快更换。"
UNSIGNED = "防篡改签名的密钥文件暂时不能用，文件没有生成。请联系系统管理员。"

GOOD = "防篡改签名有效：文件由本系统签名，签名后没有改动。" + NO_SEAL
ANOTHER = "防篡改签名是本系统的，签名后没有改动，但这个文件是另一份文书，不是本页这一份。"
CHANGED = "防篡改签名无效：文件在签名之后被改动过。"
FOREIGN = "文件带有签名，签名后没有改动，但不是用本系统现在的密钥签的，请以内容摘要为准。"
NONE = "文件没有防篡改签名，请以内容摘要为准。"
UNKNOWN = "文件里的签名读不出来，不能据此判断，请以内容摘要为准。"
_VERDICTS: Mapping[str, str] = {"changed": CHANGED, "none": NONE}

_places = threading.BoundedSemaphore(AT_ONCE)


class BadKey(Exception):
    """The key file cannot be used; the message is a sentence for the administrator."""


@dataclass(frozen=True)
class Key:
    """What is in the key file."""

    content: bytes
    certificate: Certificate

    @property
    def fingerprint(self) -> str:
        return sha256(self.certificate.public_bytes(Encoding.DER)).hexdigest()

    @property
    def holder(self) -> str:
        """The common name in the certificate."""
        names = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else ""

    @property
    def ends(self) -> datetime:
        return self.certificate.not_valid_after_utc


def configured() -> bool:
    return bool(settings.SIGNATURE_FILE)


def key() -> Key:
    """The site's key. Raises BadKey."""
    path = Path(settings.SIGNATURE_FILE)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadKey(NOT_THERE.format(path=path)) from error
    return _opened(content, settings.SIGNATURE_PASSWORD)


@lru_cache(maxsize=2)
def _opened(content: bytes, password: str) -> Key:
    try:
        private, certificate, _ = pkcs12.load_key_and_certificates(content, password.encode() or None)
    except (ValueError, TypeError) as error:
        raise BadKey(WRONG) from error
    if private is None or certificate is None:
        raise BadKey(NO_KEY)
    return Key(content, certificate)


def outdated(found: Key) -> str:
    """A sentence when the certificate's time is over, else ""."""
    ends = found.ends
    return OUTDATED.format(day=f"{ends.year}年{ends.month}月{ends.day}日") if ends < datetime.now(UTC) else ""


def sign(pdf: bytes, *, code: str) -> bytes:
    """The PDF of the paper with this code for verification, signed over all of it and the code; as it is where the site
    has no key. Raises PaperFailed."""
    if not configured():
        return pdf
    try:
        return _signed(pdf, key(), code=code)
    except (BadKey, ValueError, OSError) as error:
        logger.error("a paper could not be signed: %s", type(error).__name__)
        raise PaperFailed(UNSIGNED) from error


def _signed(pdf: bytes, found: Key, *, code: str) -> bytes:
    # Imported late: half a second that a process without papers does not need.
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko.sign.fields import MDPPerm

    password = settings.SIGNATURE_PASSWORD.encode() or None
    signer = signers.SimpleSigner.load_pkcs12_data(found.content, other_certs=[], passphrase=password)
    said = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=f"{NAME}，不是电子印章",
        location=code,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    out = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), said, signer=signer)
    return bytes(out.getbuffer())


def verdict(pdf: bytes, *, code: str) -> str:
    """What the signature in a file says that is shown for the paper with this code, as a sentence; "" for a site
    without a key. The file may be anybody's: it is parsed in a child process with limits."""
    if not configured():
        return ""
    seen = _look(pdf)
    if seen.get("signed") != "intact":
        return _VERDICTS.get(seen.get("signed", ""), UNKNOWN)
    try:
        ours = seen.get("fingerprint") == key().fingerprint
    except BadKey:
        return UNKNOWN
    if not ours:
        return FOREIGN
    return GOOD if seen.get("code") == code else ANOTHER


def _look(pdf: bytes) -> dict[str, Any]:
    limits = {"megabytes": MEGABYTES, "seconds": SECONDS, "wall_seconds": WALL_SECONDS}
    if not _places.acquire(timeout=WALL_SECONDS):
        return {}
    try:
        done = confined.ask("lianzheng.render.signed", pdf, **limits)
        done.check_returncode()
        found: dict[str, Any] = json.loads(done.stdout)
        return found
    except (subprocess.SubprocessError, ValueError):
        return {}
    finally:
        _places.release()
