"""The compose files that docker compose reads as they are, and the parts of a project that stand in others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
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


def first_version_files(evidence: Evidence) -> Iterator[ComposeFile]:
    """Yield the compose files of the first version, whose services stand at the top."""
    for file in evidence.of_kind("compose"):
        outline = _outline(file.text)
        known = any(key in COMPOSE_KEYS["file"] for key in outline.members)
        if "compose" in posixpath.basename(file.path) and not known and not _ENGINE.search(file.text):
            yield ComposeFile(file, outline)


def defined_in_projects(evidence: Evidence, part: str) -> list[tuple[str, frozenset[str]]]:
    """Return the folder of every compose file, templates too, with the names in a part of the file."""
    found = ((file.path, _outline(file.text).at(part)) for file in evidence.of_kind("compose"))
    return [(f"{posixpath.dirname(path)}/", frozenset(node.members)) for path, node in found if node]


def names_near(defined: Iterable[tuple[str, frozenset[str]]], compose: ComposeFile) -> frozenset[str]:
    """Return the names of the files that `docker compose -f` may join with a file: those of its folder, above and below."""
    folder = f"{posixpath.dirname(compose.path)}/"
    near = (names for other, names in defined if folder.startswith(other) or other.startswith(folder))
    return frozenset().union(*near)


def _is_for_compose(name: str, outline: YamlNode) -> bool:
    """Return True for a file with services that has the name or only the parts of a compose file: Travis has services too."""
    services = outline.at("services")
    if services is None or not services.members:
        return False
    known = all(key in COMPOSE_KEYS["file"] or key.startswith("x-") for key in outline.members)
    return known or "compose" in name.lower()


@lru_cache(256)
def _outline(text: str) -> YamlNode:
    return read_outline(text)
