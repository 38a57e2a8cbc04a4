"""What must not stand in the code, each rule with a sample that it finds: ASVS 5.0 V1, V13, V15."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.test_repository import OURS, ROOT, TRACKED, name_of, text_of

FAULTS = [file for file in TRACKED if file.suffix == ".py" and file.parts[len(ROOT.parts)] == "faults"]
SCRIPTS = [file for file in TRACKED if file.suffix == ".js" and "vendor" not in file.parts]
RULES = {
    "shell": (r"shell\s*=\s*True|os\.system\(|os\.popen\(|getoutput\(", "subprocess.run(text, shell=True)"),
    "dynamic code": (r"(?<![.\w])(eval|exec)\(|\bpickle\b|\bmarshal\b|yaml\.load\(", "eval(typed)"),
    "pattern of a user": (
        r"re\.(compile|search|match|sub|findall|fullmatch)\(\s*request\.",
        "re.search(request.POST['q'], text)",
    ),
    "format of a user": (
        r"(cleaned_data\[[^]]+\]|request\.\w+\[[^]]+\])\.format(_map)?\(",
        "form.cleaned_data['text'].format(x)",
    ),
    "filter of a user": (r"\.(filter|exclude|get|create|update)\(\*\*\s*request\.", "rows.filter(**request.GET)"),
    "raw SQL of a user": (r"\.(extra|raw)\(|RawSQL\(", "Model.objects.raw(text)"),
}
SCRIPT_RULES = {
    "markup from text": (
        r"\.innerHTML\s*=|\.outerHTML\s*=|insertAdjacentHTML\(|document\.write\(",
        "box.innerHTML = text",
    ),
    "dynamic code": (r"\beval\(|new Function\(", "eval(text)"),
    "merge of foreign objects": (
        r"Object\.assign\(|__proto__|\.prototype\b|\bin JSON\.parse",
        "Object.assign(target, JSON.parse(text))",
    ),
}


def offending(words: str, files: list[Path]) -> list[str]:
    return [name_of(file) for file in files if re.search(words, text_of(file))]


@pytest.mark.parametrize("rule", RULES)
def test_code_keeps_the_rule(rule: str) -> None:
    words, sample = RULES[rule]
    assert re.search(words, sample)
    assert offending(words, [*OURS, *FAULTS]) == []


@pytest.mark.parametrize("rule", SCRIPT_RULES)
def test_script_keeps_the_rule(rule: str) -> None:
    words, sample = SCRIPT_RULES[rule]
    assert re.search(words, sample)
    assert SCRIPTS != []
    assert offending(words, SCRIPTS) == []


def test_cryptography_is_that_of_well_kept_libraries() -> None:
    """Nobody's own ciphers: what is sealed, hashed or drawn by lot comes from these modules."""
    allowed = r"^(from|import) (cryptography|hashlib|hmac|secrets|argon2|django)"
    wanted = r"^(from|import) ([\w.]*(crypt|cipher|sm[234]\b|rsa\b|aes\b)[\w.]*)"
    lines = [line for file in OURS for line in text_of(file).splitlines() if re.search(wanted, line, re.IGNORECASE)]
    assert [line for line in lines if not re.search(allowed, line)] == []
    assert [name_of(file) for file in OURS if re.search(r"^(from|import) random\b", text_of(file), re.MULTILINE)] == []


def test_every_key_that_the_code_works_with_is_in_the_inventory() -> None:
    """docs/security.md 密码资产: whoever seals, signs or hashes a password does it with a key that is listed there."""
    words = r"AESGCM|Argon2|hmac\.(new|digest)|Signer\(|salted_hmac|signing\.(dumps|loads)|TOTP|totp|pkcs12\.load|SCRAM"
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    _, _, rest = text.partition("## 密码资产")
    inventory, _, _ = rest.partition("\n## ")
    places = re.findall(r"`(\w[\w/]+\.py)`", inventory)
    assert sorted(set(places)) == sorted(offending(words, OURS))


@pytest.mark.parametrize(
    "address", ["/.git/config", "/.git/HEAD", "/static/", "/static/js/", "/var/secret_key", "/.env"]
)
def test_nothing_but_collected_files_is_served(address: str, db: Any) -> None:
    answer = Client().get(address)
    assert answer.status_code in (302, 404)
    assert "sign-in" in answer.headers.get("Location", "sign-in")


def test_image_leaves_the_history_of_the_code_out() -> None:
    assert ".git" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
