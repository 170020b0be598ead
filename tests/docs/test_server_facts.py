"""Every fact that is cited by its number has a row, and every test that a row names exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/en/explain/server-facts.md"
CITED = re.compile(r"\bF(\d{1,3})\b(?:\s?[-~]\s?F(\d{1,3})\b)?")
ROW = re.compile(r"^\| F(\d+) \|(.*)\| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"\[`(\w+)`\]\(([^)\s]+)\)")
NONE_YET_AT_MOST = 28


def rows() -> dict[int, str]:
    """What keeps each fact, by its number."""
    found = ROW.findall(PAGE.read_text("utf-8"))
    kept = {int(number): kept_by for number, _, kept_by in found}
    assert len(kept) == len(found), "a number has two rows"
    return kept


def cited() -> set[int]:
    """The numbers that the source, the tests and the documents name; a range names all between its ends."""
    return {number for path in files() for number in numbers_in(path.read_text("utf-8"))}


def files() -> Iterator[Path]:
    for pattern in ("src/**/*.py", "src/**/*.md", "tests/**/*.py", "docs/**/*.md", "scripts/*", "*.md"):
        yield from (path for path in ROOT.glob(pattern) if path.is_file() and path != PAGE)


def numbers_in(text: str) -> Iterator[int]:
    for first, last in CITED.findall(re.sub(r"# noqa.*", "", text)):  # ruff has codes of this form
        yield from range(int(first), int(last or first) + 1)


def test_every_fact_that_is_cited_has_a_row() -> None:
    assert sorted(cited() - set(rows())) == []


def test_every_row_is_cited_somewhere() -> None:
    assert sorted(set(rows()) - cited()) == []


def test_every_test_that_a_row_names_exists() -> None:
    named = [pair for kept_by in rows().values() for pair in NAMED.findall(kept_by)]
    assert len(named) > 50
    for name, link in named:
        assert name in functions_of((PAGE.parent / link).resolve()), f"{link} has no {name}"


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_a_row_names_a_test_or_says_that_there_is_none() -> None:
    without = [number for number, kept_by in rows().items() if not NAMED.search(kept_by)]
    assert all(rows()[number] == "none yet" for number in without)
    assert len(without) <= NONE_YET_AT_MOST
