"""docs/consistency.md names every rule that the database holds between fields, records and people, and no other."""

from __future__ import annotations

import re

from django.apps import apps

from lianzheng.bootstrap import ROOT

OURS = {"lianzheng", "registers", "assessments", "early_warning"}


def documented() -> list[str]:
    text = (ROOT / "docs" / "consistency.md").read_text(encoding="utf-8")
    return re.findall(r"^\| ([a-z]\w+) \| [^|]{4,} \|$", text, re.MULTILINE)


def test_document_names_every_constraint_of_the_schema_once() -> None:
    models = [model for model in apps.get_models() if model.__module__.partition(".")[0] in OURS]
    held = [constraint.name for model in models for constraint in model._meta.constraints]
    assert sorted(documented()) == sorted(held)
    assert len(held) >= 90
