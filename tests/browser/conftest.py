"""The running product, a browser for each file, and visitors whose pages are all without fault at the end."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.product import Product, serving
from tests.browser.visitor import Visitor

BROWSERS = ("chromium", "google-chrome", "chromium-browser")


@pytest.fixture(scope="module")
def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A fresh one for each file: days that one file lets pass, and passwords that it gives, are no other file's."""
    base, name = tmp_path_factory.getbasetemp(), request.module.__name__.rpartition(".")[2].removeprefix("test_")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    shared = base.parent if worker != "alone" else base
    log = base / f"server-{name}.log"
    with serving(os.environ["DATABASE_URL"], shared=shared, worker=f"{worker}_{name}", log=log) as running:
        yield running


@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Ends with its file: while it runs, Django would take its event loop for an asynchronous caller, and make no
    database; so that is made before."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])


Welcome = Callable[..., Visitor]


@pytest.fixture
def welcome(browser: Browser, product: Product) -> Iterator[Welcome]:
    """`welcome(name)` is that person, signed in, at a browser of their own; without a name nobody yet."""
    guests: list[Visitor] = []

    def greet(name: str = "", *, script: bool = True) -> Visitor:
        guest = Visitor(browser, product=product, script=script)
        guests.append(guest)
        return guest.enter(name) if name else guest

    yield greet
    for guest in guests:
        guest.close()


@pytest.fixture(scope="session")
def images() -> Path:
    return Path(__file__).resolve().parents[2] / "docs" / "images"
