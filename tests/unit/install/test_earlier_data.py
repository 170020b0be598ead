"""An app gets no files of an earlier site of the same name that another user has left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enuf.errors import Conflict
from enuf.install.earlier_data import refuse_data_of_others, secrets_before
from enuf.install.requests import InstallRequest, SecretVariables
from enuf.install.services.base import ServiceUser
from enuf.install.services.systemd import SystemdFormat
from enuf.install.tree import HostTree
from enuf.start.invocation import Invocation
from tests.unit.install.test_site_file import site_plan

ALICE, BOB = 61201, 61202
SITE = site_plan().site
REQUEST = InstallRequest(invocation=Invocation(project="/srv/shop"), name="shop")
MADE_UP = ServiceUser(name="enuf-shop", dynamic=True)


@pytest.fixture
def tree(tmp_path: Path) -> HostTree:
    (tmp_path / "etc").mkdir()
    accounts = "".join(f"{name}:x:{uid}:{uid}::/:/bin/sh\n" for name, uid in (("alice", ALICE), ("bob", BOB)))
    (tmp_path / "etc/passwd").write_text(accounts)
    return HostTree(tmp_path)


def left_by(tree: HostTree, uid: int, folder: str, name: str = "shop.db") -> None:
    place = tree.local_path(folder)
    place.mkdir(parents=True)
    if name:
        (place / name).write_text("")
    if os.geteuid() == 0:
        os.chown(place, uid, uid)


def install_as(tree: HostTree, user: ServiceUser) -> None:
    assert SITE is not None
    refuse_data_of_others(REQUEST, user, SITE, tree, SystemdFormat())


@pytest.mark.parametrize(
    "folder", ["/var/lib/enuf-shop", "/var/cache/enuf-shop", "/var/log/enuf-shop", "/var/lib/enuf-shop-cert"]
)
def test_files_of_another_user_refuse_the_name(tree: HostTree, folder: str) -> None:
    left_by(tree, ALICE, folder)
    for user in (ServiceUser(name="bob"), MADE_UP):
        with pytest.raises(Conflict, match="left by an earlier site shop") as refused:
            install_as(tree, user)
        assert folder in refused.value.summary and "--name shop-2" in refused.value.hint


def test_files_of_a_temporary_user_are_not_for_a_user_of_the_host(tree: HostTree) -> None:
    left_by(tree, 0, "/var/lib/private/enuf-shop")
    with pytest.raises(Conflict, match="a temporary user of systemd"):
        install_as(tree, ServiceUser(name="bob"))
    install_as(tree, MADE_UP)


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files to other users")
def test_the_same_user_takes_them_up_again_and_an_empty_folder_holds_nothing(tree: HostTree) -> None:
    left_by(tree, BOB, "/var/lib/enuf-shop")
    left_by(tree, ALICE, "/var/cache/enuf-shop", name="")
    left_by(tree, 0, "/var/log/enuf-shop")
    install_as(tree, ServiceUser(name="bob"))


def test_variables_that_were_there_before_are_named_without_their_values(tree: HostTree) -> None:
    assert SITE is not None
    place = tree.local_path(SITE.environment_file)
    place.parent.mkdir(parents=True)
    place.write_text("DATABASE_URL=s3cret\nOWN=1\n")
    request = InstallRequest(
        invocation=REQUEST.invocation, name="shop", variables=SecretVariables({"OWN": "1"})
    )
    (said,) = secrets_before(request, SITE, tree)
    assert said.startswith("the app gets DATABASE_URL, which") and "s3cret" not in said
