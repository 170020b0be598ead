"""Fixtures for all tests, and what a skip of a native test means."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.stack import APP, Stack, stack_in

settings.register_profile("fast", max_examples=5)  # `make unit`; see tests/support/examples.py


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """An empty project `shop` with the app `app.py` in it."""
    with stack_in(tmp_path / "shop") as running:
        running.write("app.py", APP)
        yield running


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """In CI nothing native may be skipped: a missing tool there is a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if (
        report.skipped
        and os.environ.get("CI")
        and sys.platform == "linux"
        and item.get_closest_marker("native")
        and (os.geteuid() == 0 or not item.get_closest_marker("root"))
        and not hasattr(report, "wasxfail")
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
