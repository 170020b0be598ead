"""The commands in the files that start gunicorn, uvicorn, hypercorn, daphne or granian."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from enuf.doctor.container import ComposeService, ImageBuild, Pod, PodContainer
from enuf.doctor.evidence import SourceFile, StartCommand
from enuf.doctor.read.app_words import PROGRAMS, program_in, words_from
from enuf.doctor.read.bounds import LeaveOut, first_of
from enuf.doctor.read.compose import words_of_node
from enuf.doctor.read.dockerfiles import exec_form
from enuf.doctor.read.images import read_image
from enuf.doctor.read.inherited_commands import inherited_command, inherited_folder
from enuf.doctor.read.shell_commands import SimpleCommand, commands_of, script_commands
from enuf.doctor.read.starts import unit_environment, usual_user_of
from enuf.doctor.read.supervisor import supervisor_programs
from enuf.doctor.service_variables import values_of_service
from enuf.syntax.shell_lines import SHELLS
from enuf.syntax.unit import UnitFile, without_specifiers, words_of_command

STARTS_LIMIT = 300
_ANY = re.compile("|".join(PROGRAMS))
_STARTING = ("supervisor", "script", "procfile")
"""Kinds of files that start programs by themselves."""
_COPIED_SCRIPT = re.compile(r"[\w./-]+\.(?:sh|bash)\b|[\w./-]*(?:entrypoint|start|run|boot)[\w.-]*")


class AppStart(msgspec.Struct, frozen=True, kw_only=True):
    """A start command with the container that it runs in."""

    command: StartCommand
    service: ComposeService | None = None
    build: ImageBuild | None = None
    pod: Pod | None = None
    container: PodContainer | None = None
    beside_nginx: bool = False


class StartFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files and values in which starts are looked for."""

    files: Sequence[SourceFile]
    texts: Mapping[str, str]
    units: Sequence[UnitFile]
    services: Sequence[ComposeService]
    pods: Sequence[Pod]
    leave_out: LeaveOut


def read_app_starts(sources: StartFiles) -> tuple[AppStart, ...]:
    """Return the starts, containers first. A script that a container runs is not read again by itself."""
    found: list[AppStart] = []
    for service in sources.services:
        found += _of_service(service, sources)
    found += [start for pod in sources.pods for start in _of_pod(pod)]
    built = {service.build.file for service in sources.services if service.build}
    for file in sources.files:
        if file.kind == "dockerfile" and file.path not in built:
            image = read_image(file.path, file.text)
            found += _of_image(image, sources) if image else ()
    for unit in sources.units:
        found += [AppStart(command=command) for command in _of_unit(unit, sources)]
    used = {start.command.file for start in found}
    for file in sources.files:
        if file.kind in _STARTING and file.path not in used and _ANY.search(file.text):
            found += [AppStart(command=command) for command in _of_file(file)]
    return first_of(
        found,
        STARTS_LIMIT,
        "starts of app servers",
        file_of=lambda start: start.command.file,
        leave_out=sources.leave_out,
    )


def _of_service(service: ComposeService, sources: StartFiles) -> Iterator[AppStart]:
    environ, complete = values_of_service(service, sources.texts.get)
    build = service.build
    directory = service.node.word("working_dir") or (build.directory if build else "/")
    entrypoint, command = service.node.at("entrypoint"), service.node.at("command")
    words, line, file = words_of_node(command), command.line if command else 0, service.file
    if entrypoint is not None:
        words, line = [*words_of_node(entrypoint), *words], entrypoint.line if not words else line
    elif build and build.entrypoint[1] and words:
        words = [*(exec_form(build.entrypoint[1]) or ["sh", "-c", build.entrypoint[1]]), *words]
    elif build and not words:
        words, line, file = _image_words(build), build.command[0] or build.entrypoint[0], build.file
        if inherited := inherited_command(build, environ, sources.texts):
            words, line, directory = inherited, build.base_line, inherited_folder(build)
    commands = tuple(commands_of(words, directory))
    for start in commands:
        base = StartCommand(
            kind="compose", file=file, line=line or service.line, argv=(), directory=directory,
            user=service.node.word("user").partition(":")[0] or (build.user if build else ""),
            environ=environ, environ_incomplete=not complete, stop_signal=service.node.word("stop_signal"),
        )  # fmt: skip
        yield from _beside(commands, _resolved(start, base, sources, service, build))


