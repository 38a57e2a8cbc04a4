"""From a bare checkout to an environment: system packages, `.venv` with the locked packages, key, variables.

Imported by a Python that has nothing but its standard library. What then runs is in `launch.py`, and how a
cluster is kept in `postgres.py`.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from lianzheng.postgres import OLDEST_MAJOR, LocalPostgres

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VAR = ROOT / "var"
RUN = VAR / "run"
SECRET_KEY = VAR / "secret_key"
FIELD_KEYS = VAR / "field_keys"
LIBRARIES = {  # without the last one WeasyPrint works, but twenty times slower
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
POPPLER = ("pdftotext", "pdftoppm")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class SetUpFailed(RuntimeError):
    """The set-up cannot go on; the message is a Chinese text for the person at the terminal."""


def refuse_foreign_data() -> None:
    for folder in (VAR, RUN):
        if folder.is_dir() and not os.access(folder, os.W_OK):
            raise SetUpFailed(f"没有权限写入 {folder}：此前是以另一个账户启动的，请改用那个账户。")


def set_up(requirements: str, *, tests: bool) -> None:
    """Put in place what is missing; a few milliseconds when nothing is."""
    VAR.mkdir(exist_ok=True)
    RUN.mkdir(mode=0o700, exist_ok=True)
    with only_one("set-up", wait="另一个进程正在准备运行环境，请稍候……"):
        if sys.platform == "linux":
            install_system_packages(tests=tests)
        make_venv()
        install_requirements(ROOT / requirements)
        make_secret_key()
        make_field_keys()
        if sys.platform == "darwin":
            install_mac_libraries()


def missing_packages(*, tests: bool) -> list[str]:
    """Debian names of what is missing, found by trying to use it: it may not be from a package."""
    packages = [package for library, package in LIBRARIES.items() if not loads(library)]
    needs_venv = not PYTHON.exists() and shutil.which("uv") is None
    if needs_venv and importlib.util.find_spec("ensurepip") is None:
        packages.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    if tests and not all(map(shutil.which, POPPLER)):
        packages.append("poppler-utils")
    if tests and not any(map(shutil.which, BROWSERS)):
        packages.append("chromium")
    return packages


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_system_packages(*, tests: bool) -> None:
    """Install by apt-get where we may; else say what to run, and stop only if there is no way to `.venv`."""
    packages = missing_packages(tests=tests)
    if not packages:
        return
    prefix = administrator()
    if prefix is not None and shutil.which("apt-get"):
        print(f"正在安装系统软件包：{' '.join(packages)}", flush=True)
        # The browser apart: where it has another name its failure must not keep the others away.
        for group in ([p for p in packages if p != "chromium"], [p for p in packages if p == "chromium"]):
            apt_get_install(group, prefix=prefix)
        packages = missing_packages(tests=tests)
    if not packages:
        return
    command = f"sudo apt-get update && sudo apt-get install -y {' '.join(packages)}"
    if any(package.endswith("-venv") for package in packages):
        raise SetUpFailed(f"缺少建立虚拟环境所需的系统软件包。请先由管理员执行：\n  {command}")
    print(f"缺少系统软件包，PDF 或浏览器测试不可用，其余功能照常。可由管理员执行：\n  {command}", flush=True)
    if not shutil.which("apt-get"):
        print("（以上是 Debian/Ubuntu 的写法；其他系统请安装 pango、harfbuzz 及同名工具。）", flush=True)


def administrator() -> list[str] | None:
    """What to put before a command that needs root; None when we may not."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def apt_get_install(packages: Sequence[str], *, prefix: Sequence[str]) -> None:
    """Try with the package lists at hand, then with fresh ones. What then loads shows if it worked."""
    quietly = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    apt = [*prefix, *quietly]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    if packages and subprocess.run(install, stdin=subprocess.DEVNULL, capture_output=True).returncode != 0:
        subprocess.run([*apt, "update"], stdin=subprocess.DEVNULL, check=False)
        subprocess.run(install, stdin=subprocess.DEVNULL, check=False)


def install_mac_libraries() -> None:
    if mac_libraries() is None and not loads("libpango-1.0.dylib"):
        if shutil.which("brew"):
            subprocess.run(["brew", "install", "pango"], check=False)
        else:
            print("缺少 pango，PDF 不可用，其余功能照常。可执行：\n  brew install pango", flush=True)


def mac_libraries() -> Path | None:
    """The folder of pango and harfbuzz in the wheel gstreamer-libs, which no Linux has."""
    return next(VENV.glob("lib/python3.*/site-packages/gstreamer_libs/lib"), None)


def make_venv() -> None:
    """Make `.venv` anew when it is half made, comes from another place, or its Python has changed."""
    stamp = VENV / ".made-for"
    if PYTHON.exists() and stamp.is_file() and stamp.read_text() == made_for():
        return
    print("正在建立虚拟环境 .venv ……", flush=True)
    uv = shutil.which("uv")
    by_uv = [[uv, "venv", "--quiet", "--clear", "--seed", "--python", sys.executable, str(VENV)]] if uv else []
    run_one_of([*by_uv, [sys.executable, "-I", "-m", "venv", "--clear", str(VENV)]], "虚拟环境没有建成。")
    stamp.write_text(made_for())


