"""Any text can be translated: nothing raises, and what users wrote comes out again."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enuf.cli.widths import columns, cut, folded, padded
from enuf.language.catalogue import catalogue
from enuf.language.sentences import Sentences
from tests.support.examples import examples

KOREAN = Sentences(catalogue("ko"))
TEMPLATES = [
    each
    for group in (*catalogue("ko").begun.values(), *catalogue("ko").free.values())
    for each in group
    if each.weight >= 8
]
VALUES = st.text(alphabet=string.digits + "_~가힣", min_size=1, max_size=30)


@settings(max_examples=examples(300), deadline=None)
@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from([each.literals[0] for each in TEMPLATES]) | st.text(max_size=10)).map("".join)
)
def test_translation_never_fails(text: str) -> None:
    KOREAN.translated(text)


@settings(max_examples=examples(300), deadline=None)
@given(st.data())
def test_values_survive_in_every_message(data: st.DataObject) -> None:
    template = data.draw(st.sampled_from(TEMPLATES))
    values = [data.draw(VALUES) for _ in template.slots]
    text = "".join(part for pair in zip(template.literals, (*values, ""), strict=True) for part in pair)
    translated = KOREAN.translated(text)
    assert all(value in translated for value in values)


@pytest.mark.parametrize("text", ["", "there is no folder x", "stopped"])
def test_english_stays_as_it_is(text: str) -> None:
    assert Sentences(catalogue("en")).translated(text) == text


@settings(max_examples=examples(200), deadline=None)
@given(st.text(alphabet="ab 가힣", max_size=80), st.integers(min_value=4, max_value=40))
def test_text_fits_into_its_columns(text: str, width: int) -> None:
    assert columns(cut(text, width)) <= width
    assert columns(padded(text, width)) >= width
    lines = folded(text, width)
    assert all(columns(line) <= width for line in lines if " " in line.strip())
    assert " ".join(lines).split() == text.split()
