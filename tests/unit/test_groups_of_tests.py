"""The suite itself: tests that share servers run in one worker."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module", params=["one", "two"])
def shared(request: pytest.FixtureRequest) -> str:
    """What the tests of this module share."""
    return str(request.param)


@pytest.mark.xdist_group("one-worker")
def test_the_group_of_a_test_is_known_to_the_scheduler(request: pytest.FixtureRequest) -> None:
    """Without the suffix pytest-xdist spreads a group over all workers, and each starts the group's servers again."""
    if not request.config.getoption("loadgroup", default=False):
        pytest.skip("pytest does not run with --dist loadgroup")
    assert request.node.nodeid.endswith("@one-worker")


def test_tests_that_share_a_fixture_of_their_module_are_a_group(
    shared: str, request: pytest.FixtureRequest
) -> None:
    """One group for each parameter, because the fixture is made anew for each."""
    marker = request.node.get_closest_marker("xdist_group")
    assert marker.args == (f"test_groups_of_tests-{('one', 'two').index(shared)}",)
