"""How much harm a field does in the wrong hands (数据分类分级; «…基本要求» 8.1.4.2 g, 个人信息保护法 §51): declared
beside each model, so that nobody adds a field without saying what it is.

公开 may stand on a public notice; 内部 is the bureau's own; 敏感 is about a person, or a decision not yet taken; 核心
does harm by being known at all: it is kept sealed (lianzheng.secrecy), or as a digest.
"""

from collections.abc import Mapping
from enum import StrEnum


class DataClass(StrEnum):
    """The four classes, the mildest first."""

    PUBLIC = "公开"
    INTERNAL = "内部"
    SENSITIVE = "敏感"
    CORE = "核心"


def classified(*, public: str = "", internal: str = "", sensitive: str = "", core: str = "") -> Mapping[str, DataClass]:
    """Names of fields, separated by spaces, by class; a name in two classes is refused."""
    found: dict[str, DataClass] = {}
    given = {
        DataClass.PUBLIC: public,
        DataClass.INTERNAL: internal,
        DataClass.SENSITIVE: sensitive,
        DataClass.CORE: core,
    }
    for kind, names in given.items():
        for name in names.split():
            if name in found:
                raise ValueError(f"{name} is {found[name]} already")
            found[name] = kind
    return found


def classes_of(model: type) -> dict[str, DataClass]:
    """What the model and those it is made of declare."""
    found: dict[str, DataClass] = {}
    for kind in reversed(model.__mro__):
        found |= vars(kind).get("data_classes", {})
    return found
