"""A script with Windows line ends that the kernel starts: its interpreter is not found."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.entry_scripts import entry_scripts
from enuf.doctor.facts.service_units import services
from enuf.doctor.rule import Diagnostic, Rule, at_line

_CONVERTED = re.compile(r"dos2unix|sed\b[^\n]*\\r|tr -d ['\"]?\\r")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every script with CRLF line ends that a container or a unit starts, and, as advice, the other ones."""
    if any(_CONVERTED.search(file.text) for file in evidence.of_kind("dockerfile", "compose")):
        return
    started = {
        entry.script.path: (entry.starter, entry.line, entry.through_shell)
        for entry in entry_scripts(evidence)
    }
    lines = [setting.value.split() for unit in services(evidence) for setting in unit.all("ExecStart")]
    named = {posixpath.basename(word) for line in lines for word in line}
    programs = {posixpath.basename(line[0].lstrip("-@:+!")) for line in lines if line}
    for file in evidence.files:
        head = file.text[:300].partition("\n")[0]
        if not head.startswith("#!") or not head.endswith("\r"):
            continue
        starter = started.get(file.path)
        name = file.path.rpartition("/")[2]
        # Python reads the line ends of Windows: only the kernel, which starts a program, does not
        is_started = name in (named if file.kind == "script" else programs) or _is_command(evidence, file)
        if file.kind == "script" or starter or is_started:
            yield _diagnostic(file, head.strip(), starter, sure=bool(starter) or is_started)


def _is_command(evidence: Evidence, file: SourceFile) -> bool:
    """Return True for a file that is the program of a container, such as a script in Python."""
    named = (f"/{each.command[0]}" for each in evidence.machines_with(file.path) if each.command)
    return any(posixpath.basename(word) == posixpath.basename(file.path) for word in named)


def _diagnostic(
    file: SourceFile, head: str, starter: tuple[SourceFile, int, bool] | None, *, sure: bool
) -> Diagnostic:
    name = file.path.rpartition("/")[2]
    through_shell = starter is not None and starter[2]
    return at_line(
        file.path,
        1,
        "the lines end as on Windows, with \\r: the shell takes the \\r for a part of each last word, so commands and files are not found"
        if through_shell
        else f"the lines end as on Windows, with \\r: Linux looks for a program called `{head[2:].strip()}\\r`, and says no such file",
        1,
        len(head) + 1,
        severity=None if sure else "advice",
        hint=f"sed -i 's/\\r$//' {name}   and in .gitattributes:  *.sh text eol=lf",
        evidence=(f"{starter[0].path}:{starter[1]}: starts {name}",) if starter else (),
    )


RULE = Rule("S039", "crlf-in-script", "error", check)
