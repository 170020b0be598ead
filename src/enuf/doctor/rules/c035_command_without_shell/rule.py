"""A command of a container with operators of a shell, and no shell that reads them: they become arguments."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.whole_compose import whole_compose_files
from enuf.doctor.facts.whole_dockerfiles import whole_dockerfiles
from enuf.doctor.read.compose import words_of_node
from enuf.doctor.read.dockerfiles import exec_form, instructions
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.syntax.shell_lines import SHELLS

_OPERATORS = ("&&", "||", ";", "|", ">", ">>")
_BARE = re.compile(
    r"(?:docker\.io/)?(?:library/)?(?:python|debian|ubuntu|alpine|pypy|centos|fedora)(?::\S*)?(?:@\S*)?",
    re.IGNORECASE,
)
"""Images without an entrypoint that might start a shell."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the commands of compose files and Dockerfiles that only a shell could run."""
    whole = {each.path for each in whole_compose_files(evidence)}
    for service in evidence.services:
        node = service.node.at("command")
        if node and service.file in whole:
            words = words_of_node(node)
            found = _without_shell(words) if not _has_entrypoint(service) else _cut(words)
            if found:
                yield at_line(
                    service.file,
                    node.line,
                    f"the command of {service.name}: {found}",
                    severity="error" if _is_bare(service) or _cut(words) else "warning",
                    hint=f"command: {_for_shell(words)}",
                )
    for file in whole_dockerfiles(evidence):
        for line, name, rest in instructions(file.text):
            words = exec_form(rest) or [] if name in ("CMD", "ENTRYPOINT") else []
            if found := _without_shell(words):
                yield at_line(
                    file.path, line, f"{name}: {found}", hint=f'{name} ["sh", "-c", "{_script(words)}"]'
                )


def _without_shell(words: Sequence[str]) -> str:
    """Return what happens to the operators of a command that no shell reads, empty for any other command."""
    if found := _cut(words):
        return found
    operator = next((word for word in words[1:] if word in _OPERATORS), "")
    if not operator or any(posixpath.basename(word) in SHELLS for word in words):
        return ""
    return f"no shell reads {operator}, so {posixpath.basename(words[0])} gets {operator} and all that follows as arguments"


def _cut(words: Sequence[str]) -> str:
    """Return what a shell leaves out of `sh -c a b && c` without quotes, empty for any other command."""
    for position, word in enumerate(words[:-2]):
        if posixpath.basename(word) in SHELLS and words[position + 1] in ("-c", "-lc"):
            rest = words[position + 3 :]
            if any(each in _OPERATORS for each in rest):
                return f"the shell runs `{words[position + 2]}` alone, because the command after -c has no quotes"
            return ""
    return ""


def _has_entrypoint(service: ComposeService) -> bool:
    return service.node.at("entrypoint") is not None or bool(service.build and service.build.entrypoint[1])


def _is_bare(service: ComposeService) -> bool:
    """Return True for an image that certainly has no entrypoint."""
    return _BARE.fullmatch(service.base) is not None


def _script(words: Sequence[str]) -> str:
    parts = [word for word in words if posixpath.basename(word) not in SHELLS and word not in ("-c", "-lc")]
    return " ".join(word if word in _OPERATORS else shlex.quote(word) for word in parts).replace('"', '\\"')


def _for_shell(words: Sequence[str]) -> str:
    return f'sh -c "{_script(words)}"'


RULE = Rule("C035", "command-without-shell", "error", check)
