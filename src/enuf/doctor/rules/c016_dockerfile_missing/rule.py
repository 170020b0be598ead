"""A `build:` of a compose file whose folder has no Dockerfile."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.containers import is_completed_by_another_file
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.syntax.yaml_outline import YamlNode


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
        if not build.word("dockerfile") and is_completed_by_another_file(evidence, service):
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
