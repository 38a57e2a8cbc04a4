"""Fixtures every test may ask for: the cast, its year, and settings that do not depend on where the tests run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import setup_databases, teardown_databases

from lianzheng import bootstrap
from lianzheng.desk.demo.build import clear
from lianzheng.organisation.calendar import seed
from tests import template
from tests.cast import Cast, Round, assemble
from tests.reached import Reached
from tests.stage import ELSEWHERE, Stage, played, wanted
from tests.world import World, everything, undone

STAGE = Stage()
MEANWHILE = "test_matrix.py"
"""A long file without a browser."""
hypothesis.settings.register_profile("here", deadline=None)  # a busy machine is no fault of the product
hypothesis.settings.load_profile("here")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="also what takes long and repeats itself in other clothes")
    parser.addoption("--office", action="store_true", help="also what needs LibreOffice and takes minutes")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Reached(config))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked soak or office runs when asked for: `python3 manage.py test --soak`, `… --office tests/office`.
    Files with a browser come first, each a long one for one process: last, they would leave the other process with
    nothing to do. But the second file is `MEANWHILE`: the first process plays the demo that every browser waits for.
    Within a file the tests that begin alike follow one another."""
    files = {path: number for number, path in enumerate(dict.fromkeys(item.path for item in items))}
    first = next((item.path for item in items if item.get_closest_marker("browser")), None)
    items.sort(
        key=lambda item: (
            item.path != first,
            item.path.name != MEANWHILE,
            item.get_closest_marker("browser") is None,
            files[item.path],
            wanted(getattr(item, "fixturenames", [])),
        )
    )
    unasked = [mark for mark in ("soak", "office") if not config.getoption(f"--{mark}")]
    left = [item for item in items if any(map(item.get_closest_marker, unasked))]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    names = set(getattr(item, "fixturenames", []))
    if "db" not in names and names & ELSEWHERE:
        STAGE.strike()


@pytest.fixture
def db(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """The database for one test, with what it asks for in it (`stage`); instead of pytest-django's, which connects
    anew and begins with nothing each time."""
    with django_db_blocker.unblock(), played(STAGE, wanted(request.fixturenames)) as given:
        yield given


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The tests' database is a copy of one that was migrated before."""
    connection.settings_dict["TEST"]["TEMPLATE"] = template.ensure()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None
) -> Iterator[None]:
    """The tests' database, always: pytest-django's own looks for tests that ask for `db`, and would leave those that
    ask for `committed` or `world` alone with another database."""
    STAGE.blocker = django_db_blocker
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default"}, serialized_aliases=set())
    yield
    with django_db_blocker.unblock():
        STAGE.strike()
        teardown_databases(made, verbosity=0)


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


MIDDLEWARE = [*settings.MIDDLEWARE, "tests.reached.Noting"]


def fixed(empty_folder: Path, field_keys: Path) -> dict[str, Any]:
    """No demo, no counted failures, no collected static files: a test that wants either says so."""
    storages = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    return {
        "DEMO": False,
        "FIELD_KEYS_FILE": field_keys,
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],  # the real one is slow by design
        "SECOND_FACTOR": True,
        "AXES_ENABLED": False,  # counting failures asks the database at every sign-in
        "MIDDLEWARE": MIDDLEWARE,
        "STATIC_ROOT": empty_folder,
        "STORAGES": settings.STORAGES | storages,
    }


@pytest.fixture(autouse=True)
def _fixed_settings(settings: Any, empty_folder: Path, field_keys: Path) -> None:
    for name, value in fixed(empty_folder, field_keys).items():
        setattr(settings, name, value)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, empty_folder: Path, field_keys: Path) -> Iterator[World]:
    """One world for the tests of a module that leave it as it was (none of them may ask for `db`)."""
    with django_db_blocker.unblock(), override_settings(**fixed(empty_folder, field_keys)), transaction.atomic():
        year = Round(assemble())
        yield World(year, everything(year))
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _world_as_it_was(request: pytest.FixtureRequest) -> Iterator[None]:
    """Undo what a test did to the world."""
    if "world" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("world")
    with undone():
        yield


@pytest.fixture
def bare_frame(settings: Any) -> None:
    """Pages without the menu around them, where hundreds are asked for and only their answer counts."""
    engine = settings.TEMPLATES[0]
    kept = [name for name in engine["OPTIONS"]["context_processors"] if name != "lianzheng.desk.frame.frame"]
    settings.TEMPLATES = [engine | {"OPTIONS": engine["OPTIONS"] | {"context_processors": kept}}]


@pytest.fixture
def cast(db: Any) -> Cast:
    """The people and their bureaus."""
    found: Cast = db.cast if isinstance(db, Round) else db
    return found


@pytest.fixture
def town(db: Any) -> Cast:
    """The same people where the township's one round holds finding and rating."""
    found: Cast = db
    return found


@pytest.fixture
def year(cast: Cast, db: Any) -> Round:
    """This year's round of the first bureau, just opened."""
    found: Round = db
    return found


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
