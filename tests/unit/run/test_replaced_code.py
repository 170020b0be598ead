"""A reload that fails because enuf or its Python was replaced since the start names that, and the restart that cures it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from enuf.errors import AppImportFailed, EnufError, NotReady, PythonEnded, ToolUnusable
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan
from enuf.run.reload.replaced_code import naming_replaced_code

LACKING = ToolUnusable("the app's Python has no pyuwsgi", "pip install pyuwsgi", slug="pyuwsgi-missing")


def paths(tmp_path: Path, service: str = "") -> StackPaths:
    return StackPaths(project=str(tmp_path), home=str(tmp_path), runtime=str(tmp_path), service=service)


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the link of a virtualenv to the Python of this process."""
    (tmp_path / "3.11").write_text("")
    (tmp_path / "3.13").write_text("")
    link = tmp_path / "python"
    link.symlink_to("3.11")
    monkeypatch.setattr(sys, "executable", str(link))
    return link


def refused(tmp_path: Path, error: Exception, python: Path | None, service: str = "") -> EnufError:
    def fails() -> Plan:
        raise error

    make = naming_replaced_code(fails, paths(tmp_path, service))
    if python:
        python.unlink()
        python.symlink_to("3.13")
    with pytest.raises(EnufError) as raised:
        make()
    return raised.value


@pytest.mark.parametrize(
    "error", [LACKING, PythonEnded("importing app.py ended Python with status 1"), ImportError("no name X")]
)
def test_what_fails_for_want_of_the_old_python_names_the_exchange_and_the_restart(
    tmp_path: Path, python: Path, error: Exception
) -> None:
    found = refused(tmp_path, error, python, service="enuf-shop")
    assert isinstance(found, NotReady) and found.slug == "reload-needs-restart"
    assert found.summary == f"the Python that runs enuf was replaced since the stack was started: {python}"
    assert found.hint == "sudo systemctl restart enuf-shop takes the new one; requests wait meanwhile"
    assert str(getattr(error, "summary", error)) in found.detail


def test_a_stack_without_a_service_is_restarted_by_enuf(tmp_path: Path, python: Path) -> None:
    assert "`enuf restart`" in refused(tmp_path, LACKING, python).hint


def test_an_error_of_the_app_stays_what_it_is(tmp_path: Path, python: Path) -> None:
    error = AppImportFailed("app.py cannot be imported: ModuleNotFoundError: No module named 'flask'")
    assert refused(tmp_path, error, python) is error


def test_a_missing_tool_without_an_exchange_stays_what_it_is(tmp_path: Path, python: Path) -> None:
    assert python.exists() and refused(tmp_path, LACKING, None) is LACKING
