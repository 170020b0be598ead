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

_ENGINE = re.compile(r"\{\{(?!\s*\.)|\{%|<%|(?<![${])\{[A-Z][A-Z0-9_]{1,80}\}(?!\})")
"""Marks of a template engine, `{NAME}` too; `{{.Name}}` is filled in by Docker itself, for example in the tag of a log."""
_SIGNS = ("image", "build", "extends", "<<", "provider")
"""Keys of which a service of compose has one."""


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


def defined_names(evidence: Evidence, part: str) -> frozenset[str]:
    """Return the names in a part of all compose files, templates too."""
    found = (_outline(file.text).at(part) for file in evidence.of_kind("compose"))
    return frozenset(name for node in found if node for name in node.members)


def _is_for_compose(name: str, outline: YamlNode) -> bool:
    """Return True for a file with services that has the name or all the signs of a compose file: Travis has services too."""
    services = outline.at("services")
    if services is None or not services.members:
        return False
    if "compose" in name.lower():
        return True
    known = all(key in COMPOSE_KEYS["file"] or key.startswith("x-") for key in outline.members)
    return known and all(any(each.at(key) for key in _SIGNS) for each in services.members.values())


@lru_cache(256)
def _outline(text: str) -> YamlNode:
    return read_outline(text)
