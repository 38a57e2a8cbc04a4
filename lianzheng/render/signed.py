"""The child process that looks at the signature of a PDF: the file in on stdin, a verdict as JSON out on stdout.

Started by lianzheng.render.signature as `python -m lianzheng.render.signed MEGABYTES SECONDS`; imports no Django. Only
what the file itself says is asked: whether the certificate is the site's is for the parent to know.
"""

import json
import sys
from hashlib import sha256
from io import BytesIO
from typing import Any

from lianzheng.render.press import limit_memory, limit_time


def look(pdf: bytes) -> dict[str, Any]:
    """`signed`: none, changed, or intact: over the whole file, by the key of the certificate with this `fingerprint`,
    for the paper with this `code`."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    signatures = list(PdfFileReader(BytesIO(pdf)).embedded_signatures)
    if not signatures:
        return {"signed": "none"}
    last = signatures[-1]
    certificate = last.signer_cert
    # Nobody vouches for the certificate of a site: it is compared, and nothing is fetched.
    context = ValidationContext(trust_roots=[certificate], allow_fetching=False)
    status = validate_pdf_signature(last, context, skip_diff=True)
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    intact = status.intact and status.valid and whole and len(signatures) == 1
    found = {"fingerprint": sha256(certificate.dump()).hexdigest(), "code": str(last.sig_object.get("/Location", ""))}
    return {"signed": "intact" if intact else "changed", **found}


def main() -> None:
    """A file that cannot be read ends this with an error, which is an answer too."""
    limit_memory(int(sys.argv[1]))
    limit_time(int(sys.argv[2]))
    print(json.dumps(look(sys.stdin.buffer.read())))  # noqa: T201  # the answer


if __name__ == "__main__":
    main()
