"""Numbers in texts of others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enuf.model.numbers import decimal, leading_decimal

HOSTILE = ["", " 1", "1 ", "-1", "+1", "1.0", "²", "1²", "٣", "1_0", "0x1", "9" * 19, "9" * 5000, "\0", "1\n"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_short_number_of_plain_digits_is_none(text: str) -> None:
    assert decimal(text) is None


@given(st.integers(0, 10**18 - 1))
def test_a_number_is_read_as_it_is_written(number: int) -> None:
    assert decimal(str(number)) == number
    assert leading_decimal(f"{number}x9") == number


def test_the_bound_counts_digits() -> None:
    assert decimal("65535", 5) == 65535
    assert decimal("065535", 5) is None


@pytest.mark.parametrize("text", ["", "x", "²", "-1"])
def test_a_text_that_begins_with_no_digit_begins_with_no_number(text: str) -> None:
    assert leading_decimal(text) is None


def test_a_leading_number_is_cut_at_its_bound() -> None:
    assert leading_decimal("9" * 5000, 3) == 999
