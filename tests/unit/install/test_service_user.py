"""The account that runs an installed app: of this host, or of the image that it is installed into."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enuf.errors import SettingsInvalid
from enuf.install.service_user import log_group, service_user
from enuf.install.services.base import ServiceUser
from enuf.install.tree import HostTree
from tests.unit.install.test_site_file import site_plan


@pytest.fixture
def image(tmp_path: Path) -> HostTree:
    (tmp_path / "etc").mkdir()
    (tmp_path / "srv").mkdir()
    owner = os.getuid()
    (tmp_path / "etc/passwd").write_text(f"webby:x:{owner}:77::/:/bin/false\nother:x:4242:78::/:/bin/false\n")
    (tmp_path / "etc/group").write_text("webs:x:77:\n")
    return HostTree(tmp_path)


def user_of(name: str, image: HostTree) -> ServiceUser:
    site = site_plan().site
    assert site
    return service_user(name, image.root / "srv", site, image)


def test_an_image_is_asked_for_its_own_users(image: HostTree) -> None:
    assert user_of("webby", image).name == "webby"
    with pytest.raises(SettingsInvalid, match="there is no user 'nobody-knows'"):
        user_of("nobody-knows", image)


@pytest.mark.skipif(os.getuid() == 0, reason="a project of root's gets a user of systemd's")
def test_the_owner_of_a_project_has_the_name_that_the_image_gives_the_number(image: HostTree) -> None:
    assert user_of("auto", image).name == "webby"
    (image.root / "etc/passwd").write_text("")
    with pytest.raises(SettingsInvalid, match="has no such user"):
        user_of("auto", image)


def test_nginxs_logs_are_for_the_group_that_the_user_has_in_the_image(image: HostTree) -> None:
    assert log_group(ServiceUser(name="webby"), image) == "webs"
    assert log_group(ServiceUser(name="other"), image) == "adm"
    assert log_group(ServiceUser(name="enuf-shop", dynamic=True), image) == "adm"


def test_paths_below_the_root_of_an_image_are_those_of_the_image(image: HostTree) -> None:
    root = image.root
    assert image.image_path(f"{root}/srv") == "/srv" and image.image_path(str(root)) == "/"
    assert image.image_path(f"{root}ed/srv") == f"{root}ed/srv"
    (root / "link").symlink_to("srv")
    assert image.real_path("/link") == "/srv"
    assert HostTree().image_path(f"{root}/srv") == f"{root}/srv"
