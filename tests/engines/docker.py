"""Docker's daemon on a host, and its command line."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.stack import until

from .commands import Refused, answer
from .hosts import Host, Switch

CLIENT = "/usr/bin/docker"
"""Debian's, which has a builder: a newer one needs a plugin for that."""
DAEMON = "/usr/sbin/dockerd"


class DockerHost(Host):
    """A host with a daemon of Docker."""

    @property
    def socket(self) -> str:
        """The address of the daemon, for every process of this machine."""
        return f"unix://{self.folder}/docker.sock"

    def begin(self, switch: Switch, registry: str = "") -> None:
        """Start the daemon, connect the host, and wait until the daemon answers."""
        configuration, data = self.folder / "daemon.json", self.folder / "data"
        configuration.write_text(json.dumps({"insecure-registries": [registry] if registry else []}))
        self.start(
            *(DAEMON, "-H", self.socket, "--data-root", str(data), "--exec-root", "/run/docker"),
            *("--pidfile", "/run/docker.pid", "--config-file", str(configuration)),
            *("--storage-driver", "overlay2", "--exec-opt", "native.cgroupdriver=cgroupfs"),
            *("--cgroup-parent", f"/{self.group}"),
            # Images and containers in memory end with the host, and at once.
            prepare=f"mount -t tmpfs tmpfs /etc/docker; mkdir {data}; mount -t tmpfs tmpfs {data}",
        )
        switch.plug(self)
        until(self._answers, what=f"a daemon that answers: {self.log[-3000:]}")

    def _answers(self) -> bool:
        with contextlib.suppress(Refused):
            return bool(self.docker("info", "--format", "{{.ID}}"))
        return not self.pid  # fails with the log of a daemon that has ended

    def docker(self, *words: str | Path, cwd: Path | None = None, **variables: str) -> str:
        """Run a command of Docker's on this host's daemon, and return what it prints. Raise Refused."""
        return answer(CLIENT, *words, cwd=cwd, variables={**self._variables(), **variables})

    def typed(self, command: str, cwd: Path, **variables: str) -> str:
        """Run a line that enuf has printed, as one types it in the project."""
        words = ("sh", "-ec", command.replace("docker ", f"{CLIENT} "))
        return answer(*words, cwd=cwd, variables={**self._variables(), **variables})

    def _variables(self) -> dict[str, str]:
        return {"DOCKER_HOST": self.socket, "DOCKER_CONFIG": f"{self.folder}/client"}


@contextlib.contextmanager
def docker_host(folder: Path, switch: Switch, number: int, registry: str = "") -> Iterator[DockerHost]:
    """Yield a host with a daemon, which ends with all of its containers."""
    host = DockerHost(folder, f"n{number}", number)
    try:
        host.begin(switch, registry)
        yield host
    finally:
        host.end()


@contextlib.contextmanager
def switch_in(folder: Path) -> Iterator[Switch]:
    """Yield a network for hosts."""
    switch = Switch(folder)
    try:
        switch.begin()
        yield switch
    finally:
        switch.end()


@contextlib.contextmanager
def engine_folder() -> Iterator[Path]:
    """Yield a folder on a disk, where overlays can lie, with a short name for sockets."""
    with tempfile.TemporaryDirectory(prefix="enuf-engines-", dir="/var/tmp") as name:
        yield Path(name)


def own_folder(ground: Path) -> Path:
    """Make a new folder for the hosts and projects of one cluster, with a short name for sockets, and return its path."""
    return Path(tempfile.mkdtemp(prefix="", dir=ground))
