"""One daemon for all tests of images, and the table of what was counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.load import LoadResult

from .docker import CLIENT, DockerHost, docker_host, engine_folder, switch_in
from .hosts import Switch
from .machine import require_engine
from .shop import BASE, give_base
from .swarm import REGISTRY

Told = Callable[[str, LoadResult | str], None]
_ROW = "row of the table of engines"


@pytest.fixture(scope="session")
def ground() -> Iterator[Path]:
    """Yield a folder for hosts; skip the test where this machine cannot run an engine."""
    require_engine()
    with engine_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def switch(ground: Path) -> Iterator[Switch]:
    """Yield the network of the hosts."""
    with switch_in(ground) as made:
        yield made


@pytest.fixture(scope="session")
def builder(ground: Path, switch: Switch) -> Iterator[DockerHost]:
    """Yield a host whose daemon has the base of all images."""
    with docker_host(ground, switch, 1, REGISTRY) as host:
        give_base((CLIENT, "import", "-"), BASE, {"DOCKER_HOST": host.socket})
        yield host


@pytest.fixture
def told(record_property: Callable[[str, object], None]) -> Told:
    """Return a function that notes a row of the table at the end: what happened, and what was counted."""
    return lambda event, count: record_property(_ROW, f"| {event} | {count} |")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of what was counted."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, ())]
    rows = [
        text
        for report in reports
        for name, text in report.user_properties
        if name == _ROW and report.when == "call"
    ]
    if rows:
        terminalreporter.write_line("\n".join(("", "| event | requests |", "|---|---|", *rows)))
