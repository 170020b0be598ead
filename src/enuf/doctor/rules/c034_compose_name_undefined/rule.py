"""A service, volume, network, secret or config that a compose file uses and that no file of the project defines."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.containers import is_override
from enuf.doctor.facts.whole_compose import ComposeFile, defined_names, whole_compose_files
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.syntax.yaml_outline import YamlNode

_CLOSE = 0.6
_PARTS = ("services", "volumes", "networks", "secrets", "configs")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_STANDARD = {"networks": frozenset(("default",))}


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every name that no compose file of the project defines: `docker compose -f` joins files of any folder."""
    defined = {part: defined_names(evidence, part) for part in _PARTS}
    for compose in whole_compose_files(evidence):
        if compose.outline.at("include") or is_override(compose.path):
            continue  # another file may define the name
        for part, service, name, line in _used(compose):
            if name in defined[part] or name in _STANDARD.get(part, ()):
                continue
            near = difflib.get_close_matches(name, sorted(defined[part]), 1, _CLOSE)
            what = part.removesuffix("s")
            yield at_line(
                compose.path,
                line,
                f"{service} uses the {what} {name}, which is not defined: docker compose starts nothing",
                hint=near[0] if near else _hint(part, name),
            )


def _hint(part: str, name: str) -> str:
    return (
        f"a service {name} below services:"
        if part == "services"
        else f"{part}: with {name}: below it, beside services:"
    )


def _used(compose: ComposeFile) -> Iterator[tuple[str, str, str, int]]:
    """Yield what services use: the part that defines the name, the service, the name and the line."""
    for service, node in compose.services.items():
        if node.at("extends"):
            continue  # the file that is extended may say more
        for part, name, line in (*_services_used(node), *_volumes_used(node), *_others_used(node)):
            if _NAME.fullmatch(name):
                yield part, service, name, line


def _services_used(node: YamlNode) -> Iterator[tuple[str, str, int]]:
    depends = node.at("depends_on")
    if depends:
        yield from (("services", each.text, each.line) for each in depends.items)
        for name, each in depends.members.items():
            if each.word("required").lower() != "false":
                yield "services", name, each.line
    for each in node.each("links"):
        yield "services", each.text.partition(":")[0], each.line
    mode = node.at("network_mode")
    if mode and mode.text.startswith("service:"):
        yield "services", mode.text.removeprefix("service:"), mode.line


def _volumes_used(node: YamlNode) -> Iterator[tuple[str, str, int]]:
    for each in node.each("volumes"):
        source, colon, target = each.text.partition(":")
        if each.members and each.word("type") == "volume":
            yield "volumes", each.word("source"), each.line
        elif (
            colon
            and target.startswith("/")
            and not source.startswith((".", "/", "~"))
            and "\\" not in each.text
        ):
            yield "volumes", source, each.line


def _others_used(node: YamlNode) -> Iterator[tuple[str, str, int]]:
    networks = node.at("networks")
    if networks:
        yield from (("networks", each.text, each.line) for each in networks.items)
        yield from (("networks", name, each.line) for name, each in networks.members.items())
    for part in ("secrets", "configs"):
        yield from ((part, each.word("source") or each.text, each.line) for each in node.each(part))


RULE = Rule("C034", "compose-name-undefined", "error", check)
