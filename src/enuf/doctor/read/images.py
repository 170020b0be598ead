"""What a Dockerfile says about its image, with lines: instructions, health check, copies, variables."""

from __future__ import annotations

import posixpath

import msgspec

from enuf.doctor.container import CopyStep, ImageBuild
from enuf.doctor.read.dockerfiles import exec_form, instructions, variables_of
from enuf.model.numbers import decimal

_STAGES_LIMIT = 50


def read_image(file: str, text: str, target: str = "") -> ImageBuild | None:
    """Return the stage `target` of a Dockerfile, else the last one; None if there is no stage."""
    stages: dict[str, ImageBuild] = {}
    name, current = "", None
    for line, word, rest in instructions(text):
        if word == "FROM":
            words = [each for each in rest.split() if not each.startswith("--")] or ["scratch"]
            base = words[0].lower()
            current = stages.get(base) or ImageBuild(file=file, base=words[0], base_line=line)
            if len(stages) < _STAGES_LIMIT:
                name = words[2].lower() if len(words) > 2 else str(len(stages))
        elif current is not None:
            current = _after(current, line, word, rest)
        if current is not None and name:
            stages[name] = current
    return stages.get(target.lower(), current) if target else current


def _after(image: ImageBuild, line: int, word: str, rest: str) -> ImageBuild:
    """Return the image after one instruction."""
    changed: dict[str, object] = {}
    match word:
        case "WORKDIR":
            changed = {"directory": posixpath.normpath(posixpath.join(image.directory, rest.strip("\"'")))}
        case "USER":
            changed = {"user": rest.partition(":")[0].strip()}
        case "ENV":
            pairs = variables_of(rest)
            changed = {
                "environ": {**image.environ, **pairs},
                "environ_lines": {**image.environ_lines, **dict.fromkeys(pairs, line)},
            }
        case "ENTRYPOINT":
            changed = {"entrypoint": (line, rest), "command": (0, "")}
        case "CMD":
            changed = {"command": (line, rest)}
        case "HEALTHCHECK":
            changed = {"healthcheck": (line, rest)}
        case "RUN":
            changed = {"runs": (*image.runs, rest)}
        case "EXPOSE":
            ports = (decimal(each.partition("/")[0], 5) for each in rest.split())
            changed = {"exposed": (*image.exposed, *(port for port in ports if port is not None))}
        case "COPY" | "ADD":
            step = _copy(rest, image.directory)
            changed = {"copies": (*image.copies, step)} if step else {}
    return msgspec.structs.replace(image, **changed)


def _copy(rest: str, directory: str) -> CopyStep | None:
    words = [*(exec_form(rest) or rest.split())]
    stage = ""
    while words and words[0].startswith("--"):
        option = words.pop(0)
        stage = option.partition("=")[2] if option.startswith("--from=") else stage
    if len(words) < 2:
        return None
    written = words[-1]
    target = posixpath.join(directory, written)
    sources = tuple(words[:-1])
    if written.endswith("/") and len(sources) == 1 and not sources[0].endswith(("/", ".", "*")):
        target = target.rstrip("/") + "/"
    return CopyStep(sources=sources, target=target, stage=stage)
