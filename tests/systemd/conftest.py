"""Booted machines: one for each test that changes what it stands on, and one for all that change nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import debian
from tests.support.booted import Booted, booted, cannot_boot
from tests.support.stack import until

from .acme import put_authority
from .site import OWNER, Releases, Site


@pytest.fixture(scope="session")
def layers() -> debian.Layers:
    """Return a Debian with this checkout's enuf; skip the test where no machine can be booted."""
    if reason := debian.missing() or cannot_boot():
        pytest.skip(reason)
    return debian.debian_with_enuf()


@pytest.fixture
def machine(layers: debian.Layers) -> Iterator[Booted]:
    """Yield a machine with an ordinary user, whose nginx serves the distribution's default site."""
    with booted(layers) as running:
        prepare(running)
        yield running


@pytest.fixture
def shop(machine: Booted) -> Site:
    """Return a project that is not installed yet."""
    return _shop(machine)


@pytest.fixture
def cap(machine: Booted) -> Releases:
    """Return a project with a folder for each release, not installed yet."""
    return Releases(machine)


@pytest.fixture
def authority(machine: Booted) -> Booted:
    """Put pebble into the machine, switched off."""
    put_authority(machine)
    return machine


@pytest.fixture(scope="session")
def installed_disk(layers: debian.Layers) -> Iterator[Path]:
    """Yield the disk of a machine that was switched off after an install."""
    folder = Path(tempfile.mkdtemp(prefix="enuf-installed-", dir="/var/tmp"))
    try:
        with booted(layers) as machine:
            prepare(machine)
            _shop(machine).install()
            machine.power_off()
            yield machine.disk.rename(folder / "disk")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def bare(layers: debian.Layers) -> Iterator[Site]:
    """Yield a project on a machine for all tests that leave the machine as it was, which they assert."""
    with booted(layers) as machine:
        prepare(machine)
        yield _shop(machine)


@pytest.fixture(scope="session")
def standing(installed_disk: Path, layers: debian.Layers) -> Iterator[Site]:
    """Yield an installed project for all tests that look at it, and change nothing that others see."""
    with booted((installed_disk, *layers)) as machine:
        site = Site(machine, "shop")
        until(site.serves, what="version 1 after the boot")
        machine.do("useradd", "mallory")
        yield site


@pytest.fixture
def installed(installed_disk: Path, layers: debian.Layers) -> Iterator[Site]:
    """Yield an installed project on a machine that was switched on again."""
    with booted((installed_disk, *layers)) as machine:
        site = Site(machine, "shop")
        until(site.serves, what="version 1 after the boot")
        yield site


def prepare(machine: Booted) -> None:
    machine.do("useradd", "--create-home", OWNER)
    names = " ".join(f"{name}.example" for name in ("shop", "blog", "nobody"))
    machine.do("sh", "-c", f"echo 127.0.0.1 {names} >> /etc/hosts")


def _shop(machine: Booted) -> Site:
    site = Site(machine, "shop")
    site.write_version(1)
    return site
