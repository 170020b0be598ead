"""A container of the deployment: what it is made from, holds, starts and publishes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from enuf.doctor.container import ComposeService
from enuf.doctor.file_places import FilePlaces


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """A container: a service of a compose file, or what a Dockerfile alone would run as."""

    deployment: str
    """The compose file or the Dockerfile. Machines of one deployment reach each other."""
    name: str
    """The service's name, empty for a Dockerfile alone."""
    service: ComposeService | None = None
    """The service of a compose file that the container is described by, None for a Dockerfile alone."""
    line: int = 1
    names: tuple[str, ...] = ()
    """Names by which the other containers reach this one."""
    dockerfile: str = ""
    image: str = ""
    """The image that the container or its Dockerfile begins with."""
    directory: str = "/"
    user: str = ""
    environ: dict[str, str] = {}
    command: tuple[str, ...] = ()
    """The words of entrypoint and command together."""
    command_line: int = 0
    """The line of the Dockerfile that gives the command, 0 without such a line."""
    stop_signal: str = ""
    packages: frozenset[str] = frozenset()
    """Names that the Dockerfile's RUN lines install, in lower case."""
    installers: frozenset[str] = frozenset()
    """Package managers that RUN lines call: `apt`, `apk`, `pip3`."""
    host_network: bool = False
    neighbours: tuple[str, ...] = ()
    """The names of all containers of the deployment."""
    places: FilePlaces = FilePlaces(())

    @property
    def place_of_command(self) -> tuple[str, int]:
        """The file and the line that give the command, else those of the container."""
        service = self.service
        node = service.node.at("command") or service.node.at("entrypoint") if service else None
        if service and node:
            return service.file, node.line
        return (self.dockerfile, self.command_line) if self.command_line else (self.deployment, self.line)

    def place(self, path: str) -> str:
        """Return a name of what lies at a path that is the same in every container that shares it."""
        return self.places.source(path) or f"container:{self.deployment}:{self.name}:{path}"

    def source(self, path: str) -> str:
        """Return the checked path that lies at a path of the container, empty if there is none."""
        found = self.places.source(path, volumes=False)
        return found if found.startswith("/") else ""

    def paths_of(self, file: str) -> list[str]:
        """Return the container's paths of a checked file."""
        return self.places.targets(file)


def run_together(
    near: Sequence[Container], far: Sequence[Container]
) -> tuple[tuple[Container, Container], ...]:
    """Return the pairs of containers, one of each, that belong to one deployment."""
    return tuple((one, other) for one in near for other in far if one.deployment == other.deployment)
