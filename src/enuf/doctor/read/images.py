"""The images that Dockerfiles build: what each is made from, holds and starts with."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from enuf.doctor.container import CopyStep, ImageBuild
from enuf.doctor.file_places import FilePlaces, FileTree
from enuf.doctor.read.dockerfiles import copy_words, instructions, shell_words, variables_of
from enuf.model.numbers import decimal
from enuf.syntax.shell_variables import fill_in

_STAGES_LIMIT = 50
_INSTALLER = re.compile(r"\b(?:apt-get|apt|apk|dnf|microdnf|yum|pacman|zypper|pip3?|uv)\b")
_INSTALLS = re.compile(r"\b(?:install|add|-S\w*)\b")


class BuildContext(msgspec.Struct, frozen=True):
    """The folder that an image is built with."""

    folder: str
    tree: FileTree


class _Build(msgspec.Struct, frozen=True):
    context: BuildContext
    stages: Sequence[ImageBuild]
    values: Mapping[str, str]
    """The arguments and the variables so far."""


class BuildStep(msgspec.Struct, frozen=True):
    """An instruction, and the stages as they are after the instruction."""

    line: int
    word: str
    rest: str
    stages: tuple[ImageBuild, ...]

    @property
    def image(self) -> ImageBuild:
        """The stage that the instruction is a part of."""
        return self.stages[-1]


def read_image(
    file: str, text: str, target: str = "", context: BuildContext | None = None
) -> ImageBuild | None:
    """Return the stage `target` of a Dockerfile, else the last one; None if there is no stage."""
    stages: tuple[ImageBuild, ...] = ()
    for step in read_steps(file, text, context):
        stages = step.stages
    wanted = [stage for stage in stages if target and stage.name == target.lower()]
    return (wanted or stages)[-1] if stages else None


def read_steps(file: str, text: str, context: BuildContext | None = None) -> Iterator[BuildStep]:
    """Yield every instruction of a Dockerfile from the first FROM on, with the stages after the instruction."""
    context = context or BuildContext(posixpath.dirname(file), FileTree(()))
    arguments: dict[str, str] = {}
    stages: list[ImageBuild] = []
    for line, word, rest in instructions(text):
        if word == "ARG" and "=" in rest:
            key, _, value = rest.partition("=")
            arguments.setdefault(key.strip(), value.strip().strip("\"'"))
        if word == "FROM":
            if len(stages) >= _STAGES_LIMIT:
                break
            stages.append(_first(file, line, fill_in(rest, arguments), stages))
        elif stages:
            build = _Build(context, stages, {**arguments, **stages[-1].environ})
            changed = _changes(stages[-1], line, word, rest, build)
            stages[-1] = msgspec.structs.replace(stages[-1], **changed)
        if stages:
            yield BuildStep(line, word, rest, tuple(stages))


def _first(file: str, line: int, rest: str, stages: Sequence[ImageBuild]) -> ImageBuild:
    """Return a stage as it begins: as the stage that FROM names, else from an image."""
    words = [each for each in rest.split() if not each.startswith("--")] or ["scratch"]
    name = words[2].lower() if len(words) > 2 else ""
    base = next((each for each in stages if each.name and each.name == words[0].lower()), None)
    if base is not None:
        return msgspec.structs.replace(base, name=name)
    return ImageBuild(file=file, name=name, base=words[0], base_line=line)


def _changes(image: ImageBuild, line: int, word: str, rest: str, build: _Build) -> dict[str, object]:
    """Return the fields of an image that one instruction changes."""
    match word:
        case "WORKDIR":
            folder = fill_in(rest.strip("\"'"), build.values)
            return {"directory": posixpath.normpath(posixpath.join(image.directory, folder))}
        case "USER":
            return {"user": rest.partition(":")[0].strip()}
        case "STOPSIGNAL":
            return {"stop_signal": rest}
        case "ENV":
            pairs = variables_of(rest)
            lines = {**image.environ_lines, **dict.fromkeys(pairs, line)}
            return {"environ": {**image.environ, **pairs}, "environ_lines": lines}
        case "ENTRYPOINT":
            return {"entrypoint": (line, rest), "command": (0, "")}
        case "CMD" | "HEALTHCHECK":
            return {"command" if word == "CMD" else "healthcheck": (line, rest)}
        case "EXPOSE":
            ports = (decimal(each.partition("/")[0], 5) for each in rest.split())
            return {"exposed": (*image.exposed, *(port for port in ports if port is not None))}
        case "RUN":
            return _run(image, rest)
        case "COPY" | "ADD":
            return _copy(image, line, fill_in(rest, build.values), build)
    return {}


def _copy(image: ImageBuild, line: int, rest: str, build: _Build) -> dict[str, object]:
    options, words = copy_words(rest)
    origin = options.get("from", "")
    if len(words) < 2 or any(word.startswith("<<") for word in words):
        return {}
    *sources, written = words
    target = posixpath.join(image.directory, written)
    step = CopyStep(sources=tuple(sources), target=target, stage=origin, line=line)
    folder = written.endswith("/") or written in (".", "..") or len(sources) > 1
    target = posixpath.normpath(target)
    folder = folder or target == image.directory
    places = image.places
    for source in sources:
        if origin:
            found = _place_in(origin, source, build.stages) or f"image:{origin}{source}"
            places = places.copied(found, target, folder, build.context.tree)
            continue
        path = posixpath.normpath(posixpath.join(build.context.folder, source.lstrip("/")))
        for each in build.context.tree.matching(path):
            places = places.copied(each, target, folder or each != path, build.context.tree)
    return {"copies": (*image.copies, step), "places": places}


def _place_in(origin: str, source: str, stages: Sequence[ImageBuild]) -> str:
    """Return what lies at a path of the stage that `--from` names, empty if that is unknown."""
    stage = next((each for each in stages if each.name == origin.lower()), None)
    number = decimal(origin, 3)
    if stage is None and number is not None and number < len(stages):
        stage = stages[number]
    return stage.places.source(posixpath.normpath(posixpath.join("/", source))) if stage else ""


def _run(image: ImageBuild, rest: str) -> dict[str, object]:
    """Return the packages that a RUN line installs, and the files that it links, copies or moves."""
    packages: set[str] = set()
    installers: set[str] = set()
    places: FilePlaces = image.places
    for command in re.split(r"[\n&;|]+", rest):
        manager = _INSTALLER.search(command)
        verb = _INSTALLS.search(command, manager.end()) if manager else None
        if manager and verb:
            installers.add(manager[0].removesuffix("-get"))
            packages |= {
                re.split(r"[=<>~!\[]", word.strip("\"'"), maxsplit=1)[0].lower()
                for word in command[verb.end() :].split()
            }
            continue
        words = [word for word in shell_words(command) if not word.startswith("-")]
        if len(words) == 3 and words[0] in ("ln", "cp", "mv") and words[2].startswith("/"):
            source = posixpath.normpath(posixpath.join(image.directory, words[1]))
            places = places.linked(source, words[2])
    return {
        "runs": (*image.runs, rest),
        "packages": image.packages | packages,
        "installers": image.installers | installers,
        "places": places,
    }
