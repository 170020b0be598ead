"""How many examples a property test tries: in proportion to the Hypothesis profile in force."""

from __future__ import annotations

from hypothesis import settings

DEFAULT = 100  # what Hypothesis itself tries


def examples(count: int) -> int:
    """Return the number of examples for a test that tries `count` in the whole suite; fewer in the profile `fast`."""
    return max(1, count * settings().max_examples // DEFAULT)
