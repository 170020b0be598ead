"""A `build:` of a compose file whose folder has no Dockerfile."""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.containers import is_completed_by_another_file, is_override
from enuf.doctor.facts.submodules import is_in_submodule
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.syntax.yaml_outline import YamlNode

_FOLDERS_LIMIT = 200
_CLOSE = 0.78


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every build in a folder that holds a Dockerfile of another name than the one that is wanted."""
    for service in evidence.services:
        build = service.node.at("build")
        if build is None or service.build is not None or not service.context or _is_elsewhere(build):
            continue
        wanted = posixpath.normpath(posixpath.join(service.context, build.word("dockerfile") or "Dockerfile"))
        beside = [
            file.path for file in evidence.files if posixpath.dirname(file.path) == posixpath.dirname(wanted)
        ]
        if near := _misspelt(evidence, service):
            yield at_line(
                service.file,
                build.line,
                f"there is no folder {posixpath.basename(service.context)}: the image of {service.name} cannot be built",
                hint=f"build: ./{posixpath.relpath(near, posixpath.dirname(service.file))}",
            )
            continue
        if not build.word("dockerfile") and (
            is_override(service.file) or is_completed_by_another_file(evidence, service)
        ):
            continue  # the other file may name the Dockerfile
        if "$" in wanted or not beside or any(path.lower() == wanted.lower() for path in beside):
            continue
        others = [
            file.path for file in evidence.of_kind("dockerfile") if _is_below(file.path, service.context)
        ]
        if not others:
            continue  # only a part of the project may be here
        yield at_line(
            service.file,
            build.line,
            f"there is no {posixpath.relpath(wanted, posixpath.dirname(service.file))}: "
            f"the image of {service.name} cannot be built",
            severity="warning" if service.image else None,
            hint=_hint(service, others),
            evidence=tuple(others[:1]),
        )


def _misspelt(evidence: Evidence, service: ComposeService) -> str:
    """Return the folder beside an absent context whose name is close to it, empty if there is none or git brings the context."""
    above, _, wanted = service.context.rpartition("/")
    inside = [file.path[len(above) + 1 :] for file in evidence.files if file.path.startswith(f"{above}/")]
    names = {path.partition("/")[0] for path in inside if "/" in path}
    if (
        wanted in names
        or "$" in wanted
        or len(names) > _FOLDERS_LIMIT
        or is_in_submodule(evidence, service.context)
    ):
        return ""
    near = difflib.get_close_matches(wanted, names, 1, _CLOSE)
    return f"{above}/{near[0]}" if near else ""


def _is_elsewhere(build: YamlNode) -> bool:
    """Return True for a Dockerfile that stands in the compose file itself."""
    return build.at("dockerfile_inline") is not None


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder.rstrip('/')}/")


def _hint(service: ComposeService, others: list[str]) -> str:
    if len(others) != 1:
        return "write the Dockerfile, or correct `context:` and `dockerfile:`"
    return f"dockerfile: {posixpath.relpath(others[0], service.context)}"


RULE = Rule("C016", "dockerfile-missing", "error", check)
