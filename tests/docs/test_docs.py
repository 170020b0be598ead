"""The documents say what is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from enuf.cli.root import VERBS
from enuf.settings.reference import markdown

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.ko.md")


def test_the_settings_reference_is_the_one_that_the_schema_makes() -> None:
    assert (ROOT / "docs/en/reference/settings.md").read_text() == markdown(), "run: make reference"


@pytest.mark.parametrize("name", READMES)
def test_a_readme_names_only_verbs_that_exist(name: str) -> None:
    named = set(re.findall(r"`enuf ([a-z]+)", (ROOT / name).read_text()))
    assert named <= set(VERBS)


@pytest.mark.parametrize("name", READMES)
def test_every_link_of_a_readme_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text()):
        assert (ROOT / target).exists(), target


def test_both_readmes_have_the_same_chapters_and_the_same_blocks() -> None:
    english, korean = ((ROOT / name).read_text() for name in READMES)
    assert english.count("\n## ") == korean.count("\n## ")
    assert english.count("```") == korean.count("```")
    tables = [re.findall(r"(?s)<!-- soak -->\n(.+?)<!-- end of soak -->", text) for text in (english, korean)]
    assert tables[0] and tables[0] == tables[1], "the measured tables differ: run scripts/soak.py --readme"


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs/en/how-to").glob("*.md")))
def test_every_how_to_exists_in_both_languages(page: str) -> None:
    assert (ROOT / "docs/ko/how-to" / page).exists()
