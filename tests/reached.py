"""Which addresses the suite reached with success. One that nobody ever did is untested, and fails the whole suite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.urls import get_resolver

SUCCESS = {200, 201, 204, 301, 302}
found: set[str] = set()
EXEMPT: set[str] = set()
"""Addresses that cannot be reached in a test; each with its reason."""


class Noting:
    """A middleware inside all others: it notes what the view itself answered, not what stands before it."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        response = self.get_response(request)
        if response.status_code in SUCCESS and getattr(request, "at_the_view", False):
            found.add(request.resolver_match.url_name or "")
        return response

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> None:
        request.at_the_view = True


class Reached:
    """Collects what each process of the suite reached, and judges at the end of a whole one."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.whole = not config.option.keyword and not config.option.markexpr and config.args == _all(config)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        found.update(getattr(node, "workeroutput", {}).get("reached", ()))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output["reached"] = sorted(found)
        elif self.whole and exitstatus == 0 and (left := unreached()):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            reporter = self.config.pluginmanager.get_plugin("terminalreporter")
            if reporter is not None:
                reporter.write_line(f"没有一次成功到达的地址：{'、'.join(left)}", red=True)


def _all(config: pytest.Config) -> list[str]:
    return [str(path) for path in config.getini("testpaths")]


def unreached() -> list[str]:
    """Names of addresses that were never answered with success."""
    from tests.test_access import patterns

    names = {str(item.name) for item in patterns(get_resolver(settings.ROOT_URLCONF))}
    return sorted(names - found - EXEMPT)
