"""The private copy of a project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enuf.bench import workspace
from enuf.bench.workspace import (
    copy_project,
    free_ports,
    write_scenario_app,
    write_version,
)
from enuf.errors import SettingsInvalid


def test_the_copy_has_the_code_and_no_history(tmp_path: Path) -> None:
    project, copy = tmp_path / "shop", tmp_path / "copy"
    for name in ("app.py", "pkg/views.py", ".git/HEAD", ".enuf/state.json", "__pycache__/app.pyc"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(name)
    copy_project(project, copy)
    assert sorted(str(each.relative_to(copy)) for each in copy.rglob("*") if each.is_file()) == [
        "app.py",
        "pkg/views.py",
    ]


def test_a_virtualenv_is_linked_and_not_copied(tmp_path: Path) -> None:
    project, copy = tmp_path / "shop", tmp_path / "copy"
    (project / "deep/.venv").mkdir(parents=True)
    (project / "deep/.venv/pyvenv.cfg").write_text("")
    copy_project(project, copy)
    assert (copy / "deep/.venv").readlink() == project / "deep/.venv"


def test_pipes_are_left_where_they_are(tmp_path: Path) -> None:
    project, copy = tmp_path / "shop", tmp_path / "copy"
    project.mkdir()
    os.mkfifo(project / "pipe")
    copy_project(project, copy)
    assert list(copy.iterdir()) == []


def test_a_project_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "MOST_BYTES", 3)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/data").write_bytes(b"1234")
    with pytest.raises(SettingsInvalid, match="works on a copy"):
        copy_project(tmp_path / "shop", tmp_path / "copy")


def test_the_scenarios_app_is_written_in_three_versions(tmp_path: Path) -> None:
    app = write_scenario_app(tmp_path / "scenarios", "/python")
    assert (tmp_path / "scenarios/static/picture.bin").stat().st_size == workspace.STATIC_BYTES
    for version in ("2", "broken"):
        write_version(Path(app.project), version)
        text = (tmp_path / "scenarios/app.py").read_text()
        assert f"VERSION = '{version}'" in text
        compile(text, "app.py", "exec")


def test_free_ports_differ() -> None:
    assert len(set(free_ports(5))) == 5
