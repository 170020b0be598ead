"""The exported Dockerfile, built by a real builder without a network, and run with all restrictions that enuf prints."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from enuf.model.address import TcpAddress
from tests.support.stack import until

from .commands import Refused
from .conftest import Told
from .counted import SLOW, counted
from .docker import DockerHost
from .hosts import Switch
from .shop import SECRET, Shop, inspected

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]
IMAGE = "localhost/shop"


@pytest.fixture(scope="module")
def shop(builder: DockerHost, ground: Path) -> Shop:
    """Return a project whose image is built: tag 1 serves, and tag 2 answers all with 500."""
    made = Shop(ground / "image-shop")
    commands = made.export("image", "--image", f"{IMAGE}:1")
    made.build(builder, commands["build"], "1")
    made.write_broken("answers")
    made.build(builder, commands["build"], "2")
    made.write_version("1")
    (made.folder / "run").write_text(commands["run"])
    return made


@contextlib.contextmanager
def running(
    host: DockerHost, shop: Shop, *, tag: str = "1", command: str = "", options: str = ""
) -> Iterator[str]:
    """Yield a container that the printed command has started, in the background and with its health asked often."""
    line = (shop.folder / "run").read_text().replace(f"{IMAGE}:1", f"{IMAGE}:{tag} {command}")
    often = f"-d --health-interval 1s --health-start-period 0s {options}"
    container = host.typed(line.replace("docker run ", f"docker run {often} "), shop.folder)
    try:
        yield container
    finally:
        host.docker("rm", "--force", container)


def health(host: DockerHost, container: str) -> str:
    return str(inspected(host, container)["State"]["Health"]["Status"])


def until_healthy(host: DockerHost, container: str) -> None:
    until(lambda: health(host, container) == "healthy", what=host.docker("logs", container))


def asked(host: DockerHost, path: str) -> str:
    return host.run("curl", "-fsS", "-m", "20", f"http://127.0.0.1:8000{path}")


def test_enuf_serves_as_process_1_without_any_right(builder: DockerHost, shop: Shop, told: Told) -> None:
    with running(builder, shop) as container:
        until_healthy(builder, container)
        assert asked(builder, "/greeting") == SECRET
        status = builder.docker("exec", container, "cat", "/proc/1/status")
        for line in ("NoNewPrivs:\t1", "CapEff:\t0000000000000000", "Uid:\t10001\t10001\t10001\t10001"):
            assert line in status
        kept = ("-X", "PUT", "--data-binary", "kept", "http://127.0.0.1:8000/kept/note")
        assert builder.run("curl", "-fsS", "-m", "20", *kept) == "kept"
        with pytest.raises(Refused, match="Read-only file system"):
            builder.docker("exec", container, "touch", "/app/written")
    told("image: read-only root, user 10001, no capability, no new privileges", "served, healthy")


def test_no_secret_and_no_compiler_is_in_the_image(builder: DockerHost, shop: Shop) -> None:
    files = builder.docker("run", "--rm", f"{IMAGE}:1", "sh", "-c", "find /app /etc/enuf; ls /usr/bin")
    assert not [
        name for name in files.split() if name.rpartition("/")[2] in (".env", "gcc", "cc", "stack.yml")
    ]
    assert SECRET not in builder.docker("history", "--no-trunc", f"{IMAGE}:1")
    assert SECRET not in builder.docker("run", "--rm", f"{IMAGE}:1", "env")
    with pytest.raises(Refused):
        builder.docker("run", "--rm", f"{IMAGE}:1", "grep", "-rqF", SECRET, "/app", "/etc", "/opt/venv")


def test_an_app_that_answers_500_is_not_healthy(builder: DockerHost, shop: Shop) -> None:
    with running(builder, shop, tag="2", options="--health-retries 2") as container:
        until(lambda: health(builder, container) == "unhealthy", what=builder.docker("logs", container))


def test_a_stop_finishes_what_is_under_way_and_a_kill_does_not(
    builder: DockerHost, switch: Switch, shop: Shop, told: Told
) -> None:
    counts = {}
    for word in ("stop", "kill"):
        with running(builder, shop) as container:
            until_healthy(builder, container)
            end = partial(builder.docker, word, container)
            counts[word] = counted(
                switch, [TcpAddress(builder.address, 8000)], end, clients=SLOW, asks_on=False
            )
            exit_status = inspected(builder, container)["State"]["ExitCode"]
            assert (word, exit_status) in (("stop", 0), ("kill", 137))
    told("image: requests under way at `docker stop`", counts["stop"])
    told("image: control, requests under way at `docker kill`", counts["kill"])
    assert (counts["stop"].ok, counts["stop"].failed) == (len(SLOW), 0), counts["stop"]
    assert counts["kill"].failed, counts["kill"]
