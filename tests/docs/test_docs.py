"""The documents say what is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from enuf.cli.root import VERBS

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.ko.md")
PAGES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/**/*.md", "src/enuf/doctor/**/*.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.mark.parametrize("name", READMES)
def test_a_readme_names_only_verbs_that_exist(name: str) -> None:
    named = set(re.findall(r"`enuf ([a-z]+)", (ROOT / name).read_text()))
    assert named <= set(VERBS)


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(name: str) -> None:
    page = ROOT / name
    for link in LINK.findall(prose(page)):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        place = page.parent / target if target else page
        assert place.exists(), link
        if anchor:
            assert anchor in anchors(place), link


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    kept = (re.sub(r"[^\w\- ]", "", heading.strip().lower()) for heading in HEADING.findall(prose(page)))
    return {text.replace(" ", "-") for text in kept}


@pytest.mark.parametrize("kind", ["how-to", "explain", "reference", "tutorial", "."])
def test_every_page_exists_in_both_languages(kind: str) -> None:
    english, korean = (
        sorted(path.name for path in (ROOT / "docs" / language / kind).glob("*.md"))
        for language in ("en", "ko")
    )
    assert english == korean


@pytest.mark.parametrize("name", READMES)
def test_a_readme_says_what_its_first_commands_need_and_how_the_demo_is_stopped(name: str) -> None:
    first = (ROOT / name).read_text().partition("\n## ")[2].partition("\n## ")[0]
    assert "make demo" in first
    for needed in ("git", "make", "python3-venv", "wsl --install"):
        assert needed in first.replace("make demo", ""), needed
    for typed in (
        "up --port 8001",
        "enuf --project examples/toy down",
    ):  # a port that is taken; another terminal
        assert typed in first, typed


def test_both_readmes_have_the_same_chapters_and_the_same_blocks() -> None:
    english, korean = ((ROOT / name).read_text() for name in READMES)
    assert english.count("\n## ") == korean.count("\n## ")
    assert english.count("```") == korean.count("```")
    tables = [re.findall(r"(?s)<!-- soak -->\n(.+?)<!-- end of soak -->", text) for text in (english, korean)]
    assert tables[0] and tables[0] == tables[1], (
        "the measured tables differ: run python -m scripts.soak promises --write"
    )


def test_both_languages_quote_the_proofs_of_loading_as_measured() -> None:
    pages = [(ROOT / "docs" / language / "explain/trial-import.md").read_text() for language in ("en", "ko")]
    tables = [re.findall(r"(?s)<!-- loading -->\n(.+?)<!-- end of loading -->", text) for text in pages]
    assert tables[0] and tables[0] == tables[1], (
        "the tables differ: run python -m scripts.soak loading --write"
    )


def test_both_languages_quote_the_comparison_as_measured() -> None:
    pages = [(ROOT / "docs" / language / "explain/comparison.md").read_text() for language in ("en", "ko")]
    tables = [re.findall(r"(?s)<!-- beside -->\n(.+?)<!-- end of beside -->", text) for text in pages]
    assert tables[0] and tables[0] == tables[1], "the tables differ: run python benchmarks/beside.py --write"
