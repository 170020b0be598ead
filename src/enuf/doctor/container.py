"""What compose files, Dockerfiles and Kubernetes manifests say about containers, as frozen values of the evidence."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

import msgspec

from enuf.doctor.file_places import FilePlaces
from enuf.syntax.yaml_outline import YamlNode

EMBEDDED_SIGN = "#/"
"""Stands between the path of a manifest and the name of a configuration in it."""


class CopyStep(msgspec.Struct, frozen=True, kw_only=True):
    """A COPY or ADD of a Dockerfile."""

    sources: tuple[str, ...]
    target: str
    """Absolute path in the image."""
    stage: str = ""
    """The stage or image after `--from=`."""
    line: int = 0


class ImageBuild(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of a Dockerfile, with what the stages below it did."""

    file: str
    name: str = ""
    """The name after `AS`, in lower case."""
    base: str
    """The image that the lowest stage begins with, without placeholders as far as ARG gives a default."""
    base_line: int
    directory: str = "/"
    user: str = ""
    environ: dict[str, str] = {}
    environ_lines: dict[str, int] = {}
    copies: tuple[CopyStep, ...] = ()
    runs: tuple[str, ...] = ()
    entrypoint: tuple[int, str] = (0, "")
    command: tuple[int, str] = (0, "")
    healthcheck: tuple[int, str] = (0, "")
    exposed: tuple[int, ...] = ()
    stop_signal: str = ""
    packages: frozenset[str] = frozenset()
    """Names that RUN lines install, in lower case."""
    installers: frozenset[str] = frozenset()
    """Package managers that RUN lines call: `apt`, `apk`, `pip3`."""
    places: FilePlaces = FilePlaces(())


