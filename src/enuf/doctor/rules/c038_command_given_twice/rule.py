"""Two CMD or two ENTRYPOINT in one stage of a Dockerfile: only the last one counts."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.whole_dockerfiles import whole_dockerfiles
from enuf.doctor.read.dockerfiles import instructions
from enuf.doctor.rule import Diagnostic, Rule, at_line

_COMMANDS = ("CMD", "ENTRYPOINT")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every command of a stage that a later line of the stage replaces."""
    for file in whole_dockerfiles(evidence):
        given: dict[str, tuple[int, str]] = {}
        for line, name, rest in instructions(file.text):
            if name == "FROM":
                given.clear()
            elif name in _COMMANDS:
                before, text = given.get(name, (0, ""))
                given[name] = line, rest
                if before:
                    yield at_line(
                        file.path,
                        before,
                        f"{name} in line {line} replaces this one, which never runs",
                        severity="advice" if text == rest else None,
                        hint=f"one {name}: a script with both commands, or a container for each",
                    )


RULE = Rule("C038", "command-given-twice", "warning", check)
