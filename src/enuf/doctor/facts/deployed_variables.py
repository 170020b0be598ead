"""The variables of a server in a container, each with the file and line that sets it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import AnyServer, Evidence, PythonServer
from enuf.doctor.facts.server_machines import machines_of, service_of_machine
from enuf.doctor.machine import Container
from enuf.syntax.shell_variables import fill_in


class DeployedVariable(msgspec.Struct, frozen=True):
    """A variable as a file of the deployment sets it."""

    name: str
    value: str
    file: str
    line: int


class DeployedVariables(msgspec.Struct, frozen=True):
    """The variables that the files set for one server."""

    by_name: dict[str, DeployedVariable]
    complete: bool
    """True if every file that sets variables was read, so that a missing variable is really unset."""


def deployed_variables(evidence: Evidence, server: AnyServer) -> DeployedVariables:
    """Return what an image, the files of variables and a compose file set for a server, the last of them in force."""
    service = server.service if isinstance(server, PythonServer) else None
    machines = machines_of(evidence, server)
    if service is None and len(machines) == 1:
        service = service_of_machine(evidence, machines[0])
    found = list(_of_image(evidence, service, machines))
    complete = service is not None
    for path in env_files(service) if service else ():
        complete = complete and evidence.file(path) is not None
        found += lines_of_file(evidence, path)
    found += _of_service(service) if service else ()
    return DeployedVariables({each.name: each for each in found}, complete)


def env_files(service: ComposeService) -> Iterator[str]:
    """Yield the paths of the files of variables that a service names."""
    node = service.node.at("env_file")
    named = [node.text, *(each.text or each.word("path") for each in node.items)] if node else []
    folder = posixpath.dirname(service.file)
    return (posixpath.normpath(posixpath.join(folder, each)) for each in named if each)


def lines_of_file(evidence: Evidence, path: str) -> Iterator[DeployedVariable]:
    """Yield the variables that a file of variables sets."""
    file = evidence.file(path)
    for number, line in enumerate(file.text.splitlines() if file else (), 1):
        key, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not key.startswith("#"):
            plain = value.strip()
            plain = plain if plain[:1] in ("'", '"') else plain.partition(" #")[0].rstrip()
            yield DeployedVariable(key.strip(), plain.strip("\"'"), path, number)


def _of_image(
    evidence: Evidence, service: ComposeService | None, machines: tuple[Container, ...]
) -> Iterator[DeployedVariable]:
    """Yield the variables that an image sets by ENV."""
    if service and service.build:
        build = service.build
        for name, value in build.environ.items():
            yield DeployedVariable(name, value, build.file, build.environ_lines[name])
    elif service is None and len(machines) == 1:
        file = evidence.file(machines[0].dockerfile)
        lines = file.text.splitlines() if file else []
        for name, value in machines[0].environ.items():
            written = re.compile(rf"\b{re.escape(name)}[ \t=]")
            line = next((number for number, text in enumerate(lines, 1) if written.search(text)), 1)
            yield DeployedVariable(name, value, machines[0].dockerfile, line)


def _filled(text: str) -> str:
    return fill_in(text).strip("\"'")


def _of_service(service: ComposeService) -> Iterator[DeployedVariable]:
    node = service.node.at("environment")
    for name, each in (node.members if node else {}).items():
        yield DeployedVariable(name, _filled(each.text), service.file, each.line)
    for each in node.items if node else ():
        name, equals, value = each.text.partition("=")
        if equals:
            yield DeployedVariable(name.strip(), _filled(value), service.file, each.line)
