"""The launcher of the embedded cluster, on real clusters; nothing of Django is involved."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from lianzheng.postgres import LocalPostgres, PostgresFailed, find_software, major_version, processes

# A space, a comma, a quote and Chinese: what a folder may be called and a configuration file has to quote.
AWKWARD = "廉政 风险,'防控"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that the account PostgreSQL runs as can enter: pytest's own are closed."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def local(folder: Path) -> Iterator[LocalPostgres]:
    cluster = LocalPostgres(folder / AWKWARD, durable=False)
    cluster.start()
    yield cluster
    cluster.stop()


def ask(local: LocalPostgres, statement: str) -> str:
    answer = subprocess.run([local.psql, local.url(), "-AtXc", statement], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def postmaster(local: LocalPostgres) -> int:
    return int((local.cluster / "postmaster.pid").read_text().split()[0])


def test_start_makes_a_utf8_cluster_in_chinese_time(local: LocalPostgres) -> None:
    columns = "pg_encoding_to_char(encoding), datcollate, current_setting('timezone')"
    assert ask(local, f"SELECT {columns} FROM pg_database WHERE datname = 'lianzheng'") == "UTF8|C|Asia/Shanghai"


def test_role_is_bound_by_row_level_security(local: LocalPostgres) -> None:
    statement = "SELECT rolsuper, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert ask(local, statement) == "f|f|t"


def refusal(url: str) -> str:
    answer = subprocess.run([find_software() / "psql", url, "-AtXc", "SELECT 1"], capture_output=True, text=True)
    assert answer.returncode != 0
    return answer.stderr


def test_nobody_comes_in_without_the_password_and_the_superuser_not_at_all(local: LocalPostgres) -> None:
    parts = urlsplit(local.url())
    assert "password" in refusal(parts._replace(netloc="lianzheng@").geturl())
    assert "password authentication failed" in refusal(parts._replace(netloc="lianzheng:wrong@").geturl())
    assert "no pg_hba.conf entry" in refusal(parts._replace(netloc=f"postgres:{parts.password}@").geturl())


def test_passwords_of_the_roles_are_kept_and_closed(local: LocalPostgres) -> None:
    files = sorted((local.home / "roles").iterdir())
    assert [file.name for file in files] == ["auditor", "backup", "owner", "runtime"]
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}
    before = local.url("runtime")
    LocalPostgres(local.data, durable=False).start()
    assert local.url("runtime") == before


def test_cluster_of_one_role_left_running_gets_the_others_and_keeps_its_rows(folder: Path) -> None:
    """As a version that knew one role only leaves it behind after a kill -9."""
    with LocalPostgres(folder / "older", durable=False) as older:
        ask(older, "CREATE TABLE kept AS SELECT 7 AS n")
        (older.cluster / "lianzheng.roles").unlink()
        shutil.rmtree(older.home / "roles")
        assert older.running()
        newer = LocalPostgres(older.data, durable=False).start()
        assert ask(newer, "SELECT n FROM kept") == "7"
        asked = subprocess.run([newer.psql, newer.url("runtime"), "-AtXc", "SELECT current_user"], capture_output=True)
        assert asked.stdout == b"lianzheng_runtime\n"


def test_cluster_listens_on_no_tcp_port(local: LocalPostgres) -> None:
    assert ask(local, "SHOW listen_addresses") == ""


def test_test_cluster_does_not_wait_for_the_disk(local: LocalPostgres) -> None:
    assert ask(local, "SHOW fsync") == "off"


def test_socket_folder_is_closed_to_others(local: LocalPostgres) -> None:
    sockets = Path(parse_qs(urlsplit(local.url()).query)["host"][0])
    assert oct(sockets.stat().st_mode & 0o777) == "0o700"
    assert len(os.fsencode(sockets)) <= 80


def test_start_when_running_keeps_the_server(local: LocalPostgres) -> None:
    before = postmaster(local)
    began = time.monotonic()
    assert LocalPostgres(local.data, durable=False).start().url() == local.url()
    assert time.monotonic() - began < 0.5
    assert postmaster(local) == before


def test_kill_of_the_server_loses_no_committed_row(folder: Path) -> None:
    with LocalPostgres(folder / "durable") as local:
        ask(local, "CREATE TABLE kept AS SELECT 7 AS n")
        os.kill(postmaster(local), signal.SIGKILL)
        local.start()
        assert ask(local, "SELECT n FROM kept") == "7"


def test_start_takes_no_foreign_process_for_the_server(local: LocalPostgres) -> None:
    """A pid file may survive its machine, and its number then belong to anybody."""
    local.stop()
    sleeper = subprocess.Popen(["sleep", "60"], user=local.account.uid if local.account else None)
    pid_file = local.cluster / "postmaster.pid"
    pid_file.write_text(f"{sleeper.pid}\n{local.cluster}\n0\n5432\n{local.home}\n\n0 0\nready\n")
    try:
        assert not local.running()
        local.start()
        assert postmaster(local) != sleeper.pid
    finally:
        sleeper.kill()
        sleeper.wait()


def test_cluster_stops_when_its_last_user_leaves(local: LocalPostgres) -> None:
    first, second = (LocalPostgres(local.data, durable=False) for _ in range(2))
    with first:
        with second:
            pass
        assert first.running()
    assert not first.running()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's folders are closed to the account of PostgreSQL")
def test_root_with_a_closed_folder_gets_a_link_to_an_open_one(tmp_path: Path) -> None:
    local = LocalPostgres(tmp_path / "pg", durable=False).start()
    try:
        assert local.running()
        assert local.data.readlink() == local.home
        assert local.home.stat().st_uid != 0
    finally:
        local.stop()
        shutil.rmtree(local.home)


def test_cluster_of_another_version_is_refused(tmp_path: Path) -> None:
    local = LocalPostgres(tmp_path / "pg")
    (local.cluster).mkdir(parents=True)
    (local.cluster / "PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresFailed, match=r"数据目录由 PostgreSQL 9 建立"):
        local.start()


def test_url_of_a_stopped_cluster_starts_nothing(tmp_path: Path) -> None:
    local = LocalPostgres(tmp_path / "pg")
    assert local.url().startswith("postgresql://lianzheng@/lianzheng?host=/")
    assert not local.data.exists()


def test_software_is_new_enough() -> None:
    assert major_version(find_software() / "postgres") >= 15


def test_major_version_of_no_program_is_zero(tmp_path: Path) -> None:
    assert major_version(tmp_path / "postgres") == 0


def test_processes_include_this_one() -> None:
    assert "python" in dict(processes())[os.getpid()]
