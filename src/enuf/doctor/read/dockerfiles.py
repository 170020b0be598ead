"""Dockerfiles: the stages of a build, the files that each one holds, and what the image starts with."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator

import msgspec

from enuf.doctor.file_places import FilePlaces, FileTree
from enuf.syntax.unit import COMMAND_LIMIT

STAGES_LIMIT = 50
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)
_ENV_PAIR = re.compile(r'(?<!\w)([A-Za-z_]\w*)=("[^"]*+"|\'[^\']*+\'|\S*)')
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
_INSTALLER = re.compile(r"\b(?:apt-get|apt|apk|dnf|microdnf|yum|pacman|zypper|pip3?|uv)\b")
_INSTALLS = re.compile(r"\b(?:install|add|-S\w*)\b")


class Stage(msgspec.Struct):
    """One stage of a build, filled in from line to line."""

    image: str = ""
    """The image that the chain of stages begins with, without placeholders as far as ARG gives a default."""
    name: str = ""
    directory: str = "/"
    user: str = ""
    environ: dict[str, str] = {}
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    stop_signal: str = ""
    packages: set[str] = set()
    installers: set[str] = set()
    places: FilePlaces = FilePlaces(())


def read_stages(text: str, context: str, tree: FileTree) -> tuple[Stage, ...]:
    """Return the stages of a Dockerfile that is built with the folder `context`."""
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for _, name, rest in instructions(text):
        if name == "ARG" and "=" in rest:
            key, _, value = rest.partition("=")
            arguments.setdefault(key.strip(), value.strip().strip("\"'"))
        if name == "FROM":
            if len(stages) >= STAGES_LIMIT:
                break
            stages.append(_first(_filled(rest, arguments).split(), stages))
        elif stages:
            _apply(stages[-1], name, rest, _Build(context, tree, stages, arguments))
    return tuple(stages)


class _Build(msgspec.Struct, frozen=True):
    context: str
    tree: FileTree
    stages: list[Stage]
    arguments: dict[str, str]


def _first(words: list[str], stages: list[Stage]) -> Stage:
    words = [word for word in words if not word.startswith("--")]
    image = words[0] if words else ""
    name = words[2] if len(words) > 2 and words[1].upper() == "AS" else ""
    base = next((stage for stage in stages if stage.name and stage.name.lower() == image.lower()), None)
    if base is None:
        return Stage(image=image, name=name, environ={}, packages=set(), installers=set())
    return msgspec.structs.replace(
        base,
        name=name,
        environ=dict(base.environ),
        packages=set(base.packages),
        installers=set(base.installers),
    )


def _apply(stage: Stage, name: str, rest: str, build: _Build) -> None:
    match name:
        case "WORKDIR":
            folder = _filled(rest.strip("\"'"), {**build.arguments, **stage.environ})
            stage.directory = posixpath.normpath(posixpath.join(stage.directory, folder))
        case "USER":
            stage.user = rest.partition(":")[0]
        case "ENV":
            stage.environ.update(variables_of(rest))
        case "STOPSIGNAL":
            stage.stop_signal = rest
        case "ENTRYPOINT":
            stage.entrypoint, stage.command = command_words(rest), ()
        case "CMD":
            stage.command = command_words(rest)
        case "RUN":
            _run(stage, rest)
        case "COPY" | "ADD":
            _copy(stage, _filled(rest, {**build.arguments, **stage.environ}), build)


def _copy(stage: Stage, rest: str, build: _Build) -> None:
    flags: list[str] = []
    words: list[str] = []
    for word in list(exec_form(rest) or _words(rest)):
        (flags if word.startswith("--") and not words else words).append(word)
    if len(words) < 2 or any(word.startswith("<<") for word in words):
        return
    *sources, target = words
    origin = next((flag[7:] for flag in flags if flag.startswith("--from=")), "")
    folder = target.endswith("/") or target in (".", "..") or len(sources) > 1
    target = posixpath.normpath(posixpath.join(stage.directory, target))
    folder = folder or target == stage.directory
    for source in sources:
        if origin:
            other = next((each for each in build.stages if each.name.lower() == origin.lower()), None)
            number = int(origin) if origin.isascii() and origin.isdigit() and len(origin) < 4 else -1
            if other is None and 0 <= number < len(build.stages):
                other = build.stages[number]
            found = other.places.source(posixpath.normpath(posixpath.join("/", source))) if other else ""
            stage.places = stage.places.copied(found or f"image:{origin}{source}", target, folder, build.tree)
        else:
            path = posixpath.normpath(posixpath.join(build.context, source.lstrip("/")))
            for each in build.tree.matching(path):
                stage.places = stage.places.copied(each, target, folder or each != path, build.tree)


def _run(stage: Stage, rest: str) -> None:
    """Note the packages that a RUN line installs, and the files that it links, copies or moves."""
    for command in re.split(r"[\n&;|]+", rest):
        manager = _INSTALLER.search(command)
        verb = _INSTALLS.search(command, manager.end()) if manager else None
        if manager and verb:
            stage.installers.add(manager[0].removesuffix("-get"))
            stage.packages |= {
                re.split(r"[=<>~!\[]", word.strip("\"'"), maxsplit=1)[0].lower()
                for word in command[verb.end() :].split()
            }
            continue
        words = [word for word in _words(command) if not word.startswith("-")]
        if len(words) == 3 and words[0] in ("ln", "cp", "mv") and words[2].startswith("/"):
            source = posixpath.normpath(posixpath.join(stage.directory, words[1]))
            stage.places = stage.places.linked(source, words[2])


def instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the first line, the name and the rest of each instruction."""
    waiting: list[str] = []
    first = 0
    for line_number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("#") or (not line and waiting):
            continue
        first = first if waiting else line_number
        waiting.append(line.removesuffix("\\"))
        if line.endswith("\\"):
            continue
        match = _INSTRUCTION.fullmatch(" ".join(waiting)[:COMMAND_LIMIT])
        waiting = []
        if match:
            yield first, match[1].upper(), match[2].strip()


def variables_of(rest: str) -> dict[str, str]:
    """Return the variables of an ENV line."""
    pairs = {key: value.strip("\"'") for key, value in _ENV_PAIR.findall(rest)}
    if not pairs:
        key, _, value = rest.partition(" ")
        return {key: value.strip()}
    return pairs


def exec_form(text: str) -> list[str] | None:
    """Return the words of `["uwsgi", "--ini", "x.ini"]`, None for the shell form."""
    if not text.startswith("["):
        return None
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [str(word) for word in words] if isinstance(words, list) else None


def command_words(text: str) -> tuple[str, ...]:
    """Return the words of an ENTRYPOINT or CMD in either form; the shell form as `sh -c TEXT`."""
    words = exec_form(text)
    return tuple(words) if words is not None else ("sh", "-c", text)


def _filled(text: str, values: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return values.get(match[1] or match[3], match[2] or match[0])

    return _VARIABLE.sub(value, text[:COMMAND_LIMIT])


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of a text as compose splits a command: as a shell does, and without one."""
    return tuple(_words(text.replace("$$", "$")))


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text[:COMMAND_LIMIT])
    except ValueError:
        return text.split()
