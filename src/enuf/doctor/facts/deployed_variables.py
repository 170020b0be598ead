"""The variables of a server in a container, each with the file and line that sets it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from enuf.doctor.evidence import AnyServer, Evidence, PythonServer
from enuf.doctor.facts.server_machines import machines_of
from enuf.doctor.machine import Container
from enuf.doctor.service_variables import (
    DeployedVariable,
    env_files,
    variables_of_file,
    variables_of_service,
)


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
        service = machines[0].service
    if service is None:
        found = list(_of_image(evidence, machines[0])) if len(machines) == 1 else []
        return DeployedVariables({each.name: each for each in found}, complete=False)
    texts = {path: file.text for path in env_files(service) if (file := evidence.file(path))}
    found, complete = variables_of_service(service, texts.get)
    plain = (
        msgspec.structs.replace(each, value=each.value.strip("\"'"))
        for each in found
        if not each.is_passed_on
    )
    return DeployedVariables({each.name: each for each in plain}, complete)


def lines_of_file(evidence: Evidence, path: str) -> Iterator[DeployedVariable]:
    """Return the variables that a file of variables sets, in their order."""
    file = evidence.file(path)
    return variables_of_file(path, file.text if file else "")


def _of_image(evidence: Evidence, machine: Container) -> Iterator[DeployedVariable]:
    """Yield the variables that an image sets by ENV."""
    file = evidence.file(machine.dockerfile)
    lines = file.text.splitlines() if file else []
    for name, value in machine.environ.items():
        written = re.compile(rf"\b{re.escape(name)}[ \t=]")
        line = next((number for number, text in enumerate(lines, 1) if written.search(text)), 1)
        yield DeployedVariable(name, value, machine.dockerfile, line)
