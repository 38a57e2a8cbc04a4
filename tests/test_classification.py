"""Every field says how much harm it does in the wrong hands, and what does most is sealed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.apps import apps
from django.db import models

from lianzheng import secrecy
from lianzheng.classification import DataClass, classes_of, classified

OURS = {"organisation", "accounts", "audit", "attachments", "registers", "assessments", "early_warning", "desk"}
THEIRS = {"auth", "contenttypes", "sessions", "guardian", "axes", "pghistory", "procrastinate"}
"""Rights and types; sessions of before; failed sign-ins by digest and address; contexts of history; jobs by key."""
UNSEALED = {
    "organisation.user.password": "argon2id",
    "accounts.session.session_key": "a key that is good for hours",
    "accounts.recoverycode.digest": "SHA-256 of 80 random bits",
    "assessments.calendarkey.digest": "SHA-256 of a random key",
    "assessments.objection.receipt_digest": "SHA-256 of a random number",
    "early_warning.signal.line_digest": "SHA-256 with a random name that is not kept",
}
PERSONAL = {
    "organisation.user.phone_sealed",
    "organisation.user.phone_digest",
    "accounts.session.address",
    "assessments.objection.contact_sealed",
    "assessments.publicnotice.phone",
    "early_warning.informant.contact_sealed",
    "early_warning.warningnotice.contact",
    "early_warning.warningnotice.phone",
}
"""Ways to reach or to find a person; there is no identity number, no home, no relative, no bank account."""
WORDS = re.compile(
    "phone|contact|address(?!ed)|mail|identity|idcard|birth|home|spouse|relative|bank|account", re.IGNORECASE
)


def ours() -> Iterator[type[models.Model]]:
    """Models of the product, without the rows of their history."""
    for model in apps.get_models():
        if model._meta.app_label in OURS and not hasattr(model, "pgh_tracked_model"):
            yield model


def fields_of(model: type[models.Model]) -> set[str]:
    return {field.name for field in (*model._meta.local_fields, *model._meta.local_many_to_many)}


def missing(model: type[models.Model]) -> set[str]:
    return {f"{model._meta.label}.{name}" for name in fields_of(model) ^ set(classes_of(model))}


def test_every_field_has_a_class_and_every_class_a_field() -> None:
    assert {name for model in ours() for name in missing(model)} == set()


def test_field_without_a_class_is_found() -> None:
    """The control."""

    class Known(models.Model):
        kept = models.TextField()
        forgotten = models.TextField()
        data_classes = classified(internal="id kept", public="gone")

        class Meta:
            app_label = "nowhere"

    assert missing(Known) == {"nowhere.Known.forgotten", "nowhere.Known.gone"}


def test_history_keeps_no_field_that_its_model_does_not_class() -> None:
    for model in apps.get_models():
        tracked = getattr(model, "pgh_tracked_model", None)
        if tracked is not None:
            kept = {name for name in fields_of(model) if not name.startswith("pgh_")}
            assert kept <= set(classes_of(tracked)), model


def test_models_are_ours_or_of_the_known_others() -> None:
    assert {model._meta.app_label for model in apps.get_models()} == OURS | THEIRS


def test_core_is_sealed_or_a_digest_and_what_is_sealed_is_core() -> None:
    core, sealed = set(), set()
    for model in ours():
        label = model._meta.label_lower
        core |= {f"{label}.{name}" for name, kind in classes_of(model).items() if kind is DataClass.CORE}
        sealed |= {f"{label}.{name}" for name in (*secrecy.columns(model), *secrecy.digests(model))}
    assert core - sealed == set(UNSEALED)
    assert sealed - core == set()


def test_ways_to_reach_a_person_are_these_and_no_others() -> None:
    found = {f"{model._meta.label_lower}.{name}" for model in ours() for name in fields_of(model) if WORDS.search(name)}
    assert found == PERSONAL
