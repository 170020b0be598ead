"""The ports of containers that a compose file publishes on the machine's own addresses."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import msgspec

from enuf.doctor.evidence import Evidence, Server
from enuf.model.numbers import decimal
from enuf.syntax.yaml_outline import YamlNode, read_outline

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


class PublishedPort(msgspec.Struct, frozen=True):
    """A port of a service that other machines reach."""

    published: str
    """The port on the machine as written, empty for one that Docker chooses."""
    file: str
    line: int


def published_port(evidence: Evidence, server: Server, port: int | None) -> PublishedPort | None:
    """Return how a compose file publishes a port of the container that a server runs in, None if it does not."""
    for file in evidence.of_kind("compose"):
        services = read_outline(file.text).at("services")
        for service in (services.members if services else {}).values():
            if port is not None and _runs_in(server, service, file.path):
                for each in _ports(service, port):
                    return PublishedPort(each, file.path, _line(service))
    return None


def _runs_in(server: Server, service: YamlNode, compose: str) -> bool:
    start = server.start
    if start is None:
        return False
    if start.file == compose:
        nodes = [each for key in ("command", "entrypoint") if (each := service.at(key))]
        return any(each.line == start.line for each in nodes)
    if start.kind != "docker" or service.at("command"):
        return False
    build = service.at("build")
    if build is None:
        return False
    context = build.at("context")
    folder = context.text if context else build.text
    named = build.at("dockerfile")
    base = posixpath.normpath(posixpath.join(posixpath.dirname(compose), folder))
    return posixpath.normpath(posixpath.join(base, named.text if named else "Dockerfile")) == start.file


def _line(service: YamlNode) -> int:
    ports = service.at("ports")
    return ports.line if ports else service.line


def _ports(service: YamlNode, port: int) -> Iterator[str]:
    """Yield the published ports that lead to a port of the container, as they are written."""
    mode = service.at("network_mode")
    if mode is not None and mode.text == "host":
        yield str(port)
    ports = service.at("ports")
    for item in ports.items if ports else ():
        target, published, host = _long(item) if item.members else _short(item.text)
        if decimal(target, 5) == port and host not in _LOOPBACK:
            yield published


def _long(item: YamlNode) -> tuple[str, str, str]:
    words = {key: node.text for key, node in item.members.items()}
    return words.get("target", ""), words.get("published", ""), words.get("host_ip", "")


def _short(text: str) -> tuple[str, str, str]:
    """Return the container's port, the published one and the address of `127.0.0.1:8888:8000/tcp`."""
    parts = text.partition("/")[0].rsplit(":", 2)
    if len(parts) == 3:
        return parts[2], parts[1], parts[0]
    return (parts[1], parts[0], "") if len(parts) == 2 else (parts[0], "", "")
