"""The tutorial is one text in two languages, and what it points to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from enuf.doctor.pages import codes
from tests.docs.page import Block, read_page

ROOT = Path(__file__).parents[2]
KOREAN, ENGLISH = (ROOT / "docs" / language / "tutorial" for language in ("ko", "en"))
PAGES = sorted(path.name for path in KOREAN.glob("*.md"))
WITH_BLOCKS = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("README*.md", "docs/*/tutorial/*.md", "docs/*/how-to/*.md")
    for path in ROOT.glob(pattern)
)
CODE = re.compile(r"`([AULNSDR]\d{3})\b")
LEFT_OUT_AT_MOST = 1 / 4


def consoles(blocks: list[Block]) -> list[Block]:
    return [block for block in blocks if block.is_console]


def test_there_are_nine_chapters_and_a_beginning_in_both_languages() -> None:
    assert [name[0] for name in PAGES] == [*"123456789", "R"]
    assert sorted(path.name for path in ENGLISH.glob("*.md")) == PAGES


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_say_the_same_commands_in_the_same_order(name: str) -> None:
    korean, english = (consoles(read_page(folder / name)) for folder in (KOREAN, ENGLISH))
    assert [block.commands for block in korean] == [block.commands for block in english]
    assert [block.not_run for block in korean] == [block.not_run for block in english]


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_show_the_same_output_and_the_same_files_but_for_their_comments(name: str) -> None:
    korean, english = (read_page(folder / name) for folder in (KOREAN, ENGLISH))
    assert [(block.file, _told_to_a_machine(block)) for block in korean] == [
        (block.file, _told_to_a_machine(block)) for block in english
    ]


def _told_to_a_machine(block: Block) -> list[str]:
    """The block without what is said to people: pictures, comments and the number of a terminal."""
    if not block.language:
        return []
    return [re.sub(r"\s*#(?!\d).*", "", line) for line in block.text]


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_have_the_same_headings_tables_and_codes(name: str) -> None:
    korean, english = ((folder / name).read_text(encoding="utf-8") for folder in (KOREAN, ENGLISH))
    for shape in (r"(?m)^#+ ", r"(?m)^\|", r"(?m)^- ", r"(?m)^> "):
        assert len(re.findall(shape, korean)) == len(re.findall(shape, english)), shape
    assert CODE.findall(korean) == CODE.findall(english)


@pytest.mark.parametrize("name", PAGES)
def test_every_code_that_a_chapter_names_has_a_page(name: str) -> None:
    named = set(CODE.findall((ENGLISH / name).read_text(encoding="utf-8")))
    assert named <= set(codes())


@pytest.mark.parametrize("name", ["toy_flask_app.py", "wsgi.py"])
def test_the_app_of_the_tutorial_is_the_one_in_the_examples(name: str) -> None:
    example = (ROOT / "examples" / "toy" / name).read_text(encoding="utf-8")
    given = [block for page in PAGES for block in read_page(KOREAN / page) if block.file == name]
    assert ["\n".join(block.text) + "\n" for block in given] == [example]


def _is_korean(name: str) -> bool:
    """A translation: what it leaves out is left out in the original, too."""
    return "/ko/" in name or ".ko." in name


def test_few_blocks_are_left_out_of_the_test_and_each_says_why() -> None:
    blocks = [
        (name, block)
        for name in WITH_BLOCKS
        if not _is_korean(name)
        for block in consoles(read_page(ROOT / name))
    ]
    left_out = [(name, block.line, block.not_run) for name, block in blocks if block.not_run is not None]
    assert all(reason and len(reason) > 10 for _, _, reason in left_out), left_out
    nowhere = [each for each in left_out if "tests/systemd has one" not in (each[2] or "")]
    assert len(nowhere) <= LEFT_OUT_AT_MOST * len(blocks), nowhere


def test_the_tutorial_takes_nothing_for_granted_that_its_reader_was_not_told() -> None:
    for folder in (KOREAN, ENGLISH):
        for name in PAGES:
            assert all(
                kind == "not run" for block in read_page(folder / name) for kind, _ in block.remarks
            ), name
