"""What `manage.py` runs once `bootstrap` has done its part: Django's commands, the tests, the product.

The process of `up` stays to watch the others and never imports Django.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

from lianzheng.bootstrap import (
    PYTHON,
    ROOT,
    RUN,
    VAR,
    VENV,
    SetUpFailed,
    enter_venv,
    environment,
    in_venv,
    only_one,
    refuse_foreign_data,
    set_up,
)
from lianzheng.postgres import LocalPostgres, PostgresFailed, processes

WITHOUT_DATABASE = {"", "help", "version", "--help", "-h", "--version", "collectstatic", "compilemessages", "faults"}
ROLE_OF = {"migrate": "owner", "demo": "owner", "restore": "owner", "backup": "backup", "verify": "auditor"}
"""The database role a command works as; every other one works as the web does."""
READY_SECONDS = 60
FAREWELL_SECONDS = 15


def main(arguments: Sequence[str]) -> int:
    """Run `manage.py ARGUMENTS`; the exit code. May replace this process by the same command in `.venv`."""
    command = arguments[0] if arguments else ""
    try:
        refuse_foreign_data()
        if command == "up":
            return up(arguments)
        if command == "test":
            return test(arguments)
        return plain(arguments)
    except (SetUpFailed, PostgresFailed) as failure:
        print(failure, file=sys.stderr)
    except KeyboardInterrupt:
        print("已停止。")
    return 1


def plain(arguments: Sequence[str]) -> int:
    """One of Django's commands: in `.venv` with its database under it, or in somebody else's environment."""
    if PYTHON.exists():
        enter_venv(arguments)
    elif importlib.util.find_spec("django") is None:
        raise SetUpFailed("运行环境还没有准备好。请先执行：python3 manage.py up")
    with contextlib.ExitStack() as stack:
        if in_venv() and (not arguments or arguments[0] not in WITHOUT_DATABASE):
            role = ROLE_OF.get(arguments[0] if arguments else "", "runtime")
            os.environ.update(stack.enter_context(environment(LocalPostgres(VAR / "pg"), role=role)))
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianzheng.settings")
        from django.core.management import execute_from_command_line

        execute_from_command_line([str(ROOT / "manage.py"), *arguments])
    return 0


SPREAD = ("--dist", "loadfile", "--no-loadscope-reorder")
"""A file is one process's, in the order that tests/conftest.py gives."""


def test(arguments: Sequence[str]) -> int:
    """`manage.py test [--prepare] [pytest arguments]`: pytest's exit code. --prepare only sets up."""
    set_up("requirements-test.txt", tests=True)
    if "--prepare" in arguments:
        return 0
    enter_venv(arguments)
    # The script and not `-m pytest`, which puts the checkout with its folder `warnings/` first on the path.
    command = [str(PYTHON), str(VENV / "bin" / "pytest"), "-n", "2", *SPREAD, *arguments[1:]]
    with (
        only_one("test", wait="另一轮测试正在使用测试数据库，等它结束……"),
        environment(LocalPostgres(VAR / "pg-test", durable=False), role="owner") as variables,
    ):
        return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode


def up(arguments: Sequence[str]) -> int:
    """`manage.py up [--host] [--port]`: serve. 0 after Ctrl-C or SIGTERM, 1 when something died."""
    parser = argparse.ArgumentParser(prog="manage.py up", description="准备好一切并启动服务")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址（默认 127.0.0.1）")
    parser.add_argument("--port", type=int, default=8000, help="监听端口（默认 8000）")
    options = parser.parse_args(arguments[1:])
    set_up("requirements.txt", tests=False)
    enter_venv(arguments)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    with only_one("up", refuse="服务已经在运行：同一目录下只能启动一次 up。"):
        end_leftovers()
        refuse_taken_port(options.host, port=options.port)
        local = LocalPostgres(VAR / "pg")
        with environment(local, role="runtime") as variables:
            variables = {"LIANZHENG_DEMO": "1", "LIANZHENG_HOSTS": allowed_hosts(options.host), **variables}
            owner = variables.pop("LIANZHENG_OWNER_URL", "") or os.environ.get("DATABASE_URL") or local.url("owner")
            fill_database({**variables, "LIANZHENG_OWNER_URL": owner})
            watched = None if os.environ.get("DATABASE_URL") else local
            return serve(variables, host=options.host, port=options.port, local=watched)


def allowed_hosts(host: str) -> str:
    """The Host headers to answer to; listening on every address means that we cannot know them."""
    if host in {"0.0.0.0", "::"}:
        return "*"
    return f"127.0.0.1,localhost,[::1],{f'[{host}]' if ':' in host else host}"


