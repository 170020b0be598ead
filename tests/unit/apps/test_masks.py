"""What varies at one server is learnt from two of its answers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts.apps.masks import fits, template_of

from tests.support.examples import examples

PAGE = '<form>\n<input name="csrf" value="{}">\n<p>Hello {}</p>\n</form>\n'


def varies(first: str, second: str, text: str) -> bool:
    return fits(template_of(first, second), text)


def test_a_token_that_varies_may_have_any_value() -> None:
    assert varies(PAGE.format("IjQxY2", "Kim"), PAGE.format("ImJmZT", "Kim"), PAGE.format("XyZ-_.9", "Kim"))


def test_what_is_equal_in_both_must_be_equal_in_the_third() -> None:
    assert not varies(PAGE.format("IjQxY2", "Kim"), PAGE.format("ImJmZT", "Kim"), PAGE.format("XyZ", "Lee"))


@pytest.mark.parametrize("text", ["", "Hello", "Hello \n", "Hello 1", "Hello 1\nmore", "x Hello 1\n"])
def test_two_equal_answers_leave_no_room(text: str) -> None:
    assert not varies("Hello 1\nand 2", "Hello 1\nand 2", text)


@pytest.mark.parametrize("text", ["at 12:03\n", "at 12:03 noon", "on 12:03"])
def test_a_gap_hides_nothing_around_it(text: str) -> None:
    assert varies("at 12:01", "at 12:02", "at 12:03")
    assert not varies("at 12:01", "at 12:02", text)


def test_a_gap_is_not_a_door_for_a_whole_page() -> None:
    assert not varies("id 1", "id 2", "id " + "<p>Traceback</p>" * 20)


def test_a_part_that_is_missing_in_one_answer_may_be_missing() -> None:
    assert varies("a\nflash 1\nb\n", "a\nb\n", "a\nb\n")
    assert varies("a\nflash 1\nb\n", "a\nb\n", "a\nflash 2\nb\n")


@given(first=st.text("ab1 \n", max_size=30), second=st.text("ab1 \n", max_size=30))
@settings(max_examples=examples(100))
def test_both_answers_fit_what_was_learnt_from_them(first: str, second: str) -> None:
    assert varies(first, second, first)
    assert varies(first, second, second)
