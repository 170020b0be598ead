"""The compose files that docker compose reads as they are, and the parts of a project that stand in others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.syntax.compose_keys import COMPOSE_KEYS
from enuf.syntax.yaml_outline import YamlNode, read_outline

_FOR_OTHERS = (".j2", ".jinja", ".jinja2", ".template", ".tmpl", ".tpl", ".erb")

_ENGINE = re.compile(r"\{\{(?!\s*\.)|\{%|<%")
"""Marks of a template engine; `{{.Name}}` is filled in by Docker itself, for example in the tag of a log."""


class ComposeFile(msgspec.Struct, frozen=True):
    """A compose file with its tree."""

    file: SourceFile
    outline: YamlNode

    @property
    def path(self) -> str:
        """The path of the file."""
        return self.file.path

    @property
    def services(self) -> dict[str, YamlNode]:
        """The services by name."""
        found = self.outline.at("services")
        return found.members if found else {}


def whole_compose_files(evidence: Evidence) -> Iterator[ComposeFile]:
    """Yield the compose files with a part `services:` that no template engine fills in first."""
    for file in evidence.of_kind("compose"):
        if "{{" in file.path or file.path.endswith(_FOR_OTHERS) or _ENGINE.search(file.text):
            continue
        outline = _outline(file.text)
        if _is_for_compose(posixpath.basename(file.path), outline):
            yield ComposeFile(file, outline)


def defined_in_project(evidence: Evidence, compose: ComposeFile, part: str) -> frozenset[str]:
    """Return the names in a part of all files that `docker compose -f` may join with a file: those of its folder, above and below."""
    folder = f"{posixpath.dirname(compose.path)}/"
    names: set[str] = set()
    for file in evidence.of_kind("compose"):
        other = f"{posixpath.dirname(file.path)}/"
        if folder.startswith(other) or other.startswith(folder):
            found = _outline(file.text).at(part)
            names.update(found.members if found else ())
    return frozenset(names)


def _is_for_compose(name: str, outline: YamlNode) -> bool:
    """Return True for a file with services that has the name or only the parts of a compose file: Travis has services too."""
    services = outline.at("services")
    if services is None or not services.members:
        return False
    known = all(key in COMPOSE_KEYS["file"] or key.startswith("x-") for key in outline.members)
    return known or "compose" in name.lower()


@lru_cache(64)
def _outline(text: str) -> YamlNode:
    return read_outline(text)
