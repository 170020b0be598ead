"""The variables of a compose service, each with the file and line that sets it, as docker compose reads them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

import msgspec

from enuf.doctor.container import ComposeService
from enuf.syntax.shell_variables import fill_in
from enuf.syntax.yaml_outline import YamlNode


class DeployedVariable(msgspec.Struct, frozen=True):
    """A variable as a file of the deployment sets it."""

    name: str
    value: str
    file: str
    line: int
    is_passed_on: bool = False
    """True for a name without a value: compose passes on what the shell of its user has."""


def variables_of_service(
    service: ComposeService, read: Callable[[str], str | None]
) -> tuple[list[DeployedVariable], bool]:
    """Return what the image, the files of variables and the service set, the last of a name in force.

    The second value is False if a file of variables was not read.
    """
    found: list[DeployedVariable] = []
    build, complete = service.build, True
    if build:
        lines = build.environ_lines
        found += (
            DeployedVariable(name, value, build.file, lines[name]) for name, value in build.environ.items()
        )
    for path in env_files(service):
        text = read(path)
        complete = complete and text is not None
        found += variables_of_file(path, text or "")
    return [*found, *_environment(service)], complete


def values_of_service(
    service: ComposeService, read: Callable[[str], str | None]
) -> tuple[dict[str, str], bool]:
    """Return the values by name, and whether all files of variables were read."""
    found, complete = variables_of_service(service, read)
    return {each.name: each.value for each in found}, complete


def env_files(service: ComposeService) -> Iterator[str]:
    """Yield the paths of the files of variables that a service names."""
    node = service.node.at("env_file")
    named = [node.text, *(each.text or each.word("path") for each in node.items)] if node else []
    folder = posixpath.dirname(service.file)
    return (posixpath.normpath(posixpath.join(folder, each)) for each in named if each)


def variables_of_file(path: str, text: str) -> Iterator[DeployedVariable]:
    """Yield the variables that compose reads in a file of `env_file:` or in `.env`.

    Compose takes ` #` after a value without quotes for a comment, as python-dotenv does. For systemd the sign belongs to the
    value: `enuf.syntax.env_file` reads the files of `EnvironmentFile=`.
    """
    for number, line in enumerate(text.splitlines(), 1):
        key, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not key.startswith("#"):
            plain = value.strip()
            plain = plain if plain[:1] in ("'", '"') else plain.partition(" #")[0].rstrip()
            yield DeployedVariable(key.strip(), plain.strip("\"'"), path, number)


def written_variables(service: ComposeService) -> Iterator[tuple[str, YamlNode, str]]:
    """Yield the name, the place and the value of each variable of `environment:` as written, in either form."""
    node = service.node.at("environment")
    for name, each in (node.members if node else {}).items():
        yield name, each, each.text
    for each in node.items if node else ():
        name, _, value = each.text.partition("=")
        yield name, each, value


def _environment(service: ComposeService) -> Iterator[DeployedVariable]:
    for name, node, value in written_variables(service):
        is_passed_on = bool(node.text) and not value and "=" not in node.text
        yield DeployedVariable(name.strip(), fill_in(value), service.file, node.line, is_passed_on)
