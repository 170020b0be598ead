"""Fixtures for tests that need another user, or a Python that every user may run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.open_python import make_open_python
from tests.support.stack import APP, Stack, stack_in
from tests.support.witness import Witness, rows, witness_on


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[Stack]:
    """A project with the app, whose stack runs as whoever we are without a word about it."""
    with stack_in(tmp_path / "shop", env={"ENUF_SERVE_USER": "root"}) as running:
        running.write("app.py", APP)
        yield running


@pytest.fixture(scope="session", params=rows())
def witness(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    """The app that keeps a journal, on one row of the table of topologies; shared by all tests that ask it."""
    topology, build = request.param
    with witness_on(tmp_path_factory.mktemp("witness") / "shop", topology, build) as running:
        yield running


@pytest.fixture(scope="session")
def open_python() -> Iterator[str]:
    """A Python with enuf in it that every user may run; only for tests as root."""
    with tempfile.TemporaryDirectory(prefix="enuf-python-", dir="/var/tmp") as name:
        yield make_open_python(Path(name))
