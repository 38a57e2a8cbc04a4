"""Fixtures every test may ask for: the cast, its year, and settings that do not depend on where the tests run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.db import connection

from lianzheng import bootstrap
from lianzheng.desk.demo.build import clear
from lianzheng.organisation.calendar import seed
from lianzheng.organisation.models import Unit
from tests import template
from tests.cast import Cast, Round, assemble

hypothesis.settings.register_profile("here", deadline=None)  # a busy machine is no fault of the product
hypothesis.settings.load_profile("here")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="also what takes long and repeats itself in other clothes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked soak runs when asked for: `python3 manage.py test --soak`."""
    if config.getoption("--soak"):
        return
    left = [item for item in items if item.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The tests' database is a copy of one that was migrated before."""
    connection.settings_dict["TEST"]["TEMPLATE"] = template.ensure(connection.settings_dict)


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("static")


@pytest.fixture(scope="session")
def field_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key file as the first start makes it."""
    with pytest.MonkeyPatch.context() as patched:
        path = tmp_path_factory.mktemp("keys") / "field_keys"
        patched.setattr(bootstrap, "FIELD_KEYS", path)
        bootstrap.make_field_keys()
    return path


@pytest.fixture(autouse=True)
def _fixed_settings(settings: Any, empty_folder: Path, field_keys: Path) -> None:
    """No demo, no collected static files: a test that wants either says so."""
    settings.DEMO = False
    settings.FIELD_KEYS_FILE = field_keys
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one is slow by design
    settings.STATIC_ROOT = empty_folder
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def bare_frame(settings: Any) -> None:
    """Pages without the menu around them, where hundreds are asked for and only their answer counts."""
    engine = settings.TEMPLATES[0]
    kept = [name for name in engine["OPTIONS"]["context_processors"] if name != "lianzheng.desk.frame.frame"]
    settings.TEMPLATES = [engine | {"OPTIONS": engine["OPTIONS"] | {"context_processors": kept}}]


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@pytest.fixture
def town(db: None) -> Cast:
    """The same people where the township's one round holds finding and rating."""
    return assemble(Unit.Workflow.TOWNSHIP)


@pytest.fixture
def year(cast: Cast) -> Round:
    """This year's round of the first bureau, just opened."""
    return Round(cast)


@pytest.fixture
def holidays(db: None) -> None:
    seed()


@pytest.fixture
def moving_clock(settings: Any) -> None:
    """The calendar of a demo: days pass when a test lets them."""
    settings.DEMO = True


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Round]:
    """A round that other connections see as well; the database is emptied afterwards (the journal refuses a flush)."""
    with django_db_blocker.unblock():
        try:
            yield Round(assemble())
        finally:
            clear()
