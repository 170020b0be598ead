"""The budget of property tests."""

from __future__ import annotations

from hypothesis import settings

from tests.support.examples import examples


def test_the_number_of_examples_follows_the_profile_in_force() -> None:
    assert examples(1000) == 10 * settings().max_examples
    assert examples(1) >= 1
