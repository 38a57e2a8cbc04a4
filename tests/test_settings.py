"""The production settings, as Django's own check reads them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
