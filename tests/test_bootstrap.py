"""The set-up without Django: what it finds, what it refuses, what it ends."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lianzheng import bootstrap, launch

STANDARD_LIBRARY_ONLY = """
import sys
before = set(sys.modules)
import lianzheng.launch
print(sorted({name.partition(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what starts before there is an environment, in a folder whose name is no easy one."""
    root = tmp_path / "廉政 防控"
    (root / "lianzheng").mkdir(parents=True)
    shutil.copy(bootstrap.ROOT / "manage.py", root)
    for name in ("__init__.py", "bootstrap.py", "launch.py", "postgres.py", "database_roles.py"):
        shutil.copy(bootstrap.ROOT / "lianzheng" / name, root / "lianzheng")
    (root / "requirements.txt").write_text("")
    return root


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for module in (bootstrap, launch):
        monkeypatch.setattr(module, "RUN", tmp_path)
    return tmp_path


def bare(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py with a Python that sees no installed package, as on a machine that was never set up."""
    command = [sys.executable, "-S", str(root / "manage.py"), *arguments]
    variables = {"PATH": os.environ["PATH"], "HOME": str(root), "PYTHONUTF8": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=variables, check=False, timeout=60)


def sleeper(*arguments: str) -> subprocess.Popen[bytes]:
    """A process with `arguments` in its command line, which is not to name the checkout by itself."""
    code = "import time; time.sleep(60)"
    python = Path(sys.executable).resolve()
    return subprocess.Popen([python, "-c", code, *arguments], start_new_session=True)


def test_bootstrap_imports_the_standard_library_alone() -> None:
    answer = subprocess.run(
        [sys.executable, "-S", "-c", STANDARD_LIBRARY_ONLY],
        cwd=bootstrap.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "['lianzheng']"


def test_command_without_environment_names_the_command_to_run_first(checkout: Path) -> None:
    answer = bare(checkout, "migrate")
    assert (answer.returncode, answer.stderr) == (1, "运行环境还没有准备好。请先执行：python3 manage.py up\n")


def test_environment_is_made_once(checkout: Path) -> None:
    code = "from lianzheng.bootstrap import *; make_venv(); install_requirements(ROOT / 'requirements.txt')"
    command = [sys.executable, "-c", code]
    first, second = (
        subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True) for _ in range(2)
    )
    assert first.stdout.splitlines()[0] == "正在建立虚拟环境 .venv ……"
    assert (checkout / ".venv/bin/python").exists()
    assert second.stdout == ""


def test_moved_environment_is_not_taken_for_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = bootstrap.made_for()
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    assert bootstrap.made_for() != here


def test_changed_lock_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    lock = tmp_path / "requirements.txt"
    lock.write_text("a==1\n")
    bootstrap.stamp_of(lock).write_text(bootstrap.fingerprint(lock))
    assert bootstrap.is_installed(lock)
    lock.write_text("a==2\n")
    assert not bootstrap.is_installed(lock)


def test_locks_pin_every_package_by_hash() -> None:
    for name in ("requirements.txt", "requirements-test.txt"):
        lines = (bootstrap.ROOT / name).read_text().splitlines()
        packages = [line for line in lines if not line.startswith(" ")]
        assert [line for line in packages if "==" not in line or not line.endswith("\\")] == []
        assert [line for line in lines if "://" in line] == []


def test_lock_for_tests_contains_the_other_one() -> None:
    runtime, tests = (
        {line for line in (bootstrap.ROOT / name).read_text().splitlines() if "==" in line}
        for name in ("requirements.txt", "requirements-test.txt")
    )
    assert runtime - tests == set()


def test_library_that_does_not_exist_does_not_load() -> None:
    assert not bootstrap.loads("liblianzheng-missing.so.0")


def test_field_keys_are_kept_and_closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bootstrap, "FIELD_KEYS", tmp_path / "field_keys")
    bootstrap.make_field_keys()
    first = bootstrap.FIELD_KEYS.read_text()
    bootstrap.make_field_keys()
    assert bootstrap.FIELD_KEYS.read_text() == first
    assert oct(bootstrap.FIELD_KEYS.stat().st_mode & 0o777) == "0o600"


def test_secret_key_is_kept_and_closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bootstrap, "SECRET_KEY", tmp_path / "secret_key")
    bootstrap.make_secret_key()
    first = bootstrap.SECRET_KEY.read_text()
    bootstrap.make_secret_key()
    assert bootstrap.SECRET_KEY.read_text() == first
    assert len(first) >= 64
    assert oct(bootstrap.SECRET_KEY.stat().st_mode & 0o777) == "0o600"


def test_second_holder_of_a_lock_is_refused(running: Path) -> None:
    with (
        bootstrap.only_one("up", refuse="已在运行"),
        pytest.raises(bootstrap.SetUpFailed, match=r"^已在运行$"),
        bootstrap.only_one("up", refuse="已在运行"),
    ):
        pass
    with (running / "up.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_taken_port_is_refused_with_another_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(bootstrap.SetUpFailed, match=rf"不能监听 127\.0\.0\.1:{port}.*--port \d+$"):
            launch.refuse_taken_port("127.0.0.1", port=port)


def test_allowed_hosts_follow_the_address() -> None:
    assert launch.allowed_hosts("10.1.2.3") == "127.0.0.1,localhost,[::1],10.1.2.3"
    assert launch.allowed_hosts("fd00::1") == "127.0.0.1,localhost,[::1],[fd00::1]"
    assert launch.allowed_hosts("0.0.0.0") == "*"


def test_every_command_names_the_checkout() -> None:
    """Or `members` could not tell our processes from others."""
    listed = launch.commands(host="::1", port=8000)
    assert [any(f"{bootstrap.ROOT}/" in word for word in command[1:]) for command in listed.values()] == [
        True,
        True,
    ]
    assert "[::1]:8000" in listed["网页服务"]


def test_leftovers_are_ended_and_foreign_processes_spared(running: Path) -> None:
    ours, foreign = sleeper(f"{bootstrap.ROOT}/manage.py"), sleeper("/elsewhere/manage.py")
    try:
        # The foreign number stands in the file too: numbers are used again.
        (running / "children").write_text(f"{ours.pid}\n{foreign.pid}\n")
        launch.end_leftovers()
        assert ours.wait(timeout=5) == -signal.SIGTERM
        assert foreign.poll() is None
        assert not (running / "children").exists()
    finally:
        for process in (ours, foreign):
            process.kill()
            process.wait()


def test_watch_names_the_process_that_ended() -> None:
    lasting, ending = sleeper(), subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    try:
        assert launch.watch({"网页服务": lasting, "后台任务": ending}, local=None) == "后台任务（返回码 3）"
    finally:
        lasting.kill()
        lasting.wait()


def test_unreachable_database_is_told_in_a_sentence() -> None:
    with pytest.raises(bootstrap.SetUpFailed, match=r"^连接不上 DATABASE_URL 指定的数据库："):
        bootstrap.check_server("postgresql://nobody@/none?host=/nonexistent")
