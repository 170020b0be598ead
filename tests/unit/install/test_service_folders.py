"""What the app may write never covers the code that runs it, under whatever name."""

from __future__ import annotations

from pathlib import Path

import pytest

from enuf.errors import SettingsInvalid
from enuf.install.service_folders import protected_entries
from enuf.system.mounts import Mount, other_names, parse_mounts

TABLE = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 8:1 /srv/shop /mnt/the\040shop rw - ext4 /dev/sda1 rw
31 22 8:1 /srv/shop/.venv/lib /data/lib rw - ext4 /dev/sda1 rw
32 22 8:2 / /srv/other rw - ext4 /dev/sdb1 rw
33 22 8:2 /venv /data/inner/venv rw - ext4 /dev/sdb1 rw
"""
MOUNTS = tuple(parse_mounts(TABLE))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with a virtualenv, data, and a Python deep below."""
    project = tmp_path.resolve() / "shop"
    for name in (".venv/bin", "data", "tools/py/bin", "releases/1/.venv"):
        (project / name).mkdir(parents=True)
    (project / ".venv/bin/python").symlink_to("/usr/bin/python3")
    return project


def entries(writable: Path, *code: Path, mounts: tuple[Mount, ...] = ()) -> set[str]:
    return set(protected_entries([str(writable)], [str(path) for path in code], mounts))


def test_the_entry_that_holds_the_code_stays_read_only(shop: Path) -> None:
    code = (shop / ".venv", shop / ".venv/bin/python", shop / "tools/py/bin/python")
    assert entries(shop, *code) == {f"{shop}/.venv", f"{shop}/tools"}
    assert entries(shop.parent, *code) == {str(shop)}
    assert entries(shop / "data", *code) == set()


@pytest.mark.parametrize("writable", [".venv", ".venv/bin"])
def test_code_itself_is_not_writable_under_any_name(shop: Path, writable: str) -> None:
    (shop / "data/link").symlink_to(shop / writable)
    for path in (shop / writable, shop / "data/link"):
        with pytest.raises(SettingsInvalid, match="holds the code"):
            entries(path, shop / ".venv")


def test_a_link_to_a_folder_above_the_code_protects_the_code_too(shop: Path) -> None:
    link = shop.parent / "elsewhere"
    link.symlink_to(shop)
    assert entries(link, shop / ".venv") == {f"{shop}/.venv"}
    assert entries(shop, link / ".venv") == {f"{shop}/.venv"}


def test_a_link_on_the_way_to_the_code_that_the_app_could_replace_is_refused(shop: Path) -> None:
    (shop / "current").symlink_to("releases/1")
    with pytest.raises(SettingsInvalid, match=f"replace the link {shop}/current"):
        entries(shop, shop / "current/.venv")
    assert entries(shop / "data", shop / "current/.venv") == set()


def test_a_writable_path_behind_a_link_that_the_app_could_replace_is_refused(shop: Path) -> None:
    (shop / "data/more").symlink_to(shop / "releases")
    with pytest.raises(SettingsInvalid, match=f"replace the link {shop}/data/more"):
        protected_entries([str(shop / "data"), str(shop / "data/more")], [str(shop / ".venv")])


def test_a_second_mount_of_the_code_is_found_from_the_table_of_mounts() -> None:
    assert other_names("/srv/shop/.venv", MOUNTS) == ("/mnt/the shop/.venv", "/data/lib")
    assert other_names("/srv/shop/.venv/lib/x", MOUNTS) == ("/mnt/the shop/.venv/lib/x", "/data/lib/x")
    assert other_names("/srv/other/venv", MOUNTS) == ("/data/inner/venv",)
    assert other_names("/home/alice/venv", MOUNTS) == ()


@pytest.mark.parametrize(
    ("writable", "code", "protected"),
    [
        ("/mnt/the shop", "/srv/shop/.venv", {"/mnt/the shop/.venv"}),
        ("/data", "/srv/shop/.venv", {"/data/lib"}),
        ("/data", "/srv/other/venv", {"/data/inner"}),
        ("/mnt", "/srv/shop/.venv", {"/mnt/the shop"}),
    ],
)
def test_code_that_is_mounted_a_second_time_stays_read_only(
    writable: str, code: str, protected: set[str]
) -> None:
    assert entries(Path(writable), Path(code), mounts=MOUNTS) == protected


@pytest.mark.parametrize("writable", ["/data/lib", "/mnt/the shop/.venv", "/data/inner/venv/bin"])
def test_a_second_mount_of_code_is_not_writable(writable: str) -> None:
    with pytest.raises(SettingsInvalid, match="holds the code"):
        entries(Path(writable), Path("/srv/shop/.venv"), Path("/srv/other/venv"), mounts=MOUNTS)
