"""scripts/duplicate_names.py: a public name that several modules define needs a reason."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts/duplicate_names.py"))


def listed(modules: int) -> dict[str, Any]:
    return {"Step": {"modules": modules, "reason": "a reason"}}


def found_in(folder: Path, **modules: str) -> dict[str, set[str]]:
    package = folder / "enuf"
    package.mkdir()
    for name, source in modules.items():
        (package / f"{name}.py").write_text(source, encoding="utf-8")
    found: dict[str, set[str]] = SCRIPT["duplicates"](folder)
    return found


def test_a_class_and_a_function_of_two_modules_are_found(tmp_path: Path) -> None:
    found = found_in(tmp_path, a="class Step: ...\ndef ask(): ...", b="class Step: ...\nasync def ask(): ...")
    assert found == {"Step": {"enuf.a", "enuf.b"}, "ask": {"enuf.a", "enuf.b"}}


def test_private_inner_and_imported_names_are_not_counted(tmp_path: Path) -> None:
    own = "class Step:\n    def run(self): ...\ndef _ask(): ..."
    assert found_in(tmp_path, a=own, b="from enuf.a import Step\ndef run(): ...\ndef _ask(): ...") == {}


def test_a_duplicate_that_is_not_listed_is_reported_with_its_modules() -> None:
    lines = list(SCRIPT["problems"]({"Step": {"enuf.a", "enuf.b"}}, {}))
    assert len(lines) == 1
    assert lines[0].startswith("Step: defined in enuf.a, enuf.b: ")


def test_one_module_more_than_listed_is_reported() -> None:
    assert len(list(SCRIPT["problems"]({"Step": {"enuf.a", "enuf.b", "enuf.c"}}, listed(2)))) == 1


def test_a_listed_duplicate_is_quiet() -> None:
    assert not list(SCRIPT["problems"]({"Step": {"enuf.a", "enuf.b"}}, listed(2)))


def test_a_line_of_the_list_that_allows_too_much_is_reported() -> None:
    assert "3" in next(iter(SCRIPT["problems"]({"Step": {"enuf.a", "enuf.b"}}, listed(3))))
    assert "1" in next(iter(SCRIPT["problems"]({}, listed(2))))
