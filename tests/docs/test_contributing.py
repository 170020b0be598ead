"""The pages for contributors name files, make targets and settings of CI that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = [name for name in ("CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md") if (ROOT / name).exists()]
CODE = re.compile(r"`([^`\n]+)`")
# A path of the repository: with a slash or an ending, and without a placeholder, wildcard or variable part.
PATH = re.compile(r"\.?[\w-][\w.-]*(/[\w.-]+)*/?")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
TARGET = re.compile(r"\bmake ([a-z][a-z-]*)")
TOP = {path.name for path in ROOT.iterdir()}
PACKAGE = {path.name for path in (ROOT / "src/enuf").iterdir()}


def named_paths(text: str) -> list[str]:
    """Return what is written as code and begins with a name of the repository's root or of src/enuf.

    What is made at run time or by the build is left out.
    """
    words = (word for word in CODE.findall(FENCED.sub("", text)) if PATH.fullmatch(word))
    words = (word for word in words if not word.startswith("build/") and not word.endswith(".sock"))
    return [word for word in words if ("/" in word and word.split("/")[0] in TOP | PACKAGE) or is_file(word)]


def is_file(word: str) -> bool:
    """Return True for a single name that looks like a file of the repository's root."""
    return bool(re.fullmatch(r"\.?[A-Za-z-]+\.(md|toml|txt|yml|yaml)", word)) and not word.startswith("enuf")


@pytest.mark.parametrize("name", GUIDES)
def test_every_path_that_a_guide_names_exists(name: str) -> None:
    paths = named_paths((ROOT / name).read_text(encoding="utf-8"))
    assert [
        path for path in paths if not ((ROOT / path).exists() or (ROOT / "src/enuf" / path).exists())
    ] == []


def test_the_guides_name_paths() -> None:
    """SECURITY.md may name none; the others must, or the test above looks at nothing."""
    for name in ("CONTRIBUTING.md", "ARCHITECTURE.md"):
        assert len(named_paths((ROOT / name).read_text(encoding="utf-8"))) > 5, name


def test_a_path_that_is_gone_is_noticed() -> None:
    assert named_paths("see `src/enuf/gone.py`, `cli/`, `GONE.md` and `enuf plan`") == [
        "src/enuf/gone.py",
        "cli/",
        "GONE.md",
    ]


@pytest.mark.parametrize(
    "name", ["CONTRIBUTING.md", ".github/workflows/ci.yml", ".github/pull_request_template.md", ".ci/run"]
)
def test_every_make_target_that_is_named_exists(name: str) -> None:
    targets = set(
        re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = set(TARGET.findall((ROOT / name).read_text(encoding="utf-8")))
    assert named
    assert named <= targets


def test_the_workflow_runs_what_ci_runs() -> None:
    ours = TARGET.findall((ROOT / ".ci/run").read_text(encoding="utf-8"))
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    for target in ours:
        assert re.search(rf"run: .*\bmake\b.* {target}\b", workflow), target


def test_the_workflow_runs_every_supported_python() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    lowest = re.search(
        r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    assert lowest
    assert re.findall(r'- python: "([\d.]+)"', workflow)[0] == lowest[1]