class OuterPort(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `ports:`."""

    host: str
    """Address of the host that the port is bound to, empty for every address."""
    outer: int | None
    """Port of the host, None for one that Docker chooses or that no file says."""
    inner: int | None
    line: int
    inner_range: tuple[int, int] = (0, 0)
    """The first and the last port of the container where a range is published."""

    def leads_to(self, port: int) -> bool:
        """Return True if this entry publishes a port of the container."""
        return port == self.inner or self.inner_range[0] <= port <= self.inner_range[1]


class VolumeMount(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of `volumes:`. A path of the host is absolute, another source is the name of a volume."""

    source: str
    target: str
    line: int

    @property
    def is_named(self) -> bool:
        """True for the name of a volume that the compose file defines, False for a path of the host or a variable."""
        return bool(self.source) and self.source[0] not in "/.~$"


class ComposeService(msgspec.Struct, frozen=True, kw_only=True):
    """A service of a compose file."""

    name: str
    file: str
    line: int
    node: YamlNode
    context: str = ""
    """Folder of the build, empty if the service has no `build:`."""
    build: ImageBuild | None = None
    image: str = ""
    ports: tuple[OuterPort, ...] = ()
    volumes: tuple[VolumeMount, ...] = ()
    depends: dict[str, str] = {}
    """Services that start earlier, each with the condition."""
    configs: tuple[tuple[str, str], ...] = ()
    """Source and target of each file that `configs:` and `secrets:` bring."""
    names: tuple[str, ...] = ()
    """The names by which other services reach this one."""

    @property
    def shares_host_network(self) -> bool:
        """True if the service's `localhost` is not its own."""
        return bool(self.node.word("network_mode"))

    @property
    def base(self) -> str:
        """The image, or the one that the build begins with, in lower case."""
        return (self.image if not self.build else self.build.base).lower()

    def held(self, path: str) -> str:
        """Return where a file of the host lies in the container by a bind mount, empty if it is not mounted."""
        held = self.all_held(path)
        fitting = [place for target, place in held if "nginx" in target] or [place for _, place in held]
        return fitting[0] if fitting else ""

    def all_held(self, path: str) -> list[tuple[str, str]]:
        """Return each bind mount that puts a file of the host into the container: its target, and the file's path."""
        held: list[tuple[str, str]] = []
        for mount in self.volumes:
            source = mount.source.rstrip("/")
            if path == mount.source:
                held.append((mount.target, mount.target))
            elif mount.source.startswith("/") and path.startswith(source + "/"):
                held.append((mount.target, posixpath.normpath(mount.target + "/" + path[len(source) :])))
        return held


class ContainerPort(msgspec.Struct, frozen=True, kw_only=True):
    """A `containerPort` of a pod."""

    name: str
    number: int | None
    line: int


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """A probe that asks a port of a container."""

    kind: str
    port: str
    path: str
    line: int


class PodContainer(msgspec.Struct, frozen=True, kw_only=True):
    """A container of a pod."""

    name: str
    line: int
    image: str
    node: YamlNode
    ports: tuple[ContainerPort, ...] = ()
    probes: tuple[Probe, ...] = ()
    mounts: tuple[tuple[str, str], ...] = ()
    """Path and name of the ConfigMap for each mounted one."""


class Pod(msgspec.Struct, frozen=True, kw_only=True):
    """The pod of a Deployment, StatefulSet, DaemonSet or Pod."""

    file: str
    line: int
    name: str
    labels: dict[str, str]
    containers: tuple[PodContainer, ...]
    user: str = ""
    """The user id of all containers; empty where the manifest leaves that to the images, or to one of them."""
    grace: int | None = None
    grace_line: int = 0


class ServicePort(msgspec.Struct, frozen=True, kw_only=True):
    """A port of a Kubernetes Service."""

    number: int | None
    target: str
    """Port number or name in the pod."""
    line: int


class KubernetesService(msgspec.Struct, frozen=True, kw_only=True):
    """A Service with its ports and the labels that it selects."""

    file: str
    line: int
    name: str
    selector: dict[str, str]
    ports: tuple[ServicePort, ...]


def service_of_file(path: str, services: Sequence[ComposeService]) -> ComposeService | None:
    """Return the service that a file of nginx is mounted or copied into, None if that is not sure."""
    mounted = [service for service in services if _is_read_by_nginx(service, path)]
    if mounted or EMBEDDED_SIGN in path:
        return _of_deployment(mounted)
    copied = [service for service in services if "nginx" in service.base and copied_to(path, service)]
    return _of_deployment(copied)


class ServicesBySource:
    """Services by what they mount or copy: the one of a file is found without asking every service."""

    def __init__(self, services: Sequence[ComposeService]) -> None:
        self.services = services
        self._by_source: dict[str, set[int]] = {}
        self._found: dict[str, ComposeService | None] = {}
        for index, service in enumerate(services):
            for source in _sources(service):
                self._by_source.setdefault(source.rstrip("/"), set()).add(index)

    def of_file(self, path: str) -> ComposeService | None:
        """Return the service that a file of nginx is mounted or copied into, None if that is not sure."""
        if path not in self._found:
            parts = path.split("/")
            places = ("/".join(parts[:depth]) for depth in range(len(parts) + 1))
            near = {index for place in places for index in self._by_source.get(place, ())}
            self._found[path] = service_of_file(path, [self.services[index] for index in sorted(near)])
        return self._found[path]


def _sources(service: ComposeService) -> Iterator[str]:
    """Yield the paths of the host that a service mounts or copies, for a pattern its folder."""
    yield from (mount.source for mount in service.volumes)
    for step in service.build.copies if service.build else ():
        for source in step.sources:
            whole = posixpath.normpath(posixpath.join(service.context, source.lstrip("/")))
            yield posixpath.dirname(whole) if "*" in source else whole


_DEVELOPMENT = re.compile(r"(^|[/._-])(dev|devel|development|local|override|debug|test|tests|ci)([/._-]|$)")


def _of_deployment(services: Sequence[ComposeService]) -> ComposeService | None:
    """Return the one service among those of several compose files that is not for development, None if several are."""
    if len({service.file for service in services}) < len(services):
        return None
    served = [service for service in services if not _DEVELOPMENT.search(posixpath.basename(service.file))]
    main = [service for service in served or services if "prod" in posixpath.basename(service.file)]
    found = main or served or services
    return found[0] if len(found) == 1 else None


def _is_read_by_nginx(service: ComposeService, path: str) -> bool:
    """Return True if a file is mounted where nginx looks for it: a project mounted whole is not read by nginx."""
    named = service.node.at("command")
    words = " ".join([named.text, *(each.text for each in named.items)]) if named else ""
    return any(
        "nginx" in target or place in words or ("nginx" in service.base and "conf" in target)
        for target, place in service.all_held(path)
    )


def copied_to(path: str, service: ComposeService) -> str:
    """Return where a file of the build lies in the image of a service, empty if no COPY takes it."""
    found = ""
    for step in service.build.copies if service.build else ():
        if step.stage:
            continue
        for source in step.sources:
            whole = posixpath.normpath(posixpath.join(service.context, source.lstrip("/")))
            if path == whole:
                found = step.target + posixpath.basename(path) if step.target.endswith("/") else step.target
            elif path.startswith(whole.rstrip("/") + "/"):
                found = posixpath.normpath(f"{step.target}/{path[len(whole.rstrip('/')) :]}")
            elif "*" in source and posixpath.dirname(path) == posixpath.dirname(whole):
                found = posixpath.join(step.target, posixpath.basename(path))
    return found
