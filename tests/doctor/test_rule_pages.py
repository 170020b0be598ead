"""Every fenced block of every page is a test of its rule."""

from __future__ import annotations

import pytest

from enuf.doctor.engine import all_rules, examine
from enuf.doctor.pages import LANGUAGES, codes, examples, page
from enuf.doctor.read.assemble import evidence_of

RULES = {rule.code: rule for rule in all_rules()}
CASES = [
    pytest.param(code, language, number, id=f"{code}-{language}-{number}-{example.verdict}")
    for code in codes()
    for language in LANGUAGES
    for number, example in enumerate(examples(page(code, language) or ""))
]


@pytest.mark.parametrize(("code", "language", "number"), CASES)
def test_a_bad_block_fires_and_a_good_one_does_not(code: str, language: str, number: int) -> None:
    example = examples(page(code, language) or "")[number]
    found = examine(evidence_of(example.texts), [RULES[code]])
    assert bool(found) == (example.verdict == "bad"), example.texts


@pytest.mark.parametrize("code", codes())
def test_both_languages_hold_the_same_blocks(code: str) -> None:
    english, korean = (examples(page(code, language) or "") for language in LANGUAGES)
    assert english == korean


@pytest.mark.parametrize("code", codes())
def test_a_page_has_a_bad_and_a_good_block(code: str) -> None:
    assert {example.verdict for example in examples(page(code, "en") or "")} == {"bad", "good"}


def test_every_rule_has_a_folder_of_its_code_and_name() -> None:
    assert set(RULES) == set(codes())


@pytest.mark.parametrize("code", codes())
def test_a_page_begins_with_its_code_and_name(code: str) -> None:
    for language in LANGUAGES:
        first = (page(code, language) or "").splitlines()[0]
        assert first.startswith(f"# {code} {RULES[code].name}"), language
