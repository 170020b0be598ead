"""The link of a release: the last one on the way to the project, and it keeps its form."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enuf.system.release_link import by_release_link, find_release_link


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in ("1", "2"):
        (tmp_path / "releases" / name / "web").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "project", "inside", "after"),
    [
        ("releases/1", "current", "", "releases/2"),
        ("{site}/releases/1", "current", "", "{site}/releases/2"),
        ("releases/1", "current/web", "web", "releases/2"),
        ("./releases/../releases/1", "current", "", "releases/2"),
    ],
)
def test_the_link_is_pointed_at_another_release_and_back(
    site: Path, text: str, project: str, inside: str, after: str
) -> None:
    text, after = text.format(site=site), after.format(site=site)
    (site / "current").symlink_to(text)
    link = find_release_link(site / project)
    assert link and (link.link, link.inside) == (site / "current", inside)
    assert link.point_at(site / "releases/2") == text
    assert os.readlink(site / "current") == after  # noqa: PTH115 - the text as it is
    link.write(text)
    assert link.release == site / "releases/1"


def test_a_link_to_a_link_keeps_leading_there(site: Path) -> None:
    (site / "links").mkdir()
    (site / "links/stable").symlink_to("../releases/1")
    (site / "current").symlink_to("links/stable")
    link = find_release_link(site / "current")
    assert link and link.link == site / "links/stable"
    link.point_at(site / "releases/2")
    assert (site / "current").resolve() == site / "releases/2"


def test_a_path_without_links_has_none(site: Path) -> None:
    assert find_release_link(site / "releases/1") is None


def test_a_release_that_nobody_has_named_is_known_by_the_link_that_leads_to_it(site: Path) -> None:
    release = site / "releases/1"
    assert by_release_link(release) == release
    (site / "live").symlink_to("releases/1")
    assert by_release_link(release) == release  # a link of another name may be anything
    (site / "current").symlink_to("live")
    assert by_release_link(site / "releases/2") == site / "releases/2"
    assert by_release_link(release) == site / "current"
    assert by_release_link(release / "web") == site / "current/web"


def test_a_link_that_somebody_else_has_made_names_nothing(site: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("gives a link to another user")
    release = site / "releases/1"
    (site / "current").symlink_to("releases/1")
    os.lchown(site / "current", 61203, 61203)
    assert by_release_link(release) == release
    os.chown(release, 61203, 61203)
    assert by_release_link(release) == site / "current"
