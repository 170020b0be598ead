"""The exported files with other programs than Docker's newest: podman, podman-compose, and the builder before BuildKit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from enuf.model.address import TcpAddress
from tests.support.stack import until

from .commands import Refused
from .conftest import Told
from .counted import CLIENTS, SLOW, counted
from .docker import DockerHost
from .hosts import Switch
from .machine import require_engine
from .podman import PROGRAMS, PodmanHost, podman_host
from .shop import SECRET, Shop, bases

pytestmark = [pytest.mark.root, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def podman(ground: Path, switch: Switch) -> Iterator[PodmanHost]:
    """Yield a host with podman and a base."""
    require_engine(*PROGRAMS)
    with podman_host(ground, switch) as host:
        yield host


@pytest.fixture(scope="module")
def shop(podman: PodmanHost, ground: Path) -> Iterator[Shop]:
    """Yield a project that podman-compose runs, reachable from the other hosts, and whose image podman has built."""
    made = Shop(ground / "compose-shop")
    made.export("compose", "--image", "localhost/shop:1")
    build = f"podman build --cgroup-parent=/{podman.group} --network none -t localhost/shop:1 -f deploy/Dockerfile ."
    podman.typed(build, made.folder)
    podman.typed(f"{podman.compose} up -d", made.folder)
    until_serving(podman, made)
    yield made
    podman.typed(f"{podman.compose} down", made.folder)


def asked(podman: PodmanHost, words: str) -> str:
    return podman.run("curl", "-fsS", "-m", "20", *words.split())


def until_serving(podman: PodmanHost, shop: Shop) -> None:
    def serves() -> bool:
        try:
            return "version" in asked(podman, "http://127.0.0.1:8000/")
        except Refused:
            return False

    try:
        until(serves)
    except AssertionError:
        told = podman.typed("podman ps -a; podman logs --latest 2>&1", shop.folder)
        raise AssertionError(f"podman-compose serves nothing: {told}") from None


def test_podman_builds_an_image_without_the_secret(podman: PodmanHost, shop: Shop, told: Told) -> None:
    files = podman.typed(
        f"podman run --cgroup-parent=/{podman.group} --rm localhost/shop:1 find /app", shop.folder
    )
    assert "/app/app.py" in files
    assert "/app/.env" not in files
    told("podman build without a network", "built, no secret in the image")


def test_a_builder_that_does_not_know_the_ignore_file_makes_no_image(
    builder: DockerHost, ground: Path, told: Told
) -> None:
    made = Shop(ground / "old-shop")
    build = made.export("image", "--image", "localhost/old:1")["build"]
    words = build.replace("docker build ", f"docker build --network none {' '.join(bases())} ")
    with pytest.raises(Refused, match=r"has not read deploy/Dockerfile\.dockerignore"):
        builder.typed(words, made.folder, DOCKER_BUILDKIT="0")
    assert not builder.docker("images", "--quiet", "localhost/old")
    told("docker build without BuildKit, which would put .env into the image", "refused")


def test_compose_gives_secrets_and_keeps_what_the_app_writes(
    podman: PodmanHost, shop: Shop, told: Told
) -> None:
    assert asked(podman, "http://127.0.0.1:8000/greeting") == SECRET
    asked(podman, "-X PUT --data-binary kept http://127.0.0.1:8000/kept/note")
    podman.typed(f"{podman.compose} down", shop.folder)
    podman.typed(f"{podman.compose} up -d", shop.folder)
    until_serving(podman, shop)
    assert asked(podman, "http://127.0.0.1:8000/kept/note") == "kept"
    told("compose: secret given, upload kept over `down` and `up`", "as it must be")


def test_compose_restarts_with_a_gap_as_the_file_says(podman: PodmanHost, shop: Shop, told: Told) -> None:
    """Keep the promise of the file's head honest: one container is replaced with a gap, and what is under way is finished."""
    at = [TcpAddress("127.0.0.1", 8000)]
    stop = lambda: podman.typed(f"{podman.compose} stop", shop.folder)  # noqa: E731
    held = counted(podman, at, stop, clients=SLOW, asks_on=False)
    told("compose: requests under way at `compose stop`", held)
    assert (held.ok, held.failed) == (len(SLOW), 0), held
    podman.typed(f"{podman.compose} start", shop.folder)
    until_serving(podman, shop)

    def replaced() -> None:
        podman.typed(f"{podman.compose} down && {podman.compose} up -d", shop.folder)
        until_serving(podman, shop)

    gap = counted(podman, at, replaced, clients=CLIENTS)
    told("compose: control, a container replaced under load", gap)
    assert gap.failed, gap
