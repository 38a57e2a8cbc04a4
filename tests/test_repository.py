"""The tree itself: sizes, names, migrations, and words that must not stand in it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("lianzheng", "registers", "assessments", "warnings/early_warning")
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")
    if name and (ROOT / name).is_file()
]  # fmt: skip
PYTHON = [file for file in TRACKED if file.suffix == ".py" and "migrations" not in file.parts]
OURS = [file for file in PYTHON if str(file.relative_to(ROOT)).startswith(PRODUCT)]


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def text_of(file: Path) -> str:
    return file.read_bytes().decode(errors="replace")


def functions(file: Path) -> dict[str, int]:
    """Length in lines of every function of a file."""
    tree = ast.parse(text_of(file))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        f"{name_of(file)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, kinds)
    }


def test_functions_are_short() -> None:
    lengths = {name: length for file in OURS for name, length in functions(file).items()}
    assert {name: length for name, length in lengths.items() if length > 60} == {}
    assert median(lengths.values()) <= 8
    short = sum(length <= 35 for length in lengths.values())
    assert short / len(lengths) >= 0.95, sorted(lengths.items(), key=lambda item: -item[1])[:20]


def test_functions_of_tests_are_short() -> None:
    rest = [file for file in PYTHON if file not in OURS]
    assert {name: n for file in rest for name, n in functions(file).items() if n > 60} == {}


def test_files_are_short() -> None:
    limits = {".py": 500, ".html": 200, ".js": 500, ".css": 1000}
    own = [file for file in TRACKED if "vendor" not in file.parts and "migrations" not in file.parts]
    long = {
        name_of(file): length
        for file in own
        if file.suffix in limits and (length := len(text_of(file).splitlines())) > limits[file.suffix]
    }
    assert long == {}


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        name_of(file) for file in OURS if text_of(file).strip() and not ast.get_docstring(ast.parse(text_of(file)))
    ]
    assert [name for name in silent if not name.endswith(("apps.py", "__init__.py"))] == []


@pytest.mark.parametrize("root", [ROOT, ROOT / "warnings"])
def test_source_root_hides_no_module_of_the_standard_library(root: Path) -> None:
    here = {item.stem for item in root.iterdir() if item.suffix == ".py" or (item / "__init__.py").exists()}
    assert here & sys.stdlib_module_names == set()


def test_source_root_is_no_package() -> None:
    assert not (ROOT / "warnings" / "__init__.py").exists()


@pytest.mark.parametrize("before", ["", "import lianzheng; "])
def test_import_of_warnings_at_the_root_is_the_standard_library(before: str) -> None:
    code = f"{before}import warnings; print(warnings.__file__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).name == "warnings.py"
    assert not done.stdout.startswith(str(ROOT / "warnings"))


def test_models_and_migrations_agree(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def found(words: str, *, files: list[Path]) -> list[str]:
    """`file:line` of every line in which the expression occurs."""
    expression = re.compile(words)
    return [
        f"{name_of(file)}:{number}"
        for file in files
        for number, line in enumerate(text_of(file).splitlines(), start=1)
        if expression.search(line)
    ]


WRITTEN = [
    file
    for file in TRACKED
    if file.suffix in {".py", ".html", ".js", ".css", ".toml", ".md", ".yml", ".sh", ".txt", ""}
    and "vendor" not in file.parts
    and file != Path(__file__).resolve()
]


def test_nothing_is_left_for_later() -> None:
    assert found(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|待实现|敬请期待", files=WRITTEN) == []


def test_autoescape_is_lifted_nowhere() -> None:
    words = r"\|\s*safe\b|mark_safe|autoescape off|SafeString\(|format_html\(f|\|\s*safeseq"
    lifted = found(words, files=[file for file in WRITTEN if "render" not in file.parts and "tests" not in file.parts])
    assert lifted == []


def test_tree_names_no_machine_and_no_index() -> None:
    # Spelled with classes of one letter, so that this line does not find itself.
    words = r"/wor[k]/|/hom[e]/[a-z]|/tm[p]/[a-z]|py[p]i\.[a-z]+|file[s]\.python|npm[j]s\.|mirror[s]?\.[a-z]+\.(cn|com)"
    assert found(words, files=WRITTEN) == []


def test_nothing_is_loaded_from_outside() -> None:
    pages = [file for file in TRACKED if {"templates", "static"} & set(file.parts) and "vendor" not in file.parts]
    pages = [file for file in pages if file.suffix in {".html", ".css", ".js"}]
    assert len(pages) > 20
    assert found(r"(src|href|url|import)\s*[=(]\s*['\"]?(https?:)?//", files=pages) == []


def test_browser_of_2020_understands_the_styles_and_scripts() -> None:
    pages = [file for file in TRACKED if file.suffix in {".css", ".js"} and "static" in file.parts]
    new = r":is\(|:where\(|:has\(|\binset\s*:|aspect-ratio|color-mix|@layer|@container|\d(dvh|svh|lvh)\b"
    new += r"|Object\.hasOwn|\.at\(|structuredClone|replaceAll\(|\?\?=|\|\|="
    assert found(new, files=[file for file in pages if "vendor" not in file.parts]) == []


def test_no_file_is_named_after_nothing() -> None:
    vague = {"utils", "helpers", "services", "common", "misc", "util", "helper"}
    assert [name_of(file) for file in PYTHON if vague & {file.stem, *file.relative_to(ROOT).parts[:-1]}] == []


def test_glossary_names_the_words_of_the_code() -> None:
    glossary = text_of(ROOT / "docs" / "glossary.md")
    words = ("risk point", "dossier", "campaign", "measure", "public notice", "filing", "office", "inspector")
    assert [word for word in words if word not in glossary] == []
