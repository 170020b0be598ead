"""Machines that boot, each test its own: it costs less than a second and nothing of one test is seen by the next."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import debian
from tests.support.booted import Booted, booted, cannot_boot
from tests.support.stack import until

from .site import OWNER, Site


@pytest.fixture(scope="session")
def layers() -> debian.Layers:
    """A Debian with this checkout's enuf; skips the test where none can be booted."""
    if reason := debian.missing() or cannot_boot():
        pytest.skip(reason)
    return debian.debian_with_enuf()


@pytest.fixture
def machine(layers: debian.Layers) -> Iterator[Booted]:
    """A machine with an ordinary user; its nginx serves the distribution's default site."""
    with booted(layers) as running:
        _prepare(running)
        yield running


@pytest.fixture
def shop(machine: Booted) -> Site:
    """A project that is not installed yet."""
    return _shop(machine)


@pytest.fixture(scope="session")
def installed_disk(layers: debian.Layers) -> Iterator[Path]:
    """What an install leaves on the disk of a machine that was switched off afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="enuf-installed-", dir="/var/tmp"))
    try:
        with booted(layers) as machine:
            _prepare(machine)
            _shop(machine).install()
            machine.power_off()
            yield machine.disk.rename(folder / "disk")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def installed(installed_disk: Path, layers: debian.Layers) -> Iterator[Site]:
    """A project that was installed, and serves since the machine was switched on."""
    with booted((installed_disk, *layers)) as machine:
        site = Site(machine, "shop")
        until(site.serves, what="version 1 after the boot")
        yield site


def _prepare(machine: Booted) -> None:
    machine.do("useradd", "--create-home", OWNER)
    names = " ".join(f"{name}.example" for name in ("shop", "blog", "nobody"))
    machine.do("sh", "-c", f"echo 127.0.0.1 {names} >> /etc/hosts")


def _shop(machine: Booted) -> Site:
    site = Site(machine, "shop")
    site.write_version(1)
    return site