def _beside(commands: Sequence[SimpleCommand], starts: Iterator[AppStart]) -> Iterator[AppStart]:
    """Yield the starts, marked if nginx is another command of the same shell line."""
    beside = any(
        word.rpartition("/")[2] == "nginx"
        for each in commands
        for word in each.words[: 1 + (each.words[0] == "exec")]
    )
    return (msgspec.structs.replace(each, beside_nginx=True) if beside else each for each in starts)


def _image_words(image: ImageBuild) -> list[str]:
    """Return the words that the container runs; a shell form is the script of `sh -c`."""
    entry, command = image.entrypoint[1], image.command[1]
    first = exec_form(entry) if entry else []
    if first is None:
        return ["sh", "-c", entry]
    second = exec_form(command) if command else []
    return [*first, *(second if second is not None else ["sh", "-c", command])]


def _of_image(image: ImageBuild, sources: StartFiles) -> Iterator[AppStart]:
    line, directory, run = image.command[0] or image.entrypoint[0], image.directory, _image_words(image)
    if inherited := inherited_command(image, image.environ, sources.texts):
        line, directory, run = image.base_line, inherited_folder(image), inherited
    commands = tuple(commands_of(run, directory))
    for words in commands:
        base = StartCommand(
            kind="docker", file=image.file, line=line, argv=(), directory=directory, user=image.user,
            environ=image.environ, environ_incomplete=True,
        )  # fmt: skip
        yield from _beside(commands, _resolved(words, base, sources, None, image))


def _resolved(
    simple: SimpleCommand,
    base: StartCommand,
    sources: StartFiles,
    service: ComposeService | None,
    build: ImageBuild | None,
) -> Iterator[AppStart]:
    """Yield the start of a command that runs an app server, itself or by a script or supervisor among the files."""
    place = {"service": service, "build": build}
    if program_in(simple.words) >= 0:
        yield AppStart(command=_start(simple, base), **place)  # type: ignore[arg-type]
        return
    if any(word.rpartition("/")[2] in ("supervisord", "honcho", "circusd") for word in simple.words):
        for file in sources.files:
            if file.kind in ("supervisor", "procfile") and _ANY.search(file.text):
                for command in _of_file(file):
                    changed = msgspec.structs.replace(
                        command, kind=base.kind, environ={**base.environ, **command.environ}
                    )
                    beside = "nginx" in file.text
                    yield AppStart(command=changed, beside_nginx=beside, **place)  # type: ignore[arg-type]
        return
    script = _script(simple.words, sources, service.context if service else posixpath.dirname(base.file))
    if script:
        for inner in script_commands(script, base.directory):
            yield AppStart(
                command=_start(
                    inner, msgspec.structs.replace(base, file=script.path, line=inner.line, in_script=True)
                ),
                **place,  # type: ignore[arg-type]
            )


def _script(words: Sequence[str], sources: StartFiles, folder: str) -> SourceFile | None:
    """Return the script that a container runs, None if it is not among the files of the build."""
    for word in words[:3]:
        name = word.rpartition("/")[2]
        if not name or name in SHELLS or not _COPIED_SCRIPT.fullmatch(word):
            continue
        named = _named_by(word, sources, folder)
        fitting = [file for file in named if _ANY.search(file.text)]
        if len(fitting) == 1 and next(script_commands(fitting[0], ""), None):
            return fitting[0]
        inner = _called(name, sources, folder)
        if inner:
            return inner
    return None


def _named_by(word: str, sources: StartFiles, folder: str) -> list[SourceFile]:
    """Return the files of a build that a path in its container can mean: those whose last two names agree, if any do.

    Python that imports a server and starts it is no script of a shell.
    """
    inside = folder.rstrip("/") + "/"
    near = [file for file in sources.files if file.path.startswith(inside) and file.kind != "python"]
    tail = "/" + "/".join(word.split("/")[-2:])
    exact = [file for file in near if file.path.endswith(tail)] if "/" in word.lstrip("./") else []
    return exact or [file for file in near if file.path.endswith("/" + word.rpartition("/")[2])]


