"""A key of a compose file that docker compose does not know: it starts no service of the file."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.whole_compose import ComposeFile, first_version_files, whole_compose_files
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.syntax.compose_keys import COMPOSE_KEYS
from enuf.syntax.yaml_outline import YamlNode

_CLOSE = 0.6
_PARTS_OF_SERVICE = ("build", "healthcheck", "deploy", "logging")
_LISTS = ("ports", "volumes")
_SIGNS_OF_SERVICE = ("image", "build")
_MERGED = "<<"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every key that the schema of compose files lacks, once for each line."""
    for old in first_version_files(evidence):
        yield from _of_first_version(old)
    for compose in whole_compose_files(evidence):
        seen: set[int] = set()
        for part, place, node in _parts(compose):
            for key, value in node.members.items():
                if key in COMPOSE_KEYS[part] or key.startswith("x-") or key == _MERGED or "$" in key:
                    continue
                if value.line not in seen:
                    seen.add(value.line)
                    yield at_line(
                        compose.path,
                        value.line,
                        f"docker compose knows no key `{key[:60]}` in {place} and starts nothing: additional properties not allowed",
                        hint=_hint(part, key, value, node),
                    )


def _of_first_version(compose: ComposeFile) -> Iterator[Diagnostic]:
    """Report the first service of a file whose services all stand at the top."""
    services = [each for each in compose.outline.members.values() if each.members]
    if services and all(any(each.at(sign) for sign in _SIGNS_OF_SERVICE) for each in services):
        yield at_line(
            compose.path,
            services[0].line,
            "only docker-compose 1 reads a file without `services:`; docker compose refuses the names at the top",
            severity="advice",
            hint="services: as the first line, and all others indented below it",
        )


def _parts(compose: ComposeFile) -> Iterator[tuple[str, str, YamlNode]]:
    """Yield the mappings of a compose file that the schema limits: the kind of each, its place in words, and its node."""
    yield "file", "the file", compose.outline
    for name, service in compose.services.items():
        yield "service", f"the service {name}", service
        for part in _PARTS_OF_SERVICE:
            if found := service.at(part):
                yield part, f"{part} of {name}", found
        for part in _LISTS:
            for item in service.each(part):
                yield part, f"{part} of {name}", item
        depends = service.at("depends_on")
        for each in (depends.members if depends else {}).values():
            yield "depends_on", f"depends_on of {name}", each
    for part in ("networks", "volumes"):
        defined = compose.outline.at(part)
        for name, each in (defined.members if defined else {}).items():
            if not name.startswith("x-"):
                yield f"file.{part}", f"{part}: {name}", each


def _hint(part: str, key: str, value: YamlNode, node: YamlNode) -> str:
    if part == "file" and any(value.at(sign) for sign in _SIGNS_OF_SERVICE):
        return f"indent {key}: below services:"
    if part in _LISTS and len(node.members) == 1 and value.text:
        return f"- {key}:{value.text}   without a blank after the colon"
    if part == "service" and key in COMPOSE_KEYS["file"]:
        return f"{key}: without the indent, beside services:"
    near = difflib.get_close_matches(key, COMPOSE_KEYS[part] - set(node.members), 1, _CLOSE)
    return f"{near[0]}:" if near else f"take the line out; x-{key}: keeps a note of your own"


RULE = Rule("C032", "compose-key-unknown", "error", check)
