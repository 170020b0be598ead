"""A server that is started while the image is built, or whose start ends the container: nothing runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from enuf.doctor.container import ImageBuild
from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.whole_compose import whole_compose_files
from enuf.doctor.facts.whole_dockerfiles import whole_dockerfiles
from enuf.doctor.read.compose import words_of_node
from enuf.doctor.read.dockerfiles import command_words
from enuf.doctor.read.images import read_steps
from enuf.doctor.read.shell_commands import commands_of, shell_commands
from enuf.doctor.rule import Diagnostic, Rule, at_line

_STARTS = ("start", "restart")
_STAYS = re.compile(r"\btail\b|\bsleep\b|\bwait\b|\bexec\b|while |bash$|supervisord")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the starts in RUN that nothing repeats, and the commands that put their server into the background and end."""
    for file in whole_dockerfiles(evidence):
        last = None
        for step in read_steps(file.path, file.text):
            last = step.image
            service = _started_last(step.rest) if step.word == "RUN" else ""
            if service and not _is_started_elsewhere(evidence, file, service, step.line):
                yield at_line(
                    file.path,
                    step.line,
                    f"RUN starts {service} while the image is built: no container of the image runs {service}",
                    severity="warning",
                    hint=f"start {service} in CMD, or in a container of its own",
                )
        if last:
            yield from _of_command(file, last)
    for compose in whole_compose_files(evidence):
        for name, node in compose.services.items():
            command = node.at("command")
            words = words_of_node(command)
            if command and not node.at("entrypoint") and (service := _ends_at_once(words)):
                yield at_line(
                    compose.path,
                    command.line,
                    _message(service, f"the container {name}"),
                    hint=_hint(service),
                )


def _of_command(file: SourceFile, image: ImageBuild) -> Iterator[Diagnostic]:
    line, command = image.command
    if not line or image.entrypoint[1]:
        return
    if service := _ends_at_once(list(command_words(command))):
        yield at_line(file.path, line, _message(service, "the container"), hint=_hint(service))


def _message(service: str, container: str) -> str:
    return f"{service} goes into the background and the command ends: {container} stops at once"


def _hint(service: str) -> str:
    foreground = 'CMD ["nginx", "-g", "daemon off;"]'
    return foreground if service == "nginx" else f"run {service} in the foreground, with exec"


def _ends_at_once(words: Sequence[str]) -> str:
    """Return the service that the last command of a container only starts, empty for any other: N118 knows a plain nginx."""
    text = " ".join(words)
    if _STAYS.search(text) or "|" in text.replace("||", "") or "&" in text.replace("&&", ""):
        return ""
    commands = [each.words for each in commands_of(words, "/")]
    return _service_of(commands[-1]) if commands else ""


def _started_last(text: str) -> str:
    """Return the service that the last command of a RUN starts, empty if a command after it may need the service."""
    commands = [each.words for each in shell_commands(text, "/")]
    return _service_of(commands[-1]) if commands else ""


def _service_of(words: Sequence[str]) -> str:
    plain = [word for word in words if word != "sudo"]
    if len(plain) == 3 and posixpath.basename(plain[0]) == "service" and plain[2] in _STARTS:
        return plain[1]
    if len(plain) == 3 and posixpath.basename(plain[0]) == "systemctl" and plain[1] in _STARTS:
        return plain[2].removesuffix(".service")
    if len(plain) == 2 and plain[0].startswith("/etc/init.d/") and plain[1] in _STARTS:
        return posixpath.basename(plain[0])
    return ""


def _is_started_elsewhere(evidence: Evidence, file: SourceFile, service: str, line: int) -> bool:
    """Return True if a command or a script may start the service when the container starts."""
    name = re.compile(rf"\b{re.escape(service)}\b")
    rest = [text for number, text in enumerate(file.text.splitlines(), 1) if number > line]
    if any(name.search(text) for text in rest if re.match(r"\s*(?:CMD|ENTRYPOINT)\b", text, re.IGNORECASE)):
        return True
    return any(
        (name.search(each.text) and "start" in each.text) or service in each.path
        for each in evidence.of_kind("script", "supervisor", "compose", "other")
        if posixpath.dirname(file.path) in each.path and each.kind != "other"
    )


RULE = Rule("C037", "start-in-the-build", "error", check)
