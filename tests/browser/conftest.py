"""One browser for all tests of a module, and a dashboard in front of recorded figures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import recorded
from tests.browser.chromium import chromium
from tests.browser.project import LOGS, fill
from tests.browser.served import Held, served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def conf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one file, in which the doctor finds one thing."""
    folder = tmp_path_factory.mktemp("conf")
    fill(folder)
    return folder


@pytest.fixture
def restored_log(conf: Path) -> Iterator[Path]:
    """The access log, which has its first lines alone again after the test."""
    yield conf / "log" / "access.log"
    (conf / "log" / "access.log").write_text(LOGS["access.log"])


@pytest.fixture
def source() -> Held:
    """A loaded stack."""
    return Held(recorded.loaded, time.time())


@pytest.fixture
def url(source: Held, conf: Path) -> Iterator[str]:
    """The dashboard's address."""
    with served(source, conf) as address:
        yield address
