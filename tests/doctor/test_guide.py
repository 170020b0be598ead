"""The guide to rules, src/enuf/doctor/README.md, names what exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import msgspec
import pytest

import enuf.doctor
from enuf.doctor.evidence import Evidence

FOLDER = Path(enuf.doctor.__file__).parent
GUIDE = (FOLDER / "README.md").read_text(encoding="utf-8")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"\([^)]*\)")


def section(title: str) -> str:
    return GUIDE.split(f"\n## {title}", 1)[1].split("\n## ")[0]


def first_cells(text: str) -> list[str]:
    rows = re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`(\w+)(?:\(\w+\))?`", row)]


def test_the_table_of_facts_has_every_module_of_the_folder() -> None:
    modules = {path.stem for path in (FOLDER / "facts").glob("[a-z]*.py")}
    assert sorted(first_cells(section("Facts that rules share"))) == sorted(modules)


@pytest.mark.parametrize("name", first_cells(section("What the evidence offers")))
def test_the_evidence_has_what_the_guide_offers(name: str) -> None:
    assert name in {field.name for field in msgspec.structs.fields(Evidence)} or hasattr(Evidence, name)


def listed_names(text: str) -> set[str]:
    """Return the names in each piece of code that lists several: `at_option at_line(file, line) ...`."""
    pieces = (CALL.sub("", piece).split() for piece in re.findall(r"`([^`]+)`", FENCED.sub("", text)))
    return {name for names in pieces if len(names) > 3 for name in names}


def test_every_function_that_the_guide_lists_exists() -> None:
    paths = [FOLDER / "rule.py", *(FOLDER / "facts").glob("*.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    functions = {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}
    listed = listed_names(section("The check")) | listed_names(section("Facts that rules share"))
    assert len(listed) > 20
    assert listed - functions == set()