def made_for() -> str:
    """Place and Python version of `.venv`: its scripts hold the one, the path of its packages the other."""
    version = "import sys; print(*sys.version_info[:2])"
    answer = subprocess.run([PYTHON, "-I", "-c", version], capture_output=True, text=True, check=False)
    return f"{VENV}\n{answer.stdout}"


def install_requirements(requirements: Path) -> None:
    """Install the locked, hash-checked packages unless the stamp says that exactly these are there."""
    if is_installed(requirements):
        return
    print("正在安装 Python 依赖（首次约需一分钟）……", flush=True)
    options = ["--require-hashes", "--only-binary=:all:", "-r", str(requirements)]
    uv = shutil.which("uv")
    pip = [str(PYTHON), "-I", "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
    by_uv = [[uv, "pip", "install", "--quiet", "--python", str(PYTHON), *options]] if uv else []
    hint = "Python 依赖没有装好。网络不通时，请用 pip config set global.index-url 指定可用的镜像后重试。"
    run_one_of([*by_uv, [*pip, *options]], hint)
    # The lock for tests contains the other one.
    for file in {requirements, ROOT / "requirements.txt"}:
        stamp_of(file).write_text(fingerprint(file))


def is_installed(requirements: Path) -> bool:
    stamp = stamp_of(requirements)
    return stamp.is_file() and stamp.read_text() == fingerprint(requirements)


def stamp_of(requirements: Path) -> Path:
    return VENV / f".{requirements.name}.sha256"


def fingerprint(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def run_one_of(commands: Sequence[Sequence[str]], message: str) -> None:
    """Run the first command that works; a mirror may be set for pip alone, where uv fails."""
    for command in commands:
        if subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, check=False).returncode == 0:
            return
    raise SetUpFailed(f"{message}\n失败的命令：{' '.join(commands[-1])}")


def in_venv() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def enter_venv(arguments: Sequence[str]) -> None:
    """Replace this process by the same command under `.venv`; return only when it runs there already."""
    libraries = mac_libraries() if sys.platform == "darwin" else None
    wanted = {"DYLD_FALLBACK_LIBRARY_PATH": str(libraries)} if libraries else {}
    if in_venv() and all(name in os.environ for name in wanted):
        return
    sys.stdout.flush()
    os.execve(PYTHON, [str(PYTHON), str(ROOT / "manage.py"), *arguments], {**wanted, **os.environ})


@contextlib.contextmanager
def environment(local: LocalPostgres, *, role: str) -> Iterator[dict[str, str]]:
    """The variables of our processes: DATABASE_URL for this role of `database_roles`, as given or that of `local`,
    which runs meanwhile. Somebody else's server may know no roles: then its one DATABASE_URL is everybody's."""
    given = dict(os.environ)
    ours = {"DJANGO_SETTINGS_MODULE": "lianzheng.settings", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    if "LIANZHENG_SECRET_KEY" not in given and SECRET_KEY.is_file():
        ours["LIANZHENG_SECRET_KEY_FILE"] = str(SECRET_KEY)
    if given.get("DATABASE_URL"):
        url = given.get(f"LIANZHENG_{role.upper()}_URL") or given["DATABASE_URL"]
        check_server(url)
        yield {**ours, **given, "DATABASE_URL": url}
        return
    with local:
        # Other databases have to ask for demonstration: people may be at work on them.
        yield {**ours, "LIANZHENG_DEMO": "1", **given, "DATABASE_URL": local.url(role)}


def make_secret_key() -> None:
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(SECRET_KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(secrets.token_urlsafe(64))


def make_field_keys() -> None:
    """The first key of `lianzheng.secrecy`, apart from the database: a copy of the one does not open the other."""
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(FIELD_KEYS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(f"k1 {base64.b64encode(secrets.token_bytes(32)).decode()}\n")


def check_server(url: str) -> None:
    """Refuse a DATABASE_URL whose server is out of reach or older than we can work with."""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version
    except psycopg.Error as error:
        raise SetUpFailed(f"连接不上 DATABASE_URL 指定的数据库：{str(error).strip()}") from error
    if version < OLDEST_MAJOR * 10000:
        raise SetUpFailed(f"需要 PostgreSQL {OLDEST_MAJOR} 以上，DATABASE_URL 指定的是 {version // 10000}。")


@contextlib.contextmanager
def only_one(name: str, *, wait: str = "", refuse: str = "") -> Iterator[None]:
    """Hold the lock `name` of this checkout; when it is taken, say `wait` and wait, or raise with `refuse`.

    The kernel lets go of it when the process ends in whatever way, so no lock outlives a kill -9.
    """
    descriptor = os.open(RUN / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if refuse:
                raise SetUpFailed(refuse) from None
            print(wait, flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
