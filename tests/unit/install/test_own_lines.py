"""Root's own lines for the host's nginx: included where they exist, refused where somebody else can change them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from enuf.errors import PrivilegeNeeded
from enuf.install.own_lines import with_own_lines
from enuf.install.tree import HostTree
from enuf.model.site import Site
from tests.support.parts import HOST_NGINX

SITE = Site(name="shop", nginx=HOST_NGINX)


@pytest.fixture
def root() -> Iterator[Path]:
    """The tree of an image in which nobody else can change anything, with root's lines for the server."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name) / "etc/enuf/shop"
        folder.mkdir(parents=True)
        (folder / "server.conf").write_text("access_log /var/log/x combined;\n")
        yield Path(name)


def test_the_files_that_exist_are_included(root: Path) -> None:
    assert with_own_lines(SITE, HostTree(root)) == replace(SITE, own=("server",))
    (root / "etc/enuf/shop/http.conf").touch()
    assert with_own_lines(SITE, HostTree(root)).own == ("http", "server")
    assert with_own_lines(replace(SITE, name="blog"), HostTree(root)).own == ()


@pytest.mark.parametrize("place", ["etc/enuf/shop/server.conf", "etc/enuf/shop", "etc/enuf", "etc"])
def test_a_file_that_somebody_else_can_change_is_refused(root: Path, place: str) -> None:
    (root / place).chmod(0o777)
    with pytest.raises(PrivilegeNeeded, match="not only root can change") as refused:
        with_own_lines(SITE, HostTree(root))
    assert f"sudo chmod go-w {root / place}" in refused.value.hint
    assert refused.value.slug == "own-lines-of-others"


def test_a_link_counts_with_the_place_that_it_leads_to(root: Path) -> None:
    own, elsewhere = root / "etc/enuf/shop/server.conf", root / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o777)
    own.rename(elsewhere / "lines")
    own.symlink_to(elsewhere / "lines")
    with pytest.raises(PrivilegeNeeded, match="elsewhere"):
        with_own_lines(SITE, HostTree(root))


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files away")
def test_a_file_that_belongs_to_somebody_else_is_refused(root: Path) -> None:
    os.chown(root / "etc/enuf/shop/server.conf", 61001, 61001)
    with pytest.raises(PrivilegeNeeded) as refused:
        with_own_lines(SITE, HostTree(root))
    assert "sudo chown root: " in refused.value.hint