def _called(name: str, sources: StartFiles, folder: str) -> SourceFile | None:
    """Return the script with an app server that a script of a build calls in its last line, None if there is none."""
    near = [
        file
        for file in sources.files
        if file.path.startswith(folder.rstrip("/") + "/") and file.kind == "script"
    ]
    outer = [file for file in near if file.path.endswith("/" + name)]
    last = (
        next((line.strip() for line in reversed(outer[0].text.splitlines()) if line.strip()), "")
        if len(outer) == 1
        else ""
    )
    words = last.removeprefix("exec ").split()
    if not words or not _COPIED_SCRIPT.fullmatch(words[0]):
        return None
    called = posixpath.basename(words[0])
    inner = [file for file in near if file.path.endswith("/" + called) and _ANY.search(file.text)]
    return inner[0] if len(inner) == 1 and called != name else None


def _start(simple: SimpleCommand, base: StartCommand) -> StartCommand:
    position = program_in(simple.words)
    return msgspec.structs.replace(
        base,
        argv=tuple(words_from(simple.words[position:])),
        directory=simple.directory or base.directory,
        user=simple.user or base.user,
        environ={**base.environ, **simple.environ},
    )


def _of_pod(pod: Pod) -> Iterator[AppStart]:
    for container in pod.containers:
        words = [*words_of_node(container.node.at("command")), *words_of_node(container.node.at("args"))]
        environ = {
            each.word("name"): each.word("value") for each in container.node.each("env") if each.at("value")
        }
        more = container.node.at("envFrom") is not None or len(environ) < len(container.node.each("env"))
        command = container.node.at("command") or container.node.at("args")
        directory = container.node.word("workingDir") or "/"
        for simple in commands_of(words, directory):
            if program_in(simple.words) >= 0:
                base = StartCommand(
                    kind="kubernetes", file=pod.file, line=command.line if command else container.line, argv=(),
                    directory=directory, environ=environ, environ_incomplete=more,
                )  # fmt: skip
                yield AppStart(command=_start(simple, base), pod=pod, container=container)


def _of_unit(unit: UnitFile, sources: StartFiles) -> Iterator[StartCommand]:
    directory = without_specifiers(unit.value("WorkingDirectory"), unit.name).lstrip("-")
    environ, more = unit_environment(unit)
    for setting in unit.all("ExecStart")[:STARTS_LIMIT]:
        words = words_of_command(setting, unit.name)
        for simple in commands_of(words, "/" if directory.startswith("~") else directory or "/"):
            base = StartCommand(
                kind="unit", file=unit.file, line=setting.line, argv=(), directory=simple.directory,
                user=unit.value("User") or usual_user_of(unit), group=unit.value("Group"), environ=environ,
                environ_incomplete=more, stop_signal=unit.value("KillSignal"), unit=unit,
            )  # fmt: skip
            if program_in(simple.words) >= 0:
                yield _start(simple, base)
            elif script := _script_of_unit(simple.words[0], sources):
                for inner in script_commands(script, base.directory):
                    yield _start(
                        inner,
                        msgspec.structs.replace(base, file=script.path, line=inner.line, in_script=True),
                    )


def _script_of_unit(program: str, sources: StartFiles) -> SourceFile | None:
    """Return the script that a unit names by its path on the host: the one file whose last two names agree."""
    folder, name = posixpath.split(program)
    tail = f"/{posixpath.basename(folder)}/{name}"
    scripts = [file for file in sources.files if file.kind == "script" and file.path.endswith(f"/{name}")]
    fitting = [file for file in scripts if file.path.endswith(tail)] or scripts
    return fitting[0] if len(fitting) == 1 and _ANY.search(fitting[0].text) else None


def _of_file(file: SourceFile) -> Iterator[StartCommand]:
    folder = posixpath.dirname(file.path)
    if file.kind == "supervisor":
        yield from _of_supervisor(file)
    else:
        base = StartCommand(
            kind="script" if file.kind == "script" else "procfile", file=file.path, line=1, argv=(), directory=folder,
            environ_incomplete=True, in_script=file.kind == "script",
        )  # fmt: skip
        for simple in script_commands(file, folder):
            yield _start(simple, msgspec.structs.replace(base, line=simple.line))


def _of_supervisor(file: SourceFile) -> Iterator[StartCommand]:
    for program in supervisor_programs(file):
        try:
            split = shlex.split(program.command)
        except ValueError:
            continue
        for simple in commands_of(split, program.directory or "/"):
            if program_in(simple.words) >= 0:
                base = StartCommand(
                    kind="supervisor", file=file.path, line=program.line, argv=(), directory=simple.directory,
                    user=program.user, environ=program.environ, environ_incomplete=True, stop_signal=program.stop_signal,
                )  # fmt: skip
                yield _start(simple, base)
