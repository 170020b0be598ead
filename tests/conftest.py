"""Fixtures for all tests, and the rules about skips: who may run a test, and what CI must not leave out."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.stack import APP, Stack, stack_in

# pytest rewrites the asserts of a module before it compiles them, which takes longer than all else that a worker does
# before its first test. So this process keeps the outcome, whatever PYTHONDONTWRITEBYTECODE says to the others.
sys.dont_write_bytecode = False

# The same examples on every run, and none that fails because the machine is busy: `make fuzz` looks for new ones.
settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")
settings.register_profile("fast", max_examples=5)  # `make unit`; see tests/support/examples.py


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a new folder as pytest's own does, without the test's name in its path.

    The name of the user is in it, and with a long one the sockets below would be too deep: 102 bytes are uWSGI's limit.
    """
    return tmp_path_factory.mktemp("t")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="enuf-test-", dir="/var/tmp", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """An empty project `shop` with the app `app.py` in it."""
    with stack_in(tmp_path / "shop") as running:
        running.write("app.py", APP)
        yield running


def pytest_configure() -> None:
    """Give what the tests start the signals and the environment of an ordinary login.

    `nohup` and a shell's `&` make programs ignore signals, which their children inherit; a handler is not inherited,
    so pytest itself goes on ignoring them. PYTHONUNBUFFERED, as images set it, hides what buffered output does.
    The tests read English, whatever language the developer speaks.
    """
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        os.environ.pop(name, None)
    os.environ["LANG"] = "C.UTF-8"
    os.environ["XDG_STATE_HOME"] = "/nonexistent"  # what a test keeps there lies in a folder of its own
    os.environ.pop("PYTHONUNBUFFERED", None)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that share a fixture of a module in one worker: two workers would each start its servers."""
    for item in items:
        if not isinstance(item, pytest.Function) or item.get_closest_marker("xdist_group"):
            continue
        if shared := [name for name in item.fixturenames if _is_shared(item, name)]:
            item.add_marker(pytest.mark.xdist_group(_group_name(item, shared)))


def _is_shared(item: pytest.Function, name: str) -> bool:
    """Return True for a fixture that is made once for all tests of a module."""
    definitions = item._fixtureinfo.name2fixturedefs.get(name, ())
    return any(each.scope == "module" for each in definitions)


def _group_name(item: pytest.Function, shared: list[str]) -> str:
    """Return the module's name, with the place of the parameter for a fixture that is made anew for each parameter."""
    places = item.callspec.indices if hasattr(item, "callspec") else {}
    numbers = [str(places[name]) for name in sorted(shared) if name in places]
    return "-".join([item.path.stem, *numbers])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that is marked `root` for every other user, before any of its fixtures is made."""
    marker = item.get_closest_marker("root")
    if marker and os.geteuid() != 0:
        pytest.skip(": ".join(["needs root", *filter(None, [marker.kwargs.get("reason")])]))


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
