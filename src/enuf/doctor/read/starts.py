"""The commands in the files that start uWSGI: units, Procfiles, supervisor sections, scripts, containers."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import SourceFile, StartCommand, StartKind
from enuf.doctor.machine import Container
from enuf.doctor.read.bounds import LeaveOut, first_of
from enuf.doctor.read.commands import uwsgi_command, uwsgi_commands
from enuf.doctor.read.compose import words_of_node
from enuf.doctor.read.containers import compose_start, dockerfile_starts
from enuf.doctor.read.kubernetes import read_manifests
from enuf.doctor.read.supervisor import supervisor_programs
from enuf.syntax.unit import COMMAND_LIMIT, UnitFile, without_specifiers, words_of_command

STARTS_LIMIT = 300


class Deployed(msgspec.Struct, frozen=True):
    """The services of compose files, and all containers."""

    services: Sequence[ComposeService] = ()
    machines: Sequence[Container] = ()


def read_starts(
    files: Iterable[SourceFile], units: Iterable[UnitFile], deployed: Deployed, leave_out: LeaveOut
) -> tuple[StartCommand, ...]:
    """Return the start commands, in the order of the files, each with the containers that run it."""
    starts: list[StartCommand] = []
    for unit in units:
        starts += unit_starts(unit)
    files = tuple(files)
    texts = {file.path: file.text for file in files}
    for file in files:
        starts += _manifest(file) if file.kind == "kubernetes" else _starts_in(file, deployed, texts)
    return first_of(
        starts, STARTS_LIMIT, "starts of uWSGI", file_of=lambda start: start.file, leave_out=leave_out
    )


def _starts_in(file: SourceFile, deployed: Deployed, texts: Mapping[str, str]) -> Iterator[StartCommand]:
    machines = deployed.machines
    if file.kind == "procfile":
        yield from _lines(file, "procfile")
    elif file.kind == "script":
        held = machines_running(file.path, machines)
        for start in _lines(file, "script", next(filter(None, map(_working_folder, held)), "")):
            yield msgspec.structs.replace(start, machines=held)
    elif file.kind == "supervisor":
        held = machines_running(file.path, machines)
        for start in _supervisor(file, next(filter(None, map(_working_folder, held)), "")):
            yield msgspec.structs.replace(start, machines=held)
    elif file.kind == "dockerfile":
        yield from _of_dockerfile(file, tuple(each for each in machines if each.dockerfile == file.path))
    elif file.kind == "compose":
        for service in deployed.services:
            if service.file == file.path:
                yield from _of_service(service, machines, texts)


def _of_service(
    service: ComposeService, machines: Sequence[Container], texts: Mapping[str, str]
) -> Iterator[StartCommand]:
    held = tuple(each for each in machines if each.service is service)
    start = compose_start(service, _working_folder(held[0]) if held else "/", texts.get)
    if start:
        yield msgspec.structs.replace(start, machines=held)


def _of_dockerfile(file: SourceFile, held: Sequence[Container]) -> Iterator[StartCommand]:
    """Yield the uWSGI of a Dockerfile's command, unless all containers of the image have another command."""
    runs = tuple(each for each in held if "uwsgi" in " ".join(each.command))
    for start in dockerfile_starts(file) if runs or not held else ():
        yield msgspec.structs.replace(start, machines=runs)


def _working_folder(machine: Container) -> str:
    """Return the folder that a service starts in, empty if another file names its image."""
    return machine.directory if machine.image or machine.directory != "/" else ""


def _manifest(file: SourceFile) -> Iterator[StartCommand]:
    for pod in read_manifests((file,)).pods:
        for container in pod.containers:
            command = container.node.at("command") or container.node.at("args")
            words = [*words_of_node(container.node.at("command")), *words_of_node(container.node.at("args"))]
            found = uwsgi_command(words, container.node.word("workingDir") or "/")
            if command and found:
                yield StartCommand(
                    kind="kubernetes",
                    file=file.path,
                    line=command.line,
                    argv=found.argv,
                    directory=found.directory,
                    environ=found.environ,
                    environ_incomplete=True,
                )