def refuse_taken_port(host: str, *, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            other = port % 60000 + 1
            raise SetUpFailed(
                f"不能监听 {host}:{port}（{error}）。请换一个端口，例如：python3 manage.py up --port {other}"
            ) from error


def fill_database(variables: dict[str, str]) -> None:
    """In a process of its own, so that the one that stays to watch does not carry Django."""
    print("正在准备数据库……", flush=True)
    command = [str(PYTHON), "-c", "from lianzheng.launch import fill; fill()"]
    if subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode != 0:
        raise SetUpFailed("数据库没有准备好，原因见上。")


def fill() -> None:
    """Bring schema, static files and reference tables up to date; demonstration data where there is no user.

    Runs in `.venv` with the variables of `environment`; the schema is changed as the owner of the tables, all else
    is done as the product works later. Leaves the demonstration accounts in accounts.txt.
    """
    import django
    from django.core.management import call_command

    django.setup()
    migrate(os.environ["LIANZHENG_OWNER_URL"])
    call_command("check", databases=["default"], fail_level="ERROR", stdout=io.StringIO())
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("library")
    show_demo()


def migrate(url: str) -> None:
    from django.core.management import call_command
    from django.db import connection

    from lianzheng.settings import database

    usual = dict(connection.settings_dict)
    connection.settings_dict.update(database(url))
    try:
        call_command("migrate", interactive=False, verbosity=0)
    finally:
        connection.close()
        connection.settings_dict.update(usual)


def show_demo() -> None:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    accounts = RUN / "accounts.txt"
    accounts.unlink(missing_ok=True)
    if os.environ.get("LIANZHENG_DEMO") != "1":
        return
    if not get_user_model().objects.exists():
        print("正在装入演示数据……", flush=True)
        call_command("demo")
    with accounts.open("w", encoding="utf-8") as file:
        call_command("demo", "--accounts", stdout=file)


def commands(*, host: str, port: int) -> dict[str, list[str]]:
    """The processes of the product by their Chinese names; each names a path of this checkout."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    gunicorn = ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket"]
    patience = ["--patience", str(FAREWELL_SECONDS - 5)]
    place = [
        "--chdir",
        str(ROOT),
        "--pid",
        str(RUN / "gunicorn.pid"),
        "--bind",
        address,
        "--log-level",
        "warning",
    ]
    return {
        "网页服务": [str(PYTHON), "-m", "gunicorn", "lianzheng.wsgi", *gunicorn, *place],
        "后台任务": [str(PYTHON), str(ROOT / "manage.py"), "worker", *patience],
    }


def serve(variables: dict[str, str], *, host: str, port: int, local: LocalPostgres | None) -> int:
    """Start the processes and watch them until one dies or somebody asks for the end; then end them all."""
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands(host=host, port=port).items():
            children[name] = subprocess.Popen(
                command, cwd=ROOT, env=variables, stdin=subprocess.DEVNULL, start_new_session=True
            )
            (RUN / "children").write_text("".join(f"{child.pid}\n" for child in children.values()))
        greet(children, host=host, port=port)
        print(f"{watch(children, local=local)}意外退出，其余进程一并结束。", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n正在停止……", flush=True)
        return 0
    finally:
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, signal.SIG_IGN)
        end({child.pid for child in children.values()})
        (RUN / "children").unlink(missing_ok=True)


def watch(children: dict[str, subprocess.Popen[bytes]], *, local: LocalPostgres | None) -> str:
    """Wait; the Chinese name of the first process that ended. `local` may miss twice: it may only be slow."""
    misses = tick = 0
    while True:
        tick += 1
        for name, child in children.items():
            if child.poll() is not None:
                return f"{name}（返回码 {child.returncode}）"
        if local is not None and tick % 10 == 0:
            misses = 0 if local.running() else misses + 1
        if misses == 3:
            return "数据库"
        time.sleep(0.2)


def greet(children: dict[str, subprocess.Popen[bytes]], *, host: str, port: int) -> None:
    """Tell the address as soon as it answers; stay silent when a process has died meanwhile."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    deadline = time.monotonic() + READY_SECONDS
    while all(child.poll() is None for child in children.values()) and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((reachable, port), timeout=2):
            shown = f"[{reachable}]" if ":" in reachable else reachable
            print(f"\n廉政风险防控已启动：http://{shown}:{port}/\n按 Ctrl-C 停止。", flush=True)
            accounts = RUN / "accounts.txt"
            if accounts.exists():
                print(f"\n演示账户：\n{accounts.read_text(encoding='utf-8')}", flush=True)
            return
        time.sleep(0.1)


def members(groups: set[int]) -> list[int]:
    """Processes of this checkout in these process groups; the numbers may belong to somebody else by now."""
    found = []
    for pid, command in processes():
        if f"{ROOT}{os.sep}" in command:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.getpgid(pid) in groups:
                    found.append(pid)
    return found


def end(groups: set[int]) -> None:
    """End all processes of these groups: asked first, forced after FAREWELL_SECONDS."""
    for ending, seconds in ((signal.SIGTERM, FAREWELL_SECONDS), (signal.SIGKILL, 5)):
        for pid in members(groups):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, ending)
        deadline = time.monotonic() + seconds
        while members(groups):
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
        else:
            return


def end_leftovers() -> None:
    """End what a killed `up` left behind: it would hold the port, and work off jobs with old code."""
    file = RUN / "children"
    groups = {int(line) for line in file.read_text().split()} if file.exists() else set()
    if members(groups):
        print("正在结束上次异常退出后遗留的进程……", flush=True)
        end(groups)
    file.unlink(missing_ok=True)
