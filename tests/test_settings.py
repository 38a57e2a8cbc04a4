"""The production settings, as Django's own check reads them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "lianzheng.settings",
    "DATABASE_URL": "postgresql://lianzheng@db/lianzheng",
    "LIANZHENG_SECRET_KEY": "4f8b1c9e7d2a6053" * 4,
    "LIANZHENG_TLS": "1",
    "LIANZHENG_DEMO": "0",
    "LIANZHENG_HOSTS": "lianzheng.example.gov.cn",
    "LIANZHENG_ORIGINS": "https://lianzheng.example.gov.cn",
}


ASK = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client

asked = [("/sign-in/", True, {}), ("/sign-in/", False, {}), ("/static/none.css", True, {}), ("/nowhere/", True, {}),
         ("/sign-in/", True, {"HTTP_HOST": "another.example"})]
told = []
for url, secure, more in asked:
    headers = {"HTTP_HOST": settings.ALLOWED_HOSTS[0]} | more
    answer = Client(raise_request_exception=False).get(url, secure=secure, **headers)
    cookies = [morsel.OutputString() for morsel in answer.cookies.values()]
    told.append([answer.status_code, dict(answer.headers), cookies])
print(json.dumps({"answers": told, "session": settings.SESSION_COOKIE_NAME, "apps": list(settings.INSTALLED_APPS)}))
"""


def site(**changes: str) -> dict[str, Any]:
    """What a site under the production settings answers, without its database."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env=kept | {"PYTHONPATH": f"{ROOT}:{ROOT / 'warnings'}", "PYTHONUTF8": "1"} | PRODUCTION | changes,
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.fixture(scope="module")
def production() -> dict[str, Any]:
    return site()


def test_cookies_are_bound_to_the_host_and_to_tls(production: dict[str, Any]) -> None:
    (cookie,) = production["answers"][0][2]
    name, *flags = cookie.split("; ")
    assert (name.split("=")[0], production["session"]) == ("__Host-csrf", "__Host-session")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(flags)
    assert [flag for flag in flags if flag.startswith("Domain")] == []


def test_every_answer_of_the_site_carries_the_headers_also_where_no_view_answered(production: dict[str, Any]) -> None:
    statuses = [status for status, _, _ in production["answers"]]
    assert statuses == [200, 301, 404, 404, 400]
    for status, headers, _ in production["answers"]:
        assert headers.get("Strict-Transport-Security", "").startswith("max-age=31536000") or status == 301
        for name in (
            "Content-Security-Policy",
            "Permissions-Policy",
            "Referrer-Policy",
            "X-Content-Type-Options",
            "X-Frame-Options",
            "Cross-Origin-Opener-Policy",
            "Cross-Origin-Resource-Policy",
        ):
            assert name in headers, (status, name)
        assert headers["Cache-Control"] == "no-store"


def test_admin_of_django_is_not_installed(production: dict[str, Any]) -> None:
    assert [name for name in production["apps"] if "admin" in name] == []


def test_unknown_password_policy_is_refused_at_the_start() -> None:
    with pytest.raises(subprocess.CalledProcessError) as failure:
        site(LIANZHENG_PASSWORD_POLICY="none")
    assert "LIANZHENG_PASSWORD_POLICY" in failure.value.stderr


def check(**changes: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=kept | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | PRODUCTION | changes,
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_for_deployment_finds_nothing_in_the_production_settings() -> None:
    done = check()
    expected = "System check identified no issues (3 silenced).\n"
    assert (done.returncode, done.stdout + done.stderr) == (0, expected)


def test_check_for_deployment_finds_a_site_without_tls() -> None:
    done = check(LIANZHENG_TLS="0")
    assert (done.returncode, "security.W012" in done.stderr) == (1, True)


def test_logs_go_to_standard_error_and_nowhere_else() -> None:
    from django.conf import settings

    logs: dict[str, Any] = settings.LOGGING
    assert {name: one["class"] for name, one in logs["handlers"].items()} == {"console": "logging.StreamHandler"}
    assert [logger["handlers"] for logger in logs["loggers"].values()] == [[]]
    assert logs["root"]["handlers"] == ["console"]


def test_every_degree_of_a_weakness_has_a_limit_by_which_it_is_mended() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    _, _, parts = text.partition("## 组件 ")
    limits = re.findall(r"^\| (严重|高|中|低) .*?\| (.+?) \|", parts, re.MULTILINE)
    assert limits == [("严重", "3 天"), ("高", "14 天"), ("中", "60 天"), ("低", "下一版本")]