def machines_running(path: str, machines: Sequence[Container]) -> tuple[Container, ...]:
    """Return the containers that hold a script, of these the ones whose command names it if any does."""
    held = tuple(each for each in machines if each.paths_of(path))
    name = path.rpartition("/")[2]
    return tuple(each for each in held if name in " ".join(each.command)) or held


def unit_starts(unit: UnitFile) -> Iterator[StartCommand]:
    """Yield the uWSGI commands of a unit's ExecStart lines."""
    directory = without_specifiers(unit.value("WorkingDirectory"), unit.name).lstrip("-")
    directory = directory.strip("\"'")  # systemd refuses the quotes, which another finding says
    environ, more = unit_environment(unit)
    user, group, stop_signal = unit.value("User"), unit.value("Group"), unit.value("KillSignal")
    usual = usual_user_of(unit)
    for setting in unit.all("ExecStart")[:STARTS_LIMIT]:
        words = words_of_command(setting, unit.name)
        command = uwsgi_command(words, "" if directory.startswith("~") else directory)
        if command is None:
            continue
        yield StartCommand(
            kind="unit",
            file=unit.file,
            line=setting.line,
            argv=command.argv,
            directory=command.directory or "/",  # systemd's default
            user=user or command.user or usual,
            group=group,
            environ={**environ, **command.environ},
            environ_incomplete=more,
            stop_signal=stop_signal,
            unit=unit,
        )


def usual_user_of(unit: UnitFile) -> str:
    """Return the user that a unit without `User=` runs as: root, or for a unit of a user's own manager that user, unnamed."""
    is_of_a_user = "/systemd/user/" in unit.file or unit.value("WantedBy", "Install") == "default.target"
    return "" if is_of_a_user else "root"


def unit_environment(unit: UnitFile) -> tuple[dict[str, str], bool]:
    """Return the variables that a unit writes, and whether more come from places that cannot be read."""
    environ: dict[str, str] = {}
    for setting in unit.all("Environment"):
        try:
            words = shlex.split(setting.value[:COMMAND_LIMIT])
        except ValueError:
            continue
        for word in words:
            key, equals, value = word.partition("=")
            if equals:
                environ[key] = value
    return environ, bool(unit.all("EnvironmentFile") or unit.all("PassEnvironment"))


def _lines(file: SourceFile, kind: StartKind, folder: str = "") -> Iterator[StartCommand]:
    directory = folder or posixpath.dirname(file.path)
    waiting: list[str] = []
    first = 0
    for line_number, raw in enumerate(file.text.splitlines(), 1):
        first = first if waiting else line_number
        piece = raw.rstrip()
        waiting.append(piece.removesuffix("\\"))
        if piece.endswith("\\"):
            continue
        line, waiting = " ".join(waiting).strip(), []
        if line.startswith("#") or "uwsgi" not in line:
            directory = _changed(line, directory) if kind == "script" else directory
            continue
        text = line.partition(":")[2] if kind == "procfile" else line
        for command in uwsgi_commands(text, directory):
            yield StartCommand(
                kind=kind,
                file=file.path,
                line=first,
                argv=command.argv,
                directory=command.directory or directory,
                user=command.user,
                environ=command.environ,
                environ_incomplete=True,
            )


def _changed(line: str, directory: str) -> str:
    """Return the folder after a line of a script, empty if it is unknown."""
    words = line.split()
    if len(words) != 2 or words[0] != "cd":
        return directory
    target = words[1].strip("\"'")
    if "$" in target or "`" in target or target.startswith("~"):
        return ""
    return posixpath.normpath(posixpath.join(directory, target))


def _supervisor(file: SourceFile, folder: str = "") -> Iterator[StartCommand]:
    for program in supervisor_programs(file):
        for command in uwsgi_commands(program.command, program.directory or folder):
            yield StartCommand(
                kind="supervisor",
                file=file.path,
                line=program.line,
                argv=command.argv,
                directory=command.directory,
                user=program.user or command.user,
                environ={**program.environ, **command.environ},
                environ_incomplete=True,
                stop_signal=program.stop_signal,
            )
