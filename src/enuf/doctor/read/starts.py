"""The commands in the files that start uWSGI: units, Procfiles, supervisor sections, scripts, containers."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from enuf.doctor.evidence import SourceFile, StartCommand, StartKind
from enuf.doctor.machine import Container
from enuf.doctor.read.commands import uwsgi_command, uwsgi_commands
from enuf.doctor.read.compose import words_of_node
from enuf.doctor.read.containers import compose_starts, dockerfile_starts
from enuf.doctor.read.kubernetes import read_manifests
from enuf.syntax.unit import COMMAND_LIMIT, UnitFile, read_unit, without_specifiers, words_of_command

STARTS_LIMIT = 300
_SUPERVISORS = re.compile(r"%\((\w+)\)[0-9]*[sd]")
"""`%(ENV_HOME)s`, `%(process_num)02d`."""


def read_starts(
    files: Iterable[SourceFile], units: Iterable[UnitFile], machines: Sequence[Container] = ()
) -> tuple[StartCommand, ...]:
    """Return the start commands, in the order of the files, each with the containers that run it."""
    starts: list[StartCommand] = []
    for unit in units:
        starts += unit_starts(unit)
    for file in files:
        starts += _manifest(file) if file.kind == "kubernetes" else _starts_in(file, machines)
    return tuple(starts[:STARTS_LIMIT])


def _starts_in(file: SourceFile, machines: Sequence[Container]) -> Iterator[StartCommand]:
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
        held = tuple(each for each in machines if each.deployment == file.path)
        for name, start in compose_starts(file, {each.name: _working_folder(each) for each in held}):
            yield msgspec.structs.replace(start, machines=tuple(each for each in held if each.name == name))


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
    environ, more = unit_environment(unit)
    user, group, stop_signal = unit.value("User"), unit.value("Group"), unit.value("KillSignal")
    usual = "" if _is_user_unit(unit) else "root"
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


def _is_user_unit(unit: UnitFile) -> bool:
    return "/systemd/user/" in unit.file or unit.value("WantedBy", "Install") == "default.target"


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
    joined = with_continued_lines(file.text)
    conf = read_unit(joined, file.path, inline_comment=" ;")
    for section in dict.fromkeys(setting.section for setting in conf.settings):
        setting = conf.last("command", section)
        if setting is None or not section.startswith("program:"):
            continue
        directory = conf.value("directory", section) or folder
        for command in uwsgi_commands(_expanded(setting.value, file.path), _expanded(directory, file.path)):
            yield StartCommand(
                kind="supervisor",
                file=file.path,
                line=setting.line,
                argv=command.argv,
                directory=command.directory,
                user=conf.value("user", section) or command.user,
                environ={**_supervisor_environment(conf.value("environment", section)), **command.environ},
                environ_incomplete=True,
                stop_signal=conf.value("stopsignal", section),
            )


def _expanded(text: str, path: str) -> str:
    """Return a value of supervisor's with `%(here)s` filled in; other variables of its own become those of a shell."""
    filled = text.replace("%(here)s", posixpath.dirname(path))
    return _SUPERVISORS.sub(r"${\1}", filled).replace("%%", "%")


def with_continued_lines(text: str) -> str:
    """Join lines with the indented ones that continue them, and keep the line numbers."""
    out: list[list[str]] = []
    last, goes_on = -1, False
    for line in text.splitlines():
        if line[:1] in (" ", "\t") and line.strip() and last >= 0 and goes_on:
            out[last].append(line.strip())
            out.append([])
        else:
            out.append([line])
            last, goes_on = (len(out) - 1, "=" in line) if line.strip() else (last, goes_on)
    return "\n".join(" ".join(pieces) for pieces in out)


def _supervisor_environment(text: str) -> dict[str, str]:
    environ = {}
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if equals:
            environ[key.strip()] = value.strip().strip("\"'")
    return environ
