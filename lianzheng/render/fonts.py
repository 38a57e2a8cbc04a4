"""The faces of a paper: where they lie, which family is which, and which texts a face cannot set.

The project ships Fandol's 仿宋, 楷体 and bold 宋体 (see fonts/NOTICE); Noto Serif and Sans SC, which have
every character of 通用规范汉字表, come from a package. Faces an office puts into var/fonts win over both.
"""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from fontTools.ttLib import TTCollection, TTFont

SHIPPED = Path(__file__).resolve().parent / "fonts"
VAR = Path(__file__).resolve().parents[2] / "var"

BODY = ("仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong", "FandolFang R", "Noto Serif SC")
TITLE = ("方正小标宋简体", "方正小标宋_GBK", "FandolSong", "Noto Serif SC")
HEADING = ("黑体", "SimHei", "Noto Sans SC")
KAI = ("楷体_GB2312", "楷体", "KaiTi", "FandolKai", "Noto Serif SC")
NUMERAL = ("宋体", "SimSun", "Noto Serif SC")
COMPLETE = ("Noto Serif SC",)
FAMILIES = tuple(dict.fromkeys((*BODY, *TITLE, *HEADING, *KAI, *NUMERAL, *COMPLETE)))


def family(names: tuple[str, ...]) -> str:
    """The value of a CSS font-family."""
    return ", ".join(f'"{name}"' for name in names)


def fill(css: str) -> str:
    """A stylesheet whose face(NAME) are put in."""
    faces = {"BODY": BODY, "TITLE": TITLE, "HEADING": HEADING, "KAI": KAI, "NUMERAL": NUMERAL, "COMPLETE": COMPLETE}
    for name, families in faces.items():
        css = css.replace(f"face({name})", family(families))
    return css


def folders() -> list[Path]:
    """Where faces are looked for, the office's own first."""
    package = importlib.util.find_spec("pylopdf_fonts_zh_cn")
    complete = [Path(package.origin).parent] if package and package.origin else []
    return [VAR / "fonts", SHIPPED, *complete]


def write_conf() -> Path:
    """Write a fontconfig file without any face and return its path (for FONTCONFIG_FILE).

    With it, a paper looks the same on every machine: it is set with `faces()`, never with what the machine happens to
    have.
    """
    path = VAR / "cache" / "fonts.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
        f"<fontconfig><cachedir>{escape(str(path.parent / 'fontconfig'))}</cachedir></fontconfig>\n"
    )
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        new = path.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    return path


@dataclass(frozen=True)
class Face:
    """The face that papers call by `family`: number `index` in the file."""

    family: str
    path: Path
    index: int = 0


@cache
def faces() -> tuple[Face, ...]:
    """Every face that papers name and this site has, one of each family, the office's own before others."""
    found: dict[str, Face] = {}
    for path in (path for folder in folders() for path in _files(folder)):
        for index, names in enumerate(_names_in(path)):
            for family in FAMILIES:
                if family in names:
                    found.setdefault(family, Face(family, path, index))
    return tuple(found[family] for family in FAMILIES if family in found)


def beyond_body(text: str) -> bool:
    """Whether the body face lacks a character of `text`, which is then set whole in the complete face.

    A name of two faces, one character thin and one heavy, looks like a mistake.
    """
    return not body_characters().issuperset(map(ord, text))


@cache
def body_characters() -> frozenset[int]:
    """What every possible body face has, and the line feed, which is not drawn."""
    own = [have for path in _files(VAR / "fonts") for names, have in _faces(path) if names & set(BODY)]
    shipped = [have for _, have in _faces(SHIPPED / "FandolFang-Regular.otf")]
    return frozenset.intersection(*(have | {10} for have in [*shipped, *own]))


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("*") if p.suffix.lower() in (".ttf", ".otf", ".ttc"))


def _faces(path: Path) -> list[tuple[set[str], frozenset[int]]]:
    """(names, characters) of each face in the file."""
    with _opened(path) as faces:
        return [(_names(face), frozenset(face.getBestCmap())) for face in faces]


def _names_in(path: Path) -> list[set[str]]:
    with _opened(path) as faces:
        return [_names(face) for face in faces]


@contextmanager
def _opened(path: Path) -> Iterator[list[TTFont]]:
    """The faces in the file, which is closed again."""
    is_collection = path.suffix.lower() == ".ttc"
    with TTCollection(path, lazy=True) if is_collection else TTFont(path, lazy=True) as opened:
        yield opened.fonts if is_collection else [opened]


def _names(face: TTFont) -> set[str]:
    return {str(record) for record in face["name"].names if record.nameID in (1, 4, 16)}
