"""A command that reads a file and writes its output to the same one: the shell empties the file first."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_line

_KINDS = ("script", "dockerfile", "compose", "procfile", "supervisor", "unit")
_OUTPUT = re.compile(r"(?<![0-9&>])>[ \t]*(?P<file>[\w./${}-]+)")
_READERS = re.compile(r"\b(?:envsubst|sed|awk|tr|sort|cut|grep|cat|jq|j2|head|tail|uniq)\b")
_COMMANDS_LIMIT = 2000


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pipe of filters whose output goes to a file that it reads."""
    for file in evidence.of_kind(*_KINDS):
        for number, line in enumerate(file.text.splitlines()[:_COMMANDS_LIMIT], 1):
            if ">" not in line or len(line) > 2000 or line.lstrip().startswith("#"):
                continue
            for command in re.split(r"&&|\|\||;", line):
                target = _overwritten(command)
                if target:
                    yield at_line(
                        file.path,
                        number,
                        _message(command, target),
                        line.find(command.strip()) + 1,
                        severity="warning" if _is_read_by_an_earlier_part(command) else None,
                        hint=f"write to another file:  … < {target}.template > {target}",
                    )


def _message(command: str, target: str) -> str:
    if _is_read_by_an_earlier_part(command):
        return f"the shell empties {target} while another part of the pipe reads it: now and then the file is empty afterwards"
    return f"the shell empties {target} before the command reads it: the file is empty afterwards"


def _is_read_by_an_earlier_part(command: str) -> bool:
    """Return True for a pipe whose last part has the output: the shell starts all parts at the same moment."""
    output = _OUTPUT.search(command)
    return output is not None and "|" in command[: output.start()]


def _overwritten(command: str) -> str:
    """Return the file that a command reads and writes, empty if there is none."""
    output = _OUTPUT.search(command)
    if output is None or not _READERS.search(command) or "sponge" in command or ">>" in command:
        return ""
    target = output["file"]
    if target.startswith("/dev/"):
        return ""
    before = command[: output.start()]
    if "$(" in before or "`" in before:
        return ""  # the shell runs what is in there before it opens the output
    if "-i" in before.split() and "sed" in before:
        return ""
    read = [word.lstrip("<").strip("\"'") for word in before.split()]
    if any(posixpath.normpath(word) == posixpath.normpath(target) for word in read if word):
        return target
    after = command[output.end() :].replace("<", " < ").split()
    return target if after[:1] == ["<"] and after[1:2] == [target] else ""


RULE = Rule("S041", "file-read-and-overwritten", "error", check)
