"""The exported stack on three hosts of a real swarm, while visitors ask every host and every request is counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from enuf.model.address import TcpAddress
from tests.support.load import LoadResult
from tests.support.stack import until

from .conftest import Told
from .counted import counted
from .docker import DockerHost, own_folder
from .hosts import Switch
from .machine import require_engine
from .shop import BROKEN, SECRET, Shop
from .swarm import REGISTRY, Swarm, swarm_of

pytestmark = [pytest.mark.root, pytest.mark.timeout(900)]
STACK = "shop"
VERSIONS = ("1", "2")


class Rollout:
    """The exported project, its images in the registry, and the command that deploys one of them."""

    def __init__(self, shop: Shop, commands: dict[str, str], swarm: Swarm) -> None:
        self.shop = shop
        self.swarm = swarm
        self._commands = commands

    @property
    def stack_file(self) -> Path:
        """The exported file."""
        return self.shop.folder / "deploy/stack.yml"

    def give_secret(self, name: str, greeting: str) -> None:
        """Write `.env`, and type the printed command that makes a secret of the file, under this name."""
        self.shop.stack.write(".env", f"GREETING={greeting}\n")
        command = self._commands["secrets"].replace(" shop-env ", f" {name} ")
        self.swarm.manager.typed(command, self.shop.folder)

    def deploy(self, tag: str, **variables: str) -> None:
        """Type the printed command with a tag, and with other variables of the file."""
        self.swarm.manager.typed(self._commands["deploy"], self.shop.folder, TAG=tag, **variables)

    def settle(self, version: str) -> None:
        """Deploy a good version, and wait until all hosts serve it."""
        self.deploy(version)
        self.swarm.until_serving(version)
        until(lambda: self.swarm.outcome() in ("", "completed"), timeout=180, what=self.swarm.tasks())

    def update(self, tag: str, state: str, **variables: str) -> None:
        """Deploy a version, and wait until its update has ended in this way."""
        self.deploy(tag, **variables)
        self.swarm.until_outcome(state)


@pytest.fixture(scope="module")
def rollout(builder: DockerHost, ground: Path, switch: Switch) -> Iterator[Rollout]:
    """Yield a swarm that serves version 1."""
    require_engine("docker-registry")
    own = own_folder(ground)
    shop = Shop(own / STACK)
    commands = shop.export("swarm", "--image", f"{REGISTRY}/shop:1")
    with swarm_of(builder, own, switch, STACK) as swarm:
        for tag in (*VERSIONS, *BROKEN):
            shop.write_version(tag) if tag in VERSIONS else shop.write_broken(tag)
            shop.build(builder, commands["build"], tag)
            builder.typed(commands["push"].replace("shop:1", f"shop:{tag}"), shop.folder)
        made = Rollout(shop, commands, swarm)
        made.give_secret("shop-env", SECRET)
        made.settle("1")
        yield made


def during(rollout: Rollout, tag: str, state: str, **variables: str) -> LoadResult:
    """Return what visitors of all hosts get during an update."""
    swarm = rollout.swarm
    return counted(swarm.switch, swarm.addresses, lambda: rollout.update(tag, state, **variables))


def greeting(rollout: Rollout) -> str:
    """Return the variable of `.env` that the app has."""
    return rollout.swarm.switch.run("curl", "-fsS", f"http://{rollout.swarm.manager.address}/greeting")


def test_an_update_with_a_new_secret_loses_no_request(rollout: Rollout, told: Told) -> None:
    rollout.settle("1")
    assert greeting(rollout) == SECRET
    rollout.give_secret("shop-env-2", "rotated")
    count = during(rollout, "2", "completed", SECRET="shop-env-2")
    told("swarm: update of 2 copies on 3 hosts, with a new secret", count)
    assert set(count.versions) == {"1", "2"}, count
    assert count.failed == 0, count
    assert greeting(rollout) == "rotated"


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_version_is_rolled_back_and_loses_no_request(rollout: Rollout, told: Told, how: str) -> None:
    rollout.settle("1")
    count = during(rollout, how, "rollback_completed")
    told(f"swarm: a version that {BROKEN[how]}, rolled back", count)
    assert set(count.versions) == {"1"}, count
    assert count.failed == 0, count


def test_without_health_checks_the_same_update_loses_requests(rollout: Rollout, told: Told) -> None:
    """Keep the other figures honest: a load that never fails would prove nothing."""
    rollout.settle("1")
    exported = rollout.stack_file.read_text()
    stack = yaml.safe_load(exported)
    app = stack["services"]["app"]
    app["healthcheck"] = {"disable": True}
    app["deploy"]["replicas"] = 1
    app["deploy"]["update_config"]["order"] = "stop-first"
    rollout.stack_file.write_text(yaml.safe_dump(stack))
    try:
        count = during(rollout, "2", "completed")
    finally:
        rollout.stack_file.write_text(exported)
    told("swarm: control, the update with one copy, without health check, stop-first", count)
    assert count.failed, count


def test_a_host_that_is_cut_off_costs_what_it_had_in_hand(rollout: Rollout, told: Told) -> None:
    rollout.settle("1")
    swarm = rollout.swarm
    lost = next(host for host in swarm.hosts[1:] if host.name in swarm.hosts_of_app())
    others = [TcpAddress(host.address, 80) for host in swarm.hosts if host is not lost]

    def cut() -> None:
        swarm.switch.cut(lost)
        until(
            lambda: lost.name not in swarm.hosts_of_app(),
            timeout=120,
            what=f"a copy elsewhere: {swarm.tasks()}",
        )
        until(lambda: len(swarm.running_copies()) == 2, timeout=120, what=f"two copies: {swarm.tasks()}")

    try:
        count = counted(swarm.switch, others, cut)
    finally:
        swarm.switch.mend(lost)
    told("swarm: one host of three cut off, visitors of the other two", count)
    # What the copy had taken is lost with it: two workers with two threads.
    assert sum(count.lost.values()) <= 4, count
    rollout.swarm.until_serving("1")
