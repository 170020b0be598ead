"""Machines that boot, each test its own: it costs less than a second and nothing of one test is seen by the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import debian
from tests.support.booted import Booted, booted, cannot_boot

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
        running.do("useradd", "--create-home", OWNER)
        names = " ".join(f"{name}.example" for name in ("shop", "blog", "nobody"))
        running.do("sh", "-c", f"echo 127.0.0.1 {names} >> /etc/hosts")
        yield running


@pytest.fixture
def shop(machine: Booted) -> Site:
    """A project that is not installed yet."""
    return Site(machine)


@pytest.fixture
def installed(shop: Site) -> Site:
    """A project that is installed and serves."""
    shop.install()
    assert shop.serves(), shop.get()
    return shop
