"""Three hosts with Docker as a swarm, and the registry from which they pull."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from enuf.model.address import TcpAddress
from tests.support.stack import until

from .commands import Refused
from .docker import DockerHost, docker_host
from .hosts import NETWORK, Host, Switch

REGISTRY_NUMBER = 200
REGISTRY = f"{NETWORK}.{REGISTRY_NUMBER}:5000"
DEPLOYED_S = 180
_CONFIGURATION = """\
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "0.0.0.0:5000", secret: none}}
"""


class Swarm:
    """A swarm: the first of its hosts is the manager."""

    def __init__(self, hosts: tuple[DockerHost, ...], switch: Switch, stack: str) -> None:
        self.hosts = hosts
        self.switch = switch
        self.stack = stack
        """Name of the stack that is deployed."""

    @property
    def manager(self) -> DockerHost:
        """The host at which commands are typed."""
        return self.hosts[0]

    @property
    def addresses(self) -> list[TcpAddress]:
        """Where visitors ask: nginx of each host."""
        return [TcpAddress(host.address, 80) for host in self.hosts]

    def form(self) -> None:
        """Make the swarm of the hosts."""
        first = self.manager
        first.docker(
            "swarm", "init", "--advertise-addr", first.address, "--listen-addr", f"{first.address}:2377"
        )
        token = first.docker("swarm", "join-token", "--quiet", "worker")
        for host in self.hosts[1:]:
            host.docker(
                "swarm", "join", "--token", token, "--advertise-addr", host.address, f"{first.address}:2377"
            )

    def outcome(self) -> str:
        """Return what Swarm says of the last update of the app: `completed`, `rollback_completed`."""
        said = self.manager.docker("service", "inspect", "-f", "{{json .UpdateStatus}}", f"{self.stack}_app")
        return str((json.loads(said) or {}).get("State", ""))

    def until_outcome(self, state: str) -> None:
        """Wait until the last update has ended in this way."""
        ended = ("completed", "rollback_completed", "paused", "rollback_paused")
        found = until(
            lambda: self._ended(ended), timeout=DEPLOYED_S, what=f"the end of an update: {self.tasks()}"
        )
        assert found == state, f"{found}: {self.tasks()}"

    def _ended(self, ended: tuple[str, ...]) -> str:
        found = self.outcome()
        return found if found in ended else ""

    def until_serving(self, version: str) -> None:
        """Wait until nginx of each host answers with this version."""
        for host in self.hosts:
            until(
                partial(self._serves, host, version), timeout=DEPLOYED_S, what=f"{host.name}: {self.tasks()}"
            )

    def _serves(self, host: Host, version: str) -> bool:
        with contextlib.suppress(Refused):
            return f"version {version}" in self.switch.run(
                "curl", "-fsS", "-m", "5", f"http://{host.address}/"
            )
        return False

    def tasks(self) -> str:
        """Return the tasks of the stack, for the message of a failure."""
        with contextlib.suppress(Refused):
            return self.manager.docker("stack", "ps", "--no-trunc", self.stack)
        return "no stack"

    def running_copies(self) -> list[str]:
        """Return the copies of the app that are healthy."""
        words = ("--filter", "desired-state=running", "--format", "{{.CurrentState}}")
        states = self.manager.docker("service", "ps", *words, f"{self.stack}_app").splitlines()
        return [state for state in states if state.startswith("Running")]

    def hosts_of_app(self) -> list[str]:
        """Return the names of the hosts on which a copy of the app runs."""
        words = ("--filter", "desired-state=running", "--format", "{{.Node}}")
        return self.manager.docker("service", "ps", *words, f"{self.stack}_app").split()


@contextlib.contextmanager
def registry_in(folder: Path, switch: Switch) -> Iterator[None]:
    """Run a registry of images in the network of the hosts."""
    host = Host(folder, "registry", REGISTRY_NUMBER)
    configuration = host.folder / "registry.yml"
    configuration.write_text(_CONFIGURATION.format(folder=host.folder / "images"))
    try:
        host.start("docker-registry", "serve", str(configuration))
        switch.plug(host)
        yield
    finally:
        host.end()


@contextlib.contextmanager
def swarm_of(first: DockerHost, folder: Path, switch: Switch, stack: str) -> Iterator[Swarm]:
    """Yield a swarm of the host and two more."""
    with (
        registry_in(folder, switch),
        docker_host(folder, switch, 2, REGISTRY) as second,
        docker_host(folder, switch, 3, REGISTRY) as third,
    ):
        made = Swarm((first, second, third), switch, stack)
        made.form()
        yield made
