"""LibreOffice, where it is installed: a profile of its own for each test."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
UNO_PYTHON = ("/usr/bin/python3", "/usr/lib/libreoffice/program/python", "/opt/libreoffice/program/python")
SECONDS = 240


@dataclass
class Office:
    """`folder` holds its profile and whatever it writes."""

    program: str
    folder: Path

    def command(self, *arguments: str) -> list[str]:
        return [self.program, f"-env:UserInstallation={(self.folder / 'profile').as_uri()}", "--headless", *arguments]

    def converted(self, files: Mapping[str, bytes], to: str) -> dict[str, bytes]:
        """Each file as LibreOffice saves it in another format; names without their endings are told apart."""
        source, target = self.folder / "in", self.folder / to
        source.mkdir(exist_ok=True)
        paths = []
        for name, content in files.items():
            paths.append(source / name)
            paths[-1].write_bytes(content)
        run(self.command("--convert-to", to, "--outdir", str(target), *map(str, paths)))
        return {path.name: target.joinpath(path.stem + "." + to).read_bytes() for path in paths}

    def edited(self, content: bytes, *, sheet: str, cell: str, text: str) -> bytes:
        """The workbook after a person typed this text into a cell and saved it as .xlsx."""
        python = uno_python()
        if python is None:
            pytest.skip("no Python knows UNO (python3-uno)")
        source, target = self.folder / "source.xlsx", self.folder / "target.xlsx"
        source.write_bytes(content)
        pipe = f"lianzheng{self.folder.name}"
        with subprocess.Popen(self.command("--norestore", f"--accept=pipe,name={pipe};urp")) as listening:
            try:
                run([python, str(HERE / "edit.py"), pipe, str(source), str(target), sheet, cell, text])
                listening.wait(60)
            finally:
                listening.kill()
        return target.read_bytes()


def run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def uno_python() -> str | None:
    for python in UNO_PYTHON:
        if Path(python).exists() and not subprocess.run([python, "-c", "import uno"], capture_output=True).returncode:
            return python
    return None


@pytest.fixture
def office(tmp_path: Path) -> Office:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    return Office(program, tmp_path)
