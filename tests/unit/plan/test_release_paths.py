"""Paths of a release as the project's link names them, for a file that root alone writes."""

from __future__ import annotations

import pytest

from enuf.plan.release_paths import through_link


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/srv/shop/releases/7/static", "/srv/shop/current/static"),
        ("/srv/shop/releases/7", "/srv/shop/current"),
        ("/srv/shop/releases/77/static", "/srv/shop/releases/77/static"),
        ("/srv/media", "/srv/media"),
        ("", ""),
    ],
)
def test_only_what_is_inside_the_release_is_named_through_the_link(path: str, named: str) -> None:
    assert through_link(path, "/srv/shop/current", "/srv/shop/releases/7") == named
