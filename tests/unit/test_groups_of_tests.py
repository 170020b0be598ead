"""The suite itself: tests that share servers run in one worker."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("one-worker")
def test_the_group_of_a_test_is_known_to_the_scheduler(request: pytest.FixtureRequest) -> None:
    """Without the suffix pytest-xdist spreads a group over all workers, and each starts the group's servers again."""
    if not request.config.getoption("loadgroup", default=False):
        pytest.skip("pytest does not run with --dist loadgroup")
    assert request.node.nodeid.endswith("@one-worker")
