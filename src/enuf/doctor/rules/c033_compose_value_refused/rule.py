"""A value of a compose file in a shape that docker refuses: a volume that is no path, a mapping in place of a list."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.whole_compose import ComposeFile, whole_compose_files
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.syntax.yaml_outline import YamlNode

_LISTS = ("ports", "volumes", "expose", "cap_add", "cap_drop", "links", "profiles", "devices", "volumes_from")
"""Parts of a service that are lists and nothing else."""
_NO_TEXT = ("depends_on", "environment", "networks", "healthcheck", "deploy", "logging", "secrets", "configs")
"""Parts that are a list or a mapping, never a text."""
_OF_TEXTS = ("environment", "cap_add", "links", "profiles", "networks")
"""Lists whose items are texts."""
_RESTART = re.compile(r"no|always|unless-stopped|on-failure(?::\d+)?|false", re.IGNORECASE)
_CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")
_VOLUME = re.compile(r"[A-Za-z0-9][\w.-]*|[./~].*")
"""The name of a volume, or a path of the host."""
_TESTS = ("CMD", "CMD-SHELL", "NONE")
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|.*\\")
_PORT = re.compile(
    r"(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.%]+\]|localhost|[0-9A-Fa-f:]*::[0-9A-Fa-f:]*):)?(?:(?:\d{1,5}(?:-\d{1,5})?)?:)?\d{1,5}(?:-\d{1,5})?(?:/(?:tcp|udp|sctp))?",
    re.I,
)
_PLACEHOLDER = re.compile(r"[<{\[]")
_TABBED = re.compile(r" *\t\s*(?:[\w.\"'-]+:(?:\s|$)|- )")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the values that docker compose or Docker's engine refuses for certain."""
    for compose in whole_compose_files(evidence):
        yield from _tabs(compose)
        for name, service in compose.services.items():
            for line, message, hint in _of_service(name, service):
                yield at_line(compose.path, line, message, hint=hint)


def _tabs(compose: ComposeFile) -> Iterator[Diagnostic]:
    if not any(
        "|" in line or ">" in line for line in compose.file.text.splitlines()
    ):  # a block may hold tabs
        for number, line in enumerate(compose.file.text.split("\n"), 1):
            if _TABBED.match(line):
                yield at_line(
                    compose.path,
                    number,
                    "a tab indents this line, which YAML forbids: docker compose reads nothing of the file",
                    hint="blanks in place of the tab",
                )
                return


def _of_service(name: str, service: YamlNode) -> Iterator[tuple[int, str, str]]:
    for part, node in service.members.items():
        if part in _LISTS and (node.members or _is_text(node)):
            example = next(iter(node.members), node.text) or "VALUE"
            yield (
                node.line,
                f"{part} of {name} must be a list: docker compose starts nothing",
                f"- {example}…",
            )
        elif part in _NO_TEXT and _is_text(node):
            yield (
                node.line,
                f"{part} of {name} must be a list or a mapping: docker compose starts nothing",
                f"- {node.text}",
            )
        elif part in _OF_TEXTS:
            yield from _items(part, name, node)
    mode = service.at("network_mode")
    if mode and service.at("networks"):
        yield (
            mode.line,
            f"{name} has network_mode and networks, which exclude each other: docker compose starts nothing",
            "keep one of the two",
        )
    yield from _health(name, service)
    yield from _volumes(name, service)
    yield from _ports(name, service)
    restart = service.at("restart")
    if restart and restart.text and "$" not in restart.text and not _RESTART.fullmatch(restart.text):
        yield (
            restart.line,
            f"Docker knows no restart policy {restart.text}: {name} does not start",
            "restart: unless-stopped",
        )
    depends = service.at("depends_on")
    for other, node in (depends.members if depends else {}).items():
        condition = node.at("condition")
        if condition and condition.text and condition.text not in _CONDITIONS and "$" not in condition.text:
            yield (
                condition.line,
                f"docker compose knows no condition {condition.text} for {other}",
                f"condition: {_CONDITIONS[1]}",
            )


def _is_text(node: YamlNode) -> bool:
    return bool(node.text) and "$" not in node.text and not node.text.startswith(("!", "*"))


def _items(part: str, name: str, node: YamlNode) -> Iterator[tuple[int, str, str]]:
    for item in node.items:
        if item.members:
            key, value = next(iter(item.members.items()))
            shown = f"{key}={value.text}" if part == "environment" else key
            yield (
                item.line,
                f"an item of {part} of {name} must be a text: docker compose starts nothing",
                f"- {shown}",
            )
            return


def _health(name: str, service: YamlNode) -> Iterator[tuple[int, str, str]]:
    test = service.at("healthcheck", "test")
    first = test.items[0].text if test and test.items else ""
    if test and first and first not in _TESTS and "$" not in first:
        yield (
            test.line,
            f"the health check of {name} must begin with CMD, CMD-SHELL or NONE: docker compose starts nothing",
            f'test: ["CMD", "{first}", …]',
        )


def _volumes(name: str, service: YamlNode) -> Iterator[tuple[int, str, str]]:
    for item in service.each("volumes"):
        text = item.text
        if not text or "$" in text or text[0] in "\"'" or _WINDOWS.match(text):
            continue  # a quote that is never closed is a fault of its own
        parts = text.split(":")
        target = parts[1] if len(parts) > 1 else parts[0]
        if len(parts) > 3 or _PLACEHOLDER.search(text):
            continue
        if "=" in text and len(parts) == 1:
            key = text.partition("=")[0]
            yield (
                item.line,
                f"{key} is a variable among the volumes of {name}: the container is not made",
                "move the line below environment:",
            )
        elif not target.startswith("/"):
            yield (
                item.line,
                f"{target or text} is no absolute path in the container of {name}: the container is not made",
                f"- {parts[0]}:/{target.removeprefix('./')}",
            )
        elif len(parts) > 1 and not _VOLUME.fullmatch(parts[0]):
            yield (
                item.line,
                f"Docker takes {parts[0]} for the name of a volume, which has no slash: the container is not made",
                f"- ./{text}",
            )


def _ports(name: str, service: YamlNode) -> Iterator[tuple[int, str, str]]:
    for item in service.each("ports"):
        text = item.text
        if text and "$" not in text and not _PORT.fullmatch(text):
            yield (
                item.line,
                f"{text} is no port that {name} can publish: docker compose starts nothing",
                '"8080:80"',
            )


RULE = Rule("C033", "compose-value-refused", "error", check)
