"""Podman on a host of its own, whose builder and compose are not Docker's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from .commands import answer
from .hosts import Host, Switch
from .shop import give_base

NUMBER = 20
PROGRAMS = ("podman", "podman-compose", "conmon")
# runc, because crun wants another kind of cgroups than this machine may have.
_CONTAINERS = """\
[containers]
default_ulimits = []
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
"""
_STORAGE = '[storage]\ndriver = "overlay"\nrunroot = "/run/containers"\ngraphroot = "{folder}/images"\n'
OFFICIAL = ("docker.io/library/python:3.11-slim", "docker.io/library/python:3.11")
"""The names that the exported Dockerfile has for its bases; here a Debian of this machine has them."""


class PodmanHost(Host):
    """A host on which commands of podman are typed."""

    def begin(self, switch: Switch) -> None:
        """Start the host, and give it the base of all images."""
        images = self.folder / "images"
        (self.folder / "containers.conf").write_text(_CONTAINERS)
        (self.folder / "storage.conf").write_text(_STORAGE.format(folder=self.folder))
        self.start("sleep", "infinity", prepare=f"mkdir {images}; mount -t tmpfs tmpfs {images}")
        switch.plug(self)
        give_base((*self._words(), "podman", "import", "-"), OFFICIAL[0], self._variables())
        self.typed(f"podman tag {OFFICIAL[0]} {OFFICIAL[1]}", self.folder)

    def _words(self) -> tuple[str, ...]:
        return ("nsenter", f"--target={self.pid}", "--net", "--mount", "--uts", "--pid")

    def _variables(self) -> dict[str, str]:
        folder = self.folder
        return {
            "CONTAINERS_CONF": f"{folder}/containers.conf",
            "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf",
            "TMPDIR": str(folder),
        }

    @property
    def compose(self) -> str:
        """The command of compose, as one types it in the project of an export to `deploy`."""
        return f"podman-compose --podman-run-args=--cgroup-parent=/{self.group} -f deploy/compose.yaml"

    def typed(self, command: str, cwd: Path) -> str:
        """Run a line as one types it in the project."""
        return answer(*self._words(), "sh", "-ec", f'cd "$0" && {command}', cwd, variables=self._variables())


@contextlib.contextmanager
def podman_host(folder: Path, switch: Switch) -> Iterator[PodmanHost]:
    """Yield a host with podman, which ends with all of its containers."""
    host = PodmanHost(folder, "podman", NUMBER)
    try:
        host.begin(switch)
        yield host
    finally:
        host.end()
